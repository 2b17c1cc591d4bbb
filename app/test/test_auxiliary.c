/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The bus, on trees made by the test: devices are directories, the driver is
 * a mock that does as it is told.
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

#include "fake_server.h"
#include "test.h"

static char root[256];
static struct rte_bus *bus;

/* --- A driver as DPDK's own bus knows them ---------------------------- */

static struct {
	int probe_result;
	unsigned int probes, removes, dma_maps;
} mock;

static bool
mock_match(const char *name)
{
	return strncmp(name, "mock.sf.", 8) == 0;
}

static int
mock_probe(struct rte_auxiliary_driver *drv, struct rte_auxiliary_device *dev)
{
	RTE_SET_USED(drv);
	RTE_SET_USED(dev);
	mock.probes++;
	return mock.probe_result;
}

static int
mock_remove(struct rte_auxiliary_device *dev)
{
	RTE_SET_USED(dev);
	mock.removes++;
	return 0;
}

static int
mock_dma_map(struct rte_auxiliary_device *dev, void *addr, uint64_t iova, size_t len)
{
	RTE_SET_USED(dev);
	RTE_SET_USED(addr);
	RTE_SET_USED(iova);
	RTE_SET_USED(len);
	mock.dma_maps++;
	return 0;
}

static struct rte_auxiliary_driver plain_driver = {
	.driver.name = "mock_plain",
	.match = mock_match,
	.probe = mock_probe,
	.remove = mock_remove,
	.dma_map = mock_dma_map,
	.dma_unmap = mock_dma_map,
};

/* --- One that is joined to VFIO --------------------------------------- */

static struct rte_vfio_dev *probed_vfio;

static int
vfio_probe(struct rte_auxiliary_driver *drv, struct rte_auxiliary_device *dev)
{
	probed_vfio = dev->vfio_dev;
	return mock_probe(drv, dev);
}

static const struct rte_auxiliary_id vfio_ids[] = {
	{ .kind = RTE_AUXILIARY_KIND_SF, .name = "vfio.sf" },
	{ .kind = RTE_AUXILIARY_KIND_MDEV },
	{ .kind = RTE_AUXILIARY_KIND_ANY }
};

static struct rte_auxiliary_driver vfio_driver = {
	.driver.name = "mock_vfio",
	.probe = vfio_probe,
	.remove = mock_remove,
	.drv_flags = RTE_AUXILIARY_DRV_EXTENDED | RTE_AUXILIARY_DRV_NEED_VFIO,
	.id_table = vfio_ids,
};

/* --- Set-up ------------------------------------------------------------ */

static int
case_setup(void)
{
	const char *dir = test_dir_create();

	bus = rte_bus_find_by_name(RTE_BUS_AUXILIARY_NAME);
	TEST_ASSERT(bus != NULL, "no bus");
	TEST_ASSERT(dir != NULL, "no directory");
	snprintf(root, sizeof(root), "%s", dir);
	setenv("SYSFS_AUXILIARY_DEVICES", root, 1);
	setenv("SYSFS_MDEV_DEVICES", "/nonexistent", 1);
	memset(&mock, 0, sizeof(mock));
	probed_vfio = NULL;
	rte_auxiliary_register(&plain_driver);
	rte_auxiliary_register_extended(&vfio_driver);
	return TEST_SUCCESS;
}

static struct rte_device *
find(const char *name)
{
	struct rte_dev_iterator it;
	struct rte_device *dev, *found = NULL;
	char filter[300];

	snprintf(filter, sizeof(filter), "bus=auxiliary,name=%s", name);
	RTE_DEV_FOREACH(dev, filter, &it)
		found = dev;
	return found;
}

static int
is_driven(const struct rte_device *dev, const void *data)
{
	RTE_SET_USED(data);
	return rte_dev_is_probed(dev) ? 0 : 1;
}

static void
case_teardown(void)
{
	struct rte_device *dev;

	/* Devices that are driven stay on the list when their directory goes. */
	while ((dev = bus->find_device(NULL, is_driven, NULL)) != NULL)
		if (rte_dev_remove(dev) != 0)
			break;
	test_dir_remove();
	bus->scan();
	rte_auxiliary_unregister(&plain_driver);
	rte_auxiliary_unregister(&vfio_driver);
}

static struct rte_auxiliary_device *
adev(const char *name)
{
	struct rte_device *dev = find(name);

	return dev == NULL ? NULL : RTE_DEV_TO_AUXILIARY(dev);
}

static int
make_sf(const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/uevent", name);
	return test_file(path, "\n");
}

static int
make_attr(const char *name, const char *attr, const char *text)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%s", name, attr);
	return test_file(path, text);
}

/* --- Scan --------------------------------------------------------------- */

static int
test_scan_order(void)
{
	static const char *const order[] = { "mock.sf.1", "mock.sf.2", "mock.sf.10", "vfio.sf.0" };
	struct rte_dev_iterator it;
	struct rte_device *dev;
	unsigned int n = 0;

	make_sf("mock.sf.10");
	make_sf("vfio.sf.0");
	make_sf("mock.sf.2");
	make_sf("mock.sf.1");
	make_sf("nobodys.sf.1"); /* no driver handles it */
	TEST_ASSERT_OK(bus->scan());
	RTE_DEV_FOREACH(dev, "bus=auxiliary", &it) {
		TEST_ASSERT(n < RTE_DIM(order) && strcmp(dev->name, order[n]) == 0,
			"device %u is %s", n, dev->name);
		n++;
	}
	TEST_ASSERT_EQUAL(n, RTE_DIM(order));
	return TEST_SUCCESS;
}

static int
test_attributes(void)
{
	make_sf("mock.sf.0");
	make_attr("mock.sf.1", "numa_node", "0\n");
	make_attr("mock.sf.1", "sfnum", "88\n");
	TEST_ASSERT_OK(bus->scan());
	TEST_ASSERT_EQUAL(adev("mock.sf.0")->device.numa_node, SOCKET_ID_ANY);
	TEST_ASSERT_EQUAL(adev("mock.sf.0")->sfnum, RTE_AUXILIARY_SFNUM_NONE);
	TEST_ASSERT_EQUAL(adev("mock.sf.1")->device.numa_node, 0);
	TEST_ASSERT_EQUAL(adev("mock.sf.1")->sfnum, 88);
	TEST_ASSERT_EQUAL(adev("mock.sf.1")->kind, RTE_AUXILIARY_KIND_SF);
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
		make_attr(name, "numa_node", absurd[i]);
		test_log_start();
		TEST_ASSERT_OK(bus->scan());
		dev = adev(name);
		TEST_ASSERT_EQUAL(test_log_count(name), 1);
		TEST_ASSERT(dev != NULL, "%s is not on the bus", name);
		TEST_ASSERT_EQUAL(dev->device.numa_node, SOCKET_ID_ANY);
	}
	make_attr("mock.sf.90", "sfnum", "4294967296\n");
	test_log_start();
	TEST_ASSERT_OK(bus->scan());
	TEST_ASSERT_EQUAL(adev("mock.sf.90")->sfnum, RTE_AUXILIARY_SFNUM_NONE);
	TEST_ASSERT_EQUAL(test_log_count("4294967296"), 1);
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.0"));
	return TEST_SUCCESS;
}

static int
test_unreadable_attribute(void)
{
	make_sf("mock.sf.0/numa_node"); /* a directory */
	test_log_start();
	TEST_ASSERT_OK(bus->scan());
	TEST_ASSERT_EQUAL(adev("mock.sf.0")->device.numa_node, SOCKET_ID_ANY);
	TEST_ASSERT_EQUAL(test_log_count("mock.sf.0"), 1);
	return TEST_SUCCESS;
}

static int
test_rescan(void)
{
	char path[300];

	make_sf("mock.sf.0");
	make_sf("mock.sf.1");
	TEST_ASSERT_OK(bus->scan());
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.1"));
	snprintf(path, sizeof(path), "%s/mock.sf.0/uevent", root);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	make_sf("mock.sf.2");
	TEST_ASSERT_OK(bus->scan());
	TEST_ASSERT(find("mock.sf.0") == NULL, "still there");
	TEST_ASSERT(find("mock.sf.2") != NULL, "not found");
	TEST_ASSERT(rte_dev_is_probed(find("mock.sf.1")), "lost its driver");
	return TEST_SUCCESS;
}

static int
test_long_name(void)
{
	char name[200];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memcpy(name, "mock.sf.", 8);
	make_sf(name);
	make_sf("mock.sf.0");
	test_log_start();
	TEST_ASSERT_OK(bus->scan());
	TEST_ASSERT_EQUAL(test_log_count("mock.sf.xxx"), 1);
	TEST_ASSERT(find("mock.sf.0") != NULL, "the scan did not go on");
	return TEST_SUCCESS;
}

static int
test_several_roots(void)
{
	char both[1024];

	make_sf("a/mock.sf.0");
	make_sf("b/mock.sf.1");
	snprintf(both, sizeof(both), "%s/a:%s/missing:%s/b", root, root, root);
	setenv("SYSFS_AUXILIARY_DEVICES", both, 1);
	TEST_ASSERT_OK(bus->scan());
	TEST_ASSERT(find("mock.sf.0") != NULL && find("mock.sf.1") != NULL, "one is missing");
	return TEST_SUCCESS;
}

/* --- Probe and remove ---------------------------------------------------- */

static int
test_plain_driver(void)
{
	struct test_resources before;
	struct rte_device *dev;

	make_sf("mock.sf.0");
	TEST_ASSERT_OK(bus->scan());
	before = test_resources_now();
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.0"));
	dev = find("mock.sf.0");
	TEST_ASSERT(dev != NULL && dev->driver == &plain_driver.driver, "not driven");
	TEST_ASSERT(adev("mock.sf.0")->intr_handle != NULL, "no interrupt handle");
	TEST_ASSERT(adev("mock.sf.0")->vfio_dev == NULL, "opened what nobody asked for");
	TEST_ASSERT_EQUAL(bus->plug(dev), -EEXIST);
	TEST_ASSERT_OK(rte_dev_remove(dev));
	TEST_ASSERT_EQUAL(mock.probes, 1);
	TEST_ASSERT_EQUAL(mock.removes, 1);
	TEST_ASSERT(find("mock.sf.0") == NULL, "still on the bus");
	TEST_ASSERT_OK(rte_dev_probe("bus=auxiliary,name=mock.sf.0"));
	TEST_ASSERT_OK(rte_eal_hotplug_remove("auxiliary", "mock.sf.0"));
	return test_resources_same(&before);
}

static int
test_driver_fails(void)
{
	struct test_resources before;

	make_sf("mock.sf.0");
	make_sf("mock.sf.1");
	TEST_ASSERT_OK(bus->scan());
	before = test_resources_now();
	mock.probe_result = -EIO;
	TEST_ASSERT_EQUAL(rte_dev_probe("auxiliary:mock.sf.0"), -EIO);
	TEST_ASSERT(!rte_dev_is_probed(find("mock.sf.0")), "driven all the same");
	TEST_ASSERT(adev("mock.sf.0")->intr_handle == NULL, "interrupt handle left");
	mock.probe_result = 1; /* "not mine" */
	TEST_ASSERT(rte_dev_probe("auxiliary:mock.sf.0") < 0, "success without a driver");
	mock.probe_result = 0;
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.1"));
	return test_resources_same(&before);
}

static int
test_probe_all(void)
{
	make_sf("vfio.sf.0"); /* has no node, and fails */
	make_sf("mock.sf.0");
	TEST_ASSERT_OK(bus->scan());
	test_log_start();
	TEST_ASSERT_OK(bus->probe());
	TEST_ASSERT_EQUAL(test_log_count("vfio.sf.0"), 1);
	TEST_ASSERT(rte_dev_is_probed(find("mock.sf.0")), "hidden by the one that failed");
	return TEST_SUCCESS;
}

static int
test_no_vfio_node(void)
{
	struct test_resources before;

	make_sf("vfio.sf.0");
	TEST_ASSERT_OK(bus->scan());
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

	make_sf("vfio.sf.0");
	snprintf(path, sizeof(path), "%s/vfio.sf.0/vfio-user", root);
	TEST_ASSERT_OK(fake_server_start(path, FAKE_NONE));
	TEST_ASSERT_OK(bus->scan());
	before = test_resources_now();
	TEST_ASSERT_EQUAL(rte_dev_probe("bus=auxiliary,name=vfio.sf.0,vfio=group"), -ENODEV);
	TEST_ASSERT_EQUAL(mock.probes, 0);
	TEST_ASSERT_OK(rte_dev_probe("bus=auxiliary,name=vfio.sf.0,vfio=user"));
	TEST_ASSERT(probed_vfio != NULL, "not open at probe");
	TEST_ASSERT_EQUAL(rte_vfio_dev_info(probed_vfio)->transport, RTE_VFIO_TRANSPORT_USER);
	TEST_ASSERT_OK(rte_dev_remove(find("vfio.sf.0")));
	mock.probe_result = -ENXIO;
	TEST_ASSERT_EQUAL(rte_dev_probe("auxiliary:vfio.sf.0"), -ENXIO);
	usleep(5000); /* the server's side of the connection */
	TEST_ASSERT_OK(test_resources_same(&before));
	fake_server_stop();
	return TEST_SUCCESS;
}

static int
test_liar_behind_socket(void)
{
	char path[300];

	make_sf("vfio.sf.0");
	make_sf("mock.sf.0");
	snprintf(path, sizeof(path), "%s/vfio.sf.0/vfio-user", root);
	TEST_ASSERT_OK(fake_server_start(path, FAKE_AREA_OUTSIDE));
	TEST_ASSERT_EQUAL(rte_dev_probe("auxiliary:vfio.sf.0"), -EPROTO);
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.0"));
	fake_server_stop();
	return TEST_SUCCESS;
}

static int
test_vanished(void)
{
	char path[300];

	make_sf("mock.sf.0");
	TEST_ASSERT_OK(bus->scan());
	snprintf(path, sizeof(path), "%s/mock.sf.0/uevent", root);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	TEST_ASSERT_EQUAL(bus->plug(find("mock.sf.0")), -ENOENT);
	TEST_ASSERT_EQUAL(mock.probes, 0);
	return TEST_SUCCESS;
}

static int
test_unplug_undriven(void)
{
	make_sf("mock.sf.0");
	TEST_ASSERT_OK(bus->scan());
	TEST_ASSERT_OK(bus->unplug(find("mock.sf.0")));
	TEST_ASSERT(find("mock.sf.0") == NULL, "still on the bus");
	return TEST_SUCCESS;
}

static int
test_cleanup(void)
{
	make_sf("mock.sf.0");
	make_sf("mock.sf.1");
	TEST_ASSERT_OK(bus->scan());
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.0"));
	TEST_ASSERT_OK(bus->cleanup());
	TEST_ASSERT_EQUAL(mock.removes, 1);
	TEST_ASSERT(find("mock.sf.0") == NULL && find("mock.sf.1") == NULL, "devices left");
	return TEST_SUCCESS;
}

static int
test_dma_map(void)
{
	size_t page = sysconf(_SC_PAGESIZE);
	unsigned int maps;
	char path[300];
	void *mem = rte_malloc(NULL, page, page);

	make_sf("mock.sf.0");
	make_sf("vfio.sf.0");
	snprintf(path, sizeof(path), "%s/vfio.sf.0/vfio-user", root);
	TEST_ASSERT_OK(fake_server_start(path, FAKE_NONE));
	TEST_ASSERT_OK(bus->scan());
	TEST_ASSERT(rte_dev_dma_map(find("mock.sf.0"), mem, 1 << 30, page) < 0, "no driver");
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.0"));
	TEST_ASSERT_OK(rte_dev_dma_map(find("mock.sf.0"), mem, 1 << 30, page));
	TEST_ASSERT_EQUAL(mock.dma_maps, 1);
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:vfio.sf.0"));
	maps = fake_server_dma_maps();
	TEST_ASSERT_OK(rte_dev_dma_map(find("vfio.sf.0"), mem, 1ull << 50, page));
	TEST_ASSERT_EQUAL(fake_server_dma_maps(), maps + 1);
	TEST_ASSERT(rte_dev_dma_map(find("vfio.sf.0"), mem, 1ull << 50, page) < 0, "twice");
	TEST_ASSERT_EQUAL(rte_errno, EEXIST);
	TEST_ASSERT_OK(rte_dev_dma_unmap(find("vfio.sf.0"), mem, 1ull << 50, page));
	TEST_ASSERT_EQUAL(fake_server_dma_maps(), maps);
	TEST_ASSERT_OK(rte_dev_remove(find("vfio.sf.0")));
	fake_server_stop();
	rte_free(mem);
	return TEST_SUCCESS;
}

/* --- Devargs -------------------------------------------------------------- */

static int
test_bad_devargs(void)
{
	static const char *const bad[] = {
		"bus=auxiliary,name=mock.sf.0,colour=red",
		"bus=auxiliary,name=../mock.sf.0",
		"bus=auxiliary,name=a/b",
		"bus=auxiliary,name=",
		"bus=auxiliary,name=mock.sf.0,name=mock.sf.1",
		"bus=auxiliary,name=mock.sf.0,vfio=maybe",
		"bus=auxiliary,uuid=not-a-uuid",
	};
	struct test_resources before;
	unsigned int i;

	make_sf("mock.sf.0");
	TEST_ASSERT_OK(bus->scan());
	before = test_resources_now();
	for (i = 0; i < RTE_DIM(bad); i++) {
		test_log_start();
		TEST_ASSERT(rte_dev_probe(bad[i]) < 0, "%s was taken", bad[i]);
		TEST_ASSERT_EQUAL(test_log_count("auxiliary bus: "), 1);
		TEST_ASSERT_EQUAL(mock.probes, 0);
	}
	return test_resources_same(&before);
}

static int
test_unknown_name(void)
{
	make_sf("mock.sf.0");
	TEST_ASSERT_EQUAL(rte_dev_probe("bus=auxiliary,name=mock.sf.9"), -ENODEV);
	TEST_ASSERT_EQUAL(rte_dev_probe("auxiliary:mock.sf.9"), -ENODEV);
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.0"));
	return TEST_SUCCESS;
}

/* The arguments last given are those the driver sees. */
static int
test_devargs_reach_driver(void)
{
	struct rte_device *dev;

	make_sf("mock.sf.0");
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.0,a=1"));
	dev = find("mock.sf.0");
	TEST_ASSERT(strcmp(dev->devargs->args, "a=1") == 0, "%s", dev->devargs->args);
	TEST_ASSERT_OK(rte_dev_remove(dev));
	TEST_ASSERT_OK(rte_dev_probe("bus=auxiliary,name=mock.sf.0/class=eth/driver=mock_plain,a=2"));
	dev = find("mock.sf.0");
	TEST_ASSERT(strcmp(dev->devargs->drv_str, "driver=mock_plain,a=2") == 0, "%s",
		dev->devargs->drv_str);
	TEST_ASSERT_OK(rte_dev_remove(dev));
	TEST_ASSERT(rte_dev_probe("bus=auxiliary,name=mock.sf.0/driver=another") < 0,
		"given to a driver that was not named");
	return TEST_SUCCESS;
}

static int
test_blocked(void)
{
	make_sf("mock.sf.0");
	TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_BLOCKED, "auxiliary:mock.sf.0"));
	TEST_ASSERT_OK(bus->scan());
	TEST_ASSERT_OK(bus->probe());
	TEST_ASSERT_EQUAL(mock.probes, 0);
	bus->conf.scan_mode = RTE_BUS_SCAN_UNDEFINED;
	rte_devargs_remove(&(struct rte_devargs) { .bus = bus, .name = "mock.sf.0" });
	return TEST_SUCCESS;
}

/* With an allow list nothing else is looked at. */
static int
test_allowed(void)
{
	struct rte_dev_iterator it;
	struct rte_device *dev;
	unsigned int n = 0;

	make_sf("mock.sf.0");
	make_sf("mock.sf.1");
	TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_ALLOWED, "auxiliary:mock.sf.1"));
	TEST_ASSERT_EQUAL(bus->conf.scan_mode, RTE_BUS_SCAN_ALLOWLIST);
	TEST_ASSERT_OK(bus->scan());
	RTE_DEV_FOREACH(dev, "bus=auxiliary", &it)
		n++;
	bus->conf.scan_mode = RTE_BUS_SCAN_UNDEFINED;
	TEST_ASSERT_EQUAL(n, 1);
	TEST_ASSERT(find("mock.sf.1") != NULL, "the wrong one");
	rte_devargs_remove(&(struct rte_devargs) { .bus = bus, .name = "mock.sf.1" });
	return TEST_SUCCESS;
}

/* --- Mediated devices ------------------------------------------------------ */

#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

static int
make_mdev(const char *device_api, char *socket_path, size_t size)
{
	char mdevs[300];

	make_attr("mdev/" UUID, "mdev_type/device_api", device_api);
	snprintf(mdevs, sizeof(mdevs), "%s/mdev", root);
	setenv("SYSFS_MDEV_DEVICES", mdevs, 1);
	snprintf(mdevs, sizeof(mdevs), "%s/sf", root);
	setenv("SYSFS_AUXILIARY_DEVICES", mdevs, 1);
	snprintf(socket_path, size, "%s/mdev/" UUID "/vfio-user", root);
	return bus->scan();
}

static int
test_mdev(void)
{
	char path[300];

	TEST_ASSERT_OK(make_mdev("vfio-pci\n", path, sizeof(path)));
	TEST_ASSERT(adev(UUID) != NULL, "not found");
	TEST_ASSERT_EQUAL(adev(UUID)->kind, RTE_AUXILIARY_KIND_MDEV);
	/* Named in capitals, and without a node. */
	TEST_ASSERT_EQUAL(rte_dev_probe("bus=auxiliary,uuid=83B8F4F2-509F-382F-3C1E-E6BFE0FA1001"),
		-ENODEV);
	TEST_ASSERT_EQUAL(mock.probes, 0);
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
	TEST_ASSERT_EQUAL(mock.probes, 0);
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
	TEST_ASSERT(bus->cleanup != NULL, "the one left is not ours");
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_scan_order),
	TEST_CASE(test_attributes),
	TEST_CASE(test_absurd_attributes),
	TEST_CASE(test_unreadable_attribute),
	TEST_CASE(test_rescan),
	TEST_CASE(test_long_name),
	TEST_CASE(test_several_roots),
	TEST_CASE(test_plain_driver),
	TEST_CASE(test_driver_fails),
	TEST_CASE(test_probe_all),
	TEST_CASE(test_no_vfio_node),
	TEST_CASE(test_vfio_node),
	TEST_CASE(test_liar_behind_socket),
	TEST_CASE(test_vanished),
	TEST_CASE(test_unplug_undriven),
	TEST_CASE(test_cleanup),
	TEST_CASE(test_dma_map),
	TEST_CASE(test_bad_devargs),
	TEST_CASE(test_unknown_name),
	TEST_CASE(test_devargs_reach_driver),
	TEST_CASE(test_blocked),
	TEST_CASE(test_allowed),
	TEST_CASE(test_mdev),
	TEST_CASE(test_mdev_other_api),
	TEST_CASE(test_one_bus),
	{ .name = NULL }
};

static struct test_suite auxiliary_suite = {
	.name = "auxiliary_autotest",
	.case_setup = case_setup,
	.case_teardown = case_teardown,
	.cases = cases,
};

TEST_REGISTER(auxiliary_suite);
