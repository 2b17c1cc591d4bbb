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
	size_t top_len; /* of the path: the tree that links do not leave */
};

struct auxiliary_roots {
	char *paths; /* what the elements point into */
	struct auxiliary_root *root;
	unsigned int nb;
};

/* Devargs that pick a device by what it is, not by its name. */
struct auxiliary_pick {
	struct rte_devargs *devargs;
	struct rte_kvargs *kvlist;
	bool is_settled; /* devargs have the name of the device picked */
};

struct auxiliary_scan {
	struct auxiliary_roots roots;
	struct auxiliary_index devices; /* on the bus; not filled to attach one */
	struct auxiliary_index devargs; /* of this bus, by name of their device */
	struct auxiliary_pick *picks;
	unsigned int nb_picks;
	unsigned int nb_open; /* picks that allow a device not yet found */
	bool blocks; /* some pick blocks devices */
	struct rte_devargs *attach; /* all that is new since the last scan */
	bool unsorted; /* devices were added */
};

/* An entry of a root, on its way to becoming a device. */
struct auxiliary_entry {
	const struct auxiliary_root *root;
	int fd; /* of the root */
	const char *name;
	const struct rte_devargs *devargs; /* that name it, or NULL */
};

/* Whatever the result, to be given back with auxiliary_roots_put(). */
int auxiliary_roots_get(struct auxiliary_roots *roots);

void auxiliary_roots_put(struct auxiliary_roots *roots);

/* Whether the kernel itself tells what comes and goes there. */
bool auxiliary_root_is_kernels(const struct auxiliary_root *root);

/* A root's directory, or -1 if there is nothing to scan. */
int auxiliary_root_open(const struct auxiliary_root *root);

/* Whether an entry's name may be that of a device. */
bool auxiliary_name_is_valid(enum rte_auxiliary_kind kind, const char *name);

/*
 * Whether an mdev, which is a directory or what a link leads to, belongs to a
 * sub-function, and to which.
 */
bool auxiliary_mdev_parent(const struct auxiliary_roots *roots, const char *target,
		char *parent, size_t size);

/* Whether a directory, or a link to one, is there. */
bool auxiliary_entry_exists(int fd, const char *name);

/*
 * Give a device, which has its name, its place in sysfs.  0, 1 if it is not
 * for this bus, or -ENOMEM.
 */
int auxiliary_dev_place(const struct auxiliary_roots *roots,
		const struct auxiliary_entry *entry, struct auxiliary_dev *dev);

/* auxiliary_monitor.c: the roots may be other ones than at the last scan. */
void auxiliary_monitor_update(const struct auxiliary_roots *roots);

/* --- auxiliary_pick.c: what the user asked for -------------------------- */

/*
 * Sort EAL's devargs into those with the name of a device and those that pick
 * one, and find out which are new.  0 or -ENOMEM.
 */
int auxiliary_picks_get(struct auxiliary_scan *scan);

/* Whether a device is blocked by what it is. */
bool auxiliary_pick_blocks(const struct auxiliary_scan *scan, struct auxiliary_dev *dev);

/* Whether a device may be the one that some devargs pick. */
bool auxiliary_pick_wants(const struct auxiliary_scan *scan, struct auxiliary_dev *dev);

/* Open again the picks whose device has gone, or is not what it was. */
void auxiliary_picks_check(struct auxiliary_scan *scan);

/*
 * Give every open pick the name of the only device that it fits; say so if
 * there is none, or more than one.  0 or -ENOMEM.
 */
int auxiliary_picks_settle(struct auxiliary_scan *scan);

/* Remember which devargs have been scanned for.  0 or -ENOMEM. */
int auxiliary_picks_done(void);

void auxiliary_picks_put(struct auxiliary_scan *scan);

#endif /* AUXILIARY_SCAN_H */
