/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Times the auxiliary bus, whichever library of that name it comes from:
 *
 *   dpdk-bench-scan [EAL options] -- ROUNDS [DEVICE]
 *
 * prints what happened and how many cycles it took, a line each: the scan and
 * the probe of rte_eal_init(), and then rescans, or if a device is named,
 * attaching it.  The driver declines every other device.
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
bench_probe(struct rte_auxiliary_driver *drv, struct rte_auxiliary_device *dev)
{
	(void)drv;
	devices++;
	return wanted != NULL && strcmp(dev->name, wanted) == 0 ? 0 : 1;
}

static int
bench_remove(struct rte_auxiliary_device *dev)
{
	(void)dev;
	return 0;
}

static struct rte_auxiliary_driver bench_driver = {
	.driver.name = "bench",
	.match = bench_match,
	.probe = bench_probe,
	.remove = bench_remove,
};

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

	rte_auxiliary_register(&bench_driver);
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
	rounds = argc - used > 1 ? atoi(argv[used + 1]) : 1;
	if (argc - used > 2)
		wanted = argv[used + 2];
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
