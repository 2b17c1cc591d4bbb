/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Times the auxiliary bus that it is linked with, this one or DPDK's own:
 *
 *   dpdk-bench-scan [EAL options] -- DRIVER ROUNDS [DEVICE]
 *   dpdk-bench-scan-dpdk [EAL options] -- DRIVER ROUNDS [DEVICE]
 *
 * Prints what happened and how many cycles it took, a line each: the scan and
 * the probe of rte_eal_init(), and then rescans, or if a device is named,
 * attaching it.  DRIVER is what the devices meet:
 *
 *   declines   one as DPDK's own bus knows drivers, as mlx5 is, which wants no
 *              device but the one that is named
 *   takes      the same, which wants all
 *   vfio       one that asks for the VFIO node, as net_sf_example does, and that
 *              DPDK's own bus does not know
 *
 * What is timed stands between two calls of getppid(), for strace.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bus_auxiliary_driver.h>
#include <bus_driver.h>
#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include "test_compat.h"

static struct rte_bus *bus;
static rte_bus_scan_t bus_scan;
static rte_bus_probe_t bus_probe;
static const char *wanted;
static int devices;

static bool
bench_match(const char *name)
{
	return strncmp(name, "bench.sf.", strlen("bench.sf.")) == 0;
}

static int
bench_probe_wanted(struct rte_auxiliary_driver *drv, struct rte_auxiliary_device *dev)
{
	(void)drv;
	devices++;
	return wanted != NULL && strcmp(dev->name, wanted) == 0 ? 0 : 1;
}

static int
bench_probe_all(struct rte_auxiliary_driver *drv, struct rte_auxiliary_device *dev)
{
	(void)drv;
	(void)dev;
	devices++;
	return 0;
}

static int
bench_remove(struct rte_auxiliary_device *dev)
{
	(void)dev;
	return 0;
}

static const struct rte_auxiliary_id bench_ids[] = {
	{ .kind = RTE_AUXILIARY_KIND_SF, .name = "bench.sf" },
	{ .kind = RTE_AUXILIARY_KIND_ANY }
};

static struct rte_auxiliary_driver bench_drivers[] = {
	{
		.driver.name = "declines",
		.match = bench_match,
		.probe = bench_probe_wanted,
		.remove = bench_remove,
	}, {
		.driver.name = "takes",
		.match = bench_match,
		.probe = bench_probe_all,
		.remove = bench_remove,
	}, {
		.driver.name = "vfio",
		.probe = bench_probe_all,
		.remove = bench_remove,
		.drv_flags = RTE_AUXILIARY_DRV_EXTENDED | RTE_AUXILIARY_DRV_NEED_VFIO,
		.id_table = bench_ids,
	}
};

/* The driver named behind "--", before EAL has seen the arguments. */
static int
driver_register(int argc, char **argv)
{
	struct rte_auxiliary_driver *drv = NULL;
	size_t k;
	int i;

	for (i = 1; i < argc - 1 && strcmp(argv[i], "--") != 0; i++)
		;
	for (k = 0; i < argc - 1 && k < RTE_DIM(bench_drivers); k++)
		if (strcmp(argv[i + 1], bench_drivers[k].driver.name) == 0)
			drv = &bench_drivers[k];
	if (drv == NULL)
		fprintf(stderr, "no such driver\n");
	else
		rte_auxiliary_register(drv);
	return drv == NULL ? -1 : 0;
}

static int
timed(const char *what, int (*call)(void))
{
	uint64_t start, cycles;
	int ret;

	getppid();
	start = rte_rdtsc();
	ret = call();
	cycles = rte_rdtsc() - start;
	getppid();
	printf("%s %" PRIu64 "\n", what, cycles);
	return ret;
}

static int
timed_scan(void)
{
	return timed("scan", bus_scan);
}

static int
probe(void)
{
	bus->probe = bus_probe;
	return compat_bus_probe(bus);
}

static int
timed_probe(COMPAT_BUS_PROBE_ARGS)
{
	return timed("probe", probe);
}

static int
attach(void)
{
	return rte_eal_hotplug_add(RTE_BUS_AUXILIARY_NAME, wanted, "");
}

int
main(int argc, char **argv)
{
	int used, i, rounds, ret = 0;

	if (driver_register(argc, argv) < 0)
		return EXIT_FAILURE;
	bus = rte_bus_find_by_name(RTE_BUS_AUXILIARY_NAME);
	bus_scan = bus->scan;
	bus_probe = bus->probe;
	bus->scan = timed_scan;
	bus->probe = timed_probe;
	used = rte_eal_init(argc, argv);
	if (used < 0) {
		fprintf(stderr, "rte_eal_init: %s\n", rte_strerror(rte_errno));
		return EXIT_FAILURE;
	}
	bus->scan = bus_scan;
	bus->probe = bus_probe;
	rounds = argc - used > 2 ? atoi(argv[used + 2]) : 1;
	if (argc - used > 3)
		wanted = argv[used + 3];
	for (i = 0; i < rounds && ret == 0; i++) {
		if (wanted == NULL) {
			ret = timed("rescan", bus_scan);
		} else {
			ret = timed("attach", attach);
			if (ret == 0)
				ret = rte_eal_hotplug_remove(RTE_BUS_AUXILIARY_NAME, wanted);
		}
	}
	printf("devices %d\nhz %" PRIu64 "\n", devices, rte_get_tsc_hz());
	rte_eal_cleanup();
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
