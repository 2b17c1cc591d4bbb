/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <pthread.h>
#include <string.h>

#include <rte_common.h>

#include "../private.h"

/*
 * EAL may load DPDK's own bus from its plugin directory, before or after this
 * one.  Drivers that are compiled for DPDK's bus register there.  This bus takes
 * the name "auxiliary" and adds those drivers to its own list, at the latest
 * when EAL, after it has loaded all plugins, parses devargs or scans.
 */
static struct rte_bus *other_bus;

#ifndef RTE_BUS_FOREACH_DEV
/* DPDK's own bus before 26.07; its drivers are linked by rte_auxiliary_driver::next. */
struct other_auxiliary_bus {
	struct rte_bus bus;
	TAILQ_HEAD(, rte_auxiliary_device) device_list;
	TAILQ_HEAD(, rte_auxiliary_driver) driver_list;
};
#endif

static int
other_bus_cmp(const struct rte_bus *bus, const void *name)
{
	return bus == AUXILIARY_EAL_BUS ? 1 : strcmp(bus->name, name);
}

static void
other_bus_unregister(void)
{
	struct rte_bus *bus = rte_bus_find(NULL, other_bus_cmp, RTE_BUS_AUXILIARY_NAME);

	if (bus == NULL)
		return;
	rte_bus_unregister(bus);
	other_bus = bus;
}

#ifdef RTE_BUS_FOREACH_DEV
static void
drivers_adopt(void)
{
	struct rte_driver *drv;

	while ((drv = TAILQ_FIRST(&other_bus->driver_list)) != NULL) {
		rte_bus_remove_driver(other_bus, drv);
		rte_bus_add_driver(&auxiliary_bus, drv);
	}
}
#else
static bool
driver_is_ours(const struct rte_driver *wanted)
{
	const struct rte_driver *drv;

	TAILQ_FOREACH(drv, &auxiliary_bus.driver_list, next)
		if (drv == wanted)
			return true;
	return false;
}

/* The drivers stay on the other list as well, from which they unregister. */
static void
drivers_adopt(void)
{
	struct other_auxiliary_bus *other =
		container_of(other_bus, struct other_auxiliary_bus, bus);
	struct rte_auxiliary_driver *drv;

	TAILQ_FOREACH(drv, &other->driver_list, next) {
		if (!driver_is_ours(&drv->driver))
			rte_bus_add_driver(&auxiliary_bus, &drv->driver);
	}
}
#endif

void
auxiliary_only_claim(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* two threads may scan */
	static bool is_told;
	bool is_to_tell;

	pthread_mutex_lock(&lock);
	other_bus_unregister();
	if (other_bus != NULL)
		drivers_adopt();
	is_to_tell = other_bus != NULL && !is_told;
	is_told |= is_to_tell;
	pthread_mutex_unlock(&lock);
	if (is_to_tell)
		AUXILIARY_LOG(NOTICE, "another bus named " RTE_BUS_AUXILIARY_NAME
			" was loaded: unregistered, this one serves all auxiliary drivers");
}

RTE_INIT_PRIO(auxiliary_bus_init, BUS)
{
	/* EAL takes the first bus of a name. */
	other_bus_unregister();
	auxiliary_bus_register();
}
