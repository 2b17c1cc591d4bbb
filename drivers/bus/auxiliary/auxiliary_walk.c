/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

/*
 * Two things in the same order, the list of devices and the names beside it.
 * Both may change between two steps, by what is done with a device or by another
 * thread: then the place behind where the walk is has to be looked for again.
 * What changes them here waits for a scan, which goes along the list unlocked.
 */

void
auxiliary_walk_begin(struct auxiliary_walk *walk, const struct rte_device *after)
{
	*walk = (struct auxiliary_walk){ 0 }; /* of no generation that there is */
	if (after != NULL)
		walk->dev = container_of(after, struct auxiliary_dev, pub.device);
}

static bool
is_own(const struct auxiliary_walk *walk)
{
	return walk->dev != NULL && walk->dev == walk->own;
}

static struct auxiliary_entry
dev_entry(const struct rte_auxiliary_device *pub)
{
	return auxiliary_entry(pub->kind, pub->name);
}

/* The first device behind one that is not on the list, or the first of all. */
static struct rte_auxiliary_device *
list_seek(const struct auxiliary_dev *dev)
{
	struct auxiliary_entry entry, other;
	struct rte_auxiliary_device *pub;

	if (dev == NULL)
		return TAILQ_FIRST(&auxiliary_bus.device_list);
	entry = dev_entry(&dev->pub);
	FOREACH_DEVICE_ON_AUXILIARY_BUS(pub) {
		other = dev_entry(pub);
		if (auxiliary_entry_cmp(&other, &entry) > 0)
			break;
	}
	return pub;
}

static void
walk_seek(struct auxiliary_walk *walk)
{
	if (walk->generation == auxiliary_bus.generation)
		return;
	walk->next = walk->dev == NULL || is_own(walk) ? list_seek(walk->dev) :
		TAILQ_NEXT(&walk->dev->pub, next);
	walk->name = auxiliary_names_seek(walk->dev);
	walk->generation = auxiliary_bus.generation;
}

/* Make the walk's own device that of a name. */
static struct auxiliary_dev *
own_make(struct auxiliary_walk *walk, const struct auxiliary_entry *entry)
{
	if (walk->own == NULL)
		walk->own = auxiliary_dev_new(entry->name);
	else
		auxiliary_dev_init(walk->own, entry->name);
	if (walk->own == NULL) {
		AUXILIARY_LOG(ERR, "device %s: no memory", entry->name);
		return NULL;
	}
	auxiliary_dev_put(walk->own, entry->kind, auxiliary_names_dir(entry));
	auxiliary_history_recall(walk->own);
	return walk->own;
}

static void
own_keep(struct auxiliary_walk *walk)
{
	struct auxiliary_dev *twin = NULL;

	/* Another thread may have kept a device of the same name. */
	if (walk->generation != auxiliary_bus.generation)
		twin = auxiliary_dev_find(walk->own->pub.name);
	if (twin != NULL) {
		auxiliary_dev_free(walk->own);
		walk->dev = twin;
	} else {
		walk_seek(walk);
		auxiliary_dev_link(walk->own, walk->next);
		auxiliary_names_mark(walk->own, walk->name - 1, AUXILIARY_NAME_DEVICE);
		walk->generation = auxiliary_bus.generation;
	}
	walk->own = NULL;
}

static void
own_drop(struct auxiliary_walk *walk)
{
	walk_seek(walk);
	auxiliary_dev_unlink(walk->dev);
	walk->generation = auxiliary_bus.generation;
	if (walk->own != NULL)
		auxiliary_dev_free(walk->own);
	walk->own = walk->dev;
}

/*
 * Whether a name comes before the next device.  A name of which there is a
 * device does not, as that one or one in front of it is the next.
 */
static bool
is_name_next(const struct auxiliary_walk *walk, const struct auxiliary_entry *name)
{
	struct auxiliary_entry next;

	if (name == NULL || name->state == AUXILIARY_NAME_DEVICE)
		return false;
	if (walk->next == NULL)
		return true;
	next = dev_entry(walk->next);
	return auxiliary_entry_cmp(name, &next) < 0;
}

struct auxiliary_dev *
auxiliary_walk_step(struct auxiliary_walk *walk)
{
	const struct auxiliary_entry *name;

	walk_seek(walk);
	name = auxiliary_names_next(&walk->name);
	if (is_name_next(walk, name)) {
		walk->name++;
		walk->dev = own_make(walk, name);
	} else if (walk->next != NULL) {
		walk->dev = auxiliary_dev(walk->next);
		walk->dev->is_known = true; /* whoever kept it */
		walk->name += name != NULL && strcmp(name->name, walk->dev->pub.name) == 0;
		walk->next = TAILQ_NEXT(walk->next, next);
	} else {
		walk->dev = NULL;
	}
	return walk->dev;
}

/* What has been read of a device is not to be read again. */
static void
walk_learn(struct auxiliary_walk *walk)
{
	if (is_own(walk) && walk->dev->is_located)
		auxiliary_walk_keep(walk);
}

struct auxiliary_dev *
auxiliary_walk_next(struct auxiliary_walk *walk)
{
	struct auxiliary_dev *dev;

	walk_learn(walk);
	auxiliary_list_lock();
	dev = auxiliary_walk_step(walk);
	auxiliary_list_unlock();
	return dev;
}

struct auxiliary_dev *
auxiliary_walk_keep(struct auxiliary_walk *walk)
{
	if (!is_own(walk))
		return walk->dev;
	auxiliary_list_lock_quiet();
	own_keep(walk);
	auxiliary_list_unlock();
	return walk->dev;
}

void
auxiliary_walk_drop(struct auxiliary_walk *walk)
{
	struct auxiliary_dev *dev = walk->dev;

	if (dev->is_located || dev->nb_probes != 0 || dev->pub.device.devargs != NULL)
		return;
	auxiliary_list_lock_quiet();
	if (!dev->is_known && auxiliary_names_mark(dev, walk->name - 1, AUXILIARY_NAME_ONLY))
		own_drop(walk);
	auxiliary_list_unlock();
}

void
auxiliary_walk_end(struct auxiliary_walk *walk)
{
	walk_learn(walk);
	if (walk->own != NULL)
		auxiliary_dev_free(walk->own);
}

struct rte_device *
auxiliary_walk_found(struct auxiliary_walk *walk)
{
	struct auxiliary_dev *dev;

	auxiliary_list_lock_quiet();
	if (is_own(walk))
		own_keep(walk);
	dev = walk->dev;
	if (dev != NULL)
		dev->is_known = true;
	auxiliary_list_unlock();
	auxiliary_walk_end(walk);
	if (dev == NULL)
		return NULL;
	auxiliary_dev_load(dev);
	return &dev->pub.device;
}
