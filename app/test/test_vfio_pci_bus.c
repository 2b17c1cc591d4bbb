/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * A PCI device as DPDK's PCI bus wants it: in EAL's container, with an interrupt
 * handle that EAL's functions serve.  The device is QEMU's edu, bound to vfio-pci.
 */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include <rte_cycles.h>
#include <rte_interrupts.h>
#include <rte_vfio.h>

#include "test.h"
#include "test_vfio_kernel.h"

#define PCI_BASE "/sys/bus/pci/devices"
#define VARIABLE "TEST_VFIO_EDU"
#define BAR0 VFIO_PCI_BAR0_REGION_INDEX
#define EDU_IRQ_RAISE 0x60
#define EDU_IRQ_ACK 0x64
#define EDU_IOVA 0x100000 /* it reaches 28 bits only */

/* Open the device of the case by the transport of the suite; a group in EAL's container. */
static int
bus_open(void)
{
	return vfio_kernel_open_in_eal(VARIABLE, PCI_BASE, vfio_kernel_transport(),
		&vfio_kernel_dev);
}

/* EAL has read the descriptor: it does so for handles of this type. */
static void
count_interrupt(void *arg)
{
	struct vfio_kernel_irq *irq = arg;

	__atomic_add_fetch(&irq->count, 1, __ATOMIC_RELEASE);
}

/* Raise it, twice, between which EAL has to let it come again if it is INTx. */
static int
check_handle(struct vfio_kernel_irq *irq, enum rte_intr_mode mode, enum rte_intr_handle_type type)
{
	bool once, twice;

	TEST_ASSERT_OK(rte_vfio_irq_join_eal(vfio_kernel_dev, mode, irq->handle));
	TEST_ASSERT_EQUAL(rte_intr_type_get(irq->handle), type);
	TEST_ASSERT_EQUAL(rte_vfio_irq_join_eal(vfio_kernel_dev, mode, irq->handle), -EBUSY);
	TEST_ASSERT_OK(rte_intr_callback_register(irq->handle, count_interrupt, irq));
	TEST_ASSERT_OK(rte_intr_enable(irq->handle));
	rte_vfio_region_write32(vfio_kernel_dev, BAR0, EDU_IRQ_RAISE, 1);
	once = vfio_kernel_irq_wait(irq, 1);
	rte_vfio_region_write32(vfio_kernel_dev, BAR0, EDU_IRQ_ACK, 1);
	TEST_ASSERT_OK(rte_intr_ack(irq->handle));
	rte_vfio_region_write32(vfio_kernel_dev, BAR0, EDU_IRQ_RAISE, 2);
	twice = vfio_kernel_irq_wait(irq, 2);
	rte_vfio_region_write32(vfio_kernel_dev, BAR0, EDU_IRQ_ACK, 2);
	TEST_ASSERT_OK(rte_intr_disable(irq->handle));
	rte_intr_callback_unregister_sync(irq->handle, count_interrupt, irq);
	TEST_ASSERT(once && twice, "%u interrupts", irq->count);
	return TEST_SUCCESS;
}

static int
try_handle(enum rte_intr_mode mode, enum rte_intr_handle_type type)
{
	struct vfio_kernel_irq irq = { .count = 0 };
	int ret;

	ret = bus_open();
	if (ret != TEST_SUCCESS)
		return ret;
	TEST_ASSERT_OK(rte_vfio_pci_set_memory(vfio_kernel_dev, true));
	TEST_ASSERT_OK(rte_vfio_pci_set_bus_master(vfio_kernel_dev, true));
	irq.handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	TEST_ASSERT(irq.handle != NULL, "no memory");
	ret = check_handle(&irq, mode, type);
	rte_vfio_dev_close(vfio_kernel_dev);
	vfio_kernel_dev = NULL;
	TEST_ASSERT_EQUAL(rte_intr_fd_get(irq.handle), -1);
	TEST_ASSERT_EQUAL(rte_intr_dev_fd_get(irq.handle), -1);
	rte_intr_instance_free(irq.handle);
	return ret;
}

/* The device has MSI and INTx, and no MSI-X; each in turn, and the better if nobody chooses. */
int
test_eal_handle(void)
{
	int ret;

	ret = try_handle(RTE_INTR_MODE_NONE, RTE_INTR_HANDLE_VFIO_MSI);
	if (ret == TEST_SUCCESS)
		ret = try_handle(RTE_INTR_MODE_LEGACY, RTE_INTR_HANDLE_VFIO_LEGACY);
	return ret;
}

/* Without a descriptor to be had, as for a process that has as many as it may. */
static int
join_without_room(struct rte_intr_handle *handle)
{
	struct rlimit limit, none;
	int ret;

	TEST_ASSERT_OK(getrlimit(RLIMIT_NOFILE, &limit));
	none = limit;
	none.rlim_cur = 0;
	TEST_ASSERT_OK(setrlimit(RLIMIT_NOFILE, &none));
	ret = rte_vfio_irq_join_eal(vfio_kernel_dev, RTE_INTR_MODE_NONE, handle);
	setrlimit(RLIMIT_NOFILE, &limit);
	return ret;
}

/* A handle that is not joined has no descriptor, and closes none. */
static int
check_refused(struct rte_intr_handle *handle)
{
	struct test_resources before = test_resources_now();

	TEST_ASSERT_EQUAL(join_without_room(handle), -EMFILE);
	TEST_ASSERT_OK(test_resources_same(&before));
	TEST_ASSERT_EQUAL(rte_intr_fd_get(handle), -1);
	rte_intr_fd_set(handle, 0); /* as in a new one */
	TEST_ASSERT_EQUAL(rte_vfio_irq_join_eal(vfio_kernel_dev, RTE_INTR_MODE_MSIX, handle),
		-ENOTSUP);
	TEST_ASSERT_EQUAL(rte_intr_fd_get(handle), -1);
	return TEST_SUCCESS;
}

int
test_eal_handle_refused(void)
{
	struct rte_intr_handle *handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	int ret;

	TEST_ASSERT(handle != NULL, "no memory");
	ret = bus_open();
	if (ret == TEST_SUCCESS)
		ret = check_refused(handle);
	rte_intr_instance_free(handle);
	return ret;
}

static int
check_owner(void *page, size_t len)
{
	bool eals = vfio_kernel_transport() == RTE_VFIO_TRANSPORT_GROUP;

	TEST_ASSERT_OK(rte_vfio_dev_dma_map(vfio_kernel_dev, page, EDU_IOVA, len));
	TEST_ASSERT_EQUAL(rte_vfio_container_dma_unmap(RTE_VFIO_DEFAULT_CONTAINER_FD,
		(uintptr_t)page, EDU_IOVA, len) == 0, eals);
	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_unmap(vfio_kernel_dev, page, EDU_IOVA, len) == 0, !eals);
	return TEST_SUCCESS;
}

/* In EAL's container, what a device maps is EAL's to know; elsewhere EAL knows nothing of it. */
int
test_eal_owns(void)
{
	size_t len = (size_t)sysconf(_SC_PAGESIZE);
	void *page;
	int ret;

	ret = bus_open();
	if (ret != TEST_SUCCESS)
		return ret;
	page = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	TEST_ASSERT(page != MAP_FAILED, "no memory");
	ret = check_owner(page, len);
	munmap(page, len);
	return ret;
}

/* A group in EAL's container is tried first. */
int
test_eal_pick_order(void)
{
	int ret;

	ret = vfio_kernel_open_in_eal(VARIABLE, PCI_BASE, RTE_VFIO_TRANSPORT_ANY, &vfio_kernel_dev);
	if (ret == TEST_SUCCESS)
		TEST_ASSERT_EQUAL(rte_vfio_dev_info(vfio_kernel_dev)->transport,
			RTE_VFIO_TRANSPORT_GROUP);
	return ret;
}
