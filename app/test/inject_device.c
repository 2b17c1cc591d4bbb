/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The life of a device that no driver of this project has.  Over vfio-user it has an MSI-X
 * table within what can be mapped, events, and a server that reads memory when nobody has
 * asked it anything; the kernel's has memory that is not EAL's, an interrupt that is, and a
 * place in EAL's container.
 */

#include <errno.h>

#include <linux/vfio.h>

#include <rte_cycles.h>
#include <rte_interrupts.h>
#include <rte_malloc.h>

#include "fake_device.h"
#include "inject_life.h"
#include "test_vfio_kernel.h"

#define LEN 4096
#define IOVA (UINT64_C(1) << 50)
#define IOVA_KERNELS (UINT64_C(1) << 34) /* that an IOMMU has */

static unsigned int events;
static uint8_t *memory;
static struct rte_intr_handle *handle; /* empty again when its device is closed */

static void
count_event(struct rte_vfio_dev *dev, enum rte_vfio_dev_event event, void *arg)
{
	RTE_SET_USED(dev);
	RTE_SET_USED(event);
	RTE_SET_USED(arg);
	__atomic_add_fetch(&events, 1, __ATOMIC_RELEASE);
}

static int
be_told(unsigned int index)
{
	__atomic_store_n(&events, 0, __ATOMIC_RELAXED);
	return fake_server_raise(index, 0) && test_wait_for(&events, 1) ? 0 : -EIO;
}

/* One area that can be mapped, and then the server's end, of which nobody is told at first. */
static int
live_with_server(void)
{
	uint8_t data[LEN];

	DO(fake_start(FAKE_PCI));
	DO(fake_open(RTE_VFIO_TRANSPORT_USER));
	DO(rte_vfio_region_map(fake_dev, 0));
	DO(rte_vfio_dev_event_set(fake_dev, count_event, NULL));
	DO(be_told(VFIO_PCI_ERR_IRQ_INDEX));
	DO(be_told(VFIO_PCI_REQ_IRQ_INDEX));
	DO(rte_vfio_dev_dma_map(fake_dev, memory, IOVA, LEN));
	fake_server_dma(false, IOVA, LEN, NULL, true);
	DO(fake_server_dma_result(data, LEN));
	DO(rte_vfio_dev_dma_unmap(fake_dev, memory, IOVA, LEN));
	DO(rte_vfio_dev_event_set(fake_dev, NULL, NULL));
	fake_case_teardown();
	fake_timeout_ms = 0;
	DO(fake_start(FAKE_REGION_PART));
	DO(fake_open(RTE_VFIO_TRANSPORT_USER));
	DO(rte_vfio_region_map(fake_dev, 0));
	fake_stop();
	rte_delay_us_sleep(1000);
	return rte_vfio_dev_event_set(fake_dev, count_event, NULL);
}

static enum rte_vfio_transport
kernels_transport(void)
{
	return strcmp(inject_transport(), "group") == 0 ? RTE_VFIO_TRANSPORT_GROUP :
		RTE_VFIO_TRANSPORT_CDEV;
}

static int
open_kernels(bool in_eal)
{
	return vfio_kernel_open_named(INJECT_THIRD, INJECT_KERNELS, kernels_transport(), in_eal,
		&fake_dev);
}

/* A PCI device without an IOMMU has a container of its own; app/test/vm has made one. */
static int
open_without_iommu(void)
{
	const char *name = getenv("TEST_VFIO_EDU");

	return name == NULL ? 0 : vfio_kernel_open_named(name, "/sys/bus/pci/devices",
		RTE_VFIO_TRANSPORT_GROUP, false, &fake_dev);
}

static int
live_in_kernel(void)
{
	inject_third_comes();
	DO(open_kernels(false));
	DO(rte_vfio_irq_join_eal(fake_dev, RTE_INTR_MODE_MSIX, handle));
	DO(rte_vfio_dev_dma_map(fake_dev, memory, IOVA_KERNELS, LEN));
	DO(rte_vfio_dev_dma_unmap(fake_dev, memory, IOVA_KERNELS, LEN));
	fake_close();
	if (kernels_transport() != RTE_VFIO_TRANSPORT_GROUP)
		return 0;
	DO(open_kernels(true));
	fake_close();
	return open_without_iommu();
}

static int
live(void)
{
	return inject_is_user() ? live_with_server() : live_in_kernel();
}

static void
die(void)
{
	if (inject_is_user()) {
		fake_case_teardown();
		return;
	}
	fake_close();
	inject_third_goes();
}

static int
setup(void)
{
	memory = rte_malloc(NULL, LEN, LEN);
	handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	return memory != NULL && handle != NULL ? 0 : -ENOMEM;
}

static void
teardown(void)
{
	rte_intr_instance_free(handle);
	rte_free(memory);
}

const struct inject_life inject_life_of_device = {
	.name = "device", .setup = setup, .teardown = teardown, .live = live, .die = die,
};
