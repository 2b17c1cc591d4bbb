/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <stdio.h>
#include <string.h>

#include <rte_telemetry.h>

#include "../private.h"

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

/* The lock is held. */
static void
info_device(const struct auxiliary_device *dev, struct rte_tel_data *data)
{
	const struct rte_auxiliary_device *pub = &dev->pub;

	rte_tel_data_add_dict_string(data, "name", pub->name);
	rte_tel_data_add_dict_string(data, "kind",
		pub->kind == RTE_AUXILIARY_KIND_SF ? "sf" : "mdev");
	if (dev->has_attrs) {
		rte_tel_data_add_dict_string(data, "parent", pub->parent);
		rte_tel_data_add_dict_int(data, "numa_node", pub->device.numa_node);
		if (pub->sfnum != RTE_AUXILIARY_SFNUM_NONE)
			rte_tel_data_add_dict_uint(data, "sfnum", pub->sfnum);
		if (dev->attrs.type[0] != '\0')
			rte_tel_data_add_dict_string(data, "type", dev->attrs.type);
	}
	rte_tel_data_add_dict_string(data, "driver", pub->device.driver == NULL ? "none" :
		pub->device.driver->name);
	rte_tel_data_add_dict_uint(data, "probes", dev->nb_probes);
	rte_tel_data_add_dict_uint(data, "probe_failures", dev->nb_failures);
	if (pub->intr_handle != NULL) {
		rte_tel_data_add_dict_int(data, "interrupt_handle_fd",
			rte_intr_fd_get(pub->intr_handle));
		rte_tel_data_add_dict_int(data, "interrupt_queue_vectors",
			rte_intr_nb_efd_get(pub->intr_handle));
	}
	rte_vfio_dev_telemetry(pub->vfio_dev, data);
}

/* What sysfs says of a device now; the node in use, or that would be used. */
static void
info_sysfs(const struct auxiliary_device *dev, enum rte_vfio_transport transport,
		struct rte_tel_data *data)
{
	char path[PATH_MAX], driver[NAME_MAX + 1];
	struct auxiliary_node node;

	snprintf(path, sizeof(path), "%s/%s", dev->root->path, dev->pub.name);
	rte_tel_data_add_dict_string(data, "path", path);
	rte_tel_data_add_dict_string(data, "kernel_driver", auxiliary_kernel_driver(dev->root,
		dev->pub.name, driver, sizeof(driver)) ? driver : "none");
	auxiliary_node_find(dev->root, dev->pub.name, &node);
	rte_tel_data_add_dict_string(data, "node", auxiliary_node_path(dev->root, &node,
		transport, path, sizeof(path)) ? path : "none");
	auxiliary_node_put(&node);
}

static int
handle_info(const char *cmd __rte_unused, const char *params, struct rte_tel_data *data)
{
	struct auxiliary_device *dev = params == NULL ? NULL : auxiliary_list_find(params);
	enum rte_vfio_transport transport = RTE_VFIO_TRANSPORT_ANY;

	rte_tel_data_start_dict(data);
	if (dev == NULL || !dev->is_listed) /* EAL's answer to an errno is "null" */
		return rte_tel_data_add_dict_string(data, "error", params == NULL ?
			"the name of a device is missing" : "no such device on the auxiliary bus");
	auxiliary_lock();
	info_device(dev, data);
	if (dev->pub.vfio_dev != NULL)
		transport = rte_vfio_dev_info(dev->pub.vfio_dev)->transport;
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
