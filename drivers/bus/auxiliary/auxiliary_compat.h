/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef AUXILIARY_COMPAT_H
#define AUXILIARY_COMPAT_H

/*
 * The bus is written to the contract of DPDK 26.07, where EAL keeps the lists of
 * a bus and walks them: struct rte_bus has match, probe_device, unplug_device
 * and free_device.  For an EAL before that, this header declares the same
 * contract and auxiliary_generic.c does what EAL lacks.
 */

#include <sys/queue.h>

#include <bus_driver.h>
#include <dev_driver.h>
#include <rte_common.h>
#include <rte_dev.h>
#include <rte_version.h>

/* What a library exports is in version.map before 25.07. */
#if __has_include("eal_export.h")
#include <eal_export.h>
#else
#define RTE_EXPORT_INTERNAL_SYMBOL(symbol)
#endif

#if RTE_VERSION < RTE_VERSION_NUM(23, 3, 0, 0)
#define rte_tel_data_add_dict_uint rte_tel_data_add_dict_u64
#endif

#ifdef RTE_BUS_FOREACH_DEV

#define auxiliary_rte_bus rte_bus
/* The bus that EAL knows. */
#define AUXILIARY_EAL_BUS (&auxiliary_bus)
#define auxiliary_bus_register() rte_bus_register(&auxiliary_bus)

#else

/* struct rte_bus as EAL has it since 26.07, as far as this bus uses it. */
struct auxiliary_rte_bus {
	const char *name;
	rte_bus_scan_t scan;
	int (*probe)(struct auxiliary_rte_bus *bus);
	struct rte_device *(*find_device)(const struct auxiliary_rte_bus *bus,
		const struct rte_device *start, rte_dev_cmp_t cmp, const void *data);
	bool (*match)(const struct rte_driver *drv, const struct rte_device *dev);
	int (*probe_device)(struct rte_driver *drv, struct rte_device *dev);
	int (*unplug_device)(struct rte_device *dev);
	rte_bus_parse_t parse;
	int (*dev_compare)(const char *name1, const char *name2);
	rte_bus_devargs_parse_t devargs_parse;
	rte_dev_dma_map_t dma_map;
	rte_dev_dma_unmap_t dma_unmap;
	rte_bus_get_iommu_class_t get_iommu_class;
	void *(*dev_iterate)(const struct auxiliary_rte_bus *bus, const void *start,
		const char *str, const struct rte_dev_iterator *it);
	void (*free_device)(struct rte_device *dev);
	int (*cleanup)(struct auxiliary_rte_bus *bus);
	RTE_TAILQ_HEAD(, rte_device) device_list;
	RTE_TAILQ_HEAD(, rte_driver) driver_list;
};

extern struct rte_bus auxiliary_compat_bus;

#define AUXILIARY_EAL_BUS (&auxiliary_compat_bus)

/* Fill auxiliary_compat_bus with what calls auxiliary_bus, and register it. */
void auxiliary_bus_register(void);

#define RTE_BUS_DEVICE(dev, type) container_of(dev, typeof(type), device)
#define RTE_BUS_DRIVER(drv, type) container_of(drv, typeof(type), driver)

#define RTE_BUS_FOREACH_DRV(drv, bus) \
	for (struct rte_driver *next_drv = TAILQ_FIRST(&(bus)->driver_list); \
		next_drv != NULL && ((drv) = RTE_BUS_DRIVER(next_drv, *(drv)), true); \
		next_drv = TAILQ_NEXT(next_drv, next))

#define rte_bus_generic_probe auxiliary_compat_probe
#define rte_bus_generic_cleanup auxiliary_compat_cleanup

int rte_bus_generic_probe(struct auxiliary_rte_bus *bus);
int rte_bus_generic_cleanup(struct auxiliary_rte_bus *bus);

/* rte_device::bus is set once, when the device is allocated. */
#define rte_bus_add_driver(bus, drv) TAILQ_INSERT_TAIL(&(bus)->driver_list, drv, next)
#define rte_bus_remove_driver(bus, drv) TAILQ_REMOVE(&(bus)->driver_list, drv, next)
#define rte_bus_add_device(bus, dev) TAILQ_INSERT_TAIL(&(bus)->device_list, dev, next)
#define rte_bus_insert_device(bus, before, dev) TAILQ_INSERT_BEFORE(before, dev, next)
#define rte_bus_remove_device(bus, dev) TAILQ_REMOVE(&(bus)->device_list, dev, next)

#endif /* RTE_BUS_FOREACH_DEV */

extern struct auxiliary_rte_bus auxiliary_bus;

#endif /* AUXILIARY_COMPAT_H */
