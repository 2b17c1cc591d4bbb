/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Devices of a real kernel: the same cases through common/vfio with no bus, by
 * group, by character device and with no IOMMU; and, of mediated devices,
 * through the bus.  They run in a guest, where app/test/vm makes the devices.
 */

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/vfio.h>

#include <bus_auxiliary_driver.h>
#include <rte_cycles.h>
#include <rte_interrupts.h>
#include <rte_vfio.h>

#include "test.h"
#include "test_vfio_kernel.h"

struct rte_vfio_dev *vfio_kernel_dev;

static enum rte_vfio_transport transport;
static char device_dir[PATH_MAX];

/* The driver of the suite that goes through the bus, and the device it has. */
static bool by_bus;
static struct rte_device *driven;

/* /dev/vfio/devices/vfioN of the device in a directory of sysfs. */
static bool
cdev_path(const char *base, const char *device, char *path, size_t len)
{
	char name[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(name, sizeof(name), "%s/%s/vfio-dev", base, device);
	dir = opendir(name);
	while (dir != NULL && !found && (entry = readdir(dir)) != NULL)
		if (strncmp(entry->d_name, "vfio", 4) == 0)
			found = snprintf(path, len, "/dev/vfio/devices/%s",
				entry->d_name) < (int)len;
	if (dir != NULL)
		closedir(dir);
	return found;
}

static int
node_open(const char *name, const char *base, enum rte_vfio_transport by, const char *cdev,
	bool in_eal, struct rte_vfio_dev **dev)
{
	struct rte_vfio_dev_node node = {
		.name = name,
		.cdev = cdev,
		.group_base = base,
		.group_name = name,
		.eal_container = in_eal,
	};
	char path[PATH_MAX];

	if (cdev == NULL && cdev_path(base, name, path, sizeof(path)))
		node.cdev = path;
	return rte_vfio_dev_open(&node, by, dev);
}

int
vfio_kernel_open_named(const char *name, const char *base, enum rte_vfio_transport by,
	bool in_eal, struct rte_vfio_dev **dev)
{
	return node_open(name, base, by, NULL, in_eal, dev);
}

int
vfio_kernel_try(const char *variable, const char *base, enum rte_vfio_transport by,
	struct rte_vfio_dev **dev)
{
	const char *name = getenv(variable);

	return name == NULL ? -ENOENT : node_open(name, base, by, NULL, false, dev);
}

int
vfio_kernel_open_in_eal(const char *variable, const char *base, enum rte_vfio_transport by,
	struct rte_vfio_dev **dev)
{
	const char *name = getenv(variable);

	if (name == NULL)
		return test_skip("only where app/test/vm has made the device");
	TEST_ASSERT_OK(node_open(name, base, by, NULL, true, dev));
	return TEST_SUCCESS;
}

int
vfio_kernel_open_by(const char *variable, const char *base, enum rte_vfio_transport by,
	const char *cdev, struct rte_vfio_dev **dev)
{
	const char *name = getenv(variable);

	if (name == NULL)
		return test_skip("only where app/test/vm has made the device");
	snprintf(device_dir, sizeof(device_dir), "%s/%s", base, name);
	TEST_ASSERT_OK(node_open(name, base, by, cdev, false, dev));
	TEST_ASSERT((rte_vfio_dev_info(*dev)->flags & VFIO_DEVICE_FLAGS_PCI) != 0,
		"not of the vfio-pci kind");
	return TEST_SUCCESS;
}

static int
kernel_probe(struct rte_auxiliary_driver *drv, struct rte_auxiliary_device *dev)
{
	RTE_SET_USED(drv);
	vfio_kernel_dev = dev->vfio_dev;
	driven = &dev->device;
	return 0;
}

/* The kernel's samples by their PCI ids, which only VFIO tells. */
static const struct rte_auxiliary_id kernel_ids[] = {
	{ .kind = RTE_AUXILIARY_KIND_MDEV, .vendor_id = 0x4348, .device_id = 0x3253 },
	{ .kind = RTE_AUXILIARY_KIND_MDEV, .vendor_id = 0x1b36, .device_id = 0x000f },
	{ .kind = RTE_AUXILIARY_KIND_MDEV, .vendor_id = 0x1234, .device_id = 0x1111 },
	{ .kind = RTE_AUXILIARY_KIND_ANY }
};

static struct rte_auxiliary_driver kernel_driver = {
	.driver.name = "vfio_kernel_test",
	.probe = kernel_probe,
	.drv_flags = RTE_AUXILIARY_DRV_EXTENDED | RTE_AUXILIARY_DRV_NEED_VFIO,
	.id_table = kernel_ids,
};

static int
open_by_bus(const char *variable)
{
	const char *uuid = getenv(variable);
	char devargs[64];

	if (uuid == NULL)
		return test_skip("only where app/test/vm has made the device");
	snprintf(devargs, sizeof(devargs), "bus=auxiliary,uuid=%s", uuid);
	TEST_ASSERT_OK(rte_dev_probe(devargs));
	TEST_ASSERT(driven != NULL && strcmp(driven->name, uuid) == 0, "another device");
	return TEST_SUCCESS;
}

int
vfio_kernel_open(const char *variable, const char *base)
{
	int ret;

	if (by_bus)
		return open_by_bus(variable);
	ret = vfio_kernel_open_by(variable, base, transport, NULL, &vfio_kernel_dev);
	if (ret == TEST_SUCCESS)
		TEST_ASSERT_EQUAL(rte_vfio_dev_info(vfio_kernel_dev)->transport, transport);
	return ret;
}

enum rte_vfio_transport
vfio_kernel_transport(void)
{
	return transport;
}

int64_t
vfio_kernel_attribute(const char *file)
{
	char path[PATH_MAX + 64], line[256];
	long long value = -1;
	FILE *stream;

	snprintf(path, sizeof(path), "%s/%s", device_dir, file);
	stream = fopen(path, "re");
	if (stream == NULL)
		return -errno;
	if (fgets(line, sizeof(line), stream) != NULL)
		value = strtoll(line, NULL, 0);
	fclose(stream);
	return value;
}

static void
count_interrupt(void *arg)
{
	struct vfio_kernel_irq *irq = arg;
	uint64_t n;

	if (read(rte_intr_fd_get(irq->handle), &n, sizeof(n)) == sizeof(n))
		__atomic_add_fetch(&irq->count, n, __ATOMIC_RELEASE);
}

int
vfio_kernel_irq_enable(struct vfio_kernel_irq *irq, uint32_t index)
{
	irq->index = index;
	irq->count = 0;
	irq->handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	TEST_ASSERT(irq->handle != NULL, "no memory");
	TEST_ASSERT_OK(rte_vfio_irq_enable(vfio_kernel_dev, index, irq->handle, 0));
	return rte_intr_callback_register(irq->handle, count_interrupt, irq);
}

void
vfio_kernel_irq_disable(struct vfio_kernel_irq *irq)
{
	rte_intr_callback_unregister_sync(irq->handle, count_interrupt, irq);
	rte_vfio_irq_disable(vfio_kernel_dev, irq->index, irq->handle);
	rte_intr_instance_free(irq->handle);
}

bool
vfio_kernel_irq_wait(struct vfio_kernel_irq *irq, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < 2000 && __atomic_load_n(&irq->count, __ATOMIC_ACQUIRE) < count; i++)
		rte_delay_us_sleep(1000);
	rte_delay_us_sleep(10000);
	return __atomic_load_n(&irq->count, __ATOMIC_ACQUIRE) == count;
}

static int
setup_group(void)
{
	transport = RTE_VFIO_TRANSPORT_GROUP;
	return TEST_SUCCESS;
}

/* EAL was started without VFIO; only now it is there. */
static int
setup_late(void)
{
	const char *hidden = getenv("TEST_VFIO_HIDDEN");

	TEST_ASSERT(hidden != NULL && !rte_vfio_is_enabled("vfio"), "EAL has VFIO");
	TEST_ASSERT_OK(rename(hidden, "/dev/vfio/vfio"));
	return setup_group();
}

static int
setup_cdev(void)
{
	transport = RTE_VFIO_TRANSPORT_CDEV;
	return TEST_SUCCESS;
}

static int
setup_bus(void)
{
	by_bus = true;
	rte_auxiliary_register(&kernel_driver);
	return TEST_SUCCESS;
}

static void
teardown_bus(void)
{
	rte_auxiliary_unregister(&kernel_driver);
	by_bus = false;
}

static void
case_teardown(void)
{
	if (driven != NULL)
		rte_dev_remove(driven);
	else
		rte_vfio_dev_close(vfio_kernel_dev);
	driven = NULL;
	vfio_kernel_dev = NULL;
}

/* What the first of all opens leaves, such as a container, stays; nothing else does. */
static int
test_nothing_left(void)
{
	struct test_resources first;
	int ret;

	ret = vfio_kernel_open("TEST_VFIO_MDPY", "/sys/bus/mdev/devices");
	if (ret != TEST_SUCCESS)
		return ret;
	case_teardown();
	first = test_resources_now();
	TEST_ASSERT_OK(vfio_kernel_open("TEST_VFIO_MDPY", "/sys/bus/mdev/devices"));
	TEST_ASSERT_OK(rte_vfio_region_map(vfio_kernel_dev, VFIO_PCI_BAR0_REGION_INDEX));
	case_teardown();
	return test_resources_same(&first);
}

/* A device that is no PCI device to VFIO is left alone, and its driver is not asked. */
static int
test_device_api_refused(void)
{
	const char *uuid = getenv("TEST_VFIO_FOREIGN");
	char devargs[64];

	if (uuid == NULL)
		return test_skip("only where app/test/vm has made the device");
	snprintf(devargs, sizeof(devargs), "bus=auxiliary,uuid=%s", uuid);
	test_log_start();
	TEST_ASSERT(rte_dev_probe(devargs) < 0, "probed");
	TEST_ASSERT_EQUAL(test_log_count_both(uuid, "its device_api is \"vfio-ap\""), 1);
	TEST_ASSERT(driven == NULL, "a driver has it");
	return TEST_SUCCESS;
}

static const struct test_case bus_cases[] = {
	TEST_CASE(test_mtty_identity),
	TEST_CASE(test_mtty_uart),
	TEST_CASE(test_mtty_interrupt),
	TEST_CASE(test_mdpy_mapped),
	TEST_CASE(test_mbochs_pages),
	TEST_CASE(test_mbochs_registers),
	TEST_CASE(test_device_api_refused),
	TEST_CASE(test_nothing_left),
	{ NULL, NULL },
};

static const struct test_case cases[] = {
	TEST_CASE(test_mtty_identity),
	TEST_CASE(test_mtty_uart),
	TEST_CASE(test_mtty_interrupt),
	TEST_CASE(test_mdpy_mapped),
	TEST_CASE(test_mbochs_pages),
	TEST_CASE(test_mbochs_registers),
	TEST_CASE(test_edu_identity),
	TEST_CASE(test_edu_registers),
	TEST_CASE(test_edu_interrupt),
	TEST_CASE(test_edu_intx),
	TEST_CASE(test_edu_dma),
	TEST_CASE(test_e1000e_identity),
	TEST_CASE(test_e1000e_interrupt),
	TEST_CASE(test_e1000e_dma),
	TEST_CASE(test_pick_order),
	TEST_CASE(test_several_devices),
	TEST_CASE(test_shared_mapping),
	TEST_CASE(test_iova_forbidden),
	TEST_CASE(test_memory_grows),
	TEST_CASE(test_ivshmem_small_bar),
	TEST_CASE(test_sdhci_small_bar),
	TEST_CASE(test_nvme_many_vectors),
	TEST_CASE(test_one_group),
	TEST_CASE(test_busy),
	TEST_CASE(test_not_viable),
	TEST_CASE(test_not_permitted),
	TEST_CASE(test_no_driver),
	TEST_CASE(test_memory_limit),
	TEST_CASE(test_unmap_fails),
	TEST_CASE(test_eal_memory_merged),
	TEST_CASE(test_eal_memory_taken),
	TEST_CASE(test_external_heap),
	TEST_CASE(test_external_heap_taken),
	TEST_CASE(test_eal_memory_freed),
	TEST_CASE(test_eal_container),
	TEST_CASE(test_eal_handle),
	TEST_CASE(test_eal_handle_refused),
	TEST_CASE(test_eal_owns),
	TEST_CASE(test_eal_pick_order),
	TEST_CASE(test_last_against_first),
	TEST_CASE(test_iova_ranges),
	TEST_CASE(test_request),
	TEST_CASE(test_nothing_left),
	{ NULL, NULL },
};

/* With no IOMMU; what maps addresses of its own choice does not apply. */
static const struct test_case noiommu_cases[] = {
	TEST_CASE(test_edu_identity),
	TEST_CASE(test_edu_registers),
	TEST_CASE(test_edu_interrupt),
	TEST_CASE(test_edu_intx),
	TEST_CASE(test_e1000e_identity),
	TEST_CASE(test_e1000e_interrupt),
	TEST_CASE(test_e1000e_dma),
	TEST_CASE(test_noiommu_renamed),
	TEST_CASE(test_noiommu_forbidden),
	TEST_CASE(test_request),
	TEST_CASE(test_nothing_left),
	{ NULL, NULL },
};

/* The same, and EAL's IOVA is VA. */
static const struct test_case noiommu_virtual_cases[] = {
	TEST_CASE(test_noiommu_virtual),
	{ NULL, NULL },
};

static struct test_suite group_suite = {
	.name = "vfio_kernel_group_autotest",
	.setup = setup_group,
	.case_teardown = case_teardown,
	.cases = cases,
};

static struct test_suite cdev_suite = {
	.name = "vfio_kernel_cdev_autotest",
	.setup = setup_cdev,
	.case_teardown = case_teardown,
	.cases = cases,
};

static struct test_suite noiommu_suite = {
	.name = "vfio_kernel_noiommu_autotest",
	.setup = setup_late,
	.case_teardown = case_teardown,
	.cases = noiommu_cases,
};

static struct test_suite noiommu_virtual_suite = {
	.name = "vfio_kernel_noiommu_virtual_autotest",
	.setup = setup_group,
	.case_teardown = case_teardown,
	.cases = noiommu_virtual_cases,
};

static struct test_suite bus_suite = {
	.name = "vfio_kernel_bus_autotest",
	.setup = setup_bus,
	.teardown = teardown_bus,
	.case_teardown = case_teardown,
	.cases = bus_cases,
};

TEST_REGISTER(group_suite);
TEST_REGISTER(cdev_suite);
TEST_REGISTER(noiommu_suite);
TEST_REGISTER(noiommu_virtual_suite);
TEST_REGISTER(bus_suite);
