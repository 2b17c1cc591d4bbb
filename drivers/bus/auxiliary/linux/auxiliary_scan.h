/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef AUXILIARY_SCAN_H
#define AUXILIARY_SCAN_H

/*
 * What the parts of a scan share.
 *
 * A scan visits each directory entry once, finds the device or the devargs of
 * that name through an index, and sorts the list once at the end: its cost is
 * linear in the entries.  With an allow list it does not read directories but
 * asks for the names on the list, however many other devices there are.
 *
 * A scan learns which devices there are, hardly more.  The attributes of a
 * device are read when somebody first looks at it.
 */

#include "../private.h"

/* A directory whose entries are devices of one kind. */
struct auxiliary_root {
	const char *path;
	enum rte_auxiliary_kind kind;
};

struct auxiliary_roots {
	char *paths; /* what the elements point into */
	struct auxiliary_root *root;
	unsigned int nb;
};

struct auxiliary_scan {
	struct auxiliary_roots roots;
	struct auxiliary_index devices; /* on the bus */
	struct auxiliary_index devargs; /* of this bus */
	bool unsorted; /* devices were added */
};

/* An entry of a root, on its way to becoming a device. */
struct auxiliary_entry {
	const struct auxiliary_root *root;
	int fd; /* of the root */
	const char *name;
	bool is_dir; /* known to be one, or a link to one */
	bool is_named; /* by the user, in devargs */
};

/* Whatever the result, to be given back with auxiliary_roots_put(). */
int auxiliary_roots_get(struct auxiliary_roots *roots);

void auxiliary_roots_put(struct auxiliary_roots *roots);

/* A root's directory, or -1 if there is nothing to scan. */
int auxiliary_root_open(const struct auxiliary_root *root);

/* Whether a directory, or a link to one, is there. */
bool auxiliary_entry_exists(int fd, const char *name);

/*
 * Give a device, which has its name, its place in sysfs.  0, 1 if it is not
 * for this bus or has gone meanwhile, or -ENOMEM.
 */
int auxiliary_dev_place(const struct auxiliary_roots *roots,
		const struct auxiliary_entry *entry, struct auxiliary_dev *dev);

#endif /* AUXILIARY_SCAN_H */
