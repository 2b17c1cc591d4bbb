/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The bus, on trees made by the test.
 */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <bus_auxiliary_driver.h>
#include <bus_driver.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_vfio_dev.h>

#include "aux_mock.h"
#include "fake_server.h"

/* --- Scan --------------------------------------------------------------- */

static int
test_scan_order(void)
{
	static const char *const order[] = { "mock.sf.1", "mock.sf.2", "mock.sf.10", "vfio.sf.0" };
	struct rte_dev_iterator it;
	struct rte_device *dev;
	unsigned int n = 0;

	aux_make_sf("mock.sf.10");
	aux_make_sf("vfio.sf.0");
	aux_make_sf("mock.sf.2");
	aux_make_sf("mock.sf.1");
	aux_make_sf("nobodys.sf.1"); /* no driver handles it */
	TEST_ASSERT_OK(aux_bus->scan());
	RTE_DEV_FOREACH(dev, "bus=auxiliary", &it) {
		TEST_ASSERT(n < RTE_DIM(order) && strcmp(dev->name, order[n]) == 0,
			"device %u is %s", n, dev->name);
		n++;
	}
	TEST_ASSERT_EQUAL(n, RTE_DIM(order));
	return TEST_SUCCESS;
}

/* Numbers count as numbers, however they are written, and each name is a device. */
static int
test_scan_order_absurd(void)
{
	static const char *const order[] = {
		"mock.sf.", "mock.sf.00", "mock.sf.007", "mock.sf.7", "mock.sf.08",
		"mock.sf.4294967294", "mock.sf.4294967296", "mock.sf.99999999999999999999",
		"mock.sf.7.1", "mock.sf.7x",
	};
	struct rte_dev_iterator it;
	struct rte_device *dev;
	unsigned int i, n = 0;

	for (i = RTE_DIM(order); i > 0; i--)
		aux_make_sf(order[i - 1]);
	TEST_ASSERT_OK(aux_bus->scan());
	TEST_ASSERT_OK(aux_bus->scan());
	RTE_DEV_FOREACH(dev, "bus=auxiliary", &it) {
		TEST_ASSERT(n < RTE_DIM(order) && strcmp(dev->name, order[n]) == 0,
			"device %u is %s", n, dev->name);
		n++;
	}
	TEST_ASSERT_EQUAL(n, RTE_DIM(order));
	return TEST_SUCCESS;
}

/* Devices from "first" to 199, each so many. */
static int
make_sfs(unsigned int first, unsigned int step, int (*make)(const char *name))
{
	char name[32];
	int ret = 0;

	for (; first < 200 && ret == 0; first += step) {
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
	struct rte_dev_iterator it;
	struct rte_device *dev;
	unsigned int n = 0;
	char name[32];

	TEST_ASSERT_OK(make_sfs(0, 2, aux_make_sf));
	TEST_ASSERT_OK(aux_bus->scan());
	stays = aux_find("mock.sf.10");
	TEST_ASSERT_OK(make_sfs(0, 4, aux_remove));
	TEST_ASSERT_OK(make_sfs(1, 2, aux_make_sf));
	TEST_ASSERT_OK(aux_bus->scan());
	RTE_DEV_FOREACH(dev, "bus=auxiliary", &it) {
		n += n % 4 == 0;
		snprintf(name, sizeof(name), "mock.sf.%u", n++);
		TEST_ASSERT(strcmp(dev->name, name) == 0, "%s is %s", name, dev->name);
	}
	TEST_ASSERT_EQUAL(n, 200);
	TEST_ASSERT(aux_find("mock.sf.10") == stays, "another device now");
	return TEST_SUCCESS;
}

static int
test_attributes(void)
{
	aux_make_sf("mock.sf.0");
	aux_make_attr("mock.sf.1", "numa_node", "0\n");
	aux_make_attr("mock.sf.1", "sfnum", "88\n");
	TEST_ASSERT_OK(aux_bus->scan());
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
		TEST_ASSERT_OK(aux_bus->scan());
		dev = aux_dev(name);
		TEST_ASSERT_EQUAL(test_log_count(name), 1);
		TEST_ASSERT(dev != NULL, "%s is not on the bus", name);
		TEST_ASSERT_EQUAL(dev->device.numa_node, SOCKET_ID_ANY);
	}
	aux_make_attr("mock.sf.90", "sfnum", "4294967296\n");
	test_log_start();
	TEST_ASSERT_OK(aux_bus->scan());
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
	TEST_ASSERT_OK(aux_bus->scan());
	TEST_ASSERT_EQUAL(aux_dev("mock.sf.0")->device.numa_node, SOCKET_ID_ANY);
	TEST_ASSERT_EQUAL(test_log_count("mock.sf.0"), 1);
	return TEST_SUCCESS;
}

static int
test_rescan(void)
{
	aux_make_sf("mock.sf.0");
	aux_make_sf("mock.sf.1");
	TEST_ASSERT_OK(aux_bus->scan());
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.1"));
	TEST_ASSERT_OK(aux_remove("mock.sf.0"));
	aux_make_sf("mock.sf.2");
	TEST_ASSERT_OK(aux_bus->scan());
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
	TEST_ASSERT_OK(aux_bus->scan());
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
	TEST_ASSERT_OK(aux_bus->scan());
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
	TEST_ASSERT_OK(aux_bus->scan());
	TEST_ASSERT_EQUAL(aux_count("bus=auxiliary"), 1);
	TEST_ASSERT_EQUAL(aux_dev("mock.sf.0")->sfnum, 2);
	snprintf(both, sizeof(both), "%s/b/mock.sf.0/sfnum", aux_root);
	TEST_ASSERT_OK(unlink(both));
	*strrchr(both, '/') = '\0';
	TEST_ASSERT_OK(rmdir(both));
	TEST_ASSERT_OK(aux_bus->scan());
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
	TEST_ASSERT_OK(aux_bus->scan());
	TEST_ASSERT(aux_find("mock.sf.0") == NULL, "a device that is not there");
	aux_make_attr("later", "sfnum", "3\n");
	TEST_ASSERT_OK(aux_bus->scan());
	TEST_ASSERT_EQUAL(aux_dev("mock.sf.0")->sfnum, 3);
	return TEST_SUCCESS;
}

/* --- Probe and remove ---------------------------------------------------- */

static int
test_aux_plain_driver(void)
{
	struct test_resources before;
	struct rte_device *dev;

	aux_make_sf("mock.sf.0");
	TEST_ASSERT_OK(aux_bus->scan());
	before = test_resources_now();
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.0"));
	dev = aux_find("mock.sf.0");
	TEST_ASSERT(dev != NULL && dev->driver == &aux_plain_driver.driver, "not driven");
	TEST_ASSERT(aux_dev("mock.sf.0")->intr_handle != NULL, "no interrupt handle");
	TEST_ASSERT(aux_dev("mock.sf.0")->vfio_dev == NULL, "opened what nobody asked for");
	TEST_ASSERT_EQUAL(aux_bus->plug(dev), -EEXIST);
	TEST_ASSERT_OK(rte_dev_remove(dev));
	TEST_ASSERT_EQUAL(aux_mock.probes, 1);
	TEST_ASSERT_EQUAL(aux_mock.removes, 1);
	TEST_ASSERT(aux_find("mock.sf.0") == NULL, "still on the bus");
	TEST_ASSERT_OK(rte_dev_probe("bus=auxiliary,name=mock.sf.0"));
	TEST_ASSERT_OK(rte_eal_hotplug_remove("auxiliary", "mock.sf.0"));
	TEST_ASSERT_OK(aux_bus->scan()); /* on the bus again, as before */
	return test_resources_same(&before);
}

static int
test_driver_fails(void)
{
	struct test_resources before;

	aux_make_sf("mock.sf.0");
	aux_make_sf("mock.sf.1");
	TEST_ASSERT_OK(aux_bus->scan());
	before = test_resources_now();
	aux_mock.probe_result = -EIO;
	TEST_ASSERT_EQUAL(rte_dev_probe("auxiliary:mock.sf.0"), -EIO);
	TEST_ASSERT(!rte_dev_is_probed(aux_find("mock.sf.0")), "driven all the same");
	TEST_ASSERT(aux_dev("mock.sf.0")->intr_handle == NULL, "interrupt handle left");
	aux_mock.probe_result = 1; /* "not mine" */
	TEST_ASSERT(rte_dev_probe("auxiliary:mock.sf.0") < 0, "success without a driver");
	aux_mock.probe_result = 0;
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.1"));
	return test_resources_same(&before);
}

static int
test_probe_all(void)
{
	aux_make_sf("vfio.sf.0"); /* has no node, and fails */
	aux_make_sf("mock.sf.0");
	TEST_ASSERT_OK(aux_bus->scan());
	test_log_start();
	TEST_ASSERT_OK(aux_bus->probe());
	TEST_ASSERT_EQUAL(test_log_count("vfio.sf.0"), 1);
	TEST_ASSERT(rte_dev_is_probed(aux_find("mock.sf.0")), "hidden by the one that failed");
	return TEST_SUCCESS;
}

static int
test_no_vfio_node(void)
{
	struct test_resources before;

	aux_make_sf("vfio.sf.0");
	TEST_ASSERT_OK(aux_bus->scan());
	before = test_resources_now();
	test_log_start();
	TEST_ASSERT_EQUAL(rte_dev_probe("auxiliary:vfio.sf.0"), -ENODEV);
	TEST_ASSERT_EQUAL(test_log_count("auxiliary bus: device vfio.sf.0: no VFIO node"), 1);
	return test_resources_same(&before);
}

static int
test_vfio_node(void)
{
	struct test_resources before;
	char path[300];

	aux_make_sf("vfio.sf.0");
	snprintf(path, sizeof(path), "%s/vfio.sf.0/vfio-user", aux_root);
	TEST_ASSERT_OK(fake_server_start(path, FAKE_NONE));
	TEST_ASSERT_OK(aux_bus->scan());
	before = test_resources_now();
	TEST_ASSERT_EQUAL(rte_dev_probe("bus=auxiliary,name=vfio.sf.0,vfio=group"), -ENODEV);
	TEST_ASSERT_EQUAL(aux_mock.probes, 0);
	TEST_ASSERT_OK(rte_dev_probe("bus=auxiliary,name=vfio.sf.0,vfio=user"));
	TEST_ASSERT(aux_mock.vfio != NULL, "not open at probe");
	TEST_ASSERT_EQUAL(rte_vfio_dev_info(aux_mock.vfio)->transport, RTE_VFIO_TRANSPORT_USER);
	TEST_ASSERT_OK(rte_dev_remove(aux_find("vfio.sf.0")));
	aux_mock.probe_result = -ENXIO;
	TEST_ASSERT_EQUAL(rte_dev_probe("auxiliary:vfio.sf.0"), -ENXIO);
	TEST_ASSERT_OK(test_resources_same(&before));
	fake_server_stop();
	return TEST_SUCCESS;
}

static int
test_liar_behind_socket(void)
{
	char path[300];

	aux_make_sf("vfio.sf.0");
	aux_make_sf("mock.sf.0");
	snprintf(path, sizeof(path), "%s/vfio.sf.0/vfio-user", aux_root);
	TEST_ASSERT_OK(fake_server_start(path, FAKE_AREA_OUTSIDE));
	TEST_ASSERT_EQUAL(rte_dev_probe("auxiliary:vfio.sf.0"), -EPROTO);
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.0"));
	fake_server_stop();
	return TEST_SUCCESS;
}

/* Gone after the scan: before anybody has looked at it, and after. */
static int
test_vanished(void)
{
	struct rte_device *dev;
	char path[300];

	aux_make_sf("mock.sf.0");
	aux_make_sf("vfio.sf.1");
	snprintf(path, sizeof(path), "%s/vfio.sf.2", aux_root);
	TEST_ASSERT_OK(symlink("nowhere", path));
	TEST_ASSERT_OK(aux_bus->scan());
	dev = aux_find("mock.sf.0");
	TEST_ASSERT_OK(aux_remove("mock.sf.0"));
	TEST_ASSERT_OK(aux_remove("vfio.sf.1"));
	TEST_ASSERT(dev != NULL, "not found");
	TEST_ASSERT(aux_find("vfio.sf.1") == NULL && aux_find("vfio.sf.2") == NULL,
		"a device that is not there");
	TEST_ASSERT_OK(aux_bus->probe());
	TEST_ASSERT_EQUAL(aux_bus->plug(dev), -ENOENT);
	/* The one that was looked at in time is for its driver to refuse. */
	TEST_ASSERT_EQUAL(aux_mock.probes, 1);
	return TEST_SUCCESS;
}

static int
test_unplug_undriven(void)
{
	aux_make_sf("mock.sf.0");
	TEST_ASSERT_OK(aux_bus->scan());
	TEST_ASSERT_OK(aux_bus->unplug(aux_find("mock.sf.0")));
	TEST_ASSERT(aux_find("mock.sf.0") == NULL, "still on the bus");
	return TEST_SUCCESS;
}

static int
test_cleanup(void)
{
	aux_make_sf("mock.sf.0");
	aux_make_sf("mock.sf.1");
	TEST_ASSERT_OK(aux_bus->scan());
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.0"));
	TEST_ASSERT_OK(aux_bus->cleanup());
	TEST_ASSERT_EQUAL(aux_mock.removes, 1);
	TEST_ASSERT(aux_find("mock.sf.0") == NULL && aux_find("mock.sf.1") == NULL, "devices left");
	return TEST_SUCCESS;
}

static int
test_dma_map(void)
{
	size_t page = sysconf(_SC_PAGESIZE);
	unsigned int maps;
	char path[300];
	void *mem = rte_malloc(NULL, page, page);

	aux_make_sf("mock.sf.0");
	aux_make_sf("vfio.sf.0");
	snprintf(path, sizeof(path), "%s/vfio.sf.0/vfio-user", aux_root);
	TEST_ASSERT_OK(fake_server_start(path, FAKE_NONE));
	TEST_ASSERT_OK(aux_bus->scan());
	TEST_ASSERT(rte_dev_dma_map(aux_find("mock.sf.0"), mem, 1 << 30, page) < 0, "no driver");
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.0"));
	TEST_ASSERT_OK(rte_dev_dma_map(aux_find("mock.sf.0"), mem, 1 << 30, page));
	TEST_ASSERT_EQUAL(aux_mock.dma_maps, 1);
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:vfio.sf.0"));
	maps = fake_server_dma_maps();
	TEST_ASSERT_OK(rte_dev_dma_map(aux_find("vfio.sf.0"), mem, 1ull << 50, page));
	TEST_ASSERT_EQUAL(fake_server_dma_maps(), maps + 1);
	TEST_ASSERT(rte_dev_dma_map(aux_find("vfio.sf.0"), mem, 1ull << 50, page) < 0, "twice");
	TEST_ASSERT_EQUAL(rte_errno, EEXIST);
	TEST_ASSERT_OK(rte_dev_dma_unmap(aux_find("vfio.sf.0"), mem, 1ull << 50, page));
	TEST_ASSERT_EQUAL(fake_server_dma_maps(), maps);
	TEST_ASSERT_OK(rte_dev_remove(aux_find("vfio.sf.0")));
	fake_server_stop();
	rte_free(mem);
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
	TEST_ASSERT_OK(aux_bus->scan());
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
	static const char *const absurd[] = { "mock.sf.a=b", "mock.sf.1,2", "mock.sf.\a", "mock.sf. 1" };
	unsigned int i;

	for (i = 0; i < RTE_DIM(absurd); i++)
		aux_make_sf(absurd[i]);
	aux_make_sf("mock.sf.0");
	TEST_ASSERT_OK(aux_bus->scan());
	TEST_ASSERT_EQUAL(aux_count("bus=auxiliary"), 1);
	return TEST_SUCCESS;
}

/* --- Mediated devices ------------------------------------------------------ */

#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

static int
make_mdev(const char *device_api, char *socket_path, size_t size)
{
	char mdevs[300];

	aux_make_attr("mdev/" UUID, "mdev_type/device_api", device_api);
	snprintf(mdevs, sizeof(mdevs), "%s/mdev", aux_root);
	setenv("SYSFS_MDEV_DEVICES", mdevs, 1);
	snprintf(mdevs, sizeof(mdevs), "%s/sf", aux_root);
	setenv("SYSFS_AUXILIARY_DEVICES", mdevs, 1);
	snprintf(socket_path, size, "%s/mdev/" UUID "/vfio-user", aux_root);
	return aux_bus->scan();
}

static int
test_mdev(void)
{
	char path[300];

	TEST_ASSERT_OK(make_mdev("vfio-pci\n", path, sizeof(path)));
	TEST_ASSERT(aux_dev(UUID) != NULL, "not found");
	TEST_ASSERT_EQUAL(aux_dev(UUID)->kind, RTE_AUXILIARY_KIND_MDEV);
	/* Named in capitals, and without a node. */
	TEST_ASSERT_EQUAL(rte_dev_probe("bus=auxiliary,uuid=83B8F4F2-509F-382F-3C1E-E6BFE0FA1001"),
		-ENODEV);
	TEST_ASSERT_EQUAL(aux_mock.probes, 0);
	return TEST_SUCCESS;
}

static int
test_mdev_other_api(void)
{
	unsigned int lines;
	char path[300];

	test_log_start();
	TEST_ASSERT(rte_dev_probe("bus=auxiliary,uuid=" UUID) < 0, "probed before it is there");
	test_log_count("");
	TEST_ASSERT_OK(make_mdev("vfio-ccw\n", path, sizeof(path)));
	test_log_start();
	TEST_ASSERT(rte_dev_probe("bus=auxiliary,uuid=" UUID) < 0, "probed");
	lines = test_log_count("vfio-ccw");
	TEST_ASSERT_EQUAL(lines, 1);
	TEST_ASSERT_EQUAL(aux_mock.probes, 0);
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
	TEST_CASE(test_attributes),
	TEST_CASE(test_absurd_attributes),
	TEST_CASE(test_unreadable_attribute),
	TEST_CASE(test_rescan),
	TEST_CASE(test_long_name),
	TEST_CASE(test_several_roots),
	TEST_CASE(test_same_name),
	TEST_CASE(test_dangling),
	TEST_CASE(test_aux_plain_driver),
	TEST_CASE(test_driver_fails),
	TEST_CASE(test_probe_all),
	TEST_CASE(test_no_vfio_node),
	TEST_CASE(test_vfio_node),
	TEST_CASE(test_liar_behind_socket),
	TEST_CASE(test_vanished),
	TEST_CASE(test_unplug_undriven),
	TEST_CASE(test_cleanup),
	TEST_CASE(test_dma_map),
	TEST_CASE(test_link_out_of_tree),
	TEST_CASE(test_node_is_link),
	TEST_CASE(test_absurd_names),
	TEST_CASE(test_mdev),
	TEST_CASE(test_mdev_other_api),
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
