/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef AUXILIARY_SYSFS_H
#define AUXILIARY_SYSFS_H

/**
 * @file
 *
 * Sub-functions and mediated devices, as Linux shows them in sysfs, or a
 * simulator in a directory of its own: what there is, what it is, which VFIO
 * node matches it, and what keeps DPDK from using it.
 *
 * The auxiliary bus makes its devices of this, and dpdk-sfctl shows it.
 * Nothing is kept but the names of directories: each call reads anew.  Every
 * function may be called on any thread.
 */

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_compat.h>
#include <rte_dev.h>
#include <rte_vfio_dev.h>

/** Longest type of an mdev that is kept, with its terminating zero. */
#define AUXILIARY_TYPE_LEN 64
/** Longest text of struct auxiliary_attrs::info, likewise. */
#define AUXILIARY_INFO_LEN 64
/** Longest advice that is given, likewise. */
#define AUXILIARY_ADVICE_LEN 2048

/* --- Roots and entries ------------------------------------------------------- */

/** A directory of entries.  It is never freed, so anybody may point to it. */
struct auxiliary_root {
	struct auxiliary_root *next;
	bool is_mdev; /**< Holds mediated devices, else sub-functions. */
	size_t tree_len; /**< Of the path, up to the top of the tree that links do not leave. */
	char path[];
};

/** A name that a root holds. */
struct auxiliary_entry {
	char name[RTE_DEV_NAME_MAX_LEN];
	const struct auxiliary_root *root;
	uint32_t order; /**< Of the root, among those that were read. */
	uint64_t ino; /**< An entry made anew has another one. */
};

/** Entries, in memory that is the caller's to free. */
struct auxiliary_entries {
	struct auxiliary_entry *entry;
	size_t nb, max;
	uint64_t unread; /**< Roots that may have more, by auxiliary_order_bit(). */
};

/** A bit for a root, among those that were read; the last of 64 stands for all others. */
static inline uint64_t
auxiliary_order_bit(uint32_t order)
{
	return UINT64_C(1) << (order < 63 ? order : 63);
}

/**
 * The roots to look into now, as the environment names them.
 *
 * @return
 *   Those of sub-functions first, up to NULL; the caller frees the array.  Or NULL.
 */
__rte_internal
const struct auxiliary_root **auxiliary_roots_get(void);

/** Write the roots' paths, for a log line.  Returns buf. */
__rte_internal
const char *auxiliary_roots_str(char *buf, size_t size);

/** Whether a root is in the kernel's sysfs, or would be if it existed. */
__rte_internal
bool auxiliary_root_is_kernels(const struct auxiliary_root *root);

/**
 * Add the entries of these roots, in order, or with "name" those of that name.
 * A root that cannot be read is told in a log line, and is no error, unless it was for want
 * of memory or a file descriptor.
 *
 * @return
 *   0 or auxiliary_is_shortage().
 */
__rte_internal
int auxiliary_entries_read(struct auxiliary_entries *entries,
	const struct auxiliary_root *const *roots, const char *name);

/** For qsort(): by name; of one name, the first root's entry comes first. */
__rte_internal
int auxiliary_entry_cmp(const void *one, const void *two);

/** Whether an mdev is part of a sub-function, and so its VFIO node; the sub-function's name. */
__rte_internal
bool auxiliary_entry_is_node(const struct auxiliary_entry *entry,
	const struct auxiliary_root *const *roots, char *sf, size_t size);

/**
 * Whether a negative errno is of this process, which has no memory or no file descriptor
 * left, and so tells nothing of a device.
 */
static inline bool
auxiliary_is_shortage(int ret)
{
	return ret == -ENOMEM || ret == -EMFILE || ret == -ENFILE;
}

/** Whether a name is a UUID as sysfs writes it, letters of either case. */
__rte_internal
bool auxiliary_is_uuid(const char *name);

/* --- Attributes -------------------------------------------------------------- */

/** What sysfs says of a device.  Compared as a whole, so without padding. */
struct auxiliary_attrs {
	int error; /**< 0, or -EXDEV: the device's link leads out of the tree. */
	int numa_node; /**< Or SOCKET_ID_ANY. */
	uint32_t sfnum; /**< Or UINT32_MAX. */
	char type[AUXILIARY_TYPE_LEN]; /**< Of an mdev, or "". */
	char owner[RTE_DEV_NAME_MAX_LEN]; /**< Directory above the device's, or "". */
	char parent[20]; /**< PCI function, or "". */
	char info[AUXILIARY_INFO_LEN]; /**< All this in a few words, for people. */
};

/**
 * Read all attributes of a device; what is strange is told in a log line.
 *
 * @return
 *   0, -ENOENT if the device has gone, or auxiliary_is_shortage().
 */
__rte_internal
int auxiliary_attrs_read(const struct auxiliary_root *root, const char *name,
	struct auxiliary_attrs *attrs);

/** Name of the kernel driver that a device is bound to; false if there is none. */
__rte_internal
bool auxiliary_kernel_driver(const struct auxiliary_root *root, const char *name,
	char *buf, size_t size);

/* --- VFIO node --------------------------------------------------------------- */

/** Where a simulated device listens, in its directory. */
#define AUXILIARY_NODE_SOCKET "vfio-user"

/** A VFIO node, and what it borrows. */
struct auxiliary_node {
	struct rte_vfio_dev_node vfio;
	struct rte_vfio_kernel_node kernel;
	int socket; /**< Or -1. */
	char socket_path[32];
	char group_base[PATH_MAX];
	char group_name[NAME_MAX + 1];
};

/**
 * Find the VFIO node that matches a device.
 *
 * @param name
 *   Of the device; to stay valid as long as the node.
 * @return
 *   0, -ENODEV if it has none, or another negative errno after a log line.
 *   auxiliary_node_put() has to follow whatever the result.
 */
__rte_internal
int auxiliary_node_find(const struct auxiliary_root *root, const char *name,
	struct auxiliary_node *node);

/** The path of a node, by one transport or the one that is taken first; false if there is none. */
__rte_internal
bool auxiliary_node_path(const struct auxiliary_root *root, const struct auxiliary_node *node,
	enum rte_vfio_transport transport, char *buf, size_t size);

/** Give back what a node borrows. */
__rte_internal
void auxiliary_node_put(struct auxiliary_node *node);

/** The kernel's node that this user may not open, if no other may be opened, or NULL. */
__rte_internal
const char *auxiliary_node_forbidden(const struct auxiliary_node *node);

/**
 * Why nobody can open the VFIO node of a device, and what to do, for somebody who
 * has never seen VFIO.
 *
 * @param user
 *   Who needs the node: "driver net_sf_example".
 * @param node
 *   What auxiliary_node_find() found, with its result or a later one in "error".
 * @param advice
 *   AUXILIARY_ADVICE_LEN octets: one line, with what to type where that is known.
 * @return
 *   Whether there is something to say.
 */
__rte_internal
bool auxiliary_node_advice(const struct auxiliary_root *root, const char *name,
	const char *user, const struct auxiliary_node *node, int error, char *advice);

/* --- News -------------------------------------------------------------------- */

struct nl_sock;

/** What tells that devices may have come or gone. */
struct auxiliary_news {
	struct nl_sock *sock; /**< Of uevents, or NULL. */
	int uevents; /**< Its descriptor, or -1. */
	int inotify; /**< Watches directories that are not the kernel's; or -1. */
};

#define AUXILIARY_NEWS_NONE ((struct auxiliary_news){ .uevents = -1, .inotify = -1 })

/** Listen for what comes and goes in these roots; again, to follow directories made anew. */
__rte_internal
void auxiliary_news_listen(struct auxiliary_news *news,
	const struct auxiliary_root *const *roots);

/** Take what was heard, without waiting; whether something may have changed. */
__rte_internal
bool auxiliary_news_take_uevents(const struct auxiliary_news *news);
__rte_internal
bool auxiliary_news_take_inotify(const struct auxiliary_news *news);

__rte_internal
void auxiliary_news_close(struct auxiliary_news *news);

#endif /* AUXILIARY_SYSFS_H */
