/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_string_fns.h>

#include "auxiliary_linux.h"

/*
 * The VFIO device of a device, from before its driver's probe to after its remove.
 * If there is none, what keeps the device from being used is told to somebody who
 * has never seen VFIO: one line, with what to type where that is known.
 */

#define MDEV_TYPES "mdev_supported_types"
#define ADVICE_LEN 1024

bool
auxiliary_kernel_driver(const struct auxiliary_device *dev, char *buf, size_t size)
{
	int dir = auxiliary_sysfs_open(dev->root, dev->pub.name, NULL);
	char target[PATH_MAX];
	int ret;

	if (dir < 0)
		return false;
	ret = auxiliary_sysfs_link(dir, "driver", target, sizeof(target));
	close(dir);
	strlcpy(buf, auxiliary_sysfs_basename(target), size);
	auxiliary_sysfs_printable(buf);
	return ret == 0;
}

/* The first wanted name in a directory of a root; false if there is none. */
static bool
first_entry(const struct auxiliary_root *root, const char *path,
		bool (*is_wanted)(const char *name), char *buf, size_t size)
{
	int dir = auxiliary_sysfs_open(root, path, NULL);
	bool is_found;

	if (dir < 0)
		return false;
	is_found = auxiliary_sysfs_first(dir, ".", is_wanted, buf, size);
	close(dir);
	return is_found;
}

static bool
is_visible(const char *name)
{
	return name[0] != '.';
}

static bool
is_vfio_driver(const char *name)
{
	return is_visible(name) && strstr(name, "vfio") != NULL;
}

/*
 * Whether a shell takes these names as plain words.  They may have been chosen by
 * somebody else, and a command with any other names is not printed.
 */
static bool
are_plain(const char *one, const char *two, const char *three)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789._:/-";

	return one[strspn(one, plain)] == '\0' && two[strspn(two, plain)] == '\0' &&
		three[strspn(three, plain)] == '\0';
}

static bool
mdev_advise(const struct auxiliary_device *dev, char *advice)
{
	char path[RTE_DEV_NAME_MAX_LEN + sizeof("/" MDEV_TYPES)], type[NAME_MAX + 1];

	snprintf(path, sizeof(path), "%s/" MDEV_TYPES, dev->pub.name);
	if (!first_entry(dev->root, path, is_visible, type, sizeof(type)))
		return false;
	if (are_plain(dev->root->path, path, type))
		snprintf(advice, ADVICE_LEN, "create an mdev on it: uuidgen > %s/%s/%s/create",
			dev->root->path, path, type);
	else
		snprintf(advice, ADVICE_LEN, "create an mdev on it");
	return true;
}

/* Take the device from the driver that has it, and bind it to a VFIO driver if there is one. */
static void
bind_advise(const struct auxiliary_device *dev, char *advice)
{
	char tree[PATH_MAX], other[NAME_MAX + 1] = "", command[ADVICE_LEN / 2] = "";
	const char *name = dev->pub.name, *root = dev->root->path;
	bool is_plain = true;
	size_t len = 0;

	if (auxiliary_kernel_driver(dev, other, sizeof(other))) {
		is_plain = are_plain(name, root, other);
		if (is_plain)
			snprintf(command, sizeof(command), ": echo %s > %s/%s/driver/unbind", name,
				root, name);
		len = snprintf(advice, ADVICE_LEN, "it is bound to %s%s; ", other, command);
	}
	/* From a root <tree>/bus/auxiliary/devices, the drivers of the bus. */
	if (root[dev->root->tree_len] == '\0' || !first_entry(dev->root, "../drivers",
				is_vfio_driver, other, sizeof(other))) {
		strlcpy(advice + len, "load and bind a kernel driver that offers it over VFIO, "
			"or create an mdev on it", ADVICE_LEN - len);
		return;
	}
	snprintf(tree, sizeof(tree), "%.*s", (int)dev->root->tree_len, root);
	command[0] = '\0';
	if (is_plain && are_plain(name, tree, other))
		snprintf(command, sizeof(command), ": echo %s > %s/bus/auxiliary/drivers/%s/bind",
			name, tree, other);
	auxiliary_sysfs_printable(other);
	snprintf(advice + len, ADVICE_LEN - len, "bind it to %s%s", other, command);
}

/* The node that this user may not open, if there is no other that may be opened, or NULL. */
static const char *
node_forbidden(const struct auxiliary_node *node)
{
	const char *const paths[] = { node->kernel.cdev, node->kernel.group };
	const char *forbidden = NULL;
	unsigned int i;

	for (i = 0; i < RTE_DIM(paths); i++) {
		if (paths[i][0] == '\0')
			continue;
		if (faccessat(AT_FDCWD, paths[i], R_OK | W_OK, AT_EACCESS) == 0)
			return NULL;
		if (errno == EACCES && forbidden == NULL)
			forbidden = paths[i];
	}
	return forbidden;
}

static void
advice_log(const struct auxiliary_device *dev, const char *driver,
		const struct auxiliary_node *node, int error)
{
	char advice[ADVICE_LEN];

	if (node->vfio.user_socket != NULL)
		return; /* common/vfio has said why */
	if (error == -ENODEV && node->vfio.cdev == NULL && node->vfio.group_name == NULL) {
		if (node->kernel.cdev[0] != '\0')
			snprintf(advice, sizeof(advice), "%s is not there", node->kernel.cdev);
		else if (dev->pub.kind == RTE_AUXILIARY_KIND_MDEV)
			snprintf(advice, sizeof(advice), "load vfio_mdev and the driver of its type");
		else if (!mdev_advise(dev, advice))
			bind_advise(dev, advice);
		AUXILIARY_LOG(NOTICE, "device %s: no VFIO node, which driver %s needs; %s",
			dev->pub.name, driver, advice);
	} else if (node_forbidden(node) != NULL) {
		AUXILIARY_LOG(NOTICE, "device %s: this user may not read and write %s, "
			"which driver %s needs", dev->pub.name, node_forbidden(node), driver);
	}
}

int
auxiliary_node_check(const struct auxiliary_device *dev)
{
	struct auxiliary_node node;
	int ret;

	ret = auxiliary_node_find(dev, &node);
	if (ret == 0 && node.vfio.user_socket == NULL && node_forbidden(&node) != NULL)
		ret = -EACCES;
	auxiliary_node_put(&node);
	/* Of anything else, whoever opens the node has something to say. */
	return ret == -ENODEV || ret == -EACCES ? ret : 0;
}

/* The list's lock is held by whoever reads the member on another thread. */
static void
vfio_set(struct auxiliary_device *dev, struct rte_vfio_dev *vfio)
{
	auxiliary_lock();
	dev->pub.vfio_dev = vfio;
	auxiliary_unlock();
}

int
auxiliary_vfio_open(struct auxiliary_device *dev, const struct rte_auxiliary_driver *drv,
		const struct auxiliary_select *select)
{
	enum rte_vfio_transport transport = (enum rte_vfio_transport)select->transport;
	struct rte_vfio_dev *vfio = NULL;
	struct auxiliary_node node;
	int ret;

	/* The primary process has opened it, if it wants it, and knows it by name. */
	if (rte_eal_process_type() == RTE_PROC_SECONDARY) {
		node.vfio = (struct rte_vfio_dev_node){ .name = dev->pub.name };
		ret = rte_vfio_dev_open(&node.vfio, RTE_VFIO_TRANSPORT_ANY, &vfio);
		vfio_set(dev, vfio);
		return ret == -ENODEV ? 1 : ret;
	}
	ret = auxiliary_node_find(dev, &node);
	if (select->timeout_ms != UINT32_MAX)
		node.vfio.timeout_ms = select->timeout_ms;
	if (ret == 0)
		ret = rte_vfio_dev_open(&node.vfio, transport, &vfio);
	if (ret == 0)
		vfio_set(dev, vfio);
	else if (auxiliary_is_asked_for(dev))
		advice_log(dev, drv->driver.name, &node, ret);
	else
		AUXILIARY_LOG(INFO, "device %s: no VFIO device for driver %s: %s", dev->pub.name,
			drv->driver.name, strerror(-ret));
	auxiliary_node_put(&node);
	return ret;
}

void
auxiliary_vfio_close(struct auxiliary_device *dev)
{
	struct rte_vfio_dev *vfio = dev->pub.vfio_dev;

	vfio_set(dev, NULL);
	rte_vfio_dev_close(vfio);
}
