/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef AUXILIARY_SCAN_H
#define AUXILIARY_SCAN_H

/*
 * What the parts of a scan share.
 *
 * A scan reads names, sorts them, and walks along them and the list of devices
 * together, which is in the same order: its cost is linear.  With an
 * allow list it does not read directories but asks for the names on the list,
 * however many other devices there are.
 *
 * A scan learns which devices there are, hardly more: unless devargs are about
 * it, it is enough to remember the name of a sub-function for which there is a
 * driver.  The attributes of a device are read when somebody first looks at it.
 */

#include "../private.h"

/* A directory whose entries are devices of one kind. */
struct auxiliary_root {
	struct auxiliary_dir *dir;
	enum rte_auxiliary_kind kind;
	int fd; /* while it is scanned, or -1 */
};

struct auxiliary_roots {
	struct auxiliary_root *root;
	unsigned int nb;
};

/* A name that a scan has met, of which there may be many. */
struct auxiliary_entry {
	uint32_t number;
	uint16_t stem; /* by index */
	uint8_t root; /* by index */
	uint8_t state; /* enum auxiliary_name_state */
};

struct auxiliary_room {
	struct auxiliary_entry *entry;
	size_t max;
};

/* The stems of entries.  Starts as all zeroes. */
struct auxiliary_stems {
	struct auxiliary_stem **stem;
	uint32_t nb, max;
	struct auxiliary_index index;
	struct auxiliary_stem *last; /* that was asked for */
};

/* Those that a scan has met; its memory is kept for the next one. */
struct auxiliary_entries {
	struct auxiliary_room room, spare;
	size_t nb;
	size_t nb_names; /* the first of them are names that are to be kept */
	struct auxiliary_stems stems;
};

/* Devargs that pick a device by what it is, not by its name. */
struct auxiliary_pick {
	struct rte_devargs *devargs;
	struct rte_kvargs *kvlist;
	bool is_settled; /* devargs have the name of the device picked */
};

struct auxiliary_scan {
	struct auxiliary_roots roots;
	struct auxiliary_entries *entries;
	struct auxiliary_index devargs; /* of this bus, by name of their device */
	struct auxiliary_pick *picks;
	unsigned int nb_picks;
	unsigned int nb_open; /* picks that allow a device not yet found */
	bool blocks; /* some pick blocks devices */
	bool by_name; /* devargs are about names, if anything */
	struct rte_devargs *attach; /* all that is new since the last scan */
	struct rte_auxiliary_device *from; /* where on the list it begins, or NULL */
	struct auxiliary_dev *added; /* the last new device */
};

/* Whatever the result, to be given back with auxiliary_roots_put(). */
int auxiliary_roots_get(struct auxiliary_roots *roots);

void auxiliary_roots_put(struct auxiliary_roots *roots);

/* Whether the kernel itself tells what comes and goes there. */
bool auxiliary_root_is_kernels(const struct auxiliary_root *root);

/* Open a root's directory, for the scan.  False if there is nothing to scan. */
bool auxiliary_root_open(struct auxiliary_root *root);

/* --- auxiliary_entries.c: names ----------------------------------------- */

/* Whether an entry's name may be that of a device. */
bool auxiliary_name_is_valid(enum rte_auxiliary_kind kind, const char *name);

/* Room for so many entries.  0 or -ENOMEM. */
int auxiliary_room_make(struct auxiliary_room *room, size_t nb);

/* Without entries, but with the memory for some; or without. */
void auxiliary_entries_reset(struct auxiliary_entries *entries);
void auxiliary_entries_free(struct auxiliary_entries *entries);

/* One name, if an open root has it.  0 or -ENOMEM. */
int auxiliary_entries_ask(struct auxiliary_entries *entries,
		const struct auxiliary_roots *roots, unsigned int root, const char *name);

/* All that an open root has.  0 or -ENOMEM. */
int auxiliary_entries_read(struct auxiliary_entries *entries,
		const struct auxiliary_roots *roots, unsigned int root);

/* Of those with one name, the first root's is the first.  0 or -ENOMEM. */
int auxiliary_entries_sort(struct auxiliary_entries *entries);

/* --- auxiliary_stems.c ---------------------------------------------------- */

/* The index of a name's stem, which may be a new one, -ENOMEM, or -E2BIG after a log line. */
int auxiliary_stems_add(struct auxiliary_stems *stems, const struct auxiliary_name *name);

struct auxiliary_name auxiliary_stems_name(const struct auxiliary_stems *stems,
		const struct auxiliary_entry *entry);

/* In the order of names; rank tells the new index of each. */
void auxiliary_stems_sort(struct auxiliary_stems *stems, uint16_t *rank);

void auxiliary_stems_free(struct auxiliary_stems *stems);

/* --- auxiliary_names.c: what is on the bus, and no device yet ------------ */

/* Of the entries, which are in order, the next one that is nothing but a name. */
void auxiliary_names_add(struct auxiliary_entries *entries, const struct auxiliary_entry *entry);

/* Those names, and no others, are on the bus.  0 or -ENOMEM. */
int auxiliary_names_settle(struct auxiliary_entries *entries,
		const struct auxiliary_roots *roots);

/* --- auxiliary_dev.c: one device ----------------------------------------- */

/*
 * Whether an mdev, which is a directory or what a link leads to, belongs to a
 * sub-function, and to which.
 */
bool auxiliary_mdev_parent(const struct auxiliary_roots *roots, const char *target,
		char *parent, size_t size);

/* Whether a directory, or a link to one, is there. */
bool auxiliary_entry_exists(int fd, const char *name);

/*
 * Give a device, which has its name and maybe devargs that name it, its place
 * in sysfs.  Whether it is for this bus.
 */
bool auxiliary_dev_place(const struct auxiliary_roots *roots, const struct auxiliary_root *root,
		const struct rte_devargs *devargs, struct auxiliary_dev *dev);

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

/* Open again the picks whose device has gone, or is not what it was.  0 or -ENOMEM. */
int auxiliary_picks_check(struct auxiliary_scan *scan);

/*
 * Give every open pick the name of the only device that it fits; say so if
 * there is none, or more than one.  0 or -ENOMEM.
 */
int auxiliary_picks_settle(struct auxiliary_scan *scan);

/* Remember which devargs have been scanned for.  0 or -ENOMEM. */
int auxiliary_picks_done(void);

void auxiliary_picks_put(struct auxiliary_scan *scan);

#endif /* AUXILIARY_SCAN_H */
