/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Register dump: BAR 0 up to the doorbells, without the registers that are
 * there to be written only, which read as 0.
 */

#include <errno.h>

#include "sf_example.h"

#define DUMP_WORDS	(SF_DB_BASE / sizeof(uint32_t))

/* What there is; the rest of the dump is 0 and not read. */
static const struct {
	uint32_t start;
	uint32_t end;
} ranges[] = {
	{ SF_REG_ID, SF_REG_RETA + SF_RETA_SIZE },
	{ SF_REG_MAC_TABLE, SF_REG_MAC_TABLE + SF_MAC_TABLE_SIZE * sizeof(uint64_t) },
	{ SF_REG_STATS, SF_REG_STATS + SF_NUM_STATS * sizeof(uint64_t) },
	{ SF_REG_VLAN_TABLE, SF_REG_VLAN_TABLE + SF_VLAN_TABLE_SIZE / 8 },
	{ SF_REG_RXQ(0), SF_REG_RXQ(SF_MAX_QUEUE_PAIRS) },
	{ SF_REG_FLOW_RULE, SF_REG_FLOW_STATS + SF_FLOW_RULES * 2 * sizeof(uint64_t) },
};

int
sf_get_reg(struct rte_eth_dev *dev, struct rte_dev_reg_info *info)
{
	const struct sf_port *port = sf_port(dev);
	unsigned int i;
	int ret = 0;

	info->width = sizeof(uint32_t);
	if (info->data == NULL) {
		info->length = DUMP_WORDS;
		return 0;
	}
	/* Part of a dump is of no use to anybody. */
	if (info->length != 0 && (info->length != DUMP_WORDS || info->offset != 0))
		return -ENOTSUP;
	info->length = DUMP_WORDS;
	info->version = SF_VERSION_MAJOR << 16 | SF_VERSION_MINOR;
	memset(info->data, 0, SF_DB_BASE);
	for (i = 0; i < RTE_DIM(ranges) && ret == 0; i++)
		ret = sf_read(port, ranges[i].start, RTE_PTR_ADD(info->data, ranges[i].start),
				ranges[i].end - ranges[i].start);
	return ret;
}
