/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef TEST_COMPAT_H
#define TEST_COMPAT_H

/*
 * What tests and benchmarks use of DPDK and differs between its versions.
 */

#include <errno.h>

#include <bus_driver.h>
#include <dev_driver.h>
#include <rte_ip.h>

/*
 * A bus's operations.  Since 26.07 they have the bus as an argument, and EAL
 * keeps the list of drivers and says which one a device has.
 */
#ifdef RTE_BUS_FOREACH_DEV

#define COMPAT_BUS_PROBE_ARGS struct rte_bus *unused __rte_unused

static inline int
compat_bus_probe(struct rte_bus *bus)
{
	return bus->probe(bus);
}

static inline int
compat_bus_cleanup(struct rte_bus *bus)
{
	return bus->cleanup(bus);
}

static inline struct rte_device *
compat_bus_find_device(const struct rte_bus *bus, const struct rte_device *start,
	rte_dev_cmp_t cmp, const void *data)
{
	return bus->find_device(bus, start, cmp, data);
}

/* Returns positive if no driver takes the device. */
static inline int
compat_bus_plug(struct rte_bus *bus, struct rte_device *dev)
{
	struct rte_driver *drv = NULL;
	int ret = 1;

	if (dev->driver != NULL)
		return -EEXIST;
	while (ret > 0 && (drv = rte_bus_find_driver(bus, drv, dev)) != NULL) {
		dev->driver = drv;
		ret = bus->probe_device(drv, dev);
		if (ret != 0)
			dev->driver = NULL;
	}
	return ret;
}

static inline int
compat_bus_unplug(struct rte_bus *bus, struct rte_device *dev)
{
	int ret = bus->unplug_device(dev);

	if (ret == 0)
		dev->driver = NULL;
	return ret;
}

#else

#define COMPAT_BUS_PROBE_ARGS void

static inline int
compat_bus_probe(struct rte_bus *bus)
{
	return bus->probe();
}

static inline int
compat_bus_cleanup(struct rte_bus *bus)
{
	return bus->cleanup();
}

static inline struct rte_device *
compat_bus_find_device(const struct rte_bus *bus, const struct rte_device *start,
	rte_dev_cmp_t cmp, const void *data)
{
	return bus->find_device(start, cmp, data);
}

static inline int
compat_bus_plug(struct rte_bus *bus, struct rte_device *dev)
{
	return bus->plug(dev);
}

static inline int
compat_bus_unplug(struct rte_bus *bus, struct rte_device *dev)
{
	return bus->unplug(dev);
}

#endif

/* An IPv6 address of these bytes, as an initializer: an array before 24.11. */
#ifdef RTE_IPV6_ADDR_SIZE
#define COMPAT_IPV6(...) { .a = { __VA_ARGS__ } }
#else
#define COMPAT_IPV6(...) { __VA_ARGS__ }
#endif

#endif /* TEST_COMPAT_H */
