/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_string_fns.h>
#include <rte_uuid.h>

#include "auxiliary_walk.h"

/*
 * A device's matching VFIO node is the first of these that there is: a socket
 * in its directory, where a simulator listens; what VFIO puts there when the
 * kernel driver of the device is a VFIO driver; the node of an mdev that was
 * created on the device.  Only the kernel's sysfs can tell of the kernel's
 * nodes: anybody may make a directory "vfio-dev/vfio3" elsewhere.
 */

/* The only device_api that common/vfio's users can drive. */
#define NODE_DEVICE_API "vfio-pci"

static void
node_init(struct auxiliary_node *node, const char *name)
{
	node->vfio = (struct rte_vfio_dev_node){
		.name = name,
		.timeout_ms = RTE_VFIO_DEV_TIMEOUT_MS,
	};
	node->kernel = (struct rte_vfio_kernel_node){ .fd = -1 };
	node->socket = -1;
}

RTE_EXPORT_INTERNAL_SYMBOL(auxiliary_node_put)
void
auxiliary_node_put(struct auxiliary_node *node)
{
	rte_vfio_node_put(&node->kernel);
	if (node->socket >= 0)
		close(node->socket);
	node_init(node, node->vfio.name);
}

/* The socket, by a path that nobody can put something else behind. */
static void
node_socket(int dir, struct auxiliary_node *node)
{
	struct stat st;

	node->socket = openat(dir, AUXILIARY_NODE_SOCKET, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (node->socket < 0 || fstat(node->socket, &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	snprintf(node->socket_path, sizeof(node->socket_path), "/proc/self/fd/%d", node->socket);
	node->vfio.user_socket = node->socket_path;
}

/* The nodes that the kernel has for an entry of a directory; false if there is none. */
static bool
node_kernel(int dir, const char *base, const char *name, struct auxiliary_node *node)
{
	strlcpy(node->group_base, base, sizeof(node->group_base));
	strlcpy(node->group_name, name, sizeof(node->group_name));
	node->vfio.group_base = node->group_base;
	node->vfio.group_name = node->group_name;
	rte_vfio_node_find(dir, &node->vfio, &node->kernel);
	return node->vfio.cdev != NULL || node->vfio.group_name != NULL;
}

/*
 * Whether an mdev is a PCI device to VFIO.  One that does not say so is given
 * the chance to say it when it is opened.
 */
static int
mdev_check(const struct auxiliary_root *root, const char *path)
{
	char type[PATH_MAX], api[32];
	int dir, ret;

	snprintf(type, sizeof(type), "%s/mdev_type", path);
	dir = auxiliary_sysfs_open(root, type, NULL);
	if (dir < 0)
		return dir == -EXDEV ? dir : 0;
	ret = auxiliary_sysfs_read(dir, "device_api", api, sizeof(api));
	close(dir);
	if (ret == -ENOENT || (ret == 0 && strcmp(api, NODE_DEVICE_API) == 0))
		return 0;
	auxiliary_sysfs_printable(api);
	AUXILIARY_LOG(WARNING, "device %s: its device_api is \"%s\", not " NODE_DEVICE_API
		", skipped", auxiliary_sysfs_basename(path), api);
	return -ENOTSUP;
}

/* The node of the mdev on a sub-function; of several the one whose UUID comes first. */
static bool
node_child(int dir, const struct auxiliary_root *root, const char *sf, struct auxiliary_node *node)
{
	char uuid[RTE_UUID_STRLEN], path[RTE_DEV_NAME_MAX_LEN + sizeof(uuid)], base[PATH_MAX];
	bool is_found = false;
	int child = -1;

	if (auxiliary_sysfs_first(dir, auxiliary_is_uuid, uuid, sizeof(uuid)))
		child = openat(dir, uuid, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (child < 0)
		return false;
	snprintf(path, sizeof(path), "%s/%s", sf, uuid);
	snprintf(base, sizeof(base), "%s/%s", root->path, sf);
	if (mdev_check(root, path) == 0)
		is_found = node_kernel(child, base, uuid, node);
	close(child);
	return is_found;
}

RTE_EXPORT_INTERNAL_SYMBOL(auxiliary_node_find)
int
auxiliary_node_find(const struct auxiliary_root *root, const char *name,
		struct auxiliary_node *node)
{
	bool is_found = false;
	int dir, ret = 0;

	node_init(node, name);
	dir = auxiliary_sysfs_open(root, name, NULL);
	if (dir < 0)
		return dir;
	if (root->is_mdev)
		ret = mdev_check(root, name);
	if (ret == 0) {
		node_socket(dir, node);
		is_found = node->vfio.user_socket != NULL;
	}
	if (ret == 0 && auxiliary_sysfs_is_kernels(dir))
		is_found |= node_kernel(dir, root->path, name, node) ||
			(!is_found && !root->is_mdev && node_child(dir, root, name, node));
	close(dir);
	return ret == 0 && !is_found ? -ENODEV : ret;
}

RTE_EXPORT_INTERNAL_SYMBOL(auxiliary_node_path)
bool
auxiliary_node_path(const struct auxiliary_root *root, const struct auxiliary_node *node,
		enum rte_vfio_transport transport, char *buf, size_t size)
{
	buf[0] = '\0';
	if (node->vfio.user_socket != NULL && transport <= RTE_VFIO_TRANSPORT_USER)
		snprintf(buf, size, "%s/%s/" AUXILIARY_NODE_SOCKET, root->path, node->vfio.name);
	else if (node->vfio.cdev != NULL && transport != RTE_VFIO_TRANSPORT_GROUP)
		strlcpy(buf, node->kernel.cdev, size);
	else if (node->vfio.group_name != NULL)
		strlcpy(buf, node->kernel.group, size);
	return buf[0] != '\0';
}
