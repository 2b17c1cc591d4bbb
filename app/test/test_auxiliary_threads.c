/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Four threads use the bus at once for some seconds: one scans, one attaches
 * and detaches, one makes and removes entries, one finds devices; EAL's
 * interrupt thread tells of the entries and plugs those that devargs wait for.
 * ThreadSanitizer and AddressSanitizer see what the test itself does not.
 *
 * EAL's list of devargs has no lock.  So there is one here: whoever has
 * rte_dev_probe() called, which writes the list, holds it for writing, also
 * while the interrupt thread does so; whoever scans, which reads the list, for
 * reading.  Everything else needs no lock.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "aux_mock.h"

#define SECONDS 3
#define PREFIX "thread.sf."

/* Devices by number: those attached and detached, those that pass, those that are waited for. */
#define FIRST_PASSING 3
#define FIRST_WAITED 9
#define NB_DEVICES 11

static struct {
	bool is_driven;
	const struct rte_device *found; /* at first; only by the thread that finds */
} devices[NB_DEVICES];

static pthread_rwlock_t devargs_lock;
static bool is_over;
static unsigned int nb_wrong, nb_come, nb_gone, nb_plugged;

/* For threads, which have no result; the first few are shown. */
#define CHECK(cond, fmt, ...) do { \
	if (!(cond) && __atomic_fetch_add(&nb_wrong, 1, __ATOMIC_RELAXED) < 10) \
		printf("# %s:%d: %s: " fmt "\n", __FILE__, __LINE__, RTE_STR(cond), \
			## __VA_ARGS__); \
} while (0)

static bool
is_running(void)
{
	return !__atomic_load_n(&is_over, __ATOMIC_RELAXED);
}

/* The number of a device, or NB_DEVICES if it is none of the test's. */
static unsigned int
number_of(const char *name)
{
	unsigned long number;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return NB_DEVICES;
	number = strtoul(name + strlen(PREFIX), NULL, 10);
	return number < NB_DEVICES ? number : NB_DEVICES;
}

static bool
is_driven(unsigned int number)
{
	return __atomic_load_n(&devices[number].is_driven, __ATOMIC_ACQUIRE);
}

/* --- The driver, on the thread that plugs ---------------------------------- */

static bool
threads_match(const char *name)
{
	return strncmp(name, PREFIX, strlen(PREFIX)) == 0;
}

static int
threads_probe(struct rte_auxiliary_driver *drv, struct rte_auxiliary_device *dev)
{
	unsigned int number = number_of(dev->name);

	RTE_SET_USED(drv);
	CHECK(number < NB_DEVICES, "%s", dev->name);
	if (number == NB_DEVICES)
		return 1;
	CHECK(dev->sfnum == number, "%s has sfnum %u", dev->name, dev->sfnum);
	CHECK(!__atomic_exchange_n(&devices[number].is_driven, true, __ATOMIC_ACQ_REL),
		"%s is probed twice", dev->name);
	if (number >= FIRST_WAITED)
		__atomic_add_fetch(&nb_plugged, 1, __ATOMIC_RELAXED);
	return 0;
}

static int
threads_remove(struct rte_auxiliary_device *dev)
{
	CHECK(__atomic_exchange_n(&devices[number_of(dev->name)].is_driven, false,
			__ATOMIC_ACQ_REL), "%s is removed twice", dev->name);
	return 0;
}

static struct rte_auxiliary_driver threads_driver = {
	.driver.name = "mock_threads",
	.match = threads_match,
	.probe = threads_probe,
	.remove = threads_remove,
};

static void
on_event(const char *name, enum rte_dev_event_type type, void *arg)
{
	RTE_SET_USED(arg);
	/* EAL's monitor tells of what happens elsewhere on the machine, too. */
	if (number_of(name) < NB_DEVICES)
		__atomic_add_fetch(type == RTE_DEV_EVENT_ADD ? &nb_come : &nb_gone, 1,
			__ATOMIC_RELAXED);
}

/* --- Entries ---------------------------------------------------------------- */

static void
entry_path(char *path, size_t size, const char *file)
{
	snprintf(path, size, "%s/%s", aux_root, file);
}

/* An entry appears with all that is in it, and so it goes. */
static void
entry_add(unsigned int number)
{
	char name[32], text[16], from[300], to[300];

	snprintf(text, sizeof(text), "%u\n", number);
	aux_make_attr(".making", "sfnum", text);
	snprintf(name, sizeof(name), PREFIX "%u", number);
	entry_path(from, sizeof(from), ".making");
	entry_path(to, sizeof(to), name);
	CHECK(rename(from, to) == 0, "%s: %s", to, strerror(errno));
}

static void
entry_remove(unsigned int number)
{
	char name[32], from[300], to[300];

	snprintf(name, sizeof(name), PREFIX "%u", number);
	entry_path(from, sizeof(from), name);
	entry_path(to, sizeof(to), ".leaving");
	CHECK(rename(from, to) == 0, "%s: %s", from, strerror(errno));
	entry_path(to, sizeof(to), ".leaving/sfnum");
	unlink(to);
	entry_path(to, sizeof(to), ".leaving");
	rmdir(to);
}

/* --- The threads ------------------------------------------------------------ */

static int
scan(void)
{
	int ret;

	pthread_rwlock_rdlock(&devargs_lock);
	ret = aux_scan();
	pthread_rwlock_unlock(&devargs_lock);
	return ret;
}

static void *
run_scan(void *arg)
{
	while (is_running())
		CHECK(scan() == 0, "scan");
	return arg;
}

/* By EAL's functions, and by the bus's operations. */
static void
attach_and_detach(const char *name, bool by_eal)
{
	struct rte_device *dev;
	char devargs[64];
	int ret;

	snprintf(devargs, sizeof(devargs), RTE_BUS_AUXILIARY_NAME ":%s,a=1", name);
	if (by_eal) {
		pthread_rwlock_wrlock(&devargs_lock);
		ret = rte_dev_probe(devargs);
		pthread_rwlock_unlock(&devargs_lock);
	} else {
		ret = scan();
	}
	CHECK(ret == 0, "%s: %d", name, ret);
	dev = aux_find(name);
	CHECK(dev != NULL, "%s is not found", name);
	if (ret != 0 || dev == NULL)
		return;
	if (!by_eal)
		CHECK((ret = aux_plug(dev)) == 0, "%s: %d", name, ret);
	CHECK(is_driven(number_of(name)), "%s", name);
	ret = by_eal ? rte_dev_remove(dev) : aux_unplug(dev);
	CHECK(ret == 0, "%s: %d", name, ret);
	CHECK(!is_driven(number_of(name)), "%s", name);
}

static void *
run_attach(void *arg)
{
	unsigned int turn;
	char name[32];

	for (turn = 0; is_running(); turn++) {
		snprintf(name, sizeof(name), PREFIX "%u", turn % FIRST_PASSING);
		attach_and_detach(name, turn % 2 == 0);
	}
	return arg;
}

/* Within five seconds. */
static bool
becomes_driven(unsigned int number, bool driven)
{
	unsigned int i;

	for (i = 0; i < 5000 && is_driven(number) != driven; i++)
		rte_delay_us_sleep(1000);
	return is_driven(number) == driven;
}

/* The interrupt thread plugs the device with rte_dev_probe(). */
static void
come_and_be_plugged(unsigned int number)
{
	pthread_rwlock_wrlock(&devargs_lock);
	entry_add(number);
	CHECK(becomes_driven(number, true), "%u is not plugged", number);
	pthread_rwlock_unlock(&devargs_lock);
	entry_remove(number);
	CHECK(becomes_driven(number, false), "%u is not unplugged", number);
}

static void *
run_entries(void *arg)
{
	const unsigned int nb_passing = FIRST_WAITED - FIRST_PASSING;
	unsigned int turn, number;

	for (turn = 0; is_running(); turn++) {
		number = FIRST_PASSING + turn % nb_passing;
		entry_add(number);
		/* Long enough for the interrupt thread to see it, or not. */
		rte_delay_us_sleep(turn % 5 * 5000);
		entry_remove(number);
		if (turn % nb_passing == 0)
			come_and_be_plugged(FIRST_WAITED +
				turn / nb_passing % (NB_DEVICES - FIRST_WAITED));
	}
	return arg;
}

/* A device that was found once is the same object for ever. */
static void
note(const struct rte_device *dev)
{
	unsigned int number = number_of(rte_dev_name(dev));

	CHECK(number < NB_DEVICES, "%s", rte_dev_name(dev));
	if (number == NB_DEVICES)
		return;
	if (devices[number].found == NULL)
		devices[number].found = dev;
	CHECK(devices[number].found == dev, "%s is another one", rte_dev_name(dev));
}

static int
is_after(const struct rte_device *dev, const void *start)
{
	return dev != start ? 0 : 1;
}

static void *
run_find(void *arg)
{
	const struct rte_device *dev;
	struct rte_dev_iterator it;
	unsigned int turn;
	char filter[64];

	for (turn = 0; is_running(); turn++) {
		RTE_DEV_FOREACH(dev, "bus=auxiliary", &it)
			note(dev);
		/* A filter without a name scans. */
		snprintf(filter, sizeof(filter), "bus=auxiliary,sfnum=%u", turn % NB_DEVICES);
		pthread_rwlock_rdlock(&devargs_lock);
		RTE_DEV_FOREACH(dev, filter, &it)
			note(dev);
		pthread_rwlock_unlock(&devargs_lock);
		/* From a device on that may have left meanwhile. */
		dev = devices[turn % NB_DEVICES].found;
		dev = aux_bus_find(dev, is_after, dev);
		if (dev != NULL)
			note(dev);
	}
	return arg;
}

/* --- The test ---------------------------------------------------------------- */

static int
threads_setup(void)
{
	pthread_rwlockattr_t attr;
	int ret = aux_setup();

	memset(devices, 0, sizeof(devices));
	nb_wrong = nb_come = nb_gone = nb_plugged = 0;
	is_over = false;
	/* Those who scan do not leave a gap for those who write. */
	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&devargs_lock, &attr);
	pthread_rwlockattr_destroy(&attr);
	if (ret != TEST_SUCCESS)
		return ret;
	rte_auxiliary_register(&threads_driver);
	/* Devargs for some devices do not keep the others off the list. */
	aux_bus->conf.scan_mode = RTE_BUS_SCAN_BLOCKLIST;
	ret = rte_dev_event_callback_register(NULL, on_event, NULL);
	return ret == 0 ? rte_dev_event_monitor_start() : ret;
}

static void
threads_teardown(void)
{
	rte_dev_event_monitor_stop();
	rte_dev_event_callback_unregister(NULL, on_event, NULL);
	aux_teardown();
	rte_auxiliary_unregister(&threads_driver);
	pthread_rwlock_destroy(&devargs_lock);
}

static int
run_all(void)
{
	void *(*const runs[])(void *) = { run_scan, run_attach, run_entries, run_find };
	pthread_t threads[RTE_DIM(runs)];
	unsigned int nb = 0;

	while (nb < RTE_DIM(runs) && pthread_create(&threads[nb], NULL, runs[nb], NULL) == 0)
		nb++;
	if (nb == RTE_DIM(runs))
		rte_delay_us_sleep(SECONDS * 1000000);
	__atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
	TEST_ASSERT_EQUAL(nb, RTE_DIM(runs));
	while (nb > 0)
		TEST_ASSERT_OK(pthread_join(threads[--nb], NULL));
	return TEST_SUCCESS;
}

static int
news_came(void)
{
	unsigned int come = __atomic_load_n(&nb_come, __ATOMIC_RELAXED);
	unsigned int gone = __atomic_load_n(&nb_gone, __ATOMIC_RELAXED);
	unsigned int plugged = __atomic_load_n(&nb_plugged, __ATOMIC_RELAXED);

	printf("# %u came, %u left, %u were plugged\n", come, gone, plugged);
	TEST_ASSERT(come > 0 && gone > 0 && plugged > 0, "some did not");
	return TEST_SUCCESS;
}

/* Every device was found, and is found again under its name. */
static int
same_devices(void)
{
	unsigned int number;
	char name[32];

	for (number = FIRST_PASSING; number < NB_DEVICES; number++)
		entry_add(number);
	for (number = FIRST_WAITED; number < NB_DEVICES; number++)
		TEST_ASSERT(becomes_driven(number, true), "%u", number);
	TEST_ASSERT_OK(scan());
	for (number = 0; number < NB_DEVICES; number++) {
		snprintf(name, sizeof(name), PREFIX "%u", number);
		TEST_ASSERT(devices[number].found != NULL, "%s was never found", name);
		TEST_ASSERT(devices[number].found == aux_find(name), "%s is another one", name);
		TEST_ASSERT(strcmp(rte_dev_name(devices[number].found), name) == 0, "%s is %s",
			name, rte_dev_name(devices[number].found));
	}
	return TEST_SUCCESS;
}

static int
test_threads(void)
{
	struct test_resources before;
	unsigned int number;
	char devargs[64];

	for (number = FIRST_WAITED; number < NB_DEVICES; number++) {
		snprintf(devargs, sizeof(devargs), "bus=auxiliary,name=" PREFIX "%u,hotplug=full",
			number);
		TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_ALLOWED, devargs));
	}
	TEST_ASSERT_OK(scan());
	TEST_ASSERT_OK(aux_probe()); /* from here on the bus listens */
	for (number = 0; number < FIRST_PASSING; number++)
		entry_add(number);
	before = test_resources_now();
	TEST_ASSERT_OK(run_all());
	TEST_ASSERT_OK(test_resources_same(&before));
	TEST_ASSERT_OK(news_came());
	TEST_ASSERT_OK(same_devices());
	TEST_ASSERT_EQUAL(__atomic_load_n(&nb_wrong, __ATOMIC_RELAXED), 0);
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_threads),
	{ .name = NULL }
};

static struct test_suite auxiliary_threads_suite = {
	.name = "auxiliary_threads_autotest",
	.case_setup = threads_setup,
	.case_teardown = threads_teardown,
	.cases = cases,
};

TEST_REGISTER(auxiliary_threads_suite);
