/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef BUS_AUXILIARY_PRIVATE_H
#define BUS_AUXILIARY_PRIVATE_H

/*
 * Inside the auxiliary bus.
 *
 * The bus owns every device on its list; drivers are borrowed from their
 * libraries.  A scan makes the list agree with sysfs and with EAL's devargs.
 * A device's attributes are read when it is first handed to somebody, and its
 * VFIO node is looked for when a driver that needs one is probed.
 *
 *   auxiliary_common.c  probe, remove and the rest of the bus operations
 *   auxiliary_match.c   does this driver handle that device?
 *   auxiliary_params.c  what the user typed: devargs and iterators
 *   auxiliary_index.c   objects by name, for scans that stay linear
 *   linux/              all that knows sysfs: roots, scan, attributes, nodes
 */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <bus_driver.h>
#include <rte_devargs.h>
#include <rte_log.h>

#include <rte_vfio_dev.h>

#include "bus_auxiliary_driver.h"

extern int auxiliary_bus_logtype;

#define AUXILIARY_LOG(level, ...) \
	rte_log(RTE_LOG_ ## level, auxiliary_bus_logtype, \
		RTE_FMT("auxiliary bus: " RTE_FMT_HEAD(__VA_ARGS__,) "\n", \
			RTE_FMT_TAIL(__VA_ARGS__,)))

/* Longest mdev type id that is kept, with its terminating zero. */
#define AUXILIARY_MDEV_TYPE_LEN 64
/* Longest rte_device::bus_info, with its terminating zero. */
#define AUXILIARY_INFO_LEN 64

/* A device, with what its drivers need not see. */
struct auxiliary_dev {
	struct rte_auxiliary_device pub;
	char *path; /* sysfs directory, as a root and an entry in it */
	char mdev_type[AUXILIARY_MDEV_TYPE_LEN]; /* or empty */
	char info[AUXILIARY_INFO_LEN]; /* text behind device.bus_info */
	bool is_loaded; /* its attributes have been read */
	bool seen; /* met by the scan that is running */
};

struct auxiliary_bus {
	struct rte_bus bus;
	TAILQ_HEAD(, rte_auxiliary_device) device_list;
	TAILQ_HEAD(, rte_auxiliary_driver) driver_list;
};

extern struct auxiliary_bus auxiliary_bus;

#define FOREACH_DEVICE_ON_AUXILIARY_BUS(p) \
	TAILQ_FOREACH(p, &auxiliary_bus.device_list, next)

#define FOREACH_DRIVER_ON_AUXILIARY_BUS(p) \
	TAILQ_FOREACH(p, &auxiliary_bus.driver_list, next)

static inline struct auxiliary_dev *
auxiliary_dev(struct rte_auxiliary_device *dev)
{
	return container_of(dev, struct auxiliary_dev, pub);
}

/* Take a device that no driver has off the bus and free it. */
void auxiliary_dev_drop(struct auxiliary_dev *dev);

/* Make this the only bus of its name in the process. */
void auxiliary_bus_claim(void);

/* --- auxiliary_index.c: objects by name ------------------------------- */

struct auxiliary_index_slot;

/* Starts as all zeroes.  Borrows names and objects. */
struct auxiliary_index {
	struct auxiliary_index_slot *slots;
	uint32_t nb_slots; /* a power of two, or 0 */
	uint32_t nb_used;
};

/* 0, -EEXIST if there is an object of this name already, or -ENOMEM. */
int auxiliary_index_add(struct auxiliary_index *index, const char *name, void *object);

/* The object of this name, or NULL. */
void *auxiliary_index_find(const struct auxiliary_index *index, const char *name);

void auxiliary_index_free(struct auxiliary_index *index);

/* --- auxiliary_match.c: drivers and devices --------------------------- */

/* Whether a driver handles a device, as far as sysfs tells. */
bool auxiliary_match(const struct rte_auxiliary_driver *drv, const struct auxiliary_dev *dev);

/* Whether a driver may handle a device of this name, which need not exist. */
bool auxiliary_match_name(const struct rte_auxiliary_driver *drv, const char *name);

/*
 * Whether a driver's id table agrees with the PCI ids that the device, which
 * auxiliary_match() has found to match and whose VFIO device is open, shows.
 * 0 if it does, 1 if not, or a negative errno after a log line.
 */
int auxiliary_match_pci(const struct rte_auxiliary_driver *drv, const struct auxiliary_dev *dev);

/* Whether a string is a UUID as sysfs writes it, letters of either case. */
bool auxiliary_is_uuid(const char *name);

/* --- auxiliary_params.c: what the user typed -------------------------- */

/* rte_bus::devargs_parse and rte_bus::dev_iterate. */
int auxiliary_devargs_parse(struct rte_devargs *devargs);
void *auxiliary_dev_iterate(const void *start, const char *str,
		const struct rte_dev_iterator *it);

/* The VFIO transport that devargs, which may be NULL, ask for. */
enum rte_vfio_transport auxiliary_devargs_transport(const struct rte_devargs *devargs);

/* Whether devargs, which may be NULL, leave the device to this driver. */
bool auxiliary_devargs_driver(const struct rte_devargs *devargs,
		const struct rte_auxiliary_driver *drv);

/* --- linux/auxiliary_scan.c, _dev.c, _roots.c: the list of devices ---- */

/* rte_bus::scan */
int auxiliary_scan(void);

/*
 * Read a device's attributes, if that has not been done: before a device
 * leaves the bus, to a driver or to whoever looks for it.
 */
void auxiliary_dev_load(struct auxiliary_dev *dev);

/* Whether the device is still there. */
bool auxiliary_dev_exists(const struct auxiliary_dev *dev);

/* The directories that are scanned, for a log line. */
const char *auxiliary_roots_str(char *buf, size_t size);

/* --- linux/auxiliary_sysfs.c: attributes ------------------------------ */

/*
 * Attributes are addressed by an open directory, an entry in it, and a path
 * below that entry.  A link as last component is never followed.
 */

/*
 * Read an attribute, without its newline.  0, -ENOENT if there is none or its
 * device has gone, -EFBIG with the beginning in buf, or a negative errno.
 */
int auxiliary_sysfs_read(int fd, const char *entry, const char *attr, char *buf, size_t size);

/*
 * Read a number between min and max.  0, -ENOENT if there is none, or a
 * negative errno after a log line that shows what is there instead.
 */
int auxiliary_sysfs_number(int fd, const char *entry, const char *attr,
		int64_t min, int64_t max, int64_t *value);

/*
 * Read where a link leads; attr may be "" for the entry itself.  0, or a
 * negative errno (-EINVAL if it is no link) and an empty string.
 */
int auxiliary_sysfs_link(int fd, const char *entry, const char *attr, char *buf, size_t size);

/* Last component of a path. */
const char *auxiliary_sysfs_basename(const char *path);

/* Replace what is not fit for a log line. */
void auxiliary_sysfs_printable(char *text);

/* --- linux/auxiliary_node.c: VFIO ------------------------------------- */

/* A VFIO node and the strings in it. */
struct auxiliary_node {
	struct rte_vfio_dev_node vfio;
	char user_socket[PATH_MAX];
	char cdev[PATH_MAX];
	char group_base[PATH_MAX];
	char group_name[NAME_MAX + 1];
};

/*
 * Find the VFIO node that matches a device.  0, -ENODEV if it has none, or
 * another negative errno after a log line.
 */
int auxiliary_node_find(const struct auxiliary_dev *dev, struct auxiliary_node *node);

/* Name of the kernel driver that a device is bound to, or "none". */
const char *auxiliary_kernel_driver(const struct auxiliary_dev *dev, char *buf, size_t size);

#endif /* BUS_AUXILIARY_PRIVATE_H */
