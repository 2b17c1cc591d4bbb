/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <rte_memory.h>
#include <rte_string_fns.h>

#include "private.h"

/*
 * All devices that were ever met, sorted by name, and EAL's list of those that
 * are there, in the same order.  A device is allocated when its name is first
 * met and freed when the bus is cleaned up, so a pointer to a device never
 * dangles, and a walk along EAL's list that a scan overtakes meets only memory
 * that is still a device.
 */
static TAILQ_HEAD(, auxiliary_device) known = TAILQ_HEAD_INITIALIZER(known);
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t settled; /* when the scan began whose result EAL's list is; 0: none */

void
auxiliary_lock(void)
{
	pthread_mutex_lock(&lock);
}

void
auxiliary_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

static struct auxiliary_device *
device_new(const char *name)
{
	struct auxiliary_device *dev = calloc(1, sizeof(*dev));

	if (dev == NULL)
		return NULL;
	strlcpy(dev->pub.name, name, sizeof(dev->pub.name));
	dev->pub.device.name = dev->pub.name;
	dev->pub.device.bus = AUXILIARY_EAL_BUS;
	dev->pub.device.numa_node = SOCKET_ID_ANY;
	dev->pub.device.bus_info = dev->attrs.info;
	dev->pub.parent = dev->attrs.parent;
	dev->pub.sfnum = RTE_AUXILIARY_SFNUM_NONE;
	return dev;
}

/* The device of an entry's name, at or behind "at"; the lock is held. */
static struct auxiliary_device *
known_meet(const struct auxiliary_entry *entry, struct auxiliary_device *at)
{
	struct auxiliary_device *dev = at;

	while (dev != NULL && strcmp(dev->pub.name, entry->name) < 0)
		dev = TAILQ_NEXT(dev, known);
	if (dev == NULL || strcmp(dev->pub.name, entry->name) != 0) {
		at = dev;
		dev = device_new(entry->name);
		if (dev == NULL)
			return NULL;
		if (at != NULL)
			TAILQ_INSERT_BEFORE(at, dev, known);
		else
			TAILQ_INSERT_TAIL(&known, dev, known);
	}
	/* A device in use stays what it was when its driver got it. */
	if (dev->pub.device.driver == NULL) {
		dev->root = entry->root;
		/* Read without the lock, so written only if it changes. */
		if (dev->pub.kind != auxiliary_kind(entry->root))
			dev->pub.kind = auxiliary_kind(entry->root);
		dev->has_attrs = false;
		dev->nb_met++;
	}
	return dev;
}

int
auxiliary_list_meet(const struct auxiliary_entry *entries, size_t nb,
		struct auxiliary_found *found)
{
	struct auxiliary_device *dev;
	size_t i;

	auxiliary_lock();
	dev = TAILQ_FIRST(&known);
	for (i = 0; i < nb && (i == 0 || dev != NULL); i++)
		found[i].dev = dev = known_meet(&entries[i], dev);
	auxiliary_unlock();
	return nb > 0 && dev == NULL ? -ENOMEM : 0;
}

struct auxiliary_device *
auxiliary_list_find(const char *name)
{
	struct auxiliary_device *dev;

	auxiliary_lock();
	TAILQ_FOREACH(dev, &known, known)
		if (strcmp(dev->pub.name, name) >= 0)
			break;
	auxiliary_unlock();
	return dev != NULL && strcmp(dev->pub.name, name) == 0 ? dev : NULL;
}

/* A device has left, and what was read of it is forgotten. */
static void
device_unlist(struct auxiliary_device *dev)
{
	dev->pub.device.devargs = NULL;
	dev->has_attrs = false;
	dev->nb_met++;
	if (!dev->is_listed)
		return;
	rte_bus_remove_device(&auxiliary_bus, &dev->pub.device);
	dev->pub.device.bus = AUXILIARY_EAL_BUS; /* whoever still has the device may ask */
	dev->is_listed = false;
}

/* Put a device in front of "next", a device on EAL's list, or at the end. */
static void
device_list(struct auxiliary_device *dev, struct rte_device *next)
{
	if (dev->is_listed)
		return;
	if (next != NULL)
		rte_bus_insert_device(&auxiliary_bus, next, &dev->pub.device);
	else
		rte_bus_add_device(&auxiliary_bus, &dev->pub.device);
	dev->is_listed = true;
}

void
auxiliary_list_settle(uint64_t tsc, const struct auxiliary_found *found, size_t nb)
{
	const struct auxiliary_found *end = found + nb;
	struct rte_device *next; /* the first on EAL's list that is not in front of dev */
	struct auxiliary_device *dev;
	bool is_found;

	auxiliary_lock();
	if (tsc < settled) {
		auxiliary_unlock();
		return;
	}
	settled = tsc;
	next = TAILQ_FIRST(&auxiliary_bus.device_list);
	TAILQ_FOREACH(dev, &known, known) {
		if (next == &dev->pub.device)
			next = TAILQ_NEXT(next, next);
		is_found = found < end && found->dev == dev;
		if (is_found && found->is_let_in) {
			device_list(dev, next);
			/* Another thread may be reading it, so it is not written needlessly. */
			if (dev->pub.device.devargs != found->devargs)
				dev->pub.device.devargs = found->devargs;
		} else if (dev->pub.device.driver != NULL) {
			device_list(dev, next);
		} else {
			device_unlist(dev);
		}
		found += is_found;
	}
	auxiliary_unlock();
}

bool
auxiliary_list_is_settled(void)
{
	bool ret;

	auxiliary_lock();
	ret = settled != 0;
	auxiliary_unlock();
	return ret;
}

void
auxiliary_list_drop_devargs(const struct rte_devargs *devargs)
{
	struct auxiliary_device *dev;

	auxiliary_lock();
	TAILQ_FOREACH(dev, &known, known)
		if (devargs == NULL || dev->pub.device.devargs == devargs)
			dev->pub.device.devargs = NULL;
	auxiliary_unlock();
}

struct auxiliary_device *
auxiliary_list_next(const struct auxiliary_device *dev)
{
	struct rte_device *next;

	auxiliary_lock();
	if (dev != NULL && dev->is_listed) {
		next = TAILQ_NEXT(&dev->pub.device, next);
	} else {
		TAILQ_FOREACH(next, &auxiliary_bus.device_list, next)
			if (dev == NULL || strcmp(next->name, dev->pub.name) > 0)
				break;
	}
	auxiliary_unlock();
	return next == NULL ? NULL : auxiliary_device(next);
}

/* A driver that does not let go of a device still has a pointer to it.  The lock is held. */
static void
device_free(struct auxiliary_device *dev)
{
	if (dev->pub.intr_handle != NULL)
		return;
	TAILQ_REMOVE(&known, dev, known);
	free(dev);
}

void
auxiliary_list_free(struct rte_device *device)
{
	struct auxiliary_device *dev = auxiliary_device(device);

	auxiliary_lock();
	dev->is_listed = false;
	dev->pub.device.devargs = NULL;
	device_free(dev);
	auxiliary_unlock();
}

void
auxiliary_list_free_left(void)
{
	struct auxiliary_device *dev, *next;

	auxiliary_lock();
	settled = 0;
	for (dev = TAILQ_FIRST(&known); dev != NULL; dev = next) {
		next = TAILQ_NEXT(dev, known);
		if (!dev->is_listed)
			device_free(dev);
	}
	auxiliary_unlock();
}

/* --- Drivers, which register before EAL starts its threads ---------------------- */

RTE_EXPORT_INTERNAL_SYMBOL(rte_auxiliary_register)
void
rte_auxiliary_register(struct rte_auxiliary_driver *driver)
{
	rte_bus_add_driver(&auxiliary_bus, &driver->driver);
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_auxiliary_unregister)
void
rte_auxiliary_unregister(struct rte_auxiliary_driver *driver)
{
	rte_bus_remove_driver(&auxiliary_bus, &driver->driver);
}
