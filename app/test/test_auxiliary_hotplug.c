/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Devices that come and go: directories made and removed by the test.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_alarm.h>
#include <rte_errno.h>
#include <rte_interrupts.h>

#include "aux_mock.h"

#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define LOG_TYPE "bus.auxiliary"

/* What the application has been told; written by the interrupt thread. */
static struct {
	unsigned int come, gone;
	char name[RTE_DEV_NAME_MAX_LEN]; /* the last one */
} told;

static void
on_event(const char *name, enum rte_dev_event_type type, void *arg)
{
	RTE_SET_USED(arg);
	test_order();
	snprintf(told.name, sizeof(told.name), "%s", name);
	__atomic_add_fetch(type == RTE_DEV_EVENT_ADD ? &told.come : &told.gone, 1,
		__ATOMIC_SEQ_CST);
	test_order();
}

static int
hotplug_setup(void)
{
	int ret = aux_setup();

	memset(&told, 0, sizeof(told));
	if (ret == TEST_SUCCESS)
		ret = rte_dev_event_callback_register(NULL, on_event, NULL);
	if (ret == 0)
		ret = rte_dev_event_monitor_start(); /* or nobody is told */
	if (ret == 0)
		ret = aux_scan();
	return ret == 0 ? aux_probe() : ret; /* from here on the bus listens */
}

static void
hotplug_teardown(void)
{
	rte_dev_event_monitor_stop();
	rte_dev_event_callback_unregister(NULL, on_event, NULL);
	aux_teardown();
}

#define ASSERT_TOLD(counter, value, who) do { \
	TEST_ASSERT(test_wait_for(&told.counter, value), "%u", told.counter); \
	TEST_ASSERT(strcmp(told.name, who) == 0, "%s", told.name); \
} while (0)

/* --- Directories ---------------------------------------------------------- */

static int
test_directory(void)
{
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	ASSERT_TOLD(come, 1, "mock.sf.0");
	TEST_ASSERT_OK(aux_publish("nobodys.sf.0", NULL)); /* no driver wants it */
	TEST_ASSERT_OK(aux_publish("mock.sf.1", NULL));
	ASSERT_TOLD(come, 2, "mock.sf.1");
	TEST_ASSERT_OK(aux_remove("mock.sf.0"));
	ASSERT_TOLD(gone, 1, "mock.sf.0");
	TEST_ASSERT_EQUAL(told.come, 2);
	return TEST_SUCCESS;
}

/* What a simulator that is started again does. */
static int
test_directory_returns(void)
{
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	ASSERT_TOLD(come, 1, "mock.sf.0");
	TEST_ASSERT_OK(aux_remove("mock.sf.0"));
	ASSERT_TOLD(gone, 1, "mock.sf.0");
	TEST_ASSERT_OK(rmdir(aux_root));
	usleep(10000);
	TEST_ASSERT_OK(mkdir(aux_root, 0755));
	TEST_ASSERT_OK(aux_publish("mock.sf.3", NULL));
	ASSERT_TOLD(come, 2, "mock.sf.3");
	/* It may have been found in the directory and seen to come, but is told once. */
	TEST_ASSERT_OK(aux_remove("mock.sf.3"));
	ASSERT_TOLD(gone, 2, "mock.sf.3");
	TEST_ASSERT_EQUAL(told.come, 2);
	return TEST_SUCCESS;
}

/* The application brings back what returns, with the arguments it had. */
static int
test_return(void)
{
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.0,a=1"));
	ASSERT_TOLD(come, 1, "mock.sf.0");
	TEST_ASSERT_OK(aux_remove("mock.sf.0"));
	ASSERT_TOLD(gone, 1, "mock.sf.0");
	TEST_ASSERT_OK(rte_dev_remove(aux_find(told.name)));
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	ASSERT_TOLD(come, 2, "mock.sf.0");
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(aux_probe());
	TEST_ASSERT_EQUAL(aux_mock.probes, 2);
	TEST_ASSERT(strcmp(aux_mock.args, "a=1") == 0, "%s", aux_mock.args);
	return TEST_SUCCESS;
}

/* --- Plugged by the bus --------------------------------------------------- */

#define ASSERT_BECOMES(counter, value) \
	TEST_ASSERT(test_wait_for(&(counter), value), "%u", counter)

/* Time for something that is not to happen. */
static void
nothing_happens(void)
{
	usleep(50000);
}

/* Devargs that a user gives at the start, for a device that is not there yet. */
static int
wait_for(const char *devargs)
{
	int ret = rte_devargs_add(RTE_DEVTYPE_ALLOWED, devargs);

	if (ret == 0)
		ret = aux_scan();
	return ret == 0 ? aux_probe() : ret;
}

/* mock.sf.0 is waited for, comes, is plugged, and goes. */
static int
come_and_go(const char *devargs)
{
	TEST_ASSERT_OK(wait_for(devargs));
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	ASSERT_BECOMES(aux_mock.probes, 1);
	return aux_remove("mock.sf.0");
}

/* mock.sf.0 is waited for, and comes; it takes some tries. */
static int
come_in_tries(const char *devargs, unsigned int tries)
{
	unsigned int i;

	TEST_ASSERT_OK(wait_for(devargs));
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	for (i = 0; i < 10000; i++) {
		if (__atomic_load_n(&aux_mock.probes, __ATOMIC_ACQUIRE) >= tries)
			return TEST_SUCCESS;
		usleep(1000);
	}
	TEST_ASSERT(false, "%u tries", aux_mock.probes);
}

/* While the interrupt thread may be calling probe(). */
static void
probes_end_with(int result)
{
	__atomic_store_n(&aux_mock.probe_result, result, __ATOMIC_RELAXED);
}

static int
test_plug(void)
{
	test_log_start();
	TEST_ASSERT_OK(wait_for(
		"bus=auxiliary,name=mock.sf.0,hotplug=plug/class=eth/driver=mock_plain,a=1"));
	TEST_ASSERT_EQUAL(test_log_count("not found"), 0);
	TEST_ASSERT_OK(aux_publish("mock.sf.1", NULL));
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	ASSERT_BECOMES(aux_mock.probes, 1);
	TEST_ASSERT(strcmp(aux_mock.args, "driver=mock_plain,a=1") == 0, "%s", aux_mock.args);
	TEST_ASSERT_EQUAL(told.come, 2);
	TEST_ASSERT_OK(aux_remove("mock.sf.0"));
	ASSERT_TOLD(gone, 1, "mock.sf.0");
	nothing_happens(); /* to let go of it is the application's */
	TEST_ASSERT_EQUAL(aux_mock.removes, 0);
	TEST_ASSERT_OK(rte_dev_remove(aux_find("mock.sf.0")));
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	ASSERT_BECOMES(aux_mock.probes, 2);
	TEST_ASSERT(strcmp(aux_mock.args, "driver=mock_plain,a=1") == 0, "%s", aux_mock.args);
	return TEST_SUCCESS;
}

/* What it needs comes after it, as udev's permissions do. */
static int
test_plug_again(void)
{
	probes_end_with(-EACCES);
	TEST_ASSERT_OK(come_in_tries("bus=auxiliary,name=mock.sf.0,hotplug=plug", 2));
	probes_end_with(0);
	ASSERT_BECOMES(aux_mock.drives, 1);
	TEST_ASSERT(rte_dev_is_probed(aux_find("mock.sf.0")), "not probed");
	return TEST_SUCCESS;
}

/* It never comes, or is something that does not pass by itself. */
static int
test_plug_given_up(void)
{
	test_log_start();
	probes_end_with(-EBUSY);
	TEST_ASSERT_OK(come_in_tries("bus=auxiliary,name=mock.sf.0,hotplug=plug", 7));
	nothing_happens();
	TEST_ASSERT_EQUAL(aux_mock.probes, 7);
	probes_end_with(-EINVAL);
	TEST_ASSERT_OK(aux_remove("mock.sf.0"));
	ASSERT_TOLD(gone, 1, "mock.sf.0");
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	ASSERT_BECOMES(aux_mock.probes, 8);
	nothing_happens();
	TEST_ASSERT_EQUAL(aux_mock.probes, 8);
	TEST_ASSERT_EQUAL(test_log_count_both("cannot be plugged", strerror(EBUSY)), 1);
	return TEST_SUCCESS;
}

/* Seven tries, and what is wrong is said once. */
static int
test_plug_hushed(void)
{
	test_log_start();
	probes_end_with(-EBUSY);
	TEST_ASSERT_OK(come_in_tries("bus=auxiliary,name=mock.sf.0,hotplug=plug", 7));
	TEST_ASSERT(test_log_wait("cannot be plugged"), "%u tries", aux_mock.probes);
	TEST_ASSERT_EQUAL(test_log_count("mock_plain cannot use it"), 1);
	return TEST_SUCCESS;
}

/* What has no node yet is not even tried, until the end. */
static int
test_plug_no_node(void)
{
	test_log_start();
	TEST_ASSERT_OK(wait_for("bus=auxiliary,name=vfio.sf.0,hotplug=plug"));
	TEST_ASSERT_OK(aux_publish("vfio.sf.0", NULL));
	TEST_ASSERT(test_log_wait("cannot be plugged"), "still tried");
	/* Of EAL, of the bus, and that it is given up. */
	TEST_ASSERT_EQUAL(test_log_count("vfio.sf.0"), 3);
	return TEST_SUCCESS;
}

/* It leaves and returns while it is being tried: then it is tried from the start. */
static int
test_plug_anew(void)
{
	unsigned int before;

	test_log_start();
	probes_end_with(-EACCES);
	TEST_ASSERT_OK(come_in_tries("bus=auxiliary,name=mock.sf.0,hotplug=plug", 3));
	TEST_ASSERT_OK(aux_remove("mock.sf.0"));
	ASSERT_TOLD(gone, 1, "mock.sf.0");
	before = aux_mock.probes;
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	TEST_ASSERT(test_log_wait("cannot be plugged"), "%u probes", aux_mock.probes);
	TEST_ASSERT_EQUAL(aux_mock.probes, before + 7);
	TEST_ASSERT_EQUAL(test_log_count("cannot be plugged"), 1);
	return TEST_SUCCESS;
}

/* The application was faster, and has let go of it. */
static int
test_plug_not_again(void)
{
	static const char devargs[] = "bus=auxiliary,name=mock.sf.0,hotplug=plug";
	unsigned int probes;
	int ret;

	probes_end_with(-EACCES);
	TEST_ASSERT_OK(come_in_tries(devargs, 6)); /* and 640 ms until the last */
	probes_end_with(0);
	ret = rte_dev_probe(devargs); /* or else the bus was */
	TEST_ASSERT(ret == 0 || ret == -EEXIST, "%d", ret);
	TEST_ASSERT_OK(rte_dev_remove(aux_find("mock.sf.0")));
	probes = aux_mock.probes;
	usleep(1000000);
	TEST_ASSERT_EQUAL(aux_mock.probes, probes);
	return TEST_SUCCESS;
}

/* It is back before the application has let go of it. */
static int
test_plug_back_early(void)
{
	TEST_ASSERT_OK(come_and_go("bus=auxiliary,name=mock.sf.0,hotplug=plug"));
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	ASSERT_TOLD(come, 2, "mock.sf.0");
	nothing_happens();
	TEST_ASSERT_EQUAL(aux_mock.probes, 1);
	TEST_ASSERT_OK(rte_dev_remove(aux_find("mock.sf.0")));
	ASSERT_BECOMES(aux_mock.probes, 2);
	/* One that has not left stays detached. */
	TEST_ASSERT_OK(rte_dev_remove(aux_find("mock.sf.0")));
	nothing_happens();
	TEST_ASSERT_EQUAL(aux_mock.probes, 2);
	return TEST_SUCCESS;
}

static int
test_plug_full(void)
{
	TEST_ASSERT_OK(come_and_go("bus=auxiliary,name=mock.sf.0,hotplug=full"));
	ASSERT_BECOMES(aux_mock.removes, 1);
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	ASSERT_BECOMES(aux_mock.probes, 2);
	return TEST_SUCCESS;
}

/* Its driver does not let go of it at once. */
static int
test_plug_full_again(void)
{
	__atomic_store_n(&aux_mock.remove_result, -EBUSY, __ATOMIC_RELAXED);
	test_log_start();
	TEST_ASSERT_OK(come_and_go("bus=auxiliary,name=mock.sf.0,hotplug=full"));
	ASSERT_BECOMES(aux_mock.removes, 2);
	__atomic_store_n(&aux_mock.remove_result, 0, __ATOMIC_RELAXED);
	TEST_ASSERT(test_log_wait("has gone, unplugged"), "%u removes", aux_mock.removes);
	TEST_ASSERT_EQUAL(test_log_count("cannot be unplugged"), 0);
	ASSERT_TOLD(gone, 1, "mock.sf.0");
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	ASSERT_BECOMES(aux_mock.probes, 2);
	TEST_ASSERT_EQUAL(told.gone, 1);
	return TEST_SUCCESS;
}

/* Its driver never does, and that is said once. */
static int
test_plug_full_given_up(void)
{
	bool is_said;

	__atomic_store_n(&aux_mock.remove_result, -EBUSY, __ATOMIC_RELAXED);
	test_log_start();
	TEST_ASSERT_OK(come_and_go("bus=auxiliary,name=mock.sf.0,hotplug=full"));
	is_said = test_log_wait("cannot be unplugged");
	nothing_happens();
	__atomic_store_n(&aux_mock.remove_result, 0, __ATOMIC_RELAXED);
	TEST_ASSERT(is_said, "%u removes", aux_mock.removes);
	TEST_ASSERT_EQUAL(test_log_count("cannot be unplugged"), 1);
	TEST_ASSERT_EQUAL(aux_mock.removes, 7);
	TEST_ASSERT_EQUAL(told.gone, 1);
	return TEST_SUCCESS;
}

/* A process without a free descriptor cannot see what is there: nothing has gone for that. */
static int
test_plug_no_descriptor(void)
{
	struct rlimit limit, none;
	char from[300], to[300];

	snprintf(from, sizeof(from), "%s/.mock.sf.1", aux_root);
	snprintf(to, sizeof(to), "%s/mock.sf.1", aux_root);
	TEST_ASSERT_OK(aux_make_sf(".mock.sf.1"));
	TEST_ASSERT_OK(wait_for("bus=auxiliary,name=mock.sf.0,hotplug=full"));
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	ASSERT_BECOMES(aux_mock.probes, 1);
	TEST_ASSERT_OK(getrlimit(RLIMIT_NOFILE, &limit));
	none = limit;
	none.rlim_cur = 0;
	test_log_start();
	TEST_ASSERT_OK(setrlimit(RLIMIT_NOFILE, &none));
	rename(from, to);
	test_log_wait("cannot look for devices that come and go");
	nothing_happens();
	setrlimit(RLIMIT_NOFILE, &limit);
	TEST_ASSERT(test_log_count("cannot look for devices that come and go") > 0, "not said");
	TEST_ASSERT_EQUAL(aux_mock.removes, 0);
	ASSERT_TOLD(come, 2, "mock.sf.1");
	TEST_ASSERT_EQUAL(aux_mock.removes, 0);
	return TEST_SUCCESS;
}

/* With one it sees what is there, but not what that is. */
static int
test_plug_one_descriptor(void)
{
	struct rlimit limit, one;
	char from[300], to[300];
	int next;

	snprintf(from, sizeof(from), "%s/.mock.sf.1", aux_root);
	snprintf(to, sizeof(to), "%s/mock.sf.1", aux_root);
	TEST_ASSERT_OK(aux_make_attr(".mock.sf.1", "sfnum", "7\n"));
	TEST_ASSERT_OK(wait_for("bus=auxiliary,sfnum=7,hotplug=plug"));
	TEST_ASSERT_OK(getrlimit(RLIMIT_NOFILE, &limit));
	one = limit;
	test_log_start();
	next = dup(STDERR_FILENO);
	TEST_ASSERT(next >= 0, "no descriptor");
	one.rlim_cur = next + 1;
	close(next);
	TEST_ASSERT_OK(setrlimit(RLIMIT_NOFILE, &one));
	rename(from, to);
	test_log_wait("device mock.sf.1: cannot");
	setrlimit(RLIMIT_NOFILE, &limit);
	TEST_ASSERT(test_log_count_both("device mock.sf.1: ", strerror(EMFILE)) > 0, "not said");
	ASSERT_BECOMES(aux_mock.probes, 1);
	return TEST_SUCCESS;
}

/* A directory that cannot be read tells nothing of its devices: none has gone for that. */
static int
test_plug_unreadable(void)
{
	char aside[300];

	snprintf(aside, sizeof(aside), "%s.aside", aux_root);
	TEST_ASSERT_OK(wait_for("bus=auxiliary,name=mock.sf.0,hotplug=full"));
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	ASSERT_BECOMES(aux_mock.probes, 1);
	TEST_ASSERT_OK(symlink(aux_root, aside));
	test_log_start();
	TEST_ASSERT_OK(renameat2(AT_FDCWD, aux_root, AT_FDCWD, aside, RENAME_EXCHANGE));
	aux_scan();
	nothing_happens();
	TEST_ASSERT_OK(renameat2(AT_FDCWD, aux_root, AT_FDCWD, aside, RENAME_EXCHANGE));
	unlink(aside);
	TEST_ASSERT(test_log_count_both("cannot open directory", strerror(ELOOP)) > 0, "not said");
	TEST_ASSERT_EQUAL(aux_mock.removes, 0);
	TEST_ASSERT_EQUAL(told.gone, 0);
	TEST_ASSERT_OK(aux_remove("mock.sf.0"));
	aux_scan();
	ASSERT_BECOMES(aux_mock.removes, 1);
	return TEST_SUCCESS;
}

static void
come_and_go_meanwhile(const char *name)
{
	if (strcmp(name, "mock.sf.0") != 0)
		return;
	aux_remove("mock.sf.0");
	aux_publish("mock.sf.2", NULL);
}

/* While EAL probes all devices at the start, one goes that has been found, and one comes. */
static int
test_plug_at_start(void)
{
	unsigned int i;
	char text[64];

	aux_cleanup();
	for (i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "bus=auxiliary,name=mock.sf.%u,hotplug=full", i);
		TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_ALLOWED, text));
	}
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	TEST_ASSERT_OK(aux_publish("mock.sf.1", NULL));
	TEST_ASSERT_OK(aux_scan());
	aux_mock.on_probe = come_and_go_meanwhile;
	TEST_ASSERT_OK(aux_probe());
	ASSERT_BECOMES(aux_mock.probes, 3);
	ASSERT_BECOMES(aux_mock.removes, 1);
	TEST_ASSERT(aux_find("mock.sf.0") == NULL, "still there");
	/* The third is the application's, which has it and lets go of it. */
	TEST_ASSERT_OK(rte_dev_remove(aux_find("mock.sf.1")));
	nothing_happens();
	TEST_ASSERT_EQUAL(aux_mock.probes, 3);
	return TEST_SUCCESS;
}

static unsigned int alarms;

static void
count_alarm(void *arg)
{
	RTE_SET_USED(arg);
	__atomic_add_fetch(&alarms, 1, __ATOMIC_RELEASE);
}

/*
 * EAL's interrupt thread opens an epoll instance anew when it is given something to listen to,
 * and panics if it cannot.  The first alarm may still go off before that, the second does not.
 */
static void
wait_for_interrupt_thread(void)
{
	unsigned int i;

	alarms = 0;
	for (i = 1; i <= 2; i++) {
		rte_eal_alarm_set(1, count_alarm, NULL);
		test_wait_for(&alarms, i);
	}
}

/* A device appears while the bus is probed, and no descriptor is left once EAL probes it. */
static void
come_and_be_found(const char *name)
{
	struct rlimit none;

	if (strcmp(name, "mock.sf.0") == 0) {
		aux_publish("mock.sf.1", NULL);
		aux_scan();
	} else {
		wait_for_interrupt_thread();
		getrlimit(RLIMIT_NOFILE, &none);
		none.rlim_cur = 0;
		setrlimit(RLIMIT_NOFILE, &none);
	}
}

/*
 * EAL finds a device that appears while the bus is probed, and gives it to its driver; the first
 * look then fails for want of a descriptor.  The look after that counts as the first, so the bus
 * does not plug the device again when the application has detached it.
 */
static int
test_plug_found_at_start(void)
{
	struct rlimit limit;

	aux_cleanup();
	TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_ALLOWED,
			"bus=auxiliary,name=mock.sf.0,hotplug=plug"));
	TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_ALLOWED,
			"bus=auxiliary,name=mock.sf.1,hotplug=plug"));
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	TEST_ASSERT_OK(aux_scan());
	aux_mock.on_probe = come_and_be_found;
	TEST_ASSERT_OK(getrlimit(RLIMIT_NOFILE, &limit));
	test_log_start();
	aux_probe();
	aux_mock.on_probe = NULL;
	test_log_wait("cannot look for devices that come and go");
	setrlimit(RLIMIT_NOFILE, &limit);
	TEST_ASSERT(test_log_count("cannot look for devices that come and go") > 0, "not said");
	TEST_ASSERT_EQUAL(aux_mock.probes, 2);
	ASSERT_TOLD(come, 1, "mock.sf.1");
	TEST_ASSERT_OK(rte_dev_remove(aux_find("mock.sf.1")));
	nothing_happens();
	TEST_ASSERT_EQUAL(aux_mock.probes, 2);
	return TEST_SUCCESS;
}

static unsigned int interrupts;
static int interrupt_fd;
static pthread_t application;

static void
on_interrupt(void *arg)
{
	uint64_t count;

	RTE_SET_USED(arg);
	if (read(interrupt_fd, &count, sizeof(count)) > 0)
		__atomic_add_fetch(&interrupts, 1, __ATOMIC_RELEASE);
}

/* On the application's thread a probe takes long; EAL's interrupt thread goes on meanwhile. */
static void
probe_slowly(const char *name)
{
	RTE_SET_USED(name);
	if (!pthread_equal(pthread_self(), application))
		return;
	probes_end_with(0);
	usleep(100000); /* by then the bus would try again */
	if (eventfd_write(interrupt_fd, 1) == 0)
		test_wait_for(&interrupts, 1);
}

/* The application is faster than the bus, and takes long. */
static int
test_plug_meanwhile(void)
{
	static const char devargs[] = "bus=auxiliary,name=mock.sf.0,hotplug=plug";
	struct rte_intr_handle *handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);

	interrupts = 0;
	interrupt_fd = eventfd(0, EFD_CLOEXEC);
	TEST_ASSERT(handle != NULL && interrupt_fd >= 0, "no interrupt");
	rte_intr_type_set(handle, RTE_INTR_HANDLE_EXT);
	rte_intr_fd_set(handle, interrupt_fd);
	TEST_ASSERT_OK(rte_intr_callback_register(handle, on_interrupt, NULL));
	application = pthread_self();
	probes_end_with(-EACCES);
	TEST_ASSERT_OK(come_in_tries(devargs, 2));
	__atomic_store_n(&aux_mock.on_probe, probe_slowly, __ATOMIC_RELEASE);
	TEST_ASSERT_OK(rte_dev_probe(devargs));
	TEST_ASSERT_EQUAL(interrupts, 1);
	nothing_happens();
	TEST_ASSERT_EQUAL(aux_mock.drives, 1);
	TEST_ASSERT_EQUAL(rte_intr_callback_unregister(handle, on_interrupt, NULL), 1);
	rte_intr_instance_free(handle);
	close(interrupt_fd);
	return TEST_SUCCESS;
}

/* From the last try on. */
static void
count_looks(const char *name)
{
	RTE_SET_USED(name);
	if (aux_mock.probes == 7)
		test_log_start();
}

/* While a device waits for its next try there are other looks, and then one look for all. */
static int
test_looks(void)
{
	unsigned int i;

	aux_mock.on_probe = count_looks;
	probes_end_with(-EACCES);
	TEST_ASSERT_OK(come_in_tries("bus=auxiliary,name=mock.sf.0,hotplug=plug", 6));
	for (i = 0; i < 10; i++) {
		TEST_ASSERT_OK(aux_publish("mock.sf.1", NULL));
		ASSERT_BECOMES(told.come, i + 2);
		TEST_ASSERT_OK(aux_remove("mock.sf.1"));
		ASSERT_BECOMES(told.gone, i + 1);
	}
	rte_log_set_level_pattern(LOG_TYPE, RTE_LOG_DEBUG);
	ASSERT_BECOMES(aux_mock.probes, 7);
	nothing_happens();
	rte_log_set_level_pattern(LOG_TYPE, RTE_LOG_NOTICE);
	i = test_log_count_both("look: ", "before");
	TEST_ASSERT(i < 5, "%u looks", i);
	return TEST_SUCCESS;
}

/* Whether EAL has the devargs of a device, which it frees otherwise. */
static bool
has_devargs_of_eal(const char *name)
{
	const struct rte_devargs *devargs, *wanted = aux_find(name)->devargs;

	RTE_EAL_DEVARGS_FOREACH(RTE_BUS_AUXILIARY_NAME, devargs)
		if (devargs == wanted)
			return true;
	return false;
}

/* Another one of the number of a device that is driven: neither the driver's devargs suffer. */
static int
test_plug_ambiguous(void)
{
	static const char devargs[] = "bus=auxiliary,sfnum=7,hotplug=full/driver=mock_plain,a=7";

	TEST_ASSERT_OK(aux_publish("mock.sf.0", "7\n"));
	TEST_ASSERT_OK(wait_for(devargs));
	TEST_ASSERT_EQUAL(aux_mock.probes, 1);
	test_log_start();
	TEST_ASSERT_OK(aux_publish("mock.sf.1", "7\n"));
	TEST_ASSERT(test_log_wait("cannot be plugged"), "not said");
	TEST_ASSERT_EQUAL(test_log_count("is ambiguous, so none is used"), 1);
	TEST_ASSERT(has_devargs_of_eal("mock.sf.0"), "freed");
	/* Nor what they ask for. */
	TEST_ASSERT_OK(aux_remove("mock.sf.1"));
	TEST_ASSERT_OK(aux_remove("mock.sf.0"));
	ASSERT_BECOMES(aux_mock.removes, 1);
	TEST_ASSERT_OK(aux_publish("mock.sf.2", "7\n"));
	ASSERT_BECOMES(aux_mock.probes, 2);
	TEST_ASSERT(rte_dev_is_probed(aux_find("mock.sf.2")), "another one");
	return TEST_SUCCESS;
}

static rte_bus_scan_t scan;

static int
scan_too_late(void)
{
	aux_remove("mock.sf.0");
	return scan();
}

/* It has gone when EAL looks for it, which then forgets the devargs. */
static int
test_plug_too_late(void)
{
	bool is_told;

	TEST_ASSERT_OK(wait_for("bus=auxiliary,name=mock.sf.0,hotplug=plug"));
	scan = aux_bus->scan;
	aux_bus->scan = scan_too_late;
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	is_told = test_wait_for(&told.gone, 1);
	aux_bus->scan = scan;
	TEST_ASSERT(is_told, "not seen to go");
	TEST_ASSERT_EQUAL(aux_mock.probes, 0);
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	ASSERT_BECOMES(aux_mock.probes, 1);
	return TEST_SUCCESS;
}

/* By its number, whatever its name is this time. */
static int
test_plug_picked(void)
{
	TEST_ASSERT_OK(wait_for("bus=auxiliary,sfnum=7,hotplug=plug/driver=mock_plain,a=7"));
	TEST_ASSERT_OK(aux_publish("mock.sf.0", "8\n"));
	ASSERT_TOLD(come, 1, "mock.sf.0");
	TEST_ASSERT_OK(aux_publish("mock.sf.3", "7\n"));
	ASSERT_BECOMES(aux_mock.probes, 1);
	TEST_ASSERT(strcmp(aux_mock.args, "driver=mock_plain,a=7") == 0, "%s", aux_mock.args);
	TEST_ASSERT(rte_dev_is_probed(aux_find("mock.sf.3")), "another one");
	return TEST_SUCCESS;
}

/* Nobody has asked for these. */
static int
test_plug_unasked(void)
{
	TEST_ASSERT_OK(wait_for("bus=auxiliary,name=mock.sf.0"));
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	TEST_ASSERT_OK(aux_publish("mock.sf.1", NULL));
	ASSERT_TOLD(come, 2, "mock.sf.1");
	nothing_happens();
	TEST_ASSERT_EQUAL(aux_mock.probes, 0);
	return TEST_SUCCESS;
}

/* Blocked, it is not plugged, whatever else is said of it. */
static int
test_plug_blocked(void)
{
	TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_BLOCKED,
		"bus=auxiliary,name=mock.sf.0,hotplug=plug"));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(aux_publish("mock.sf.0", NULL));
	ASSERT_TOLD(come, 1, "mock.sf.0");
	nothing_happens();
	TEST_ASSERT_EQUAL(aux_mock.probes, 0);
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_directory),
	TEST_CASE(test_directory_returns),
	TEST_CASE(test_return),
	TEST_CASE(test_plug),
	TEST_CASE(test_plug_again),
	TEST_CASE(test_plug_given_up),
	TEST_CASE(test_plug_hushed),
	TEST_CASE(test_plug_no_node),
	TEST_CASE(test_plug_anew),
	TEST_CASE(test_plug_not_again),
	TEST_CASE(test_plug_back_early),
	TEST_CASE(test_plug_full),
	TEST_CASE(test_plug_full_again),
	TEST_CASE(test_plug_full_given_up),
	TEST_CASE(test_plug_no_descriptor),
	TEST_CASE(test_plug_one_descriptor),
	TEST_CASE(test_plug_unreadable),
	TEST_CASE(test_plug_at_start),
	TEST_CASE(test_plug_found_at_start),
	TEST_CASE(test_plug_meanwhile),
	TEST_CASE(test_looks),
	TEST_CASE(test_plug_ambiguous),
	TEST_CASE(test_plug_too_late),
	TEST_CASE(test_plug_picked),
	TEST_CASE(test_plug_unasked),
	TEST_CASE(test_plug_blocked),
	{ .name = NULL }
};

static struct test_suite auxiliary_hotplug_suite = {
	.name = "auxiliary_hotplug_autotest",
	.case_setup = hotplug_setup,
	.case_teardown = hotplug_teardown,
	.cases = cases,
};

TEST_REGISTER(auxiliary_hotplug_suite);
