/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * What the bus gives to drivers, and takes from them.
 */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_vfio_dev.h>

#include "aux_mock.h"
#include "fake_server.h"

static int
test_aux_plain_driver(void)
{
	struct test_resources before;
	struct rte_device *dev;

	aux_make_sf("mock.sf.0");
	TEST_ASSERT_OK(aux_scan());
	before = test_resources_now();
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.0"));
	dev = aux_find("mock.sf.0");
	TEST_ASSERT(dev != NULL && dev->driver == &aux_plain_driver.driver, "not driven");
	TEST_ASSERT(aux_dev("mock.sf.0")->intr_handle != NULL, "no interrupt handle");
	TEST_ASSERT(aux_dev("mock.sf.0")->vfio_dev == NULL, "opened what nobody asked for");
	TEST_ASSERT_EQUAL(aux_plug(dev), -EEXIST);
	TEST_ASSERT_OK(rte_dev_remove(dev));
	TEST_ASSERT_EQUAL(aux_mock.probes, 1);
	TEST_ASSERT_EQUAL(aux_mock.removes, 1);
	TEST_ASSERT(aux_find("mock.sf.0") == dev && !rte_dev_is_probed(dev), "not as before");
	TEST_ASSERT_OK(rte_dev_probe("bus=auxiliary,name=mock.sf.0"));
	TEST_ASSERT_OK(rte_eal_hotplug_remove("auxiliary", "mock.sf.0"));
	return test_resources_same(&before);
}

static int
test_driver_fails(void)
{
	struct test_resources before;

	aux_make_sf("mock.sf.0");
	aux_make_sf("mock.sf.1");
	TEST_ASSERT_OK(aux_scan());
	before = test_resources_now();
	aux_mock.probe_result = -EIO;
	TEST_ASSERT_EQUAL(rte_dev_probe("auxiliary:mock.sf.0"), -EIO);
	TEST_ASSERT_EQUAL(rte_errno, EIO);
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
	TEST_ASSERT_OK(aux_scan());
	test_log_start();
	TEST_ASSERT_OK(aux_probe());
	TEST_ASSERT_EQUAL(test_log_count("vfio.sf.0"), 1);
	TEST_ASSERT(rte_dev_is_probed(aux_find("mock.sf.0")), "hidden by the one that failed");
	return TEST_SUCCESS;
}

/* Only when all fail does the whole, and the application is told why. */
static int
test_probe_none(void)
{
	aux_make_sf("mock.sf.0");
	aux_make_sf("mock.sf.1");
	TEST_ASSERT_OK(aux_scan());
	aux_mock.probe_result = -EIO;
	TEST_ASSERT_EQUAL(aux_probe(), -1);
	TEST_ASSERT_EQUAL(rte_errno, EIO);
	TEST_ASSERT_EQUAL(aux_mock.probes, 2);
	return TEST_SUCCESS;
}

/* What a driver does not let go of stays, with all that it has. */
static int
test_remove_fails(void)
{
	struct rte_device *dev;

	aux_make_sf("mock.sf.0");
	aux_make_sf("mock.sf.1");
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.0"));
	dev = aux_find("mock.sf.0");
	aux_mock.remove_result = -EBUSY;
	TEST_ASSERT_EQUAL(aux_unplug(dev), -EBUSY);
	TEST_ASSERT_EQUAL(rte_errno, EBUSY);
	TEST_ASSERT(rte_dev_is_probed(dev) && aux_dev("mock.sf.0")->intr_handle != NULL,
		"let go of");
	TEST_ASSERT_EQUAL(aux_cleanup(), -1);
	TEST_ASSERT(aux_find("mock.sf.1") == NULL, "left behind");
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT(aux_find("mock.sf.0") == dev && rte_dev_is_probed(dev), "freed in use");
	aux_mock.remove_result = 0;
	TEST_ASSERT_OK(rte_dev_remove(dev));
	return TEST_SUCCESS;
}

/* --- What drivers ask for -------------------------------------------------- */

static int
test_iova_as_va(void)
{
	enum rte_iova_mode class;
	int ret;

	aux_make_sf("mock.sf.0");
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_EQUAL(aux_bus->get_iommu_class(), RTE_IOVA_DC);
	aux_plain_driver.drv_flags = RTE_AUXILIARY_DRV_NEED_IOVA_AS_VA;
	class = aux_bus->get_iommu_class();
	ret = rte_dev_probe("auxiliary:mock.sf.0");
	aux_plain_driver.drv_flags = 0;
	TEST_ASSERT_EQUAL(class, RTE_IOVA_VA);
	TEST_ASSERT_EQUAL(ret, rte_eal_iova_mode() == RTE_IOVA_VA ? 0 : -EINVAL);
	return TEST_SUCCESS;
}

/* Whose name is it? Of devices that need not exist, and of other buses. */
static int
test_parse(void)
{
	static const char *const others[] = {
		"0000:03:00.0", "net_null0", "mock.sf", "vfio.sf.", "vfio.sf.x", "vfio.other.1",
		"83b8f4f2-509f-382f-3c1e-e6bfe0fa100", "../vfio.sf.1",
	};
	static const char *const ours[] = {
		"mock.sf.77", "vfio.sf.1", "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
	};
	const char *name = NULL;
	unsigned int i;

	for (i = 0; i < RTE_DIM(others); i++)
		TEST_ASSERT(aux_bus->parse(others[i], NULL) != 0, "%s is taken", others[i]);
	for (i = 0; i < RTE_DIM(ours); i++) {
		TEST_ASSERT_OK(aux_bus->parse(ours[i], &name));
		TEST_ASSERT(name != NULL && strcmp(name, ours[i]) == 0, "%s", ours[i]);
	}
	return TEST_SUCCESS;
}

/* A driver that was written for one PCI device, wherever that is. */
static struct rte_auxiliary_id pci_ids[] = {
	{ .name = "pci.sf", .vendor_id = FAKE_PCI_VENDOR, .device_id = 1 },
	{ .name = "pci.sf", .vendor_id = FAKE_PCI_VENDOR, .device_id = FAKE_PCI_DEVICE },
	{ .kind = RTE_AUXILIARY_KIND_ANY }
};

static int
pci_probe(struct rte_auxiliary_driver *drv, struct rte_auxiliary_device *dev)
{
	RTE_SET_USED(drv);
	RTE_SET_USED(dev);
	aux_mock.probes++;
	return 0;
}

static struct rte_auxiliary_driver pci_driver = {
	.driver.name = "mock_pci",
	.probe = pci_probe,
	.drv_flags = RTE_AUXILIARY_DRV_EXTENDED | RTE_AUXILIARY_DRV_NEED_VFIO,
	.id_table = pci_ids,
};

/* PCI ids are read through VFIO, from the device's configuration space. */
static int
match_pci(uint16_t device_id, int result, unsigned int probes)
{
	struct test_resources before;
	char path[300];
	int ret;

	aux_make_sf("pci.sf.0");
	snprintf(path, sizeof(path), "%s/pci.sf.0/vfio-user", aux_root);
	TEST_ASSERT_OK(fake_server_start(path, FAKE_PCI));
	pci_ids[1].device_id = device_id;
	rte_auxiliary_register(&pci_driver);
	TEST_ASSERT_OK(aux_scan());
	before = test_resources_now();
	ret = rte_dev_probe("auxiliary:pci.sf.0");
	if (ret == 0)
		ret = rte_dev_remove(aux_find("pci.sf.0"));
	if (result == 0)
		TEST_ASSERT_OK(aux_scan());
	rte_auxiliary_unregister(&pci_driver);
	TEST_ASSERT_EQUAL(aux_mock.probes, probes);
	TEST_ASSERT((ret < 0) == (result < 0), "%d", ret);
	TEST_ASSERT_OK(test_resources_same(&before));
	fake_server_stop();
	return TEST_SUCCESS;
}

static int
test_match_pci(void)
{
	return match_pci(FAKE_PCI_DEVICE, 0, 1);
}

static int
test_match_other_pci(void)
{
	return match_pci(FAKE_PCI_DEVICE + 1, -1, 0);
}

/* --- VFIO ------------------------------------------------------------------- */

static int
test_no_vfio_node(void)
{
	struct test_resources before;

	aux_make_sf("vfio.sf.0");
	TEST_ASSERT_OK(aux_scan());
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
	TEST_ASSERT_OK(aux_scan());
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

/* The user says how long a server may take, which answers in 60 ms here. */
static int
test_vfio_timeout(void)
{
	char path[300];

	aux_make_sf("vfio.sf.0");
	snprintf(path, sizeof(path), "%s/vfio.sf.0/vfio-user", aux_root);
	TEST_ASSERT_OK(fake_server_start(path, FAKE_SLOW));
	TEST_ASSERT_EQUAL(rte_dev_probe("bus=auxiliary,name=vfio.sf.0,timeout=1"), -ETIMEDOUT);
	TEST_ASSERT_OK(rte_dev_probe("bus=auxiliary,name=vfio.sf.0,timeout=0"));
	TEST_ASSERT_OK(rte_dev_remove(aux_find("vfio.sf.0")));
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
	TEST_ASSERT_OK(aux_scan());
	dev = aux_find("mock.sf.0");
	TEST_ASSERT_OK(aux_remove("mock.sf.0"));
	TEST_ASSERT_OK(aux_remove("vfio.sf.1"));
	TEST_ASSERT(dev != NULL, "not found");
	TEST_ASSERT(aux_find("vfio.sf.1") == NULL && aux_find("vfio.sf.2") == NULL,
		"a device that is not there");
	TEST_ASSERT_OK(aux_probe());
	/* The one that was looked at in time is for its driver to refuse. */
	TEST_ASSERT_EQUAL(aux_mock.probes, 1);
	TEST_ASSERT_OK(aux_unplug(dev));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT(aux_plug(dev) != 0, "plugged what has left");
	TEST_ASSERT_EQUAL(rte_dev_probe("auxiliary:mock.sf.0"), -ENODEV);
	TEST_ASSERT_EQUAL(aux_mock.probes, 1);
	return TEST_SUCCESS;
}

static int
test_cleanup(void)
{
	aux_make_sf("mock.sf.0");
	aux_make_sf("mock.sf.1");
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.0"));
	TEST_ASSERT_OK(aux_cleanup());
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
	TEST_ASSERT_OK(aux_scan());
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
	return aux_scan();
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

static const struct test_case cases[] = {
	TEST_CASE(test_aux_plain_driver),
	TEST_CASE(test_driver_fails),
	TEST_CASE(test_probe_all),
	TEST_CASE(test_probe_none),
	TEST_CASE(test_remove_fails),
	TEST_CASE(test_iova_as_va),
	TEST_CASE(test_parse),
	TEST_CASE(test_match_pci),
	TEST_CASE(test_match_other_pci),
	TEST_CASE(test_no_vfio_node),
	TEST_CASE(test_vfio_node),
	TEST_CASE(test_vfio_timeout),
	TEST_CASE(test_liar_behind_socket),
	TEST_CASE(test_vanished),
	TEST_CASE(test_cleanup),
	TEST_CASE(test_dma_map),
	TEST_CASE(test_mdev),
	TEST_CASE(test_mdev_other_api),
	{ .name = NULL }
};

static struct test_suite auxiliary_probe_suite = {
	.name = "auxiliary_probe_autotest",
	.case_setup = aux_setup,
	.case_teardown = aux_teardown,
	.cases = cases,
};

TEST_REGISTER(auxiliary_probe_suite);
