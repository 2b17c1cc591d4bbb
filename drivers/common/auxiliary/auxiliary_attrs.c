/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_memory.h>
#include <rte_pci.h>
#include <rte_string_fns.h>

#include "auxiliary_walk.h"

/* No number that is read is longer. */
#define NUMBER_LEN 64

/* The PCI function nearest to the device on the way to it: the last "dddd:bb:dd.f" of its path. */
static void
parent_find(struct auxiliary_attrs *attrs, const char *target)
{
	struct rte_pci_addr addr;
	char name[PCI_PRI_STR_SIZE];
	const char *slash;
	size_t len;

	for (; (slash = strchr(target, '/')) != NULL; target = slash + 1) {
		len = (size_t)(slash - target);
		if (len < strlen("0000:00:00.0") || len >= sizeof(name))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)len, target);
		if (rte_pci_addr_parse(name, &addr) == 0)
			rte_pci_device_name(&addr, attrs->parent, sizeof(attrs->parent));
	}
}

/* Nothing but an optional sign and digits, unlike what strtoll() takes. */
static bool
is_number(const char *text)
{
	text += text[0] == '-';
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/*
 * A number of a directory; it stays as it is, without a word if there is none, else after a
 * line.  0 or a shortage.
 */
static int
number_read(const char *name, int dir, const char *file, int64_t max, int64_t *out)
{
	int64_t min = RTE_MIN(*out, 0);
	char text[NUMBER_LEN];
	long long number;
	int ret;

	ret = auxiliary_sysfs_read(dir, file, text, sizeof(text));
	if (ret == -ENOENT)
		return 0;
	errno = 0;
	if (ret == 0 && is_number(text)) {
		number = strtoll(text, NULL, 10);
		if (errno == 0 && number >= min && number <= max) {
			*out = number;
			return 0;
		}
	}
	auxiliary_sysfs_printable(text);
	if (ret < 0 && ret != -EFBIG)
		AUXILIARY_LOG(WARNING, "device %s: cannot read %s, ignored: %s", name, file,
			strerror(-ret));
	else
		AUXILIARY_LOG(WARNING, "device %s: %s is \"%s%s\", not a number from %" PRId64
			" to %" PRId64 ", ignored", name, file, text, ret == -EFBIG ? "..." : "",
			min, max);
	return auxiliary_is_shortage(ret) ? ret : 0;
}

static void
info_write(struct auxiliary_attrs *attrs, bool is_mdev)
{
	char sfnum[24] = "";

	if (attrs->sfnum != UINT32_MAX)
		snprintf(sfnum, sizeof(sfnum), ", sfnum=%" PRIu32, attrs->sfnum);
	snprintf(attrs->info, sizeof(attrs->info), "kind=%s%s%s%s",
		is_mdev ? "mdev" : "sf",
		attrs->parent[0] == '\0' ? "" : ", parent=", attrs->parent, sfnum);
}

RTE_EXPORT_INTERNAL_SYMBOL(auxiliary_attrs_read)
int
auxiliary_attrs_read(const struct auxiliary_root *root, const char *name,
		struct auxiliary_attrs *attrs)
{
	char path[PATH_MAX], target[PATH_MAX];
	int64_t sfnum = UINT32_MAX, numa_node = SOCKET_ID_ANY;
	int dir, above, ret = 0;
	bool has_node;

	*attrs = (struct auxiliary_attrs){ .numa_node = SOCKET_ID_ANY,
		.sfnum = UINT32_MAX };
	dir = auxiliary_sysfs_open(root, name, &above);
	if (dir == -EXDEV) {
		attrs->error = -EXDEV;
		info_write(attrs, root->is_mdev);
		return 0;
	}
	if (dir < 0) {
		if (dir != -ENOENT && dir != -ENOTDIR && dir != -ENODEV)
			AUXILIARY_LOG(ERR, "device %s: cannot open its directory: %s", name,
				strerror(-dir));
		return auxiliary_is_shortage(dir) ? dir : -ENOENT;
	}
	snprintf(path, sizeof(path), "%s/%s", root->path, name);
	auxiliary_sysfs_link(AT_FDCWD, path, target, sizeof(target));
	parent_find(attrs, target);
	auxiliary_sysfs_owner(target, attrs->owner, sizeof(attrs->owner));
	/* The device's own NUMA node, otherwise that of what it is a part of. */
	has_node = above < 0 || faccessat(dir, "numa_node", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	if (!root->is_mdev) {
		ret = number_read(name, dir, "sfnum", UINT32_MAX - 1, &sfnum);
		attrs->sfnum = (uint32_t)sfnum;
	} else {
		auxiliary_sysfs_link(dir, "mdev_type", target, sizeof(target));
		strlcpy(attrs->type, auxiliary_sysfs_basename(target), sizeof(attrs->type));
	}
	if (ret == 0)
		ret = number_read(name, has_node ? dir : above, "numa_node",
				RTE_MAX_NUMA_NODES - 1, &numa_node);
	attrs->numa_node = (int)numa_node;
	info_write(attrs, root->is_mdev);
	close(dir);
	if (above >= 0)
		close(above);
	return ret;
}

RTE_EXPORT_INTERNAL_SYMBOL(auxiliary_kernel_driver)
bool
auxiliary_kernel_driver(const struct auxiliary_root *root, const char *name,
		char *buf, size_t size)
{
	int dir = auxiliary_sysfs_open(root, name, NULL);
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
