/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include "private.h"

/* The bus of a system that has none, for drivers that are built there: it finds nothing. */

static int
none_scan(void)
{
	return 0;
}

static struct rte_device *
none_find_device(const struct auxiliary_rte_bus *bus __rte_unused,
		const struct rte_device *start __rte_unused, rte_dev_cmp_t cmp __rte_unused,
		const void *data __rte_unused)
{
	return NULL;
}

struct auxiliary_rte_bus auxiliary_bus = {
	.name = RTE_BUS_AUXILIARY_NAME,
	.scan = none_scan,
	.probe = rte_bus_generic_probe,
	.find_device = none_find_device,
	.device_list = TAILQ_HEAD_INITIALIZER(auxiliary_bus.device_list),
	.driver_list = TAILQ_HEAD_INITIALIZER(auxiliary_bus.driver_list),
};

RTE_INIT_PRIO(auxiliary_bus_init, BUS)
{
	auxiliary_bus_register();
}

RTE_LOG_REGISTER_DEFAULT(auxiliary_bus_logtype, NOTICE);
