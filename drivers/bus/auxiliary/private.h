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
 * Of a sub-function that devargs do not name, it keeps the name alone: it is a
 * device when a driver or the application gets hold of it.  A device's
 * attributes are read when it is first handed to somebody, and its VFIO node is
 * looked for when a driver that needs one is probed.
 *
 *   auxiliary_common.c  the lists, and the bus operations
 *   auxiliary_walk.c    all that is on the bus, one after the other
 *   auxiliary_probe.c   one device, one driver: probe and remove
 *   auxiliary_name.c    what a name says, and the order of names
 *   auxiliary_only.c    one bus of this name in a process
 *   auxiliary_match.c   does this driver handle that device?
 *   auxiliary_params.c  the keys that a user may type, and iterators
 *   auxiliary_devargs.c what devargs say about one device
 *   auxiliary_history.c what is remembered of devices that have left
 *   auxiliary_telemetry.c, auxiliary_trace.c  what can be watched from outside
 *   auxiliary_hotplug.c plugs and unplugs what comes and goes, if asked to
 *   auxiliary_index.c   objects by name, for scans that stay linear
 *   linux/              all that knows sysfs and uevents: roots, scan, names,
 *                       picks, attributes, nodes, monitor
 */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <bus_driver.h>
#include <rte_devargs.h>
#include <rte_eal.h>
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

/* A directory of devices, which all that are in it share. */
struct auxiliary_dir {
	TAILQ_ENTRY(auxiliary_dir) next;
	unsigned int nb_users; /* it is freed with the last */
	int top; /* of the tree that links do not leave: O_PATH, or -1 if not scanned */
	size_t top_len; /* of the path, up to there */
	char path[];
};

/* Something in one. */
struct auxiliary_place {
	struct auxiliary_dir *dir;
	const char *name; /* of the entry, or a path from there */
};

/* What is known of few devices: mdevs, and those that somebody has looked at. */
struct auxiliary_attrs {
	char mdev_type[AUXILIARY_MDEV_TYPE_LEN]; /* or empty */
	char owner[RTE_DEV_NAME_MAX_LEN]; /* directory above it, or empty */
	char parent[16]; /* behind rte_auxiliary_device::parent */
	char info[AUXILIARY_INFO_LEN]; /* text behind device.bus_info */
};

/* A device, with what its drivers need not see. */
struct auxiliary_dev {
	struct rte_auxiliary_device pub;
	struct auxiliary_dir *dir; /* that it is in; NULL until it is placed */
	const struct auxiliary_attrs *attrs; /* never NULL */
	uint32_t nb_probes; /* by a driver that wanted it, in all its lives */
	uint32_t nb_failures; /* of these */
	/* Not bits, as several threads write them. */
	bool is_known; /* outside of the bus, so it stays while it is there */
	bool is_located; /* its NUMA node has been read, and the next two are known */
	bool is_outside; /* its link leads out of the tree */
	bool is_gone; /* or nowhere: it went between the scan and then */
	bool is_loaded; /* all its attributes have been read */
	bool seen; /* met by the scan that is running */
};

/* What there is of a name. */
enum auxiliary_name_state {
	AUXILIARY_NAME_ONLY, /* but it is on the bus */
	AUXILIARY_NAME_DEVICE, /* on the list */
	AUXILIARY_NAME_LEFT, /* a device was unplugged, and no scan has met it since */
};

/* The name of a device, which need not exist; borrows the text of its stem. */
struct auxiliary_name {
	const char *stem;
	uint32_t number; /* behind the stem, if names of this stem have one, or 0 */
	uint8_t len; /* of the stem */
	uint8_t kind; /* enum rte_auxiliary_kind */
	bool is_numbered;
};

struct auxiliary_bus {
	struct rte_bus bus;
	TAILQ_HEAD(auxiliary_device_list, rte_auxiliary_device) device_list;
	uint32_t nb_devices; /* on that list */
	uint32_t generation; /* other with each change of that list, or of the names beside it */
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

/* Where a device is. */
static inline struct auxiliary_place
auxiliary_place(const struct auxiliary_dev *dev)
{
	return (struct auxiliary_place){ dev->dir, dev->pub.name };
}

/*
 * Held while the list changes or a device's VFIO device goes, and by whoever
 * reads them on another thread; never while something outside is called.
 */
void auxiliary_list_lock(void);
void auxiliary_list_unlock(void);

/* The same, for changes by others than a scan, which goes along the list unlocked. */
void auxiliary_list_lock_quiet(void);

/* One scan at a time, from here to there. */
void auxiliary_list_scan_begin(void);
void auxiliary_list_scan_end(void);

/* The device of this name that is on the bus, or NULL. */
struct auxiliary_dev *auxiliary_dev_find(const char *name);

/* A device that is nowhere yet, or NULL. */
struct auxiliary_dev *auxiliary_dev_new(const char *name);

/* Make another one, or a fresh one, of one that is on no list and has no attributes. */
void auxiliary_dev_init(struct auxiliary_dev *dev, const char *name);

/* Under the list's lock: on the list, in front of a device or at the end; off it. */
void auxiliary_dev_link(struct auxiliary_dev *dev, struct rte_auxiliary_device *next);
void auxiliary_dev_unlink(struct auxiliary_dev *dev);

/* Its attributes, to write, or NULL after a log line. */
struct auxiliary_attrs *auxiliary_dev_attrs(struct auxiliary_dev *dev);

/* One that is not on the bus. */
void auxiliary_dev_free(struct auxiliary_dev *dev);

/* Take a device that no driver has off the bus and free it: in a scan, or not. */
void auxiliary_dev_scan_drop(struct auxiliary_dev *dev);
void auxiliary_dev_drop(struct auxiliary_dev *dev);

/* --- auxiliary_walk.c: all that is on the bus --------------------------- */

/*
 * Along the list and along the names of which there is no device, in order.  A
 * name is met as a device that is the walk's own and only lasts until the next
 * step, unless it is kept or its attributes are read.
 */
struct auxiliary_walk {
	struct auxiliary_dev *dev; /* where it is, or NULL */
	struct auxiliary_dev *own; /* not on the list, or NULL */
	struct rte_auxiliary_device *next; /* the device behind, or NULL */
	uint32_t name; /* the name behind, by index */
	uint32_t generation; /* in which these two are behind */
};

/* From behind a device that is on the list, or NULL for all. */
void auxiliary_walk_begin(struct auxiliary_walk *walk, const struct rte_device *after);

/* The next device.  NULL after the last, or after a log line. */
struct auxiliary_dev *auxiliary_walk_next(struct auxiliary_walk *walk);

/* The same, under the list's lock. */
struct auxiliary_dev *auxiliary_walk_step(struct auxiliary_walk *walk);

/* Put the device where the walk is on the list, if it is not there. */
struct auxiliary_dev *auxiliary_walk_keep(struct auxiliary_walk *walk);

/* If nobody has got to know that device, it is nothing but a name again. */
void auxiliary_walk_drop(struct auxiliary_walk *walk);

/* Which may be sooner than the last device. */
void auxiliary_walk_end(struct auxiliary_walk *walk);

/* End it and give the device where it is, or NULL, with its attributes to who is outside. */
struct rte_device *auxiliary_walk_found(struct auxiliary_walk *walk);

/* --- auxiliary_name.c --------------------------------------------------- */

/* What a text of less than RTE_DEV_NAME_MAX_LEN says. */
struct auxiliary_name auxiliary_name(enum rte_auxiliary_kind kind, const char *text);

struct auxiliary_name auxiliary_dev_name(const struct rte_auxiliary_device *dev);

/* Sub-functions before mdevs, sf.2 before sf.10; 0 for the same only. */
int auxiliary_name_cmp(const struct auxiliary_name *one, const struct auxiliary_name *two);

/* The same, whatever the number. */
int auxiliary_name_cmp_stem(const struct auxiliary_name *one, const struct auxiliary_name *two);

/* Back to RTE_DEV_NAME_MAX_LEN of text, at most. */
void auxiliary_name_write(const struct auxiliary_name *name, char *text);

/* --- auxiliary_probe.c ------------------------------------------------- */

/*
 * Try one driver after the other.  0, 1 if none wants the device, or a
 * negative errno after a log line, or -EEXIST if it has a driver.
 */
int auxiliary_dev_probe(struct auxiliary_dev *dev);

/* Take it from its driver, if it has one.  0 or the driver's negative errno, logged. */
int auxiliary_dev_remove(struct auxiliary_dev *dev);

/* On this thread, do not say why a driver cannot use a device: it is tried again. */
void auxiliary_probe_hush(bool hush);

/* --- auxiliary_only.c -------------------------------------------------- */

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

/*
 * Put another object in the place of the one of this name, if there is one.
 * The new name is the same, but somewhere else.
 */
void auxiliary_index_replace(struct auxiliary_index *index, const char *name,
		const char *new_name, void *object);

void auxiliary_index_remove(struct auxiliary_index *index, const char *name);

/* The object of this name, or NULL. */
void *auxiliary_index_find(const struct auxiliary_index *index, const char *name);

uint32_t auxiliary_index_hash(const char *name);

void auxiliary_index_free(struct auxiliary_index *index);

/* The same, and free() the objects. */
void auxiliary_index_free_objects(struct auxiliary_index *index);

/* --- auxiliary_history.c: counters of devices that have left ----------- */

/*
 * When a device leaves the bus, when one of its name comes, when the bus ends;
 * under the list's lock.
 */
void auxiliary_history_keep(const struct auxiliary_dev *dev);
void auxiliary_history_recall(struct auxiliary_dev *dev);
void auxiliary_history_forget(void);

/* --- auxiliary_match.c: drivers and devices --------------------------- */

/* Whether a driver handles a device, as far as sysfs tells. */
bool auxiliary_match(const struct rte_auxiliary_driver *drv, const struct auxiliary_dev *dev);

/* Whether there is a driver that does. */
bool auxiliary_is_wanted(enum rte_auxiliary_kind kind, const char *name, const char *mdev_type);

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

/* Whether a string is what the kernel calls a device of its auxiliary bus: "module.kind.7". */
bool auxiliary_is_sf_name(const char *name);

/* --- auxiliary_hotplug.c: if devargs ask for it ------------------------- */

/* Some devargs do. */
void auxiliary_hotplug_want(void);

/* A device has come or gone, and whoever wants to has been told.  Interrupt thread. */
void auxiliary_hotplug_news(const char *name, bool is_there);

/* A driver has let go of a device. */
void auxiliary_hotplug_freed(const char *name);

void auxiliary_hotplug_stop(void);

/* --- auxiliary_params.c, auxiliary_devargs.c: what the user typed ------- */

/* rte_bus::devargs_parse and rte_bus::dev_iterate. */
int auxiliary_devargs_parse(struct rte_devargs *devargs);
void *auxiliary_dev_iterate(const void *start, const char *str,
		const struct rte_dev_iterator *it);

/* All of these take NULL for no devargs. */

/* The VFIO transport and the IOVA mode that they ask for. */
enum rte_vfio_transport auxiliary_devargs_transport(const struct rte_devargs *devargs);
enum rte_iova_mode auxiliary_devargs_iova(const struct rte_devargs *devargs);

/* What they ask the bus to do when the device comes or goes: AUXILIARY_HOTPLUG_*. */
unsigned int auxiliary_devargs_hotplug(const struct rte_devargs *devargs);

#define AUXILIARY_HOTPLUG_PLUG 1
#define AUXILIARY_HOTPLUG_UNPLUG 2

/* Whether they leave the device to this driver. */
bool auxiliary_devargs_driver(const struct rte_devargs *devargs,
		const struct rte_auxiliary_driver *drv);

/* Whether the device is what they say. */
bool auxiliary_devargs_fit(const struct rte_devargs *devargs, struct auxiliary_dev *dev);

/* How a transport is called in devargs. */
const char *auxiliary_transport_name(enum rte_vfio_transport transport);

/* --- linux/auxiliary_scan.c, _dev.c, _roots.c, _monitor.c: devices ------- */

/* rte_bus::scan */
int auxiliary_scan(void);

/* Free what scans have kept for the next one. */
void auxiliary_scan_free(void);

/* Give a device, which nobody else knows, its place in sysfs; nothing has been read of it. */
void auxiliary_dev_put(struct auxiliary_dev *dev, enum rte_auxiliary_kind kind,
		struct auxiliary_dir *dir);

/*
 * Read a device's attributes, if that has not been done: before a device
 * leaves the bus, to whoever looks for it or to a driver that knows of them.
 */
void auxiliary_dev_load(struct auxiliary_dev *dev);

/* Only what drivers of DPDK's own bus are told: the NUMA node, if it is there. */
void auxiliary_dev_locate(struct auxiliary_dev *dev);

/* One more user of a directory, and one less; the last frees it.  Any thread. */
void auxiliary_dir_share(struct auxiliary_dir *dir);
void auxiliary_dir_put(struct auxiliary_dir *dir);

/* Whether the device is still there. */
bool auxiliary_dev_exists(const struct auxiliary_dev *dev);

/*
 * Tell EAL, from its interrupt thread, of devices that come and go.  Starting
 * twice is the same as once.
 */
void auxiliary_monitor_start(void);
void auxiliary_monitor_stop(void);

/* The directories that are scanned, for a log line. */
const char *auxiliary_roots_str(char *buf, size_t size);

/* --- linux/auxiliary_names.c: what is on the bus, and no device yet ------ */

/* All of these under the list's lock. */

/* How many there are. */
uint32_t auxiliary_names_count(void);

/* From an index on, the first that is on the bus, its index and state.  False if none is. */
bool auxiliary_names_next(uint32_t *index, struct auxiliary_name *name,
		enum auxiliary_name_state *state);

/* Index of the first behind a name. */
uint32_t auxiliary_names_seek(const struct auxiliary_name *name);

/* The directory of one. */
struct auxiliary_dir *auxiliary_names_dir(uint32_t index);

/* What has become of a name, by its index or, if it is one of them, by itself. */
void auxiliary_names_mark_at(uint32_t index, enum auxiliary_name_state state);
void auxiliary_names_mark(const struct auxiliary_name *name, enum auxiliary_name_state state);

/* There are none any more. */
void auxiliary_names_free(void);

/* --- linux/auxiliary_node.c, _explain.c: VFIO --------------------------- */

/* Where a simulated device listens, in its directory. */
#define AUXILIARY_NODE_SOCKET "vfio-user"

/* A VFIO node and the strings in it. */
struct auxiliary_node {
	struct rte_vfio_dev_node vfio;
	int socket_fd; /* what user_socket names, or -1 */
	char user_socket[32];
	char cdev[PATH_MAX];
	char group_base[PATH_MAX];
	char group_name[NAME_MAX + 1];
};

/*
 * Find the VFIO node that matches a device.  0, -ENODEV if it has none, or
 * another negative errno after a log line.  Whatever the result, to be given
 * back with auxiliary_node_put().
 */
int auxiliary_node_find(const struct auxiliary_dev *dev, struct auxiliary_node *node);

void auxiliary_node_put(struct auxiliary_node *node);

/*
 * Say in one line what is missing for a driver to use a device whose VFIO node
 * was not found or not opened, with the error that told so.
 */
void auxiliary_node_explain(const struct auxiliary_dev *dev, const char *driver,
		const struct auxiliary_node *node, int error);

/* Whether there is a VFIO node that this user may open.  0, -ENODEV or -EACCES, not logged. */
int auxiliary_node_check(const struct auxiliary_dev *dev);

/* Path of the VFIO node in use, or to be used, or "none".  Reads sysfs; any thread. */
void auxiliary_node_path(const struct auxiliary_dev *dev, char *buf, size_t size);

/* Name of the kernel driver that a device is bound to, or NULL. */
const char *auxiliary_kernel_driver(const struct auxiliary_dev *dev, char *buf, size_t size);

#endif /* BUS_AUXILIARY_PRIVATE_H */
