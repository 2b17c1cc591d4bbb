/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_string_fns.h>
#include <rte_telemetry.h>

#include "auxiliary_linux.h"

/*
 * /auxiliary/list and /auxiliary/info,<name>: what the bus knows about its
 * devices, on telemetry's thread.  The list's lock is held while a device's VFIO
 * device is looked at; nothing is asked that would have to be sent to it, and
 * attributes that nobody has read yet are left out.
 */

/* Names in a reply, and octets of them; telemetry drops without a word what exceeds its limits. */
#define LIST_MAX 500
#define LIST_OCTETS_MAX 12000

/* The names behind the one given, and at the end, if there are more, how to go on. */
static int
handle_list(const char *cmd __rte_unused, const char *params, struct rte_tel_data *data)
{
	const struct auxiliary_device *dev = NULL, *last = NULL;
	char more[2 * RTE_DEV_NAME_MAX_LEN];
	size_t nb = 0, len = 0;

	rte_tel_data_start_array(data, RTE_TEL_STRING_VAL);
	while ((dev = auxiliary_list_next(dev)) != NULL) {
		if (params != NULL && strcmp(dev->pub.name, params) <= 0)
			continue;
		len += strlen(dev->pub.name) + strlen("\"\",");
		if (nb++ == LIST_MAX || len > LIST_OCTETS_MAX) {
			snprintf(more, sizeof(more), "... and more: /auxiliary/list,%s",
				last->pub.name);
			rte_tel_data_add_array_string(data, more);
			break;
		}
		rte_tel_data_add_array_string(data, dev->pub.name);
		last = dev;
	}
	return 0;
}

static struct rte_tel_data *
item_new(bool is_dict)
{
	struct rte_tel_data *item = rte_tel_data_alloc();

	if (item != NULL && is_dict)
		rte_tel_data_start_dict(item);
	else if (item != NULL)
		rte_tel_data_start_array(item, AUXILIARY_TEL_UINT);
	return item;
}

/* What does not fit is left out. */
static void
dict_put(struct rte_tel_data *dict, const char *name, struct rte_tel_data *item)
{
	if (item != NULL && rte_tel_data_add_dict_container(dict, name, item, 0) != 0)
		rte_tel_data_free(item);
}

static struct rte_tel_data *
info_region(const struct rte_vfio_region *region)
{
	struct rte_tel_data *item = item_new(true), *offsets = item_new(false), *sizes = item_new(false);
	uint32_t i;

	if (item == NULL || offsets == NULL || sizes == NULL) {
		rte_tel_data_free(item);
		rte_tel_data_free(offsets);
		rte_tel_data_free(sizes);
		return NULL;
	}
	for (i = 0; region->addr != NULL && i < region->nb_areas; i++) {
		auxiliary_tel_push_uint(offsets, region->areas[i].offset);
		auxiliary_tel_push_uint(sizes, region->areas[i].size);
	}
	auxiliary_tel_add_uint(item, "size", region->size);
	auxiliary_tel_add_uint(item, "flags", region->flags);
	dict_put(item, "mapped_offset", offsets);
	dict_put(item, "mapped_size", sizes);
	return item;
}

/* Telemetry has no lists of dictionaries, so regions go by their index. */
static void
info_vfio(const struct rte_vfio_dev *vfio, struct rte_tel_data *data)
{
	static const char *const transports[] = { "none", "user", "cdev", "group" };
	const struct rte_vfio_dev_info *info = rte_vfio_dev_info(vfio);
	struct rte_tel_data *regions = item_new(true), *vectors = item_new(false);
	const struct rte_vfio_region *region;
	struct rte_vfio_dma_stats dma;
	char index[12];
	uint32_t i;

	rte_tel_data_add_dict_string(data, "transport", transports[info->transport]);
	for (i = 0; regions != NULL && i < info->num_regions; i++) {
		snprintf(index, sizeof(index), "%" PRIu32, i);
		region = rte_vfio_region_get(vfio, i);
		if (region != NULL && region->size != 0)
			dict_put(regions, index, info_region(region));
	}
	dict_put(data, "regions", regions);
	for (i = 0; vectors != NULL && i < info->num_irqs; i++)
		auxiliary_tel_push_uint(vectors, (unsigned int)RTE_MAX(rte_vfio_irq_count(vfio, i), 0));
	dict_put(data, "interrupt_vectors", vectors);
	rte_vfio_dma_stats(vfio, &dma);
	auxiliary_tel_add_uint(data, "dma_mappings", dma.mappings);
	auxiliary_tel_add_uint(data, "dma_bytes", dma.bytes);
}

/* The lock is held. */
static void
info_device(const struct auxiliary_device *dev, struct rte_tel_data *data)
{
	const struct rte_auxiliary_device *pub = &dev->pub;

	rte_tel_data_add_dict_string(data, "name", pub->name);
	rte_tel_data_add_dict_string(data, "kind",
		pub->kind == RTE_AUXILIARY_KIND_SF ? "sf" : "mdev");
	if (dev->attrs.is_read) {
		rte_tel_data_add_dict_string(data, "parent", pub->parent);
		rte_tel_data_add_dict_int(data, "numa_node", pub->device.numa_node);
		if (pub->sfnum != RTE_AUXILIARY_SFNUM_NONE)
			auxiliary_tel_add_uint(data, "sfnum", pub->sfnum);
		if (dev->attrs.type[0] != '\0')
			rte_tel_data_add_dict_string(data, "type", dev->attrs.type);
	}
	rte_tel_data_add_dict_string(data, "driver", pub->device.driver == NULL ? "none" :
		pub->device.driver->name);
	auxiliary_tel_add_uint(data, "probes", dev->nb_probes);
	auxiliary_tel_add_uint(data, "probe_failures", dev->nb_failures);
	if (pub->intr_handle != NULL) {
		rte_tel_data_add_dict_int(data, "interrupt_handle_fd",
			rte_intr_fd_get(pub->intr_handle));
		rte_tel_data_add_dict_int(data, "interrupt_queue_vectors",
			rte_intr_nb_efd_get(pub->intr_handle));
	}
	if (pub->vfio_dev != NULL)
		info_vfio(pub->vfio_dev, data);
	else
		rte_tel_data_add_dict_string(data, "transport", "none");
}

/* What sysfs says of a device now; the node in use, or that would be used. */
static void
info_sysfs(const struct auxiliary_device *dev, int transport, struct rte_tel_data *data)
{
	char path[PATH_MAX], driver[NAME_MAX + 1];
	struct auxiliary_node node;
	const char *shown = "none";

	snprintf(path, sizeof(path), "%s/%s", dev->root->path, dev->pub.name);
	rte_tel_data_add_dict_string(data, "path", path);
	if (auxiliary_kernel_driver(dev, driver, sizeof(driver)) == NULL)
		snprintf(driver, sizeof(driver), "none");
	rte_tel_data_add_dict_string(data, "kernel_driver", driver);
	if (auxiliary_node_find(dev, &node) == 0) {
		strlcat(path, "/" AUXILIARY_NODE_SOCKET, sizeof(path));
		if (node.vfio.user_socket != NULL && transport <= RTE_VFIO_TRANSPORT_USER)
			shown = path;
		else if (node.vfio.cdev != NULL && transport != RTE_VFIO_TRANSPORT_GROUP)
			shown = node.cdev;
		else if (node.vfio.group_name != NULL)
			shown = node.group;
	}
	rte_tel_data_add_dict_string(data, "node", shown);
	auxiliary_node_put(&node);
}

static int
handle_info(const char *cmd __rte_unused, const char *params, struct rte_tel_data *data)
{
	struct auxiliary_device *dev;
	int transport;

	if (params == NULL || params[0] == '\0')
		return -EINVAL;
	dev = auxiliary_list_find(params);
	if (dev == NULL || !dev->is_listed)
		return -ENODEV;
	rte_tel_data_start_dict(data);
	auxiliary_lock();
	info_device(dev, data);
	transport = dev->pub.vfio_dev == NULL ? 0 :
		(int)rte_vfio_dev_info(dev->pub.vfio_dev)->transport;
	auxiliary_unlock();
	info_sysfs(dev, transport, data);
	return 0;
}

RTE_INIT(auxiliary_telemetry_init)
{
	rte_telemetry_register_cmd("/auxiliary/list", handle_list,
		"Names of devices on the auxiliary bus. Parameters: string name (optional: those behind it)");
	rte_telemetry_register_cmd("/auxiliary/info", handle_info,
		"What the auxiliary bus knows about a device. Parameters: string name");
}
