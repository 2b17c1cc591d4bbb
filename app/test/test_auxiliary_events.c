/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Hotplug when the bus does not get one event for each device that comes or goes:
 * the kernel drops events, sends many at once, or no application listens.
 */

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <rte_alarm.h>
#include <rte_log.h>

#include "aux_events.h"

/* --- The interrupt thread has other things to do --------------------------- */

static sem_t is_busy, is_done;

static void
be_busy(void *arg)
{
	RTE_SET_USED(arg);
	sem_post(&is_busy);
	sem_wait(&is_done);
}

static int
interrupts_stop(void)
{
	sem_init(&is_busy, 0, 0);
	sem_init(&is_done, 0, 0);
	TEST_ASSERT_OK(rte_eal_alarm_set(1, be_busy, NULL));
	return sem_wait(&is_busy);
}

static void
interrupts_go_on(void)
{
	sem_post(&is_done);
}

/* More events in the root than the kernel keeps for anybody. */
static int
overflow(void)
{
	FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
	unsigned int max = 0, i;
	char from[300], to[300];
	int nb;

	TEST_ASSERT(file != NULL, "no inotify");
	nb = fscanf(file, "%u", &max);
	fclose(file);
	TEST_ASSERT(nb == 1 && max > 0 && max <= 1 << 20, "%u events", max);
	snprintf(from, sizeof(from), "%s/nobodys.sf.0", aux_root);
	snprintf(to, sizeof(to), "%s/nobodys.sf.1", aux_root);
	TEST_ASSERT_OK(mkdir(from, 0755));
	/* Each is one event for the old name and one for the new one. */
	for (i = 0; i <= max; i += 4) {
		TEST_ASSERT_OK(rename(from, to));
		TEST_ASSERT_OK(rename(to, from));
	}
	return TEST_SUCCESS;
}

/* What has come and gone meanwhile is found without the events. */
static int
test_events_lost(void)
{
	static const char *const devargs[] = {
		"bus=auxiliary,name=mock.sf.0,hotplug=full",
		"bus=auxiliary,name=mock.sf.1,hotplug=plug",
	};

	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	TEST_ASSERT_OK(aux_start(devargs, RTE_DIM(devargs)));
	TEST_ASSERT_EQUAL(aux_mock.probes, 1);
	aux_told.name = "mock.sf.1";
	TEST_ASSERT_OK(aux_monitor_start());
	TEST_ASSERT_OK(interrupts_stop());
	TEST_ASSERT_OK(overflow());
	TEST_ASSERT_OK(aux_remove("mock.sf.0"));
	TEST_ASSERT_OK(aux_publish("mock.sf.1", NULL));
	interrupts_go_on();
	ASSERT_BECOMES(aux_mock.removes, 1);
	ASSERT_BECOMES(aux_mock.probes, 2);
	ASSERT_BECOMES(aux_told.come, 1);
	aux_nothing_happens();
	TEST_ASSERT_EQUAL(aux_told.come, 1);
	TEST_ASSERT_EQUAL(aux_told.gone, 0);
	return TEST_SUCCESS;
}

/* --- Many at once ------------------------------------------------------------ */

#define BURST 1000
#define WAITED_FOR 10

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Devices that come one by one, some of which are waited for, and so long. */
static int
burst(uint64_t *took_ms)
{
	char devargs[64], name[32];
	uint64_t begin;
	unsigned int i;

	for (i = 0; i < WAITED_FOR; i++) {
		snprintf(devargs, sizeof(devargs), "bus=auxiliary,name=mock.sf.%u,hotplug=plug",
			i * BURST / WAITED_FOR);
		TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_ALLOWED, devargs));
	}
	TEST_ASSERT_OK(aux_start(NULL, 0));
	TEST_ASSERT_OK(aux_monitor_start());
	begin = now_ms();
	for (i = 0; i < BURST; i++) {
		snprintf(name, sizeof(name), "mock.sf.%u", i);
		TEST_ASSERT_OK(aux_publish(name, NULL));
	}
	ASSERT_BECOMES(aux_mock.probes, WAITED_FOR);
	ASSERT_BECOMES(aux_told.all, BURST);
	*took_ms = now_ms() - begin;
	return TEST_SUCCESS;
}

/* The first event of a burst has the bus look 10 ms later, and the next ones do not. */
static int
test_burst(void)
{
	unsigned int looks;
	uint64_t took_ms = 0;
	int ret;

	aux_log_debug_start();
	ret = burst(&took_ms);
	looks = aux_log_debug_end("look:");
	TEST_ASSERT_OK(ret);
	TEST_ASSERT(looks > 0 && looks <= 5 + took_ms / 10, "%u looks in %u ms", looks,
		(unsigned int)took_ms);
	return TEST_SUCCESS;
}

/* --- Nobody has asked --------------------------------------------------------- */

/* Callbacks are the application's, and EAL's monitor is what it starts for them. */
static int
test_not_monitored(void)
{
	static const char *const devargs[] = { "bus=auxiliary,name=mock.sf.1,hotplug=plug" };

	aux_told.name = "mock.sf.2";
	TEST_ASSERT_OK(aux_start(devargs, RTE_DIM(devargs)));
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	TEST_ASSERT_OK(aux_publish("mock.sf.1", NULL));
	ASSERT_BECOMES(aux_mock.probes, 1);
	aux_nothing_happens();
	TEST_ASSERT_EQUAL(aux_told.all, 0);
	TEST_ASSERT_OK(aux_monitor_start());
	TEST_ASSERT_OK(aux_publish("mock.sf.2", NULL));
	ASSERT_BECOMES(aux_told.come, 1);
	return TEST_SUCCESS;
}

/* Without that, and without devargs that wait, what comes is nobody's business. */
static int
test_not_looking(void)
{
	char name[32];
	unsigned int i;

	TEST_ASSERT_OK(aux_start(NULL, 0));
	aux_log_debug_start();
	for (i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "mock.sf.%u", i);
		TEST_ASSERT_OK(aux_publish(name, NULL));
	}
	aux_nothing_happens();
	TEST_ASSERT_EQUAL(aux_log_debug_end("look:"), 0);
	TEST_ASSERT_EQUAL(aux_told.all, 0);
	return TEST_SUCCESS;
}

/* --- One name, several devices ------------------------------------------------- */

/* Two simulators that have a device of one name each: one is stopped. */
static int
test_other_root_goes(void)
{
	static const char *const devargs[] = { "bus=auxiliary,name=mock.sf.0,hotplug=full" };
	char both[600];

	aux_told.name = "mock.sf.0";
	TEST_ASSERT_OK(aux_make_sf("a/mock.sf.0"));
	TEST_ASSERT_OK(aux_make_sf("b/mock.sf.0"));
	snprintf(both, sizeof(both), "%s/a:%s/b", aux_root, aux_root);
	setenv("SYSFS_AUXILIARY_DEVICES", both, 1);
	TEST_ASSERT_OK(aux_start(devargs, RTE_DIM(devargs)));
	TEST_ASSERT_EQUAL(aux_mock.probes, 1);
	TEST_ASSERT_OK(aux_monitor_start());
	TEST_ASSERT_OK(aux_remove("b/mock.sf.0"));
	aux_nothing_happens();
	TEST_ASSERT_EQUAL(aux_mock.removes, 0);
	TEST_ASSERT_EQUAL(aux_told.gone, 0);
	TEST_ASSERT(rte_dev_is_probed(aux_find("mock.sf.0")), "unplugged");
	TEST_ASSERT_OK(aux_remove("a/mock.sf.0"));
	ASSERT_BECOMES(aux_mock.removes, 1);
	ASSERT_BECOMES(aux_told.gone, 1);
	return TEST_SUCCESS;
}

/* The next device of a name is not what its devargs pick. */
static int
test_plug_made_anew(void)
{
	static const char *const devargs[] = {
		"bus=auxiliary,sfnum=88,hotplug=plug/class=eth/driver=mock_plain,a=88",
	};

	aux_told.name = "mock.sf.4";
	aux_mock.probe_result = -EINVAL; /* which does not pass by itself */
	TEST_ASSERT_OK(aux_start(devargs, RTE_DIM(devargs)));
	TEST_ASSERT_OK(aux_monitor_start());
	TEST_ASSERT_OK(aux_publish("mock.sf.4", "88\n"));
	ASSERT_BECOMES(aux_mock.probes, 1);
	TEST_ASSERT_OK(aux_remove("mock.sf.4"));
	ASSERT_BECOMES(aux_told.gone, 1);
	aux_mock.probe_result = 0;
	TEST_ASSERT_OK(aux_publish("mock.sf.4", "99\n"));
	ASSERT_BECOMES(aux_told.come, 2);
	aux_nothing_happens();
	TEST_ASSERT_EQUAL(aux_mock.probes, 1);
	TEST_ASSERT_OK(aux_publish("mock.sf.5", "88\n"));
	ASSERT_BECOMES(aux_mock.probes, 2);
	TEST_ASSERT(rte_dev_is_probed(aux_find("mock.sf.5")), "another device");
	TEST_ASSERT(strcmp(aux_mock.args, "driver=mock_plain,a=88") == 0, "%s", aux_mock.args);
	return TEST_SUCCESS;
}

/* --- The application is at it, too ------------------------------------------ */

#define ATTACH_MS 500

/* Until "stop", which is not NULL, says so: a device comes and goes. */
static void *
arrivals_thread(void *stop)
{
	intptr_t failed = 0;

	test_thread_elsewhere();
	while (!__atomic_load_n((bool *)stop, __ATOMIC_ACQUIRE) && failed == 0) {
		failed = aux_publish("mock.sf.1", "1\n");
		usleep(100);
		failed |= aux_remove("mock.sf.1");
	}
	return (void *)failed;
}

/* A device is attached again and again, which replaces its devargs. */
static int
attach_again(void)
{
	uint64_t end = now_ms() + ATTACH_MS;
	char text[128], args[64];
	struct rte_device *dev;
	unsigned int i;
	int ret;

	for (i = 0; now_ms() < end; i++) {
		snprintf(args, sizeof(args), "driver=mock_plain,a=%u", i);
		snprintf(text, sizeof(text),
			"bus=auxiliary,name=mock.sf.0,hotplug=plug/class=eth/%s", args);
		ret = rte_dev_probe(text);
		TEST_ASSERT(ret == 0 || (i > 0 && ret == -EEXIST), "%s: %d", text, ret);
		dev = aux_find("mock.sf.0");
		TEST_ASSERT(dev != NULL && rte_dev_is_probed(dev), "not probed");
		TEST_ASSERT(strcmp(dev->devargs->drv_str, args) == 0, "\"%s\" after %s",
			dev->devargs->drv_str, text);
	}
	TEST_ASSERT_EQUAL(aux_mock.probes, 1);
	return TEST_SUCCESS;
}

/* EAL frees the devargs of before, while what comes has the bus look who waits for it. */
static int
test_attach_meanwhile(void)
{
	static const char *const devargs[] = { "bus=auxiliary,sfnum=7,hotplug=plug" };
	int result, level = rte_log_get_level(RTE_LOGTYPE_EAL);
	pthread_t thread;
	bool stop = false;
	void *failed;

	TEST_ASSERT_OK(aux_publish("mock.sf.0", "0\n"));
	TEST_ASSERT_OK(aux_start(devargs, RTE_DIM(devargs)));
	TEST_ASSERT_OK(aux_monitor_start());
	TEST_ASSERT_OK(pthread_create(&thread, NULL, arrivals_thread, &stop));
	rte_log_set_level(RTE_LOGTYPE_EAL, RTE_LOG_CRIT); /* it has a line for each */
	result = attach_again();
	rte_log_set_level(RTE_LOGTYPE_EAL, level);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, &failed);
	TEST_ASSERT_OK(result);
	TEST_ASSERT(failed == NULL, "no arrivals");
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_events_lost),
	TEST_CASE(test_burst),
	TEST_CASE(test_not_monitored),
	TEST_CASE(test_not_looking),
	TEST_CASE(test_other_root_goes),
	TEST_CASE(test_plug_made_anew),
	TEST_CASE(test_attach_meanwhile),
	{ .name = NULL }
};

static struct test_suite auxiliary_events_suite = {
	.name = "auxiliary_events_autotest",
	.case_setup = aux_events_setup,
	.case_teardown = aux_events_teardown,
	.cases = cases,
};

TEST_REGISTER(auxiliary_events_suite);
