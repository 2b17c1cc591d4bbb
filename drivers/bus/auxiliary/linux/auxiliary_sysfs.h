/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef AUXILIARY_SYSFS_H
#define AUXILIARY_SYSFS_H

/*
 * Attributes and links of devices.
 *
 * A device is reached through a link in a root, and nothing says that the tree
 * around it is the kernel's: whoever made a simulated one may have put a link
 * anywhere.  So a device's directory is opened once, from the top of the tree
 * down and never out of it; what is in the directory is opened relative to it,
 * and a link as last component is not followed.
 */

#include "../private.h"

/* No attribute that the bus reads is longer. */
#define AUXILIARY_VALUE_LEN 64

/* Top of the tree that a place is in.  A descriptor (O_PATH), or a negative errno. */
int auxiliary_sysfs_top(const char *path, size_t len);

/*
 * Open a device's directory (attr is "") or something that is reached from it
 * by links or "..".  A descriptor, or a negative errno: -EXDEV, after a log
 * line, if that is outside the tree.
 */
int auxiliary_sysfs_open(const struct auxiliary_place *place, const char *attr, int flags);

/*
 * Read an attribute in a directory, without its newline.  0, -ENOENT if there
 * is none or its device has gone, -EFBIG with the beginning in buf, or a
 * negative errno.
 */
int auxiliary_sysfs_read(int fd, const char *attr, char *buf, size_t size);

/* The same for an attribute that is reached from a device by links or "..". */
int auxiliary_sysfs_read_linked(const struct auxiliary_place *place, const char *attr,
		char *buf, size_t size);

/*
 * Make a number between min and max of what has been read.  0, -ENOENT if
 * there was nothing, or a negative errno after a log line that shows what was
 * there instead.
 */
int auxiliary_sysfs_number(const char *name, const char *attr, int read_result, char *text,
		int64_t min, int64_t max, int64_t *value);

/* Read where a link leads.  0, or a negative errno and an empty string. */
int auxiliary_sysfs_link(int fd, const char *link, char *buf, size_t size);

/* Last component of a path. */
const char *auxiliary_sysfs_basename(const char *path);

/* Replace what is not fit for a log line. */
void auxiliary_sysfs_printable(char *text);

#endif /* AUXILIARY_SYSFS_H */
