/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef AUX_MOCK_H
#define AUX_MOCK_H

/*
 * What tests of the bus share: trees of devices, which are directories, and
 * two drivers that do as they are told.
 */

#include <bus_auxiliary_driver.h>
#include <bus_driver.h>
#include <rte_dev.h>
#include <rte_devargs.h>

#include "test.h"

/* Takes mock.sf.N, as DPDK's own bus knows drivers. */
extern struct rte_auxiliary_driver aux_plain_driver;

/* Takes vfio.sf.N and mdevs, and has their VFIO nodes opened. */
extern struct rte_auxiliary_driver aux_vfio_driver;

/* What the drivers return, and what they have seen. */
struct aux_mock {
	int probe_result, remove_result;
	unsigned int probes, removes, dma_maps;
	unsigned int drives; /* probes that returned 0 */
	struct rte_vfio_dev *vfio; /* at the last probe of vfio.sf.N */
	char args[128]; /* for the driver, at the last probe */
	void (*on_probe)(const char *name); /* called in each probe, may be NULL */
};

extern struct aux_mock aux_mock;
extern struct rte_bus *aux_bus;
extern char aux_root[256]; /* the only root, empty at first */

/* Case set-up and tear-down: a root, the drivers, and nothing left of them. */
int aux_setup(void);
void aux_teardown(void);

/*
 * Call the bus's operations as EAL does, whichever version of DPDK this is built
 * for.  aux_plug() is what rte_dev_probe() does with a device that it has found:
 * -ENOTSUP if no driver takes the device.
 */
int aux_scan(void);
int aux_probe(void);
int aux_plug(struct rte_device *dev);
int aux_unplug(struct rte_device *dev);
int aux_cleanup(void);
struct rte_device *aux_bus_find(const struct rte_device *start, rte_dev_cmp_t cmp,
	const void *data);

/* Take so many steps while another thread scans. */
int aux_scan_meanwhile(int (*step)(unsigned int i), unsigned int nb);

/* A device on the bus, or NULL. */
struct rte_device *aux_find(const char *name);
struct rte_auxiliary_device *aux_dev(const char *name);

/* How many devices a filter picks. */
unsigned int aux_count(const char *filter);

/* A device, or an attribute of it, below the root. */
int aux_make_sf(const char *name);
int aux_make_attr(const char *name, const char *attr, const char *text);

/* As a simulator does: what comes is all there, with a number if one is given. */
int aux_publish(const char *name, const char *sfnum);

/* A device in a tree like that of sysfs, which becomes the roots. */
int aux_make_pf_sf(const char *pf, const char *name, const char *sfnum);
int aux_make_pf_mdev(const char *pf, const char *uuid, const char *type);
int aux_remove(const char *name);

/* That device anew, with another number. */
int aux_make_anew(const char *name, const char *sfnum);

/* That an expression logs one line of the bus, with this text in it. */
#define AUX_ASSERT_ONE_LINE(call, text) do { \
	test_log_start(); \
	call; \
	TEST_ASSERT_EQUAL(test_log_count_both("auxiliary bus: ", text), 1); \
} while (0)

#endif /* AUX_MOCK_H */
