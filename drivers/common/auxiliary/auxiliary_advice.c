/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_string_fns.h>

#include "auxiliary_walk.h"

#define MDEV_TYPES "mdev_supported_types"

/* The first wanted name in a directory of a root; false if there is none. */
static bool
first_entry(const struct auxiliary_root *root, const char *path,
		bool (*is_wanted)(const char *name), char *buf, size_t size)
{
	int dir = auxiliary_sysfs_open(root, path, NULL);
	bool is_found;

	if (dir < 0)
		return false;
	is_found = auxiliary_sysfs_first(dir, is_wanted, buf, size);
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

/* Have an mdev made on a sub-function that offers to.  False if it does not. */
static bool
mdev_advise(const struct auxiliary_root *root, const char *name, char *advice, size_t size)
{
	char path[RTE_DEV_NAME_MAX_LEN + sizeof("/" MDEV_TYPES)], type[NAME_MAX + 1];

	snprintf(path, sizeof(path), "%s/" MDEV_TYPES, name);
	if (!first_entry(root, path, is_visible, type, sizeof(type)))
		return false;
	if (are_plain(root->path, path, type))
		snprintf(advice, size, "create an mdev on it: "
			"cat /proc/sys/kernel/random/uuid > %s/%s/%s/create",
			root->path, path, type);
	else
		snprintf(advice, size, "create an mdev on it");
	return true;
}

/* Take the device from the driver that has it, and bind it to a VFIO driver if there is one. */
static void
bind_advise(const struct auxiliary_root *root, const char *name, char *advice, size_t size)
{
	char tree[PATH_MAX], other[NAME_MAX + 1] = "", command[AUXILIARY_ADVICE_LEN / 4] = "";
	bool is_plain = true;
	size_t len = 0;

	if (auxiliary_kernel_driver(root, name, other, sizeof(other))) {
		is_plain = are_plain(name, root->path, other);
		if (is_plain)
			snprintf(command, sizeof(command), ": echo %s > %s/%s/driver/unbind", name,
				root->path, name);
		len = snprintf(advice, size, "it is bound to %s%s; ", other, command);
	}
	/* From a root <tree>/bus/auxiliary/devices, the drivers of the bus. */
	if (root->path[root->tree_len] == '\0' ||
			!first_entry(root, "../drivers", is_vfio_driver, other, sizeof(other))) {
		strlcpy(advice + len, "load and bind a kernel driver that offers it over VFIO, "
			"or create an mdev on it", size - len);
		return;
	}
	snprintf(tree, sizeof(tree), "%.*s", (int)root->tree_len, root->path);
	command[0] = '\0';
	if (is_plain && are_plain(name, tree, other))
		snprintf(command, sizeof(command), ": echo %s > %s/bus/auxiliary/drivers/%s/bind",
			name, tree, other);
	auxiliary_sysfs_printable(other);
	snprintf(advice + len, size - len, "bind it to %s%s", other, command);
}

/*
 * Whether this user may open a node; if not, errno says why.  Unrolled with the loop of its
 * caller it would be several calls, of which tests cannot make each fail.
 */
static __rte_noinline bool
may_open(const char *path)
{
	return faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0;
}

RTE_EXPORT_INTERNAL_SYMBOL(auxiliary_node_forbidden)
const char *
auxiliary_node_forbidden(const struct auxiliary_node *node)
{
	const char *const paths[] = { node->kernel.cdev, node->kernel.group };
	const char *forbidden = NULL;
	unsigned int i;

	for (i = 0; i < RTE_DIM(paths) && node->vfio.user_socket == NULL; i++) {
		if (paths[i][0] == '\0')
			continue;
		if (may_open(paths[i]))
			return NULL;
		if (errno == EACCES && forbidden == NULL)
			forbidden = paths[i];
	}
	return forbidden;
}

RTE_EXPORT_INTERNAL_SYMBOL(auxiliary_node_advice)
bool
auxiliary_node_advice(const struct auxiliary_root *root, const char *name, const char *user,
		const struct auxiliary_node *node, int error, char *advice)
{
	const char *forbidden = auxiliary_node_forbidden(node);
	size_t size = AUXILIARY_ADVICE_LEN, len;

	if (node->vfio.user_socket != NULL)
		return false; /* common/vfio has said why */
	if (error != -ENODEV || node->vfio.cdev != NULL || node->vfio.group_name != NULL) {
		if (forbidden != NULL)
			snprintf(advice, size, "this user may not read and write %s, which %s "
				"needs", forbidden, user);
		return forbidden != NULL;
	}
	len = snprintf(advice, size, "no VFIO node, which %s needs; ", user);
	if (node->kernel.cdev[0] != '\0')
		snprintf(advice + len, size - len, "%s is not there", node->kernel.cdev);
	else if (root->is_mdev)
		strlcpy(advice + len, "load vfio_mdev and the driver of its type", size - len);
	else if (!mdev_advise(root, name, advice + len, size - len))
		bind_advise(root, name, advice + len, size - len);
	return true;
}
