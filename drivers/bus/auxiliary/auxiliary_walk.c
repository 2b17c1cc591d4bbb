/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <rte_common.h>

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

/* The first device behind a name, which is on the list or not. */
static struct rte_auxiliary_device *
list_seek(const struct auxiliary_name *name)
{
	struct rte_auxiliary_device *pub;
	struct auxiliary_name other;

	FOREACH_DEVICE_ON_AUXILIARY_BUS(pub) {
		other = auxiliary_dev_name(pub);
		if (auxiliary_name_cmp(&other, name) > 0)
			break;
	}
	return pub;
}

/* Nothing has changed since the walk has met its own device: its name is before the next. */
static bool
is_as_met(const struct auxiliary_walk *walk)
{
	return walk->generation == auxiliary_bus.generation;
}

static void
walk_seek(struct auxiliary_walk *walk)
{
	struct auxiliary_name name;

	if (is_as_met(walk))
		return;
	walk->generation = auxiliary_bus.generation;
	if (walk->dev == NULL) {
		walk->next = TAILQ_FIRST(&auxiliary_bus.device_list);
		walk->name = 0;
		return;
	}
	name = auxiliary_dev_name(&walk->dev->pub);
	walk->next = is_own(walk) ? list_seek(&name) : TAILQ_NEXT(&walk->dev->pub, next);
	walk->name = auxiliary_names_seek(&name);
}

/* Make the walk's own device that of a name, which has this index. */
static struct auxiliary_dev *
own_make(struct auxiliary_walk *walk, const struct auxiliary_name *name, uint32_t index)
{
	char text[RTE_DEV_NAME_MAX_LEN];

	auxiliary_name_write(name, text);
	if (walk->own == NULL)
		walk->own = auxiliary_dev_new(text);
	else
		auxiliary_dev_init(walk->own, text);
	if (walk->own == NULL) {
		AUXILIARY_LOG(ERR, "device %s: no memory", text);
		return NULL;
	}
	auxiliary_dev_put(walk->own, name->kind, auxiliary_names_dir(index));
	auxiliary_history_recall(walk->own);
	return walk->own;
}

static void
own_keep(struct auxiliary_walk *walk)
{
	struct auxiliary_dev *own = walk->own;
	struct auxiliary_name name;

	walk->own = NULL;
	if (is_as_met(walk)) {
		auxiliary_names_mark_at(walk->name - 1, AUXILIARY_NAME_DEVICE);
	} else {
		/* Another thread may have kept a device of the same name. */
		walk->dev = auxiliary_dev_find(own->pub.name);
		if (walk->dev != NULL) {
			auxiliary_dev_free(own);
			return;
		}
		walk->dev = own;
		own->is_known = true; /* its name may be none any more, so it is not dropped */
		name = auxiliary_dev_name(&own->pub);
		walk->next = list_seek(&name);
		walk->name = auxiliary_names_seek(&name);
		auxiliary_names_mark(&name, AUXILIARY_NAME_DEVICE);
	}
	auxiliary_dev_link(own, walk->next);
	walk->generation = auxiliary_bus.generation;
}

/* Back to what it was before it was kept, if nothing else has changed. */
static void
own_drop(struct auxiliary_walk *walk)
{
	struct auxiliary_dev *dev = walk->dev;

	if (!is_as_met(walk) || dev->is_known)
		return;
	auxiliary_names_mark_at(walk->name - 1, AUXILIARY_NAME_ONLY);
	auxiliary_dev_unlink(dev);
	walk->generation = auxiliary_bus.generation;
	if (walk->own != NULL)
		auxiliary_dev_free(walk->own);
	walk->own = dev;
}

struct auxiliary_dev *
auxiliary_walk_step(struct auxiliary_walk *walk)
{
	struct auxiliary_name name, next;
	enum auxiliary_name_state state;
	int order = 1; /* of the next name and the next device */

	walk_seek(walk);
	if (auxiliary_names_next(&walk->name, &name, &state)) {
		order = -1;
		if (walk->next != NULL) {
			next = auxiliary_dev_name(walk->next);
			order = auxiliary_name_cmp(&name, &next);
		}
		/* Its device is on the list, but there may be one in front of that. */
		if (state == AUXILIARY_NAME_DEVICE)
			order = RTE_MAX(order, 0);
	}
	walk->name += order <= 0;
	if (order < 0) {
		walk->dev = own_make(walk, &name, walk->name - 1);
	} else if (walk->next != NULL) {
		walk->dev = auxiliary_dev(walk->next);
		walk->dev->is_known = true; /* whoever kept it */
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
