/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Devices of all kinds, and devices that cannot be had: whatever can be used of
 * a device is, and what cannot is said with the kernel's own error.
 */

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include <rte_eal.h>
#include <rte_interrupts.h>

#include "test.h"
#include "test_vfio_kernel.h"

#define PCI_BASE "/sys/bus/pci/devices"

#define BAR0 VFIO_PCI_BAR0_REGION_INDEX
#define BAR2 VFIO_PCI_BAR2_REGION_INDEX

#define OPEN(variable) do { \
	int open_ret = vfio_kernel_open(variable, PCI_BASE); \
	if (open_ret != TEST_SUCCESS) \
		return open_ret; \
} while (0)

/* --- What there is of a device ----------------------------------------------- */

#define SMALL_BAR_SIZE 256
#define IVSHMEM_INTR_MASK 0x00
#define IVSHMEM_MEMORY (1u << 20)

/* A BAR smaller than a page: what is written one way is read the other way. */
int
test_ivshmem_small_bar(void)
{
	const struct rte_vfio_region *bar;
	uint32_t value, *registers, *memory;

	OPEN("TEST_VFIO_IVSHMEM");
	bar = rte_vfio_region_get(vfio_kernel_dev, BAR0);
	TEST_ASSERT_EQUAL(bar->size, SMALL_BAR_SIZE);
	TEST_ASSERT_OK(rte_vfio_region_write32(vfio_kernel_dev, BAR0, IVSHMEM_INTR_MASK,
		0x12345678));
	TEST_ASSERT_OK(rte_vfio_region_map(vfio_kernel_dev, BAR0));
	TEST_ASSERT_OK(rte_vfio_region_read32(vfio_kernel_dev, BAR0, IVSHMEM_INTR_MASK, &value));
	TEST_ASSERT_EQUAL(value, 0x12345678);
	registers = rte_vfio_region_ptr(vfio_kernel_dev, BAR0, 0, SMALL_BAR_SIZE);
	TEST_ASSERT(registers != NULL, "not mapped");
	TEST_ASSERT_EQUAL(*(volatile uint32_t *)registers, 0x12345678);
	TEST_ASSERT(rte_vfio_region_ptr(vfio_kernel_dev, BAR0, SMALL_BAR_SIZE - 4, 8) == NULL,
		"mapped behind its end");
	TEST_ASSERT_OK(rte_vfio_region_map(vfio_kernel_dev, BAR2));
	memory = rte_vfio_region_ptr(vfio_kernel_dev, BAR2, 0, IVSHMEM_MEMORY);
	TEST_ASSERT(memory != NULL, "memory not mapped");
	memory[1] = 4711;
	TEST_ASSERT_OK(rte_vfio_region_read32(vfio_kernel_dev, BAR2, 4, &value));
	TEST_ASSERT_EQUAL(value, 4711);
	return TEST_SUCCESS;
}

#define SDHCI_CAPABILITIES 0x40

int
test_sdhci_small_bar(void)
{
	uint32_t trapped = 0, mapped = 0;

	OPEN("TEST_VFIO_SDHCI");
	TEST_ASSERT_EQUAL(rte_vfio_region_get(vfio_kernel_dev, BAR0)->size, SMALL_BAR_SIZE);
	TEST_ASSERT_OK(rte_vfio_region_read32(vfio_kernel_dev, BAR0, SDHCI_CAPABILITIES, &trapped));
	TEST_ASSERT_OK(rte_vfio_region_map(vfio_kernel_dev, BAR0));
	TEST_ASSERT_OK(rte_vfio_region_read32(vfio_kernel_dev, BAR0, SDHCI_CAPABILITIES, &mapped));
	TEST_ASSERT(trapped != 0, "no capabilities");
	TEST_ASSERT_EQUAL(mapped, trapped);
	return TEST_SUCCESS;
}

/* QEMU was told to give it 2,048 MSI-X vectors. */
int
test_nvme_many_vectors(void)
{
	const uint32_t nb_queues = 64;
	struct rte_intr_handle *handle;
	int ret, nb;

	OPEN("TEST_VFIO_NVME");
	TEST_ASSERT_EQUAL(rte_vfio_irq_count(vfio_kernel_dev, VFIO_PCI_MSIX_IRQ_INDEX),
		1 + RTE_MAX_RXTX_INTR_VEC_ID);
	handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	TEST_ASSERT(handle != NULL, "no memory");
	ret = rte_vfio_irq_enable(vfio_kernel_dev, VFIO_PCI_MSIX_IRQ_INDEX, handle, nb_queues);
	nb = rte_intr_nb_efd_get(handle);
	rte_vfio_irq_disable(vfio_kernel_dev, VFIO_PCI_MSIX_IRQ_INDEX, handle);
	rte_intr_instance_free(handle);
	TEST_ASSERT_OK(ret);
	TEST_ASSERT_EQUAL(nb, nb_queues);
	return TEST_SUCCESS;
}

/* Two devices of one IOMMU group: the second stays when the first is closed. */
int
test_one_group(void)
{
	struct rte_vfio_dev *other = NULL;
	uint16_t id = 0;
	int ret;

	OPEN("TEST_VFIO_IVSHMEM");
	ret = vfio_kernel_open_by("TEST_VFIO_SDHCI", PCI_BASE, vfio_kernel_transport(), NULL,
		&other);
	rte_vfio_dev_close(vfio_kernel_dev);
	vfio_kernel_dev = NULL;
	if (ret == TEST_SUCCESS)
		ret = rte_vfio_region_read16(other, VFIO_PCI_CONFIG_REGION_INDEX, PCI_DEVICE_ID,
			&id);
	rte_vfio_dev_close(other);
	TEST_ASSERT_OK(ret);
	TEST_ASSERT_EQUAL(id, 0x0007);
	return TEST_SUCCESS;
}

/* --- Devices that cannot be had ---------------------------------------------- */

/* The number of a device's group, or negative. */
static int
group_number(const char *variable)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *name = getenv(variable);
	ssize_t len;

	if (name == NULL)
		return -ENOENT;
	snprintf(path, sizeof(path), PCI_BASE "/%s/iommu_group", name);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	return atoi(basename(target));
}

/* Opening fails with an error, and one line of the device has a word in it. */
static int
refused(const char *variable, int error, const char *word)
{
	const char *name = getenv(variable);
	int ret;

	if (name == NULL)
		return test_skip("only where app/test/vm has made the device");
	test_log_start();
	ret = vfio_kernel_try(variable, PCI_BASE, vfio_kernel_transport(), &vfio_kernel_dev);
	TEST_ASSERT_EQUAL(test_log_count_both(name, word), 1);
	TEST_ASSERT_EQUAL(ret, error);
	return TEST_SUCCESS;
}

int
test_busy(void)
{
	char path[64];
	int fd, ret;

	snprintf(path, sizeof(path), "/dev/vfio/%d", group_number("TEST_VFIO_E1000E"));
	fd = open(path, O_RDWR | O_CLOEXEC);
	TEST_ASSERT(fd >= 0, "cannot open %s", path);
	ret = refused("TEST_VFIO_E1000E", -EBUSY, "busy, a process");
	close(fd);
	if (ret == TEST_SUCCESS)
		OPEN("TEST_VFIO_E1000E");
	return ret;
}

/* The other device of its IOMMU group has a driver of the kernel's. */
int
test_not_viable(void)
{
	return refused("TEST_VFIO_NOT_VIABLE", -EPERM, "bind all devices of");
}

int
test_not_permitted(void)
{
	int ret;

	TEST_ASSERT_OK(seteuid(65534));
	ret = refused("TEST_VFIO_E1000E", -EACCES, "the user needs access");
	TEST_ASSERT_OK(seteuid(0));
	return ret;
}

int
test_no_driver(void)
{
	if (vfio_kernel_transport() != RTE_VFIO_TRANSPORT_GROUP)
		return test_skip("a device without a VFIO driver has no character device");
	return refused("TEST_VFIO_UNBOUND", -ENOENT, "no VFIO driver is bound");
}

/* Whether this thread may lock any amount of memory; it has to have been allowed to. */
static int
may_lock_memory(bool on)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	data[0].effective &= ~(1u << CAP_IPC_LOCK);
	if (on)
		data[0].effective |= data[0].permitted & (1u << CAP_IPC_LOCK);
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

/* Too little memory that may be locked: the line says so, and how much it is. */
int
test_memory_limit(void)
{
	struct rlimit limit, small;
	int ret;

	TEST_ASSERT_OK(getrlimit(RLIMIT_MEMLOCK, &limit));
	small = limit;
	small.rlim_cur = 64 << 10;
	TEST_ASSERT_OK(setrlimit(RLIMIT_MEMLOCK, &small));
	TEST_ASSERT_OK(may_lock_memory(false));
	ret = refused("TEST_VFIO_E1000E", -ENOMEM, "RLIMIT_MEMLOCK is 64 KiB");
	TEST_ASSERT_OK(may_lock_memory(true));
	TEST_ASSERT_OK(setrlimit(RLIMIT_MEMLOCK, &limit));
	if (ret == TEST_SUCCESS)
		OPEN("TEST_VFIO_E1000E");
	return ret;
}

/* --- No IOMMU ---------------------------------------------------------------- */

int
test_noiommu_forbidden(void)
{
	static const char allow[] = "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode";
	int fd, ret;

	fd = open(allow, O_RDWR | O_CLOEXEC);
	TEST_ASSERT(fd >= 0, "cannot open %s", allow);
	TEST_ASSERT_EQUAL(write(fd, "N", 1), 1);
	ret = refused("TEST_VFIO_E1000E", -EPERM, "enable_unsafe_noiommu_mode is off");
	TEST_ASSERT_EQUAL(write(fd, "Y", 1), 1);
	close(fd);
	return ret;
}

int
test_noiommu_virtual(void)
{
	return refused("TEST_VFIO_E1000E", -ENOTSUP, "--iova-mode=pa");
}

/* A container may have the node by the name that it would have with an IOMMU. */
int
test_noiommu_renamed(void)
{
	int group = group_number("TEST_VFIO_E1000E"), ret;
	char name[64], other[64];

	snprintf(name, sizeof(name), "/dev/vfio/noiommu-%d", group);
	snprintf(other, sizeof(other), "/dev/vfio/%d", group);
	TEST_ASSERT_OK(rename(name, other));
	ret = vfio_kernel_open("TEST_VFIO_E1000E", PCI_BASE);
	TEST_ASSERT_OK(rename(other, name));
	return ret;
}
