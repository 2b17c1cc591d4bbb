/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <inttypes.h>
#include <stdio.h>

#include <rte_common.h>
#include <rte_telemetry.h>

#include "rte_vfio_dev.h"
#include "vfio_compat.h"

/* The description of an open device that every bus can put into its own telemetry. */

static struct rte_tel_data *
item_new(bool is_dict)
{
	struct rte_tel_data *item = rte_tel_data_alloc();

	if (item != NULL && is_dict)
		rte_tel_data_start_dict(item);
	else if (item != NULL)
		rte_tel_data_start_array(item, RTE_TEL_UINT_VAL);
	return item;
}

/* An item that does not fit is left out. */
static void
dict_put(struct rte_tel_data *dict, const char *name, struct rte_tel_data *item)
{
	if (item != NULL && rte_tel_data_add_dict_container(dict, name, item, 0) != 0)
		rte_tel_data_free(item);
}

static struct rte_tel_data *
region_describe(const struct rte_vfio_region *region)
{
	struct rte_tel_data *item = item_new(true);
	struct rte_tel_data *offsets = item_new(false), *sizes = item_new(false);
	uint32_t i;

	if (item == NULL || offsets == NULL || sizes == NULL) {
		rte_tel_data_free(item);
		rte_tel_data_free(offsets);
		rte_tel_data_free(sizes);
		return NULL;
	}
	for (i = 0; region->addr != NULL && i < region->nb_areas; i++) {
		rte_tel_data_add_array_uint(offsets, region->areas[i].offset);
		rte_tel_data_add_array_uint(sizes, region->areas[i].size);
	}
	rte_tel_data_add_dict_uint(item, "size", region->size);
	rte_tel_data_add_dict_uint(item, "flags", region->flags);
	dict_put(item, "mapped_offset", offsets);
	dict_put(item, "mapped_size", sizes);
	return item;
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_dev_telemetry)
void
rte_vfio_dev_telemetry(const struct rte_vfio_dev *dev, struct rte_tel_data *dict)
{
	static const char *const transports[] = { "none", "user", "cdev", "group" };
	const struct rte_vfio_dev_info *info;
	struct rte_tel_data *regions, *vectors;
	const struct rte_vfio_region *region;
	struct rte_vfio_dev_dma_stats dma;
	char index[12];
	uint32_t i;

	if (dev == NULL) {
		rte_tel_data_add_dict_string(dict, "transport", transports[0]);
		return;
	}
	info = rte_vfio_dev_info(dev);
	rte_tel_data_add_dict_string(dict, "transport", transports[info->transport]);
	/* Telemetry has no arrays of dictionaries, so regions go by their index. */
	regions = item_new(true);
	for (i = 0; regions != NULL && i < info->num_regions; i++) {
		snprintf(index, sizeof(index), "%" PRIu32, i);
		region = rte_vfio_region_get(dev, i);
		if (region != NULL && region->size != 0)
			dict_put(regions, index, region_describe(region));
	}
	dict_put(dict, "regions", regions);
	vectors = item_new(false);
	for (i = 0; vectors != NULL && i < info->num_irqs; i++)
		rte_tel_data_add_array_uint(vectors, RTE_MAX(rte_vfio_irq_count(dev, i), 0));
	dict_put(dict, "interrupt_vectors", vectors);
	rte_vfio_dev_dma_stats(dev, &dma);
	rte_tel_data_add_dict_uint(dict, "dma_mappings", dma.mappings);
	rte_tel_data_add_dict_uint(dict, "dma_bytes", dma.bytes);
}
