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
 * anywhere.  So whatever is opened is opened from the top of the tree down, and
 * never out of it; a link as last component of an attribute is not followed.
 */

#include "../private.h"

/* No attribute that the bus reads is longer. */
#define AUXILIARY_VALUE_LEN 64

/*
 * Open a device's directory (attr is "") or something that is reached from it
 * by links or "..".  A descriptor, or a negative errno: -EXDEV, after a log
 * line, if that is outside the tree.
 */
int auxiliary_sysfs_open(struct auxiliary_place place, const char *attr, int flags);

/* Whether there is a directory, or a link to one, in a place. */
bool auxiliary_sysfs_exists(struct auxiliary_place place);

/* Read where the link in a place leads.  0, or a negative errno and "". */
int auxiliary_sysfs_target(struct auxiliary_place place, char *buf, size_t size);

/*
 * Read an attribute, which is found as above, without its newline.  0, -ENOENT
 * if there is none or its device has gone, -EFBIG with the beginning in buf, or
 * another negative errno.
 */
int auxiliary_sysfs_read(struct auxiliary_place place, const char *attr,
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
