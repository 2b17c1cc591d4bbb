/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Sub-functions that come one by one while an application runs:
 *
 *   dpdk-bench-arrivals [EAL options] -- NUMBER GAP
 *
 * makes NUMBER of them in the directory that SYSFS_AUXILIARY_DEVICES names, one
 * every GAP microseconds, or, if that is 0, each once the application was told
 * of the one before.  Devargs with hotplug=plug wait for ten of them.  Prints
 * nanoseconds, a line each: "arrival" with GAP 0, from when a sub-function is
 * there until the application was told of it and a device that is waited for is
 * plugged; "all", from the first until that is so for every one; "cpu", the
 * processor time of other threads than the one that makes them, EAL's interrupt
 * thread above all.  Both calls of getppid() are for strace.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <bus_auxiliary_driver.h>
#include <bus_driver.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include "test_compat.h"

#define NB_WAITED 10
#define TIMEOUT_S 10

static sem_t told, plugged;

static int64_t
clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int
sem_wait_some(sem_t *sem)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += TIMEOUT_S;
	return sem_timedwait(sem, &until);
}

static bool
arrivals_match(const char *name)
{
	return strncmp(name, "bench.sf.", strlen("bench.sf.")) == 0;
}

static int
arrivals_probe(struct rte_auxiliary_driver *drv, struct rte_auxiliary_device *dev)
{
	(void)drv;
	(void)dev;
	sem_post(&plugged);
	return 0;
}

static struct rte_auxiliary_driver arrivals_driver = {
	.driver.name = "arrivals",
	.match = arrivals_match,
	.probe = arrivals_probe,
};

static void
on_event(const char *name, enum rte_dev_event_type type, void *arg)
{
	(void)arg;
	if (type == RTE_DEV_EVENT_ADD && arrivals_match(name))
		sem_post(&told);
}

/* Complete before it has its name, as simulators make it. */
static int
make(const char *dir, int number)
{
	char making[256], file[300], path[300];
	int fd;

	snprintf(making, sizeof(making), "%s/.making", dir);
	snprintf(file, sizeof(file), "%s/uevent", making);
	snprintf(path, sizeof(path), "%s/bench.sf.%d", dir, number);
	if (mkdir(making, 0755) < 0)
		return -errno;
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	close(fd);
	return rename(making, path) < 0 ? -errno : 0;
}

/* Have the bus listen, and plug some of those that will come. */
static int
listen_start(int nb)
{
	struct rte_bus *bus = rte_bus_find_by_name(RTE_BUS_AUXILIARY_NAME);
	char devargs[64];
	int i, ret;

	ret = rte_dev_event_callback_register(NULL, on_event, NULL);
	if (ret == 0)
		ret = rte_dev_event_monitor_start();
	for (i = 0; i < NB_WAITED && ret == 0; i++) {
		snprintf(devargs, sizeof(devargs), "bus=auxiliary,name=bench.sf.%d,hotplug=plug",
			i * (nb / NB_WAITED));
		ret = rte_devargs_add(RTE_DEVTYPE_ALLOWED, devargs);
	}
	if (ret == 0)
		ret = bus->scan();
	return ret == 0 ? compat_bus_probe(bus) : ret;
}

/* Until the application was told of a sub-function, and it is plugged if it is waited for. */
static int
arrival_await(int number, int nb)
{
	int every = nb / NB_WAITED;
	bool is_waited = number % every == 0 && number / every < NB_WAITED;

	if (sem_wait_some(&told) == 0 && (!is_waited || sem_wait_some(&plugged) == 0))
		return 0;
	fprintf(stderr, "sub-function %d: %s\n", number, strerror(errno));
	return -errno;
}

static int
arrive_one_by_one(const char *dir, int nb)
{
	int64_t start;
	int i, ret = 0;

	for (i = 0; i < nb && ret == 0; i++) {
		start = clock_ns(CLOCK_MONOTONIC);
		ret = make(dir, i);
		if (ret == 0)
			ret = arrival_await(i, nb);
		printf("arrival %" PRId64 "\n", clock_ns(CLOCK_MONOTONIC) - start);
	}
	return ret;
}

static int
arrive_with_gaps(const char *dir, int nb, int gap)
{
	int i, ret = 0;

	for (i = 0; i < nb && ret == 0; i++) {
		ret = make(dir, i);
		usleep(gap);
	}
	for (i = 0; i < nb && ret == 0; i++)
		ret = arrival_await(i, nb);
	return ret;
}

static int
run(const char *dir, int nb, int gap)
{
	int64_t cpu, start;
	int ret = listen_start(nb);

	if (ret < 0)
		return ret;
	cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - clock_ns(CLOCK_THREAD_CPUTIME_ID);
	start = clock_ns(CLOCK_MONOTONIC);
	getppid();
	ret = gap == 0 ? arrive_one_by_one(dir, nb) : arrive_with_gaps(dir, nb, gap);
	getppid();
	printf("all %" PRId64 "\n", clock_ns(CLOCK_MONOTONIC) - start);
	cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	printf("cpu %" PRId64 "\n", cpu);
	return ret;
}

int
main(int argc, char **argv)
{
	const char *dir = getenv("SYSFS_AUXILIARY_DEVICES");
	int used, nb, gap, ret;

	sem_init(&told, 0, 0);
	sem_init(&plugged, 0, 0);
	rte_auxiliary_register(&arrivals_driver);
	used = rte_eal_init(argc, argv);
	if (used < 0) {
		fprintf(stderr, "rte_eal_init: %s\n", rte_strerror(rte_errno));
		return EXIT_FAILURE;
	}
	nb = argc - used > 1 ? atoi(argv[used + 1]) : 0;
	gap = argc - used > 2 ? atoi(argv[used + 2]) : 0;
	if (dir == NULL || nb < NB_WAITED) {
		fprintf(stderr, "no directory, or fewer than %d\n", NB_WAITED);
		ret = -EINVAL;
	} else {
		ret = run(dir, nb, gap);
	}
	rte_eal_cleanup();
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
