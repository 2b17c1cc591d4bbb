/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef AUXILIARY_WALK_H
#define AUXILIARY_WALK_H

/*
 * Directories, files and links of a tree that may not be the kernel's.  Inside
 * this library, whose files use each other in this order: auxiliary_walk.c,
 * _root.c, _attrs.c, _node.c, _advice.c; _news.c uses _root.c.
 */

#include <rte_log.h>

#include "auxiliary_sysfs.h"

/* What this library says is said of devices of the bus, so it is the bus's type of log. */
extern int auxiliary_sysfs_logtype;
#define AUXILIARY_LOG(level, ...) AUXILIARY_LOG_AT(RTE_LOG_ ## level, __VA_ARGS__)
#define AUXILIARY_LOG_AT(level, ...) \
	rte_log(level, auxiliary_sysfs_logtype, RTE_FMT("auxiliary bus: " \
		RTE_FMT_HEAD(__VA_ARGS__ ,) "\n", RTE_FMT_TAIL(__VA_ARGS__ ,)))

/* What is exported is in version.map before DPDK 25.07. */
#if __has_include("eal_export.h")
#include <eal_export.h>
#else
#define RTE_EXPORT_INTERNAL_SYMBOL(symbol)
#endif

/*
 * Open the directory that a path, relative to a root, leads to, and with "parent"
 * the one above it (or -1): for openat() and fstatfs().  A descriptor, -EXDEV after
 * a log line if it is outside the root's tree, or another negative errno.
 */
int auxiliary_sysfs_open(const struct auxiliary_root *root, const char *path, int *parent);

/* Whether a directory is in the kernel's sysfs. */
bool auxiliary_sysfs_is_kernels(int dir);

/*
 * Read a file of a directory, not through a link, without the newline.  0, -ENOENT
 * if there is none or its device has gone, -EFBIG with the beginning in buf, or
 * another negative errno.
 */
int auxiliary_sysfs_read(int dir, const char *file, char *buf, size_t size);

/* Read where a link leads.  0, or a negative errno and "". */
int auxiliary_sysfs_link(int dir, const char *link, char *buf, size_t size);

/* The first name in a directory, in order, that is wanted; false and "" if there is none. */
bool auxiliary_sysfs_first(int dir, bool (*is_wanted)(const char *name), char *buf, size_t size);

/* Last component of a path; the one before, or "". */
const char *auxiliary_sysfs_basename(const char *path);
void auxiliary_sysfs_owner(const char *path, char *owner, size_t size);

/* Replace what is not fit for a log line. */
void auxiliary_sysfs_printable(char *text);

#endif /* AUXILIARY_WALK_H */
