/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef BUS_AUXILIARY_DRIVER_H
#define BUS_AUXILIARY_DRIVER_H

/**
 * @file
 *
 * Auxiliary bus, as its drivers see it.
 *
 * Devices are sub-functions (/sys/bus/auxiliary/devices) and mediated devices
 * (/sys/bus/mdev/devices).  A driver that was written for DPDK's own auxiliary
 * bus works unchanged: the structures begin as that bus has them.  The members
 * that this bus adds are for drivers that set RTE_AUXILIARY_DRV_EXTENDED.
 */

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <bus_driver.h>
#include <dev_driver.h>
#include <rte_compat.h>
#include <rte_debug.h>
#include <rte_interrupts.h>
#include <rte_kvargs.h>
#include <rte_log.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Name of the bus, in devargs and everywhere else. */
#define RTE_BUS_AUXILIARY_NAME "auxiliary"

struct rte_auxiliary_driver;
struct rte_auxiliary_device;
struct rte_vfio_dev;

/**
 * Whether the driver handles a device of this name.  Any thread.
 *
 * @param name
 *   Device name, for example mlx5_core.sf.4.
 */
typedef bool (rte_auxiliary_match_t)(const char *name);

/**
 * Take a device into use.
 *
 * @return
 *   0, or a negative errno with nothing left behind; a positive value says
 *   that the driver does not want the device, which is then offered to the next.
 */
typedef int (rte_auxiliary_probe_t)(struct rte_auxiliary_driver *drv,
	struct rte_auxiliary_device *dev);

/**
 * Let go of a device.  The bus closes the VFIO device afterwards.
 *
 * @return
 *   0, or a negative errno if the device stays in use.
 */
typedef int (rte_auxiliary_remove_t)(struct rte_auxiliary_device *dev);

/**
 * Make memory reachable for the device.  A driver without this function gets
 * rte_vfio_dev_dma_map() if the device has a VFIO device.
 *
 * @param dev
 *   The device.
 * @param addr
 *   Start of the memory.
 * @param iova
 *   Address the device will use.
 * @param len
 *   Bytes.
 * @return
 *   0, or negative with rte_errno set.
 */
typedef int (rte_auxiliary_dma_map_t)(struct rte_auxiliary_device *dev,
	void *addr, uint64_t iova, size_t len);

/** Undo rte_auxiliary_dma_map_t; the same parameters and result. */
typedef int (rte_auxiliary_dma_unmap_t)(struct rte_auxiliary_device *dev,
	void *addr, uint64_t iova, size_t len);

/** What a device is. */
enum rte_auxiliary_kind {
	RTE_AUXILIARY_KIND_ANY, /**< in an id table only */
	RTE_AUXILIARY_KIND_SF, /**< sub-function, on the kernel's auxiliary bus */
	RTE_AUXILIARY_KIND_MDEV, /**< mediated device, by UUID */
};

/** Value of rte_auxiliary_device::sfnum where the kernel gives none. */
#define RTE_AUXILIARY_SFNUM_NONE UINT32_MAX

/** Matches any vendor or device in an id table. */
#define RTE_AUXILIARY_PCI_ANY 0

/**
 * One kind of device that a driver handles.  A NULL or ANY field matches
 * everything; a table ends with an entry of all zeroes.
 */
struct rte_auxiliary_id {
	const char *name; /**< auxiliary device id without the instance: "mlx5_core.sf" */
	const char *mdev_type; /**< type of a mediated device: "mtty-2" */
	enum rte_auxiliary_kind kind; /**< sub-function or mediated device */
	uint16_t vendor_id; /**< PCI, read through VFIO; needs RTE_AUXILIARY_DRV_NEED_VFIO */
	uint16_t device_id; /**< PCI, likewise */
};

/**
 * A device.  The bus owns it and frees it in rte_eal_cleanup(): a pointer to a
 * device stays valid until then, also when the device has left sysfs.
 *
 * Members up to intr_handle are those of DPDK's own bus of the same version,
 * where EAL keeps the lists of devices and drivers since it has
 * RTE_BUS_FOREACH_DEV().
 */
struct rte_auxiliary_device {
#ifndef RTE_BUS_FOREACH_DEV
	RTE_TAILQ_ENTRY(rte_auxiliary_device) next; /**< Not used. */
#endif
	struct rte_device device; /**< Generic device. */
	char name[RTE_DEV_NAME_MAX_LEN + 1]; /**< Name in sysfs, or UUID. */
	struct rte_intr_handle *intr_handle; /**< Interrupt handle, while driven. */
#ifndef RTE_BUS_FOREACH_DEV
	struct rte_auxiliary_driver *driver; /**< Driver, while driven. */
#endif
	enum rte_auxiliary_kind kind; /**< SF or MDEV. */
	uint32_t sfnum; /**< Sub-function number, or RTE_AUXILIARY_SFNUM_NONE. */
	const char *parent; /**< BDF of the parent PCI function, or "". */
	struct rte_vfio_dev *vfio_dev; /**< Open while driven, if the driver needs it. */
};

/** A driver. */
struct rte_auxiliary_driver {
#ifndef RTE_BUS_FOREACH_DEV
	RTE_TAILQ_ENTRY(rte_auxiliary_driver) next; /**< Not used. */
#endif
	struct rte_driver driver; /**< Generic driver. */
	rte_auxiliary_match_t *match; /**< By name; NULL, or agrees with any id table. */
	rte_auxiliary_probe_t *probe; /**< Required. */
	rte_auxiliary_remove_t *remove; /**< May be NULL. */
	rte_auxiliary_dma_map_t *dma_map; /**< May be NULL. */
	rte_auxiliary_dma_unmap_t *dma_unmap; /**< May be NULL. */
	uint32_t drv_flags; /**< RTE_AUXILIARY_DRV_*. */
	/* The members below are read only with RTE_AUXILIARY_DRV_EXTENDED. */
	const struct rte_auxiliary_id *id_table; /**< May be NULL with a match function. */
};

/** From a generic device to the auxiliary device around it. */
#define RTE_DEV_TO_AUXILIARY(ptr) \
	container_of(ptr, struct rte_auxiliary_device, device)

/** The same of a device that is not to be changed. */
#define RTE_DEV_TO_AUXILIARY_CONST(ptr) \
	container_of(ptr, const struct rte_auxiliary_device, device)

/** From an ethdev port to the auxiliary device it is on. */
#define RTE_ETH_DEV_TO_AUXILIARY(eth_dev) \
	RTE_DEV_TO_AUXILIARY((eth_dev)->device)

/** The driver cannot work with physical addresses as IOVA. */
#define RTE_AUXILIARY_DRV_NEED_IOVA_AS_VA 0x002
/** The driver wants its device's VFIO node opened before probe. */
#define RTE_AUXILIARY_DRV_NEED_VFIO 0x40000000
/** The fields behind drv_flags are there. */
#define RTE_AUXILIARY_DRV_EXTENDED 0x80000000

/**
 * Add a driver to the bus.  From a constructor, or before a device is plugged.
 *
 * @param driver
 *   The driver; borrowed until rte_auxiliary_unregister().
 */
__rte_internal
void rte_auxiliary_register(struct rte_auxiliary_driver *driver);

#ifdef RTE_PMD_EXPORT_SYMBOL
/** RTE_PMD_EXPORT_NAME(), which has one argument since DPDK 25.07. */
#define RTE_AUXILIARY_EXPORT_NAME(nm) RTE_PMD_EXPORT_NAME(nm)
#else
/** RTE_PMD_EXPORT_NAME(), which has two arguments before DPDK 25.07. */
#define RTE_AUXILIARY_EXPORT_NAME(nm) RTE_PMD_EXPORT_NAME(nm, __COUNTER__)
#endif

/** Register a driver under its name when its library is loaded. */
#define RTE_PMD_REGISTER_AUXILIARY(nm, auxiliary_drv) \
	RTE_INIT(auxiliaryinitfn_ ##nm) \
	{ \
		(auxiliary_drv).driver.name = RTE_STR(nm); \
		rte_auxiliary_register(&(auxiliary_drv)); \
	} \
	RTE_AUXILIARY_EXPORT_NAME(nm)

/**
 * Take a driver off the bus.
 *
 * @param driver
 *   A registered driver that drives no device.
 */
__rte_internal
void rte_auxiliary_unregister(struct rte_auxiliary_driver *driver);

#ifdef __cplusplus
}
#endif

#endif /* BUS_AUXILIARY_DRIVER_H */
