/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * What the bus finds, on trees made by the test.
 */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <bus_auxiliary_driver.h>
#include <bus_driver.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_memory.h>

#include "aux_mock.h"
#include "fake_server.h"

/* That the devices on the bus are these, in this order. */
static int
assert_order(const char *const *order, unsigned int nb)
{
	struct rte_dev_iterator it;
	struct rte_device *dev;
	unsigned int n = 0;

	RTE_DEV_FOREACH(dev, "bus=auxiliary", &it) {
		TEST_ASSERT(n < nb && strcmp(dev->name, order[n]) == 0,
			"device %u is %s", n, dev->name);
		n++;
	}
	TEST_ASSERT_EQUAL(n, nb);
	return TEST_SUCCESS;
}

/* --- Scan --------------------------------------------------------------- */

static int
test_scan_order(void)
{
	static const char *const order[] = { "mock.sf.1", "mock.sf.10", "mock.sf.2", "vfio.sf.0" };

	aux_make_sf("mock.sf.10");
	aux_make_sf("vfio.sf.0");
	aux_make_sf("mock.sf.2");
	aux_make_sf("mock.sf.1");
	aux_make_sf("nobodys.sf.1"); /* no driver handles it */
	TEST_ASSERT_OK(aux_scan());
	return assert_order(order, RTE_DIM(order));
}

/* Names that the kernel would not write are names all the same. */
static int
test_scan_order_absurd(void)
{
	static const char *const order[] = {
		"mock.sf.", "mock.sf.0", "mock.sf.00", "mock.sf.007", "mock.sf.08",
		"mock.sf.4294967295", "mock.sf.4294967296", "mock.sf.7", "mock.sf.7.1", "mock.sf.7x",
		"mock.sf.99999999999999999999",
	};
	unsigned int i;

	for (i = RTE_DIM(order); i > 0; i--)
		aux_make_sf(order[i - 1]);
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(aux_scan());
	return assert_order(order, RTE_DIM(order));
}

/* That so many devices are on the bus, in the order of their names. */
static int
assert_sorted(unsigned int nb)
{
	char last[RTE_DEV_NAME_MAX_LEN] = "";
	struct rte_dev_iterator it;
	struct rte_device *dev;
	unsigned int n = 0;

	RTE_DEV_FOREACH(dev, "bus=auxiliary", &it) {
		TEST_ASSERT(strcmp(last, dev->name) < 0, "%s behind %s", dev->name, last);
		snprintf(last, sizeof(last), "%s", dev->name);
		n++;
	}
	TEST_ASSERT_EQUAL(n, nb);
	return TEST_SUCCESS;
}

/* Devices from "first" to the end, each so many. */
static int
make_sfs(unsigned int first, unsigned int end, unsigned int step, int (*make)(const char *name))
{
	char name[32];
	int ret = 0;

	for (; first < end && ret == 0; first += step) {
		snprintf(name, sizeof(name), "mock.sf.%u", first);
		ret = make(name);
	}
	return ret;
}

/* Some go, others come in between, the rest stay as they are. */
static int
test_scan_again(void)
{
	const struct rte_device *stays;

	TEST_ASSERT_OK(make_sfs(0, 200, 2, aux_make_sf));
	TEST_ASSERT_OK(aux_scan());
	stays = aux_find("mock.sf.10");
	TEST_ASSERT_OK(make_sfs(0, 200, 4, aux_remove));
	TEST_ASSERT_OK(make_sfs(1, 200, 2, aux_make_sf));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(assert_sorted(150));
	TEST_ASSERT(aux_find("mock.sf.8") == NULL, "has not left");
	TEST_ASSERT(aux_find("mock.sf.10") == stays, "another device now");
	return TEST_SUCCESS;
}

/* Most of many leave, and others come; one that returns is the same object. */
static int
test_scan_thousands(void)
{
	const unsigned int nb = 3000;
	const struct rte_device *returns;

	TEST_ASSERT_OK(make_sfs(0, nb, 1, aux_make_sf));
	TEST_ASSERT_OK(aux_make_sf("vfio.sf.0"));
	TEST_ASSERT_OK(aux_make_sf("nobodys.sf.0"));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(assert_sorted(nb + 1));
	returns = aux_find("mock.sf.100");
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.1234"));
	TEST_ASSERT_OK(make_sfs(0, nb, 1, aux_remove));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(assert_sorted(2)); /* one is driven */
	TEST_ASSERT_OK(make_sfs(0, nb, 2, aux_make_sf));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(assert_sorted(nb / 2 + 1));
	TEST_ASSERT(aux_find("mock.sf.100") == returns, "another device now");
	return rte_dev_remove(aux_find("mock.sf.1234"));
}

static int
cmp_name(const struct rte_device *dev, const void *name)
{
	return strcmp(dev->name, name);
}

/* That each device on the bus is what its name finds, and in order. */
static int
assert_identities(unsigned int nb)
{
	struct rte_dev_iterator it;
	struct rte_device *dev;

	RTE_DEV_FOREACH(dev, "bus=auxiliary", &it)
		TEST_ASSERT(aux_bus_find(NULL, cmp_name, dev->name) == dev,
			"%s is two devices", dev->name);
	return assert_sorted(nb);
}

/*
 * Those that drivers decline are there for whoever looks for them, before and
 * after, and for a driver that wants them then.
 */
static int
test_declined(void)
{
	struct rte_device *known;

	TEST_ASSERT_OK(make_sfs(0, 300, 1, aux_make_sf));
	TEST_ASSERT_OK(aux_scan());
	known = aux_find("mock.sf.123");
	aux_mock.probe_result = 1;
	TEST_ASSERT_OK(aux_probe());
	TEST_ASSERT_EQUAL(aux_mock.probes, 300);
	TEST_ASSERT_EQUAL(rte_dev_probe("auxiliary:mock.sf.200,a=1"), -ENOTSUP);
	TEST_ASSERT(aux_find("mock.sf.123") == known, "another device now");
	TEST_ASSERT_OK(assert_identities(300));
	aux_mock.probe_result = 0;
	TEST_ASSERT_OK(aux_probe());
	TEST_ASSERT_EQUAL(aux_mock.probes, 601);
	TEST_ASSERT(rte_dev_is_probed(known), "not probed");
	return assert_identities(300);
}

static int
find_step(unsigned int i)
{
	char name[32];

	snprintf(name, sizeof(name), "mock.sf.%u", i * 7 % 300);
	TEST_ASSERT(aux_bus_find(NULL, cmp_name, name) != NULL, "no %s", name);
	return i % 100 == 50 ? aux_probe() : TEST_SUCCESS;
}

/* EAL scans on its interrupt thread while the application looks for devices. */
static int
test_scan_meanwhile(void)
{
	TEST_ASSERT_OK(make_sfs(0, 300, 1, aux_make_sf));
	TEST_ASSERT_OK(aux_scan());
	aux_mock.probe_result = 1;
	TEST_ASSERT_OK(aux_scan_meanwhile(find_step, 300));
	return assert_identities(300);
}

static int
unplug_step(unsigned int i)
{
	struct rte_device *dev;
	char name[32];

	snprintf(name, sizeof(name), "mock.sf.%u", i % 4);
	dev = aux_bus_find(NULL, cmp_name, name);
	TEST_ASSERT(dev != NULL, "no %s", name);
	TEST_ASSERT_OK(aux_plug(dev));
	return aux_unplug(dev);
}

/* A device that is plugged and unplugged is not touched by a scan on another thread. */
static int
test_unplug_meanwhile(void)
{
	TEST_ASSERT_OK(make_sfs(0, 4, 1, aux_make_sf));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(aux_scan_meanwhile(unplug_step, 3000));
	TEST_ASSERT_OK(aux_scan());
	return assert_identities(4);
}

static int
test_attributes(void)
{
	aux_make_sf("mock.sf.0");
	aux_make_attr("mock.sf.1", "numa_node", "0\n");
	aux_make_attr("mock.sf.1", "sfnum", "88\n");
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_EQUAL(aux_dev("mock.sf.0")->device.numa_node, SOCKET_ID_ANY);
	TEST_ASSERT_EQUAL(aux_dev("mock.sf.0")->sfnum, RTE_AUXILIARY_SFNUM_NONE);
	TEST_ASSERT_EQUAL(aux_dev("mock.sf.1")->device.numa_node, 0);
	TEST_ASSERT_EQUAL(aux_dev("mock.sf.1")->sfnum, 88);
	TEST_ASSERT_EQUAL(aux_dev("mock.sf.1")->kind, RTE_AUXILIARY_KIND_SF);
	return TEST_SUCCESS;
}

/* One line each, and the device is usable. */
static int
test_absurd_attributes(void)
{
	static const char *const absurd[] = {
		"banana\n", "", "-7\n", "999999\n", "4294967295\n", "99999999999999999999\n", "0x1\n",
		"1 2\n",
		"11111111111111111111111111111111111111111111111111111111111111111111111111111111\n",
	};
	struct rte_auxiliary_device *dev;
	char name[32];
	unsigned int i;

	for (i = 0; i < RTE_DIM(absurd); i++) {
		snprintf(name, sizeof(name), "mock.sf.%u", i);
		aux_make_attr(name, "numa_node", absurd[i]);
		test_log_start();
		TEST_ASSERT_OK(aux_scan());
		dev = aux_dev(name);
		TEST_ASSERT_EQUAL(test_log_count(name), 1);
		TEST_ASSERT(dev != NULL, "%s is not on the bus", name);
		TEST_ASSERT_EQUAL(dev->device.numa_node, SOCKET_ID_ANY);
	}
	aux_make_attr("mock.sf.90", "sfnum", "4294967296\n");
	test_log_start();
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_EQUAL(aux_dev("mock.sf.90")->sfnum, RTE_AUXILIARY_SFNUM_NONE);
	TEST_ASSERT_EQUAL(test_log_count("4294967296"), 1);
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.0"));
	return TEST_SUCCESS;
}

static int
test_unreadable_attribute(void)
{
	aux_make_sf("mock.sf.0/numa_node"); /* a directory */
	test_log_start();
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_EQUAL(aux_dev("mock.sf.0")->device.numa_node, SOCKET_ID_ANY);
	TEST_ASSERT_EQUAL(test_log_count("mock.sf.0"), 1);
	return TEST_SUCCESS;
}

static int
test_rescan(void)
{
	aux_make_sf("mock.sf.0");
	aux_make_sf("mock.sf.1");
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.1"));
	TEST_ASSERT_OK(aux_remove("mock.sf.0"));
	aux_make_sf("mock.sf.2");
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT(aux_find("mock.sf.0") == NULL, "still there");
	TEST_ASSERT(aux_find("mock.sf.2") != NULL, "not found");
	TEST_ASSERT(rte_dev_is_probed(aux_find("mock.sf.1")), "lost its driver");
	return TEST_SUCCESS;
}

static int
test_long_name(void)
{
	char name[200];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memcpy(name, "mock.sf.", 8);
	aux_make_sf(name);
	aux_make_sf("mock.sf.0");
	test_log_start();
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_EQUAL(test_log_count("mock.sf.xxx"), 1);
	TEST_ASSERT(aux_find("mock.sf.0") != NULL, "the scan did not go on");
	return TEST_SUCCESS;
}

static int
test_several_roots(void)
{
	char both[1024];

	aux_make_sf("a/mock.sf.0");
	aux_make_sf("b/mock.sf.1");
	snprintf(both, sizeof(both), "%s/a:%s/missing:%s/b", aux_root, aux_root, aux_root);
	setenv("SYSFS_AUXILIARY_DEVICES", both, 1);
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT(aux_find("mock.sf.0") != NULL && aux_find("mock.sf.1") != NULL, "one is missing");
	return TEST_SUCCESS;
}

/* Of two devices of one name, the first root's is it, until that goes. */
static int
test_same_name(void)
{
	char both[600];

	aux_make_attr("a/mock.sf.0", "sfnum", "1\n");
	aux_make_attr("b/mock.sf.0", "sfnum", "2\n");
	snprintf(both, sizeof(both), "%s/b:%s/a/", aux_root, aux_root);
	setenv("SYSFS_AUXILIARY_DEVICES", both, 1);
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_EQUAL(aux_count("bus=auxiliary"), 1);
	TEST_ASSERT_EQUAL(aux_dev("mock.sf.0")->sfnum, 2);
	snprintf(both, sizeof(both), "%s/b/mock.sf.0/sfnum", aux_root);
	TEST_ASSERT_OK(unlink(both));
	*strrchr(both, '/') = '\0';
	TEST_ASSERT_OK(rmdir(both));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_EQUAL(aux_count("bus=auxiliary"), 1);
	TEST_ASSERT_EQUAL(aux_dev("mock.sf.0")->sfnum, 1);
	return TEST_SUCCESS;
}

/* A link that leads nowhere does so until it leads somewhere. */
static int
test_dangling(void)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/mock.sf.0", aux_root);
	TEST_ASSERT_OK(symlink("later", path));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT(aux_find("mock.sf.0") == NULL, "a device that is not there");
	aux_make_attr("later", "sfnum", "3\n");
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_EQUAL(aux_dev("mock.sf.0")->sfnum, 3);
	return TEST_SUCCESS;
}

/* --- Trees that lie --------------------------------------------------------- */

/* A link that leads out of the tree is not followed, whatever is there. */
static int
test_link_out_of_tree(void)
{
	struct test_resources before;
	char path[300], target[300];

	aux_make_attr("outside/mock.sf.0", "sfnum", "7\n");
	aux_make_sf("root/mock.sf.1");
	snprintf(path, sizeof(path), "%s/root/mock.sf.0", aux_root);
	TEST_ASSERT_OK(symlink("../outside/mock.sf.0", path));
	snprintf(path, sizeof(path), "%s/root/mock.sf.2", aux_root);
	snprintf(target, sizeof(target), "%s/root/mock.sf.1", aux_root); /* inside, but absolute */
	TEST_ASSERT_OK(symlink(target, path));
	snprintf(path, sizeof(path), "%s/root", aux_root);
	setenv("SYSFS_AUXILIARY_DEVICES", path, 1);
	TEST_ASSERT_OK(aux_scan());
	before = test_resources_now();
	AUX_ASSERT_ONE_LINE(TEST_ASSERT_EQUAL(rte_dev_probe("auxiliary:mock.sf.0"), -EXDEV),
		"leads out of");
	TEST_ASSERT_EQUAL(aux_dev("mock.sf.0")->sfnum, RTE_AUXILIARY_SFNUM_NONE);
	TEST_ASSERT_EQUAL(rte_dev_probe("auxiliary:mock.sf.2"), -EXDEV);
	TEST_ASSERT_EQUAL(aux_mock.probes, 0);
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.1"));
	TEST_ASSERT_OK(rte_dev_remove(aux_find("mock.sf.1")));
	return test_resources_same(&before);
}

static int
test_node_is_link(void)
{
	char path[300], target[300];

	snprintf(target, sizeof(target), "%s/somebodys-socket", aux_root);
	TEST_ASSERT_OK(fake_server_start(target, FAKE_NONE));
	aux_make_sf("vfio.sf.0");
	snprintf(path, sizeof(path), "%s/vfio.sf.0/vfio-user", aux_root);
	TEST_ASSERT_OK(symlink(target, path));
	TEST_ASSERT_EQUAL(rte_dev_probe("auxiliary:vfio.sf.0"), -ENODEV);
	fake_server_stop();
	return TEST_SUCCESS;
}

static int
test_absurd_names(void)
{
	static const char *const absurd[] = { "mock.sf.a=b", "mock.sf.1,2", "mock.sf.\a",
		"mock.sf. 1" };
	unsigned int i;

	for (i = 0; i < RTE_DIM(absurd); i++)
		aux_make_sf(absurd[i]);
	aux_make_sf("mock.sf.0");
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_EQUAL(aux_count("bus=auxiliary"), 1);
	return TEST_SUCCESS;
}

/* --- One bus ---------------------------------------------------------------- */

/* EAL has loaded DPDK's own bus from its plugin directory as well. */
static int
test_one_bus(void)
{
	FILE *out = tmpfile();
	unsigned int n = 0;
	char line[256];

	TEST_ASSERT(out != NULL, "no file");
	rte_bus_dump(out);
	rewind(out);
	while (fgets(line, sizeof(line), out) != NULL)
		if (strstr(line, RTE_BUS_AUXILIARY_NAME) != NULL)
			n++;
	fclose(out);
	TEST_ASSERT_EQUAL(n, 1);
	TEST_ASSERT(aux_bus->cleanup != NULL, "the one left is not ours");
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_scan_order),
	TEST_CASE(test_scan_order_absurd),
	TEST_CASE(test_scan_again),
	TEST_CASE(test_scan_thousands),
	TEST_CASE(test_declined),
	TEST_CASE(test_scan_meanwhile),
	TEST_CASE(test_unplug_meanwhile),
	TEST_CASE(test_attributes),
	TEST_CASE(test_absurd_attributes),
	TEST_CASE(test_unreadable_attribute),
	TEST_CASE(test_rescan),
	TEST_CASE(test_long_name),
	TEST_CASE(test_several_roots),
	TEST_CASE(test_same_name),
	TEST_CASE(test_dangling),
	TEST_CASE(test_link_out_of_tree),
	TEST_CASE(test_node_is_link),
	TEST_CASE(test_absurd_names),
	TEST_CASE(test_one_bus),
	{ .name = NULL }
};

static struct test_suite auxiliary_suite = {
	.name = "auxiliary_autotest",
	.case_setup = aux_setup,
	.case_teardown = aux_teardown,
	.cases = cases,
};

TEST_REGISTER(auxiliary_suite);
