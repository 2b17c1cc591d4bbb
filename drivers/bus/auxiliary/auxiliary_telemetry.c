/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_telemetry.h>

#include "private.h"

/*
 * /auxiliary/list and /auxiliary/info,<name>: what the bus knows about its
 * devices, on telemetry's thread.  The list is locked meanwhile, a device is
 * asked nothing that would have to be sent to it, and attributes that nobody
 * has looked at yet are left out.
 */

static int
handle_list(const char *cmd __rte_unused, const char *params __rte_unused,
		struct rte_tel_data *data)
{
	const struct auxiliary_dev *dev;
	struct auxiliary_walk walk;

	rte_tel_data_start_array(data, RTE_TEL_STRING_VAL);
	auxiliary_walk_begin(&walk, NULL);
	auxiliary_list_lock();
	while ((dev = auxiliary_walk_step(&walk)) != NULL)
		rte_tel_data_add_array_string(data, dev->pub.name);
	auxiliary_list_unlock();
	auxiliary_walk_end(&walk);
	return 0;
}

static struct rte_tel_data *
dict_new(void)
{
	struct rte_tel_data *dict = rte_tel_data_alloc();

	if (dict != NULL)
		rte_tel_data_start_dict(dict);
	return dict;
}

/* What does not fit is left out. */
static void
dict_put(struct rte_tel_data *dict, const char *name, struct rte_tel_data *item)
{
	if (item != NULL && rte_tel_data_add_dict_container(dict, name, item, 0) != 0)
		rte_tel_data_free(item);
}

/* The mapped areas of a region: their offsets, or their sizes. */
static struct rte_tel_data *
info_areas(const struct rte_vfio_region *region, bool sizes)
{
	struct rte_tel_data *areas = rte_tel_data_alloc();
	uint32_t i;

	if (areas == NULL)
		return NULL;
	rte_tel_data_start_array(areas, RTE_TEL_U64_VAL);
	for (i = 0; region->addr != NULL && i < region->nb_areas; i++)
		rte_tel_data_add_array_u64(areas, sizes ? region->areas[i].size :
			region->areas[i].offset);
	return areas;
}

/* Telemetry has no lists of dictionaries, so regions go by their index. */
static void
info_regions(const struct rte_vfio_dev *vfio, uint32_t nb, struct rte_tel_data *data)
{
	struct rte_tel_data *regions = dict_new(), *item;
	const struct rte_vfio_region *region;
	char index[12];
	uint32_t i;

	for (i = 0; regions != NULL && i < nb; i++) {
		region = rte_vfio_region_get(vfio, i);
		item = region == NULL || region->size == 0 ? NULL : dict_new();
		if (item == NULL)
			continue;
		rte_tel_data_add_dict_u64(item, "size", region->size);
		rte_tel_data_add_dict_u64(item, "flags", region->flags);
		dict_put(item, "mapped_offset", info_areas(region, false));
		dict_put(item, "mapped_size", info_areas(region, true));
		snprintf(index, sizeof(index), "%" PRIu32, i);
		dict_put(regions, index, item);
	}
	dict_put(data, "regions", regions);
}

/* How many vectors each interrupt index has. */
static struct rte_tel_data *
info_vectors(const struct rte_vfio_dev *vfio, uint32_t nb)
{
	struct rte_tel_data *vectors = rte_tel_data_alloc();
	uint32_t i;

	if (vectors == NULL)
		return NULL;
	rte_tel_data_start_array(vectors, RTE_TEL_INT_VAL);
	for (i = 0; i < nb; i++)
		rte_tel_data_add_array_int(vectors, RTE_MAX(rte_vfio_irq_count(vfio, i), 0));
	return vectors;
}

static void
info_vfio(const struct rte_auxiliary_device *pub, struct rte_tel_data *data)
{
	const struct rte_vfio_dev_info *info;
	struct rte_vfio_dma_stats dma;

	rte_tel_data_add_dict_string(data, "transport", pub->vfio_dev == NULL ? "none" :
		auxiliary_transport_name(rte_vfio_dev_info(pub->vfio_dev)->transport));
	if (pub->vfio_dev == NULL)
		return;
	info = rte_vfio_dev_info(pub->vfio_dev);
	info_regions(pub->vfio_dev, info->num_regions, data);
	dict_put(data, "interrupt_vectors", info_vectors(pub->vfio_dev, info->num_irqs));
	if (pub->intr_handle != NULL) {
		rte_tel_data_add_dict_int(data, "interrupt_handle_fd",
			rte_intr_fd_get(pub->intr_handle));
		rte_tel_data_add_dict_int(data, "interrupt_queue_vectors",
			rte_intr_nb_efd_get(pub->intr_handle));
	}
	rte_vfio_dma_stats(pub->vfio_dev, &dma);
	rte_tel_data_add_dict_u64(data, "dma_mappings", dma.mappings);
	rte_tel_data_add_dict_u64(data, "dma_bytes", dma.bytes);
}

static void
info_fill(struct auxiliary_dev *dev, struct rte_tel_data *data)
{
	const struct rte_auxiliary_device *pub = &dev->pub;
	char kernel_driver[NAME_MAX + 1], path[PATH_MAX];
	const char *bound;

	bound = auxiliary_kernel_driver(dev, kernel_driver, sizeof(kernel_driver));
	rte_tel_data_start_dict(data);
	rte_tel_data_add_dict_string(data, "name", pub->name);
	rte_tel_data_add_dict_string(data, "kind",
		pub->kind == RTE_AUXILIARY_KIND_SF ? "sf" : "mdev");
	snprintf(path, sizeof(path), "%s/%s", dev->dir->path, pub->name);
	rte_tel_data_add_dict_string(data, "path", path);
	rte_tel_data_add_dict_string(data, "parent", pub->parent);
	if (pub->sfnum != RTE_AUXILIARY_SFNUM_NONE)
		rte_tel_data_add_dict_u64(data, "sfnum", pub->sfnum);
	if (dev->attrs->mdev_type[0] != '\0')
		rte_tel_data_add_dict_string(data, "type", dev->attrs->mdev_type);
	rte_tel_data_add_dict_int(data, "numa_node", pub->device.numa_node);
	rte_tel_data_add_dict_string(data, "kernel_driver", bound == NULL ? "none" : bound);
	rte_tel_data_add_dict_string(data, "driver",
		pub->driver == NULL ? "none" : pub->driver->driver.name);
	auxiliary_node_path(dev, path, sizeof(path));
	rte_tel_data_add_dict_string(data, "node", path);
	info_vfio(pub, data);
	rte_tel_data_add_dict_u64(data, "probes", dev->nb_probes);
	rte_tel_data_add_dict_u64(data, "probe_failures", dev->nb_failures);
}

static int
handle_info(const char *cmd __rte_unused, const char *params, struct rte_tel_data *data)
{
	struct auxiliary_walk walk;
	struct auxiliary_dev *dev;

	if (params == NULL || params[0] == '\0')
		return -EINVAL;
	auxiliary_walk_begin(&walk, NULL);
	auxiliary_list_lock();
	do
		dev = auxiliary_walk_step(&walk);
	while (dev != NULL && strcmp(dev->pub.name, params) != 0);
	if (dev != NULL)
		info_fill(dev, data);
	auxiliary_list_unlock();
	auxiliary_walk_end(&walk);
	return dev == NULL ? -ENODEV : 0;
}

RTE_INIT(auxiliary_telemetry_init)
{
	rte_telemetry_register_cmd("/auxiliary/list", handle_list,
		"Names of the devices on the auxiliary bus. Takes no parameters");
	rte_telemetry_register_cmd("/auxiliary/info", handle_info,
		"What the auxiliary bus knows about a device. Parameters: string name");
}
