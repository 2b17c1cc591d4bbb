/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef AUXILIARY_LINUX_H
#define AUXILIARY_LINUX_H

#include <rte_vfio_dev.h>

#include "../private.h"

/* --- auxiliary_sysfs.c ------------------------------------------------------- */

/*
 * Open the directory that a path, relative to a root, leads to, and with "parent"
 * the one above it (or -1): for openat() and fstatfs().  A descriptor, -EXDEV after
 * a log line if it is outside the root's tree, or another negative errno.
 */
int auxiliary_sysfs_open(const struct auxiliary_root *root, const char *path, int *parent);

/*
 * Read a file of a directory, not through a link, without the newline.  0, -ENOENT
 * if there is none or its device has gone, -EFBIG with the beginning in buf, or
 * another negative errno.
 */
int auxiliary_sysfs_read(int dir, const char *file, char *buf, size_t size);

/* Read where a link leads.  0, or a negative errno and "". */
int auxiliary_sysfs_link(int dir, const char *link, char *buf, size_t size);

/* The first name in a directory, in order, that is wanted; false and "" if there is none. */
bool auxiliary_sysfs_first(int dir, const char *path, bool (*is_wanted)(const char *name),
		char *buf, size_t size);

/* Last component of a path; the one before, or "". */
const char *auxiliary_sysfs_basename(const char *path);
void auxiliary_sysfs_owner(const char *path, char *owner, size_t size);

/* Replace what is not fit for a log line. */
void auxiliary_sysfs_printable(char *text);

/* --- auxiliary_root.c -------------------------------------------------------- */

struct auxiliary_entries {
	struct auxiliary_entry *entry;
	size_t nb, max;
};

/* The roots to look into now, those of sub-functions first, up to NULL; to be freed.  Or NULL. */
const struct auxiliary_root **auxiliary_roots_get(void);

/* Whether a root is in the kernel's sysfs, or would be if it existed; whether a directory is. */
bool auxiliary_root_is_kernels(const struct auxiliary_root *root);
bool auxiliary_sysfs_is_kernels(int dir);

/* Add the entries of these roots, in order, or those of a name.  0 or -ENOMEM. */
int auxiliary_entries_read(struct auxiliary_entries *entries,
		const struct auxiliary_root *const *roots, const char *name);

/* By name; of one name, the first root's entry comes first. */
int auxiliary_entry_cmp(const void *one, const void *two);

/* Whether an mdev is part of a sub-function, and so its VFIO node; the sub-function's name. */
bool auxiliary_entry_is_node(const struct auxiliary_entry *entry,
		const struct auxiliary_root *const *roots, char *sf, size_t size);

/* --- auxiliary_node.c, auxiliary_vfio.c --------------------------------------- */

/* Where a simulated device listens, in its directory. */
#define AUXILIARY_NODE_SOCKET "vfio-user"

/* A VFIO node, and what it borrows. */
struct auxiliary_node {
	struct rte_vfio_dev_node vfio;
	struct rte_vfio_kernel_node kernel;
	int socket; /* or -1 */
	char socket_path[32];
	char group_base[PATH_MAX];
	char group_name[NAME_MAX + 1];
};

/*
 * Find the VFIO node that matches a device.  0, -ENODEV if it has none, or another
 * negative errno after a log line.  To be given back whatever the result.
 */
int auxiliary_node_find(const struct auxiliary_device *dev, struct auxiliary_node *node);
void auxiliary_node_put(struct auxiliary_node *node);

/* Whether there is a node that this user may open.  0, -ENODEV or -EACCES, not logged. */
int auxiliary_node_check(const struct auxiliary_device *dev);

/* Name of the kernel driver that a device is bound to; false if there is none. */
bool auxiliary_kernel_driver(const struct auxiliary_device *dev, char *buf, size_t size);

/* --- auxiliary_snapshot.c, auxiliary_listen.c: devices that come and go ------- */

/* An entry that a driver may want.  A sub-function and the mdev on it are one line. */
struct auxiliary_line {
	struct auxiliary_entry entry;
	uint64_t driver; /* identity of the kernel driver; 0: not bound, so no device yet */
	uint64_t node; /* identity of a VFIO node that may come later; 0: none */
	bool is_out; /* has lost its node, and was told to have gone */
	bool is_due; /* has come, and devargs may want it plugged */
	unsigned int tries;
	uint64_t try_at; /* microseconds of the monotonic clock */
	uint32_t nb_plugs; /* of the device, when the line became due */
};

struct auxiliary_snapshot {
	struct auxiliary_line *line; /* by name, then by root */
	size_t nb;
};

/* With room for more lines.  0 or -ENOMEM; the lines are to be freed whatever the result. */
int auxiliary_snapshot_take(struct auxiliary_snapshot *snapshot,
		const struct auxiliary_root *const *roots, size_t room);

/*
 * Listen for changes in these roots.  "ask" is called on the interrupt thread when
 * something may have changed.  Called again, it has watches follow directories.
 */
void auxiliary_listen(const struct auxiliary_root *const *roots, void (*ask)(void));
void auxiliary_listen_stop(void);

/* Whether the application has started EAL's monitor of device events. */
bool auxiliary_listen_is_wanted(void);

#endif /* AUXILIARY_LINUX_H */
