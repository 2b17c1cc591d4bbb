/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef BUS_AUXILIARY_PRIVATE_H
#define BUS_AUXILIARY_PRIVATE_H

/*
 * Inside the auxiliary bus.  A device takes this way, and never back:
 *
 *   entry    a name in a directory of sysfs, as common/auxiliary reads it
 *   device   an entry that a driver may want, on the list of the bus
 *   node     the VFIO node that matches a device, open while a driver has it
 *   driver   its probe()
 *
 * Each file uses the files in front of it: auxiliary_list.c (the devices and the
 * lock), _generic.c (what EAL does since 26.07), _match.c, _select.c,
 * linux/auxiliary_attrs.c, _vfio.c, _scan.c, auxiliary_devargs.c,
 * linux/auxiliary_plug.c, _snapshot.c, _listen.c, _hotplug.c, auxiliary_common.c (rte_bus).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_devargs.h>
#include <rte_eal.h>
#include <rte_log.h>

#include "auxiliary_compat.h"
#include "auxiliary_sysfs.h"
#include "bus_auxiliary_driver.h"

extern int auxiliary_bus_logtype;
#define AUXILIARY_LOG(level, ...) AUXILIARY_LOG_AT(RTE_LOG_ ## level, __VA_ARGS__)
#define AUXILIARY_LOG_AT(level, ...) \
	rte_log(level, auxiliary_bus_logtype, RTE_FMT("auxiliary bus: " \
		RTE_FMT_HEAD(__VA_ARGS__ ,) "\n", RTE_FMT_TAIL(__VA_ARGS__ ,)))

#define AUXILIARY_WISH_LEN 512

/*
 * A device, from when its name is first met until the bus is cleaned up.  One
 * that has left is not on EAL's list, and is the same object when its name
 * returns.  Members from "root" on are guarded by the list's lock.
 */
struct auxiliary_device {
	struct rte_auxiliary_device pub;
	TAILQ_ENTRY(auxiliary_device) known; /* all that were ever met, by name */
	const struct auxiliary_root *root;
	struct auxiliary_attrs attrs;
	bool has_attrs; /* until the next scan, or as long as a driver has the device */
	uint32_t nb_met; /* by scans, after which attributes are read anew */
	uint32_t nb_probes; /* by drivers that wanted the device */
	uint32_t nb_failures; /* of these */
	bool is_listed; /* on EAL's list */
	bool is_hushed; /* a failure is not said, as the bus will try again */
	bool is_busy; /* a thread probes or removes it */
};

/* What the devices of a root are. */
static inline enum rte_auxiliary_kind
auxiliary_kind(const struct auxiliary_root *root)
{
	return root->is_mdev ? RTE_AUXILIARY_KIND_MDEV : RTE_AUXILIARY_KIND_SF;
}

/* EAL hands devices around as const; they are the bus's own, which may write them. */
static inline struct auxiliary_device *
auxiliary_device(const struct rte_device *dev)
{
	return RTE_PTR_SUB(RTE_DEV_TO_AUXILIARY_CONST(dev), offsetof(struct auxiliary_device, pub));
}

/* Whether devargs ask for a device, so that a failure is an error. */
static inline bool
auxiliary_is_asked_for(const struct auxiliary_device *dev)
{
	return dev->pub.device.devargs != NULL && !dev->is_hushed;
}

/* What devargs select, and how they want it. */
struct auxiliary_select {
	char name[RTE_DEV_NAME_MAX_LEN]; /* or UUID, in lower case */
	char pf[RTE_DEV_NAME_MAX_LEN]; /* PCI address in full, or name of another parent */
	char type[AUXILIARY_TYPE_LEN];
	enum rte_auxiliary_kind kind;
	uint32_t sfnum; /* or RTE_AUXILIARY_SFNUM_NONE */
	int transport; /* enum rte_vfio_transport, 0 for any */
	enum rte_iova_mode iova;
	int hotplug; /* AUXILIARY_HOTPLUG_*, 0 for none */
	uint32_t timeout_ms; /* of a vfio-user server, or UINT32_MAX for common/vfio's */
};

#define AUXILIARY_SELECT_ALL ((struct auxiliary_select){ .sfnum = UINT32_MAX, \
	.iova = RTE_IOVA_DC, .timeout_ms = UINT32_MAX })

#define AUXILIARY_HOTPLUG_PLUG 1
#define AUXILIARY_HOTPLUG_FULL 2 /* also unplug what has gone */

/* Devargs that ask for a device to be plugged when it comes; text is for rte_dev_probe(). */
struct auxiliary_wish {
	struct auxiliary_select select;
	char text[AUXILIARY_WISH_LEN];
};

/* --- auxiliary_list.c: any thread; the lock is taken inside ------------------ */

/* For the few lines that read or write guarded members; never across a call to outside. */
void auxiliary_lock(void);
void auxiliary_unlock(void);

/* Write one of them, which another thread may be reading. */
#define AUXILIARY_SET(member, value) do { \
	auxiliary_lock(); \
	(member) = (value); \
	auxiliary_unlock(); \
} while (0)

/* The device of an entry, and whether it is to be on EAL's list, with which devargs. */
struct auxiliary_found {
	struct auxiliary_device *dev;
	struct rte_devargs *devargs; /* EAL's, or NULL */
	bool is_let_in;
};

/* Fill in the devices of these entries, sorted and each name once.  0 or -ENOMEM. */
int auxiliary_list_meet(const struct auxiliary_entry *entries, size_t nb,
		struct auxiliary_found *found);

/* The device of a name that was ever met, or NULL. */
struct auxiliary_device *auxiliary_list_find(const char *name);

/*
 * Have on EAL's list the devices that are let in, and those that a driver has.
 * Of two scans on two threads, the one that began later counts: tsc is when.
 */
void auxiliary_list_settle(uint64_t tsc, const struct auxiliary_found *found, size_t nb);

/* Whether that was done since the bus was last cleaned up. */
bool auxiliary_list_is_settled(void);

/* No device has these devargs any more, which EAL frees; NULL: any devargs. */
void auxiliary_list_drop_devargs(const struct rte_devargs *devargs);

/* The device behind another one, which need not be on the list any more; the first for NULL. */
struct auxiliary_device *auxiliary_list_next(const struct auxiliary_device *dev);

/* Free a device that EAL has taken off its list, unless its driver keeps it; those that left. */
void auxiliary_list_free(struct rte_device *device);
void auxiliary_list_free_left(void);

/* --- auxiliary_match.c ------------------------------------------------------- */

/* "module.kind.7". */
bool auxiliary_is_sf_name(const char *name);

/* Whether a loaded driver may want a device of this name; ANY: of a kind that the name shows. */
bool auxiliary_match_name(enum rte_auxiliary_kind kind, const char *name);

/* Whether a driver wants a device, by its name, its kind and the type of an mdev. */
bool auxiliary_match_device(const struct rte_auxiliary_driver *drv,
		const struct auxiliary_device *dev);

/* Whether it also does by the PCI ids that VFIO reads.  0, 1 if not, or an errno after a line. */
int auxiliary_match_pci(const struct rte_auxiliary_driver *drv,
		const struct auxiliary_device *dev);

/* --- auxiliary_select.c: pure ------------------------------------------------ */

/* Parse "bus=auxiliary,name=...".  0, or -EINVAL or -E2BIG after a log line. */
int auxiliary_select_parse(const char *text, struct auxiliary_select *select);

/* What devargs that were accepted before select; false if no device. */
bool auxiliary_select_devargs(const struct rte_devargs *devargs, struct auxiliary_select *select);

/* Whether a device, of whose attributes those that are selected have been read, fits. */
bool auxiliary_select_fits(const struct auxiliary_select *select,
		const struct auxiliary_device *dev);

/* The keys that select without a name, "pf=...,sfnum=...".  0, or -E2BIG. */
int auxiliary_select_text(const struct auxiliary_select *select, char *buf, size_t size);

/* --- linux/ ------------------------------------------------------------------ */

/*
 * Read a device's attributes unless that was done since the last scan.  0, -ENOENT if it has
 * gone, -EXDEV, or auxiliary_is_shortage().
 */
int auxiliary_attrs_load(struct auxiliary_device *dev);

/* Whether a device is what is selected, its attributes read if needed. */
bool auxiliary_attrs_fit(const struct auxiliary_select *select, struct auxiliary_device *dev);

/*
 * Open the VFIO device that matches, for a driver that needs it.  0, 1 if this is
 * a secondary process and the primary has none, or a negative errno after a line.
 */
int auxiliary_vfio_open(struct auxiliary_device *dev, const struct rte_auxiliary_driver *drv);
void auxiliary_vfio_close(struct auxiliary_device *dev);

/*
 * Have on the list what is there and devargs let in.  With "report", a line for
 * each of the devargs that have no device, or several.  0 or -ENOMEM.
 */
int auxiliary_scan_all(bool report);

/* Have secondary processes say so if they look elsewhere than the primary does. */
void auxiliary_scan_share(void);
#define AUXILIARY_ROOTS_ZONE RTE_BUS_AUXILIARY_NAME "_roots" /* the primary's, in a memzone */

/* The only device there that is selected, not by its name, or NULL; the list stays as it is. */
struct auxiliary_device *auxiliary_scan_find(const struct auxiliary_select *select, bool report);

/*
 * Number of devargs with "hotplug" at the last scan, or -ENOMEM.  Unless "wishes" is NULL, it is
 * set to a copy of them, which the caller frees.
 */
int auxiliary_scan_wishes(struct auxiliary_wish **wishes);

/* rte_bus::devargs_parse, rte_bus::dev_compare */
int auxiliary_devargs_parse(struct rte_devargs *devargs);
int auxiliary_devargs_compare(const char *name, const char *devargs_name);

/* EAL has not found a device by this name: if it is that of its devargs, say why, and drop them. */
void auxiliary_devargs_missed(const char *name);

/*
 * Before the bus is probed, listen, and see what is there; true if looks are to start, which
 * they do when EAL has probed the bus.  Look again, as something may have changed.
 */
bool auxiliary_hotplug_begin(void);
void auxiliary_hotplug_start(void);
void auxiliary_hotplug_ask(void);
void auxiliary_hotplug_stop(void);

/* Unregister DPDK's own bus of this name, and take over the drivers that it has. */
void auxiliary_only_claim(void);

#endif /* BUS_AUXILIARY_PRIVATE_H */
