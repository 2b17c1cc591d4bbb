/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Faults that the bus has had with devices that change under their names, and
 * with devargs that overlap.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "aux_mock.h"

#define PF0 "0000:03:00.0"
#define PF1 "0000:03:00.1"
#define DRIVER "/class=eth/driver=mock_plain,"

#define ASSERT_ARGS(want) \
	TEST_ASSERT(strcmp(aux_mock.args, want) == 0, "\"%s\"", aux_mock.args)

/* --- Devargs are EAL's ---------------------------------------------------- */

static int
allow(const char *devargs)
{
	return rte_devargs_add(RTE_DEVTYPE_ALLOWED, devargs);
}

static void
devargs_clear(void)
{
	struct rte_devargs *devargs;

	while ((devargs = rte_devargs_next(RTE_BUS_AUXILIARY_NAME, NULL)) != NULL)
		rte_devargs_remove(devargs);
}

static unsigned int
devargs_count(void)
{
	const struct rte_devargs *devargs;
	unsigned int n = 0;

	RTE_EAL_DEVARGS_FOREACH(RTE_BUS_AUXILIARY_NAME, devargs)
		n++;
	return n;
}

/* Devargs that are the same device's, once it is there, and more of them then. */
static int
attach_what_overlaps(const char *first, const char *second)
{
	struct rte_device *dev;

	TEST_ASSERT_OK(allow(first));
	TEST_ASSERT_OK(allow(second));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(aux_probe());
	TEST_ASSERT_OK(aux_publish("mock.sf.0", "0\n"));
	TEST_ASSERT_OK(rte_dev_probe("bus=auxiliary,sfnum=0" DRIVER "a=3"));
	ASSERT_ARGS("driver=mock_plain,a=3");
	dev = aux_find("mock.sf.0");
	TEST_ASSERT(dev != NULL && rte_dev_is_probed(dev), "not probed");
	TEST_ASSERT_OK(rte_dev_remove(dev));
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.0,a=4"));
	ASSERT_ARGS("a=4");
	return TEST_SUCCESS;
}

static int
test_attach_pick_and_name(void)
{
	return attach_what_overlaps("bus=auxiliary,sfnum=0", "auxiliary:mock.sf.0");
}

static int
test_attach_name_and_pick(void)
{
	return attach_what_overlaps("auxiliary:mock.sf.0", "bus=auxiliary,sfnum=0");
}

static int
test_attach_pick_twice(void)
{
	return attach_what_overlaps("bus=auxiliary,sfnum=0", "bus=auxiliary,sfnum=0");
}

static int
test_attach_picks_alike(void)
{
	return attach_what_overlaps("bus=auxiliary,sfnum=0", "bus=auxiliary,sfnum=0,kind=sf");
}

/* That a scan and a probe leave as many devargs as there were. */
static int
devargs_stay(const char *first, const char *second)
{
	unsigned int nb;

	TEST_ASSERT_OK(allow(first));
	TEST_ASSERT_OK(allow(second));
	nb = devargs_count();
	TEST_ASSERT_EQUAL(nb, 2);
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_EQUAL(devargs_count(), nb);
	TEST_ASSERT_OK(aux_probe());
	TEST_ASSERT_EQUAL(devargs_count(), nb);
	devargs_clear();
	return aux_cleanup();
}

static int
test_devargs_stay(void)
{
	TEST_ASSERT_OK(aux_publish("mock.sf.0", "0\n"));
	TEST_ASSERT_OK(devargs_stay("bus=auxiliary,sfnum=0", "auxiliary:mock.sf.0"));
	TEST_ASSERT_OK(devargs_stay("auxiliary:mock.sf.0", "bus=auxiliary,sfnum=0"));
	return devargs_stay("bus=auxiliary,sfnum=0", "bus=auxiliary,sfnum=0,kind=sf");
}

/* Which of its devargs a device gets, with all of them there from the start. */
static int
probe_with(const char *const *devargs, unsigned int nb, const char *want)
{
	struct rte_device *dev;
	unsigned int i;

	for (i = 0; i < nb; i++)
		TEST_ASSERT_OK(allow(devargs[i]));
	aux_mock.args[0] = '\0';
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(aux_probe());
	ASSERT_ARGS(want);
	dev = aux_find("mock.sf.4");
	TEST_ASSERT(dev != NULL && rte_dev_is_probed(dev), "not probed");
	TEST_ASSERT_OK(rte_dev_remove(dev));
	devargs_clear();
	return aux_cleanup();
}

/* Those that name it count before those that pick it, and of these the first. */
static int
test_devargs_first(void)
{
	static const char *const picks[] = {
		"bus=auxiliary,kind=sf,sfnum=88" DRIVER "a=1",
		"bus=auxiliary,sfnum=88" DRIVER "a=2",
	};
	static const char *const named[] = {
		"bus=auxiliary,sfnum=88" DRIVER "a=1", "auxiliary:mock.sf.4,a=2",
		"bus=auxiliary,kind=sf,sfnum=88" DRIVER "a=3",
	};
	/* Another device has this name, so it is not meant. */
	static const char *const others[] = {
		"bus=auxiliary,sfnum=88" DRIVER "a=1",
		"bus=auxiliary,name=mock.sf.4,sfnum=89" DRIVER "a=2",
	};

	TEST_ASSERT_OK(aux_publish("mock.sf.4", "88\n"));
	TEST_ASSERT_OK(probe_with(picks, RTE_DIM(picks), "driver=mock_plain,a=1"));
	TEST_ASSERT_OK(probe_with(named, RTE_DIM(named), "a=2"));
	return probe_with(others, RTE_DIM(others), "driver=mock_plain,a=1");
}

/* A pick that is parsed has the name of the device that fits now. */
static int
test_parse_pick(void)
{
	struct rte_devargs devargs;
	struct test_resources before;
	const char *name;
	unsigned int i;

	aux_mock.probe_result = 1; /* what is in use would stay what it is */
	TEST_ASSERT_OK(aux_publish("mock.sf.4", "88\n"));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(aux_probe());
	before = test_resources_now();
	test_log_start();
	for (i = 0; i < 100; i++) {
		name = i % 2 == 0 ? "mock.sf.4" : "mock.sf.5";
		TEST_ASSERT_OK(rte_devargs_parse(&devargs, "bus=auxiliary,sfnum=88"));
		TEST_ASSERT(strcmp(devargs.name, name) == 0, "%u: %s", i, devargs.name);
		rte_devargs_reset(&devargs);
		TEST_ASSERT_OK(aux_remove(name));
		TEST_ASSERT_OK(aux_publish(i % 2 == 0 ? "mock.sf.5" : "mock.sf.4", "88\n"));
	}
	TEST_ASSERT_EQUAL(test_log_count("auxiliary bus: "), 0);
	return test_resources_same(&before);
}

/* EAL frees devargs that fit another device as well by now; the device must not keep them. */
static int
test_devargs_freed(void)
{
	static const char devargs[] = "bus=auxiliary,sfnum=7";

	TEST_ASSERT_OK(allow(devargs));
	TEST_ASSERT_OK(aux_publish("mock.sf.0", "7\n"));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(aux_probe());
	TEST_ASSERT(aux_find("mock.sf.0")->devargs != NULL, "none");
	TEST_ASSERT_OK(aux_publish("mock.sf.1", "7\n"));
	TEST_ASSERT_EQUAL(rte_dev_probe(devargs), -ENODEV);
	TEST_ASSERT_EQUAL(devargs_count(), 0);
	TEST_ASSERT(aux_find("mock.sf.0")->devargs == NULL, "still there");
	return TEST_SUCCESS;
}

/* An application may scan as often as it likes. */
static int
test_ambiguous_once(void)
{
	unsigned int i;

	TEST_ASSERT_OK(aux_publish("mock.sf.4", "88\n"));
	TEST_ASSERT_OK(aux_publish("mock.sf.6", "88\n"));
	TEST_ASSERT_OK(aux_publish("mock.sf.7", "7\n"));
	TEST_ASSERT_OK(allow("bus=auxiliary,sfnum=88"));
	test_log_start();
	for (i = 0; i < 3; i++)
		TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_EQUAL(test_log_count_so_far("is ambiguous", ""), 0);
	TEST_ASSERT_OK(aux_probe());
	TEST_ASSERT_EQUAL(test_log_count_so_far("is ambiguous", ""), 1);
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.7"));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_EQUAL(test_log_count("is ambiguous"), 1);
	TEST_ASSERT_EQUAL(aux_mock.probes, 1);
	return TEST_SUCCESS;
}

/* To look for devices is not to ask for one of them. */
static int
test_filters_say_nothing(void)
{
	TEST_ASSERT_OK(aux_publish("mock.sf.4", "88\n"));
	TEST_ASSERT_OK(aux_publish("mock.sf.6", "88\n"));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(aux_probe());
	test_log_start();
	TEST_ASSERT_EQUAL(aux_count("bus=auxiliary,sfnum=88"), 2);
	TEST_ASSERT_EQUAL(aux_count("bus=auxiliary,kind=sf"), 2);
	TEST_ASSERT_EQUAL(aux_count("bus=auxiliary,sfnum=90"), 0);
	TEST_ASSERT_EQUAL(test_log_count("auxiliary bus: "), 0);
	return TEST_SUCCESS;
}

/* Nor are devices found that the allow list leaves out. */
static int
test_filters_add_nothing(void)
{
	TEST_ASSERT_OK(aux_publish("mock.sf.4", "88\n"));
	TEST_ASSERT_OK(aux_publish("mock.sf.6", "90\n"));
	TEST_ASSERT_OK(allow("auxiliary:mock.sf.4"));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(aux_probe());
	TEST_ASSERT_EQUAL(aux_count("bus=auxiliary,kind=sf"), 1);
	TEST_ASSERT_EQUAL(aux_count("bus=auxiliary,sfnum=90"), 0);
	TEST_ASSERT_EQUAL(aux_count("bus=auxiliary"), 1);
	TEST_ASSERT_OK(rte_dev_probe("bus=auxiliary,sfnum=90"));
	TEST_ASSERT_EQUAL(aux_count("bus=auxiliary"), 2);
	return TEST_SUCCESS;
}

/* --- A name is not a device ----------------------------------------------- */

/* The probe of one device failed; the next one of that name is another. */
static int
test_attach_made_anew(void)
{
	aux_mock.probe_result = -EIO;
	TEST_ASSERT_OK(aux_publish("mock.sf.4", "88\n"));
	TEST_ASSERT_OK(allow("bus=auxiliary,sfnum=88"));
	TEST_ASSERT_OK(aux_scan());
	aux_probe();
	TEST_ASSERT_EQUAL(aux_mock.probes, 1);
	aux_mock.probe_result = 0;
	TEST_ASSERT_OK(aux_make_anew("mock.sf.4", "99\n"));
	TEST_ASSERT(rte_dev_probe("bus=auxiliary,sfnum=88") < 0, "mock.sf.4 is SF 99 now");
	TEST_ASSERT_EQUAL(aux_mock.probes, 1);
	TEST_ASSERT_OK(rte_dev_probe("bus=auxiliary,sfnum=99"));
	TEST_ASSERT(rte_dev_is_probed(aux_find("mock.sf.4")), "another device");
	return TEST_SUCCESS;
}

static int
test_block_made_anew(void)
{
	TEST_ASSERT_OK(aux_make_pf_sf(PF0, "mock.sf.4", "88\n"));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT(strcmp(aux_dev("mock.sf.4")->parent, PF0) == 0, "%s",
		aux_dev("mock.sf.4")->parent);
	TEST_ASSERT_OK(aux_remove("mock.sf.4"));
	TEST_ASSERT_OK(aux_make_pf_sf(PF1, "mock.sf.4", "88\n"));
	TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_BLOCKED, "bus=auxiliary,pf=" PF0));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_EQUAL(aux_count("bus=auxiliary"), 1);
	TEST_ASSERT(strcmp(aux_dev("mock.sf.4")->parent, PF1) == 0, "%s",
		aux_dev("mock.sf.4")->parent);
	devargs_clear();
	TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_BLOCKED, "bus=auxiliary,pf=" PF1));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_EQUAL(aux_count("bus=auxiliary"), 0);
	return TEST_SUCCESS;
}

/* Each is read anew, and all together; what is in use stays what it was. */
static int
test_attributes_anew(void)
{
	const struct rte_auxiliary_device *dev;

	TEST_ASSERT_OK(aux_publish("mock.sf.1", "88\n"));
	TEST_ASSERT_OK(aux_make_attr("mock.sf.1", "numa_node", "0\n"));
	TEST_ASSERT_OK(aux_scan());
	dev = aux_dev("mock.sf.1");
	TEST_ASSERT(strstr(dev->device.bus_info, "sfnum=88") != NULL, "%s", dev->device.bus_info);
	TEST_ASSERT_OK(aux_make_attr("mock.sf.1", "sfnum", "99\n"));
	TEST_ASSERT_OK(aux_make_attr("mock.sf.1", "numa_node", "1\n"));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT(aux_dev("mock.sf.1") == dev, "another device");
	TEST_ASSERT_EQUAL(dev->sfnum, 99);
	TEST_ASSERT_EQUAL(dev->device.numa_node, 1);
	TEST_ASSERT(strstr(dev->device.bus_info, "sfnum=99") != NULL, "%s", dev->device.bus_info);
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.1"));
	TEST_ASSERT_OK(aux_make_attr("mock.sf.1", "sfnum", "7\n"));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_EQUAL(aux_dev("mock.sf.1")->sfnum, 99);
	return TEST_SUCCESS;
}

/* --- A busy host ------------------------------------------------------------ */

static char old_name[300], new_name[300];

/* Each rename has the kernel begin walks over ".." anew that others are on. */
static void *
rename_thread(void *stop)
{
	test_thread_elsewhere();
	while (!__atomic_load_n((bool *)stop, __ATOMIC_ACQUIRE)) {
		rename(old_name, new_name);
		rename(new_name, old_name);
	}
	return NULL;
}

/* Have a device's link lead there by a longer way, on which more is renamed. */
static int
make_long_way(const char *name)
{
	char target[1024] = "../../../devices", link[300];
	size_t len = strlen(target);
	unsigned int i;

	for (i = 0; i < 20; i++)
		len += snprintf(target + len, sizeof(target) - len, "/pci0000:00/..");
	snprintf(target + len, sizeof(target) - len, "/pci0000:00/" PF0 "/%s", name);
	snprintf(link, sizeof(link), "%s/bus/auxiliary/devices/%s", aux_root, name);
	return unlink(link) < 0 || symlink(target, link) < 0 ? -errno : 0;
}

/* So many sub-functions, each looked for and some attached by their number. */
static int
find_by_number(unsigned int nb)
{
	char text[64], name[32];
	unsigned int i;

	TEST_ASSERT_OK(aux_scan());
	for (i = 0; i < nb; i++) {
		snprintf(name, sizeof(name), "mock.sf.%u", i);
		TEST_ASSERT_EQUAL(aux_dev(name)->sfnum, i);
		TEST_ASSERT_EQUAL(aux_dev(name)->device.numa_node, 0);
	}
	for (i = 0; i < nb; i += nb / 5) {
		snprintf(name, sizeof(name), "mock.sf.%u", i);
		snprintf(text, sizeof(text), "bus=auxiliary,sfnum=%u", i);
		TEST_ASSERT_OK(rte_dev_probe(text));
		TEST_ASSERT(rte_dev_is_probed(aux_find(name)), "%s: another device", text);
	}
	return TEST_SUCCESS;
}

static int
test_renames_meanwhile(void)
{
	const unsigned int nb = 150;
	char name[32], number[16];
	pthread_t thread;
	bool stop = false;
	unsigned int i;
	int result;

	for (i = 0; i < nb; i++) {
		snprintf(name, sizeof(name), "mock.sf.%u", i);
		snprintf(number, sizeof(number), "%u\n", i);
		TEST_ASSERT_OK(aux_make_pf_sf(PF0, name, number));
		TEST_ASSERT_OK(make_long_way(name));
	}
	TEST_ASSERT_OK(aux_make_attr("devices/pci0000:00/" PF0, "numa_node", "0\n"));
	TEST_ASSERT_OK(test_file("elsewhere", ""));
	snprintf(old_name, sizeof(old_name), "%s/elsewhere", aux_root);
	snprintf(new_name, sizeof(new_name), "%s/somewhere", aux_root);
	TEST_ASSERT_OK(pthread_create(&thread, NULL, rename_thread, &stop));
	result = find_by_number(nb);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	return result;
}

static const struct test_case cases[] = {
	TEST_CASE(test_attach_pick_and_name),
	TEST_CASE(test_attach_name_and_pick),
	TEST_CASE(test_attach_pick_twice),
	TEST_CASE(test_attach_picks_alike),
	TEST_CASE(test_devargs_stay),
	TEST_CASE(test_devargs_first),
	TEST_CASE(test_devargs_freed),
	TEST_CASE(test_parse_pick),
	TEST_CASE(test_ambiguous_once),
	TEST_CASE(test_filters_say_nothing),
	TEST_CASE(test_filters_add_nothing),
	TEST_CASE(test_attach_made_anew),
	TEST_CASE(test_block_made_anew),
	TEST_CASE(test_attributes_anew),
	TEST_CASE(test_renames_meanwhile),
	{ .name = NULL }
};

static struct test_suite auxiliary_faults_suite = {
	.name = "auxiliary_faults_autotest",
	.case_setup = aux_setup,
	.case_teardown = aux_teardown,
	.cases = cases,
};

TEST_REGISTER(auxiliary_faults_suite);
