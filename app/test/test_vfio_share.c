/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * What is not one device's own: the choice of a transport, the address space
 * that devices share, and the kernel's wish to have a device back.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#include "test.h"
#include "test_vfio_kernel.h"

#define MDEV_BASE "/sys/bus/mdev/devices"
#define PCI_BASE "/sys/bus/pci/devices"

#define OPEN(variable, base) do { \
	int open_ret = vfio_kernel_open(variable, base); \
	if (open_ret != TEST_SUCCESS) \
		return open_ret; \
} while (0)

/* A character device if there is one; without it, the group and not a word. */
int
test_pick_order(void)
{
	OPEN("TEST_VFIO_MDPY", MDEV_BASE);
	rte_vfio_dev_close(vfio_kernel_dev);
	vfio_kernel_dev = NULL;
	TEST_ASSERT_OK(vfio_kernel_open_by("TEST_VFIO_MDPY", MDEV_BASE, RTE_VFIO_TRANSPORT_ANY,
		NULL, &vfio_kernel_dev));
	TEST_ASSERT_EQUAL(rte_vfio_dev_info(vfio_kernel_dev)->transport, RTE_VFIO_TRANSPORT_CDEV);
	rte_vfio_dev_close(vfio_kernel_dev);
	vfio_kernel_dev = NULL;
	test_log_start();
	TEST_ASSERT_OK(vfio_kernel_open_by("TEST_VFIO_MDPY", MDEV_BASE, RTE_VFIO_TRANSPORT_ANY,
		"/nonexistent", &vfio_kernel_dev));
	TEST_ASSERT_EQUAL(test_log_count("vfio: "), 0);
	TEST_ASSERT_EQUAL(rte_vfio_dev_info(vfio_kernel_dev)->transport, RTE_VFIO_TRANSPORT_GROUP);
	return TEST_SUCCESS;
}

/* The others stay as they are when one is closed, the first included. */
int
test_several_devices(void)
{
	struct rte_vfio_dev *mdpy = NULL, *e1000e = NULL;
	uint16_t id = 0;
	int ret;

	OPEN("TEST_VFIO_MTTY", MDEV_BASE);
	ret = vfio_kernel_open_by("TEST_VFIO_MDPY", MDEV_BASE, vfio_kernel_transport(), NULL,
		&mdpy);
	if (ret == TEST_SUCCESS)
		ret = vfio_kernel_open_by("TEST_VFIO_E1000E", PCI_BASE, vfio_kernel_transport(),
			NULL, &e1000e);
	rte_vfio_dev_close(vfio_kernel_dev);
	vfio_kernel_dev = NULL;
	rte_vfio_dev_close(mdpy);
	if (ret == TEST_SUCCESS)
		ret = rte_vfio_region_read16(e1000e, VFIO_PCI_CONFIG_REGION_INDEX, PCI_VENDOR_ID,
			&id);
	rte_vfio_dev_close(e1000e);
	TEST_ASSERT_OK(ret);
	TEST_ASSERT_EQUAL(id, 0x8086);
	return TEST_SUCCESS;
}

#define SHARED_IOVA UINT64_C(0x200000)

static int
check_shared_mapping(struct rte_vfio_dev *other, void *page, size_t len)
{
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(vfio_kernel_dev, page, SHARED_IOVA, len));
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(other, page, SHARED_IOVA, len));
	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_map(other, page, SHARED_IOVA, len), -EEXIST);
	TEST_ASSERT_OK(rte_vfio_dev_dma_unmap(vfio_kernel_dev, page, SHARED_IOVA, len));
	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_unmap(vfio_kernel_dev, page, SHARED_IOVA, len), -ENOENT);
	/* The other's is still in the way of anything else. */
	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_map(vfio_kernel_dev, RTE_PTR_ADD(page, len / 2),
		SHARED_IOVA, len / 2), -EEXIST);
	return TEST_SUCCESS;
}

/* Memory mapped for two devices is mapped until both are through with it. */
int
test_shared_mapping(void)
{
	size_t len = 2 * (size_t)sysconf(_SC_PAGESIZE);
	struct rte_vfio_dev *other = NULL;
	void *page;
	int ret;

	OPEN("TEST_VFIO_MTTY", MDEV_BASE);
	TEST_ASSERT_OK(vfio_kernel_open_by("TEST_VFIO_MDPY", MDEV_BASE, vfio_kernel_transport(),
		NULL, &other));
	page = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ret = check_shared_mapping(other, page, len);
	/* Closing is as good as unmapping. */
	rte_vfio_dev_close(other);
	if (ret == TEST_SUCCESS)
		ret = rte_vfio_dev_dma_map(vfio_kernel_dev, RTE_PTR_ADD(page, len / 2), SHARED_IOVA,
			len / 2);
	munmap(page, len);
	return ret;
}

#define MSI_WINDOW UINT64_C(0xfee00000) /* of every x86 IOMMU */

int
test_iova_forbidden(void)
{
	size_t len = (size_t)sysconf(_SC_PAGESIZE);
	const char *name = getenv("TEST_VFIO_E1000E");
	void *page;
	int ret;

	OPEN("TEST_VFIO_E1000E", PCI_BASE);
	page = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	test_log_start();
	ret = rte_vfio_dev_dma_map(vfio_kernel_dev, page, MSI_WINDOW, len);
	TEST_ASSERT_EQUAL(test_log_count(name), 1);
	TEST_ASSERT_EQUAL(ret, -ERANGE);
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(vfio_kernel_dev, page, MSI_WINDOW - len, len));
	munmap(page, len);
	/* For memory of EAL's, the line says what would have EAL choose other addresses. */
	page = rte_malloc(NULL, len, len);
	TEST_ASSERT(page != NULL, "no memory");
	test_log_start();
	ret = rte_vfio_dev_dma_map(vfio_kernel_dev, page, MSI_WINDOW, len);
	TEST_ASSERT_EQUAL(test_log_count_both("the IOMMU allows 0x",
		rte_eal_iova_mode() == RTE_IOVA_VA ? "--base-virtaddr" : "--iova-mode=va"), 1);
	TEST_ASSERT_EQUAL(ret, -ERANGE);
	rte_free(page);
	return TEST_SUCCESS;
}

/* Memory that EAL gets while the device is open has its IOVA taken. */
int
test_memory_grows(void)
{
	size_t len = (size_t)sysconf(_SC_PAGESIZE);
	const size_t size = 32 << 20;
	void *memory, *page, *start;
	int taken, given_back = 0;

	if (!rte_eal_has_hugepages())
		return test_skip("no hugepages: EAL's memory is fixed");
	OPEN("TEST_VFIO_E1000E", PCI_BASE);
	/* More than EAL has to spare. */
	memory = rte_malloc(NULL, 200 << 20, 0);
	if (memory == NULL)
		memory = rte_malloc(NULL, size, 0);
	if (memory == NULL)
		return test_skip("not enough hugepages");
	start = RTE_PTR_ALIGN_CEIL(memory, len);
	page = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	taken = rte_vfio_dev_dma_map(vfio_kernel_dev, page, rte_mem_virt2iova(start), len);
	rte_free(memory);
	if (rte_mem_virt2memseg(start, NULL) == NULL)
		given_back = rte_vfio_dev_dma_map(vfio_kernel_dev, page, (uintptr_t)start, len);
	munmap(page, len);
	TEST_ASSERT(taken < 0, "new memory was not mapped");
	TEST_ASSERT(rte_eal_iova_mode() != RTE_IOVA_VA || given_back == 0,
		"freed memory stays mapped: %d", given_back);
	return TEST_SUCCESS;
}

static unsigned int requests;

static void
count_request(struct rte_vfio_dev *dev, enum rte_vfio_dev_event event, void *arg)
{
	if (dev == vfio_kernel_dev && event == RTE_VFIO_DEV_EVENT_REQUEST && arg == &requests)
		__atomic_add_fetch(&requests, 1, __ATOMIC_RELEASE);
}

/* Write a device's address into a file of vfio-pci's; returns when that is done. */
static void *
driver_write(void *arg)
{
	const char *file = arg, *name = getenv("TEST_VFIO_E1000E");
	int fd = name == NULL ? -1 : open(file, O_WRONLY | O_CLOEXEC);
	ssize_t done = fd < 0 ? -1 : write(fd, name, strlen(name));

	if (fd >= 0)
		close(fd);
	return done < 0 ? arg : NULL;
}

/* Whoever unbinds a device waits for us; we hear of it, and let go. */
int
test_request(void)
{
	static char unbind[] = "/sys/bus/pci/drivers/vfio-pci/unbind";
	static char bind[] = "/sys/bus/pci/drivers/vfio-pci/bind";
	pthread_t thread;
	void *failed;
	bool heard;

	OPEN("TEST_VFIO_E1000E", PCI_BASE);
	requests = 0;
	TEST_ASSERT_OK(rte_vfio_dev_event_set(vfio_kernel_dev, count_request, &requests));
	TEST_ASSERT_OK(pthread_create(&thread, NULL, driver_write, unbind));
	heard = test_wait_for(&requests, 1);
	rte_vfio_dev_close(vfio_kernel_dev);
	vfio_kernel_dev = NULL;
	pthread_join(thread, &failed);
	TEST_ASSERT(heard, "heard nothing");
	TEST_ASSERT(failed == NULL, "cannot write to %s", unbind);
	TEST_ASSERT(driver_write(bind) == NULL, "cannot write to %s", bind);
	OPEN("TEST_VFIO_E1000E", PCI_BASE);
	return TEST_SUCCESS;
}
