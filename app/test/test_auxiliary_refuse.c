/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * What the bus refuses to open, and what it says of devices that cannot be used.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_log.h>

#include "aux_mock.h"

#define LOG_TYPE "bus.auxiliary"
#define OURS "auxiliary bus: "
#define PF0 "0000:03:00.0"
#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

/* --- Nodes of the kernel ---------------------------------------------------- */

/* That a device has no node, whatever is in its directory. */
static int
assert_no_node(const char *name)
{
	char devargs[64], said[64];

	snprintf(devargs, sizeof(devargs), "auxiliary:%s", name);
	snprintf(said, sizeof(said), "device %s: no VFIO node", name);
	AUX_ASSERT_ONE_LINE(TEST_ASSERT_EQUAL(rte_dev_probe(devargs), -ENODEV), said);
	TEST_ASSERT_EQUAL(aux_mock.probes, 0);
	return TEST_SUCCESS;
}

/* Anybody can make such a directory; the kernel's device of that number is not ours. */
static int
test_cdev_made_up(void)
{
	TEST_ASSERT_OK(aux_make_attr("vfio.sf.0", "vfio-dev/vfio3/dev", "511:3\n"));
	TEST_ASSERT_OK(assert_no_node("vfio.sf.0"));
	TEST_ASSERT_OK(aux_make_attr("vfio.sf.1", UUID "/vfio-dev/vfio3/dev", "511:3\n"));
	return assert_no_node("vfio.sf.1");
}

static int
test_group_made_up(void)
{
	char path[300];

	TEST_ASSERT_OK(aux_make_sf("vfio.sf.0"));
	TEST_ASSERT_OK(aux_make_sf("groups/3"));
	snprintf(path, sizeof(path), "%s/vfio.sf.0/iommu_group", aux_root);
	TEST_ASSERT_OK(symlink("../groups/3", path));
	TEST_ASSERT_OK(assert_no_node("vfio.sf.0"));
	TEST_ASSERT_OK(unlink(path));
	TEST_ASSERT_OK(symlink("/sys/kernel/iommu_groups/3", path));
	return assert_no_node("vfio.sf.0");
}

/* A tree is not the kernel's because it has the shape of sysfs. */
static int
test_tree_made_up(void)
{
	TEST_ASSERT_OK(aux_make_pf_sf(PF0, "vfio.sf.0", "1\n"));
	TEST_ASSERT_OK(aux_make_attr("devices/pci0000:00/" PF0 "/vfio.sf.0",
			"vfio-dev/vfio3/dev", "511:3\n"));
	TEST_ASSERT_OK(assert_no_node("vfio.sf.0"));
	TEST_ASSERT_OK(aux_make_pf_mdev(PF0, UUID, "mock-1"));
	TEST_ASSERT_OK(aux_make_attr("devices/pci0000:00/" PF0 "/" UUID,
			"vfio-dev/vfio3/dev", "511:3\n"));
	return assert_no_node(UUID);
}

/* --- Links ------------------------------------------------------------------- */

/* Who is not asked for attributes is not let out of the tree either. */
static int
test_plain_driver_outside(void)
{
	char path[300];

	TEST_ASSERT_OK(aux_make_sf("outside/mock.sf.0"));
	TEST_ASSERT_OK(aux_make_sf("root/mock.sf.1"));
	snprintf(path, sizeof(path), "%s/root/mock.sf.0", aux_root);
	TEST_ASSERT_OK(symlink("../outside/mock.sf.0", path));
	*strrchr(path, '/') = '\0';
	setenv("SYSFS_AUXILIARY_DEVICES", path, 1);
	TEST_ASSERT_OK(aux_scan());
	test_log_start();
	TEST_ASSERT_OK(aux_probe());
	TEST_ASSERT_EQUAL(aux_mock.probes, 1);
	TEST_ASSERT(rte_dev_is_probed(aux_find("mock.sf.1")), "the wrong one");
	TEST_ASSERT_EQUAL(aux_plug(aux_find("mock.sf.0")), -EXDEV);
	TEST_ASSERT_EQUAL(test_log_count_both(OURS, "leads out of"), 1);
	TEST_ASSERT_EQUAL(aux_mock.probes, 1);
	return TEST_SUCCESS;
}

/* Links in place of a device, which lead nowhere in the end. */
static int
link_make(const char *name, const char *target)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%s", aux_root, name);
	return symlink(target, path) < 0 ? -errno : 0;
}

/* A walk along them ends, and soon: each of the last ones doubles the way. */
static int
test_links_without_end(void)
{
	struct test_resources before;
	char name[32], target[64], devargs[64];
	uint64_t begin;
	unsigned int i;

	TEST_ASSERT_OK(aux_make_attr("link0", "sfnum", "7\n"));
	TEST_ASSERT_OK(link_make("mock.sf.0", "mock.sf.0"));
	TEST_ASSERT_OK(link_make("mock.sf.1", "mock.sf.2"));
	TEST_ASSERT_OK(link_make("mock.sf.2", "mock.sf.1/."));
	TEST_ASSERT_OK(link_make("mock.sf.3", "link30"));
	for (i = 1; i <= 30; i++) {
		snprintf(name, sizeof(name), "link%u", i);
		snprintf(target, sizeof(target), "link%u/../link%u", i - 1, i - 1);
		TEST_ASSERT_OK(link_make(name, target));
	}
	begin = rte_get_timer_cycles();
	TEST_ASSERT_OK(aux_scan());
	before = test_resources_now();
	for (i = 0; i < 4; i++) {
		snprintf(devargs, sizeof(devargs), "auxiliary:mock.sf.%u", i);
		TEST_ASSERT(rte_dev_probe(devargs) < 0, "%s: taken", devargs);
	}
	TEST_ASSERT_EQUAL(aux_count("bus=auxiliary,sfnum=7"), 0);
	TEST_ASSERT(rte_get_timer_cycles() - begin < 2 * rte_get_timer_hz(), "too slow");
	TEST_ASSERT_EQUAL(aux_mock.probes, 0);
	return test_resources_same(&before);
}

/* A directory and a link that leads out of the tree take each other's place. */
static void *
swap_thread(void *stop)
{
	char mid[300], other[300];

	snprintf(mid, sizeof(mid), "%s/tree/mid", aux_root);
	snprintf(other, sizeof(other), "%s/tree/other", aux_root);
	test_thread_elsewhere();
	while (!__atomic_load_n((bool *)stop, __ATOMIC_ACQUIRE))
		renameat2(AT_FDCWD, mid, AT_FDCWD, other, RENAME_EXCHANGE);
	return NULL;
}

/* Count how often the number of mock.sf.0 is read: inside, outside. */
static int
read_while_swapped(unsigned int *inside, unsigned int *outside)
{
	const uint64_t end = rte_get_timer_cycles() + rte_get_timer_hz() / 3;
	const struct rte_auxiliary_device *dev;

	*inside = *outside = 0;
	while (rte_get_timer_cycles() < end) {
		TEST_ASSERT_OK(aux_scan());
		dev = aux_dev("mock.sf.0");
		*inside += dev != NULL && dev->sfnum == 7;
		*outside += dev != NULL && dev->sfnum == 666;
	}
	return TEST_SUCCESS;
}

/* What is outside is not read, whenever the link comes. */
static int
test_link_swapped(void)
{
	unsigned int inside, outside;
	pthread_t thread;
	bool stop = false;
	char path[300];
	int ret;

	TEST_ASSERT_OK(aux_make_attr("tree/mid/dev", "sfnum", "7\n"));
	TEST_ASSERT_OK(aux_make_attr("outside/dev", "sfnum", "666\n"));
	TEST_ASSERT_OK(link_make("tree/other", "../outside"));
	TEST_ASSERT_OK(test_file("tree/bus/auxiliary/devices/.exists", ""));
	TEST_ASSERT_OK(link_make("tree/bus/auxiliary/devices/mock.sf.0", "../../../mid/dev"));
	snprintf(path, sizeof(path), "%s/tree/bus/auxiliary/devices", aux_root);
	setenv("SYSFS_AUXILIARY_DEVICES", path, 1);
	rte_log_set_level_pattern(LOG_TYPE, RTE_LOG_CRIT); /* it has a line for each */
	TEST_ASSERT_OK(pthread_create(&thread, NULL, swap_thread, &stop));
	ret = read_while_swapped(&inside, &outside);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	rte_log_set_level_pattern(LOG_TYPE, RTE_LOG_NOTICE);
	TEST_ASSERT_OK(ret);
	TEST_ASSERT(inside > 0, "never read");
	TEST_ASSERT_EQUAL(outside, 0);
	return TEST_SUCCESS;
}

/* --- What to type -------------------------------------------------------------- */

/* Whether a device is said to have no node, once, and how often with a command. */
static int
assert_commands(const char *command, unsigned int nb)
{
	test_log_start();
	TEST_ASSERT_EQUAL(rte_dev_probe("auxiliary:vfio.sf.0"), -ENODEV);
	TEST_ASSERT_EQUAL(test_log_count_so_far(OURS, "no VFIO node"), 1);
	TEST_ASSERT_EQUAL(test_log_count_both(OURS, command), nb);
	return TEST_SUCCESS;
}

static const char * const unsafe[] = {
	"a;reboot", "$(reboot)", "`reboot`", "a b", "a&", "a|b", "a>b", "a\nreboot", "a'b", "a\"b",
	"*", "~root", "a#b", "a\\b", "\xc2\xa0",
};

/* A type of mdev has the name that somebody gave it; so has the way there. */
static int
test_unsafe_type(void)
{
	char dir[300], path[300], target[300];
	unsigned int i;

	TEST_ASSERT_OK(aux_make_attr("vfio.sf.0", "mdev_supported_types/type-0/device_api", ""));
	TEST_ASSERT_OK(assert_commands("random/uuid > ", 1));
	snprintf(dir, sizeof(dir), "%s/vfio.sf.0/mdev_supported_types", aux_root);
	snprintf(path, sizeof(path), "%s/type-0", dir);
	for (i = 0; i < RTE_DIM(unsafe); i++) {
		snprintf(target, sizeof(target), "%s/%s", dir, unsafe[i]);
		TEST_ASSERT_OK(rename(path, target));
		snprintf(path, sizeof(path), "%s", target);
		TEST_ASSERT_OK(assert_commands("random/uuid", 0));
	}
	snprintf(target, sizeof(target), "%s/type-0", dir);
	TEST_ASSERT_OK(rename(path, target));
	TEST_ASSERT_OK(assert_commands("random/uuid > ", 1));
	return TEST_SUCCESS;
}

static int
test_unsafe_root(void)
{
	char path[300];
	unsigned int i;

	for (i = 0; i < RTE_DIM(unsafe); i++) {
		snprintf(path, sizeof(path), "%s/vfio.sf.0", unsafe[i]);
		TEST_ASSERT_OK(aux_make_attr(path, "mdev_supported_types/type-0/device_api", ""));
		snprintf(path, sizeof(path), "%s/%s", aux_root, unsafe[i]);
		setenv("SYSFS_AUXILIARY_DEVICES", path, 1);
		TEST_ASSERT_OK(assert_commands("random/uuid", 0));
	}
	return TEST_SUCCESS;
}

/* So have the drivers to bind a device to, and to unbind it from. */
static int
test_unsafe_driver(void)
{
	char drivers[300], link[300], path[300], target[300];
	unsigned int i;

	TEST_ASSERT_OK(aux_make_pf_sf(PF0, "vfio.sf.0", "1\n"));
	TEST_ASSERT_OK(aux_make_sf("bus/auxiliary/drivers/vfio-0"));
	snprintf(drivers, sizeof(drivers), "%s/bus/auxiliary/drivers", aux_root);
	snprintf(link, sizeof(link), "%s/devices/pci0000:00/" PF0 "/vfio.sf.0/driver", aux_root);
	snprintf(path, sizeof(path), "%s/vfio-0", drivers);
	TEST_ASSERT_OK(assert_commands("echo vfio.sf.0 > ", 1));
	for (i = 0; i < RTE_DIM(unsafe); i++) {
		snprintf(target, sizeof(target), "%s/vfio%s", drivers, unsafe[i]);
		TEST_ASSERT_OK(rename(path, target));
		snprintf(path, sizeof(path), "%s", target);
		TEST_ASSERT_OK(assert_commands("echo", 0));
	}
	snprintf(target, sizeof(target), "%s/vfio-0", drivers);
	TEST_ASSERT_OK(rename(path, target));
	for (i = 0; i < RTE_DIM(unsafe); i++) {
		snprintf(target, sizeof(target), "../../../../bus/auxiliary/drivers/%s", unsafe[i]);
		TEST_ASSERT_OK(symlink(target, link));
		TEST_ASSERT_OK(assert_commands("echo", 0));
		TEST_ASSERT_OK(unlink(link));
	}
	return TEST_SUCCESS;
}

/* --- How much is said ----------------------------------------------------------- */

#define MANY 300

static int
make_many(const char *kind)
{
	char name[32];
	unsigned int i;

	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%s.%u", kind, i);
		TEST_ASSERT_OK(aux_make_sf(name));
	}
	return aux_scan();
}

/*
 * That a probe of all says in one line how many cannot be used, and names some.
 * EAL, which probes them itself since 26.07, has a line of its own for each.
 */
static int
assert_one_line_of_many(const char *kind)
{
	char name[32];

	snprintf(name, sizeof(name), "%s.0", kind);
	test_log_start();
	aux_probe();
	TEST_ASSERT_EQUAL(test_log_count_so_far(RTE_STR(MANY), name), 1);
	TEST_ASSERT_EQUAL(test_log_count_so_far(kind, OURS), 1);
	TEST_ASSERT_EQUAL(test_log_count(OURS), 1);
	return TEST_SUCCESS;
}

/* A host's sub-functions in the kernel's hands are not worth a line each. */
static int
test_many_without_node(void)
{
	char name[32];
	unsigned int i;

	TEST_ASSERT_OK(make_many("vfio.sf"));
	TEST_ASSERT_OK(assert_one_line_of_many("vfio.sf"));
	TEST_ASSERT_EQUAL(aux_mock.probes, 0);
	/* The line of the next probe has the devices of that one. */
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "vfio.sf.%u", i);
		TEST_ASSERT_OK(aux_remove(name));
	}
	aux_mock.probe_result = -EIO;
	TEST_ASSERT_OK(make_many("mock.sf"));
	return assert_one_line_of_many("mock.sf");
}

static int
test_many_fail(void)
{
	aux_mock.probe_result = -EIO;
	TEST_ASSERT_OK(make_many("mock.sf"));
	TEST_ASSERT_OK(assert_one_line_of_many("mock.sf"));
	TEST_ASSERT_EQUAL(aux_mock.probes, MANY);
	return TEST_SUCCESS;
}

/* Who wants to know of each is told. */
static int
test_many_in_detail(void)
{
	unsigned int n;

	aux_mock.probe_result = -EIO;
	TEST_ASSERT_OK(make_many("mock.sf"));
	rte_log_set_level_pattern(LOG_TYPE, RTE_LOG_INFO);
	test_log_start();
	aux_probe();
	n = test_log_count_so_far("mock.sf.", strerror(EIO));
	test_log_end();
	rte_log_set_level_pattern(LOG_TYPE, RTE_LOG_NOTICE);
	TEST_ASSERT(n >= MANY, "%u lines", n);
	return TEST_SUCCESS;
}

/* Those that the user names are told of one by one, and no other is looked at. */
static int
test_many_named(void)
{
	static const char *const named[] = {
		"auxiliary:vfio.sf.7", "bus=auxiliary,name=vfio.sf.8", "auxiliary:vfio.sf.9",
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(named); i++)
		TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_ALLOWED, named[i]));
	TEST_ASSERT_OK(make_many("vfio.sf"));
	test_log_start();
	aux_probe();
	TEST_ASSERT_EQUAL(test_log_count_so_far("device vfio.sf.7: no VFIO node", ""), 1);
	TEST_ASSERT_EQUAL(test_log_count_so_far("device vfio.sf.8: no VFIO node", ""), 1);
	TEST_ASSERT_EQUAL(test_log_count_so_far("device vfio.sf.9: no VFIO node", ""), 1);
	TEST_ASSERT_EQUAL(test_log_count(OURS), RTE_DIM(named));
	return TEST_SUCCESS;
}

/* --- Whose name it is -------------------------------------------------------------- */

/* That nobody takes devargs, and the bus says so in one line with their name. */
static int
assert_nobodys(const char *name)
{
	char devargs[64];

	snprintf(devargs, sizeof(devargs), "auxiliary:%s", name);
	test_log_start();
	TEST_ASSERT(rte_devargs_add(RTE_DEVTYPE_ALLOWED, devargs) < 0, "%s is taken", name);
	TEST_ASSERT_EQUAL(test_log_count_so_far(OURS, ""), 1);
	TEST_ASSERT_EQUAL(test_log_count_both(name, "loaded"), 1);
	return TEST_SUCCESS;
}

/* The likely reason for a name that looks like one of ours is a library not loaded. */
static int
test_nobodys_name(void)
{
	static const char *const others[] = { "0000:03:00.0", "net_null0", "eth0", "cxgbe.0" };
	unsigned int i;
	int ret = TEST_SUCCESS;

	TEST_ASSERT_OK(assert_nobodys("foo.sf.0"));
	rte_auxiliary_unregister(&aux_vfio_driver);
	/* A driver that is linked in, and there to stay, would take it. */
#ifdef TEST_SO_VERSION
	ret = assert_nobodys(UUID);
#endif
	rte_auxiliary_register(&aux_vfio_driver);
	TEST_ASSERT_OK(ret);
	/* EAL asks each bus for these, which is no reason to say anything. */
	test_log_start();
	for (i = 0; i < RTE_DIM(others); i++)
		TEST_ASSERT(aux_bus->parse(others[i], NULL) != 0, "%s is taken", others[i]);
	TEST_ASSERT_EQUAL(test_log_count(OURS), 0);
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_cdev_made_up),
	TEST_CASE(test_group_made_up),
	TEST_CASE(test_tree_made_up),
	TEST_CASE(test_plain_driver_outside),
	TEST_CASE(test_links_without_end),
	TEST_CASE(test_link_swapped),
	TEST_CASE(test_unsafe_type),
	TEST_CASE(test_unsafe_root),
	TEST_CASE(test_unsafe_driver),
	TEST_CASE(test_many_without_node),
	TEST_CASE(test_many_fail),
	TEST_CASE(test_many_in_detail),
	TEST_CASE(test_many_named),
	TEST_CASE(test_nobodys_name),
	{ .name = NULL }
};

static struct test_suite auxiliary_refuse_suite = {
	.name = "auxiliary_refuse_autotest",
	.case_setup = aux_setup,
	.case_teardown = aux_teardown,
	.cases = cases,
};

TEST_REGISTER(auxiliary_refuse_suite);
