/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * What common/vfio does with a PCI device: MSI-X table, bus mastering, INTx,
 * and the interrupts that are events.
 */

#include <errno.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include <rte_cycles.h>
#include <rte_interrupts.h>

#include "fake_device.h"

static int
start(enum fake_fault kind)
{
	TEST_ASSERT_OK(fake_start(kind));
	return fake_open(RTE_VFIO_TRANSPORT_ANY);
}

static int
case_setup(void)
{
	return start(FAKE_PCI);
}

/* The table's page is cut out of the area around it, and then trapped. */
static int
test_msix_table(void)
{
	const struct rte_vfio_region *region = rte_vfio_region_get(fake_dev, 0);
	uint32_t value = 0;

	TEST_ASSERT_EQUAL(region->nb_areas, 2);
	TEST_ASSERT_EQUAL(region->areas[0].offset, FAKE_AREA0_OFFSET);
	TEST_ASSERT_EQUAL(region->areas[0].size, 0x1000);
	TEST_ASSERT_EQUAL(region->areas[1].offset, FAKE_AREA1_OFFSET);
	TEST_ASSERT_EQUAL(region->areas[1].size, FAKE_AREA1_SIZE);
	TEST_ASSERT_OK(rte_vfio_region_map(fake_dev, 0));
	TEST_ASSERT(rte_vfio_region_ptr(fake_dev, 0, FAKE_AREA0_OFFSET, 0x1000) != NULL,
		"not mapped before the table");
	TEST_ASSERT(rte_vfio_region_ptr(fake_dev, 0, FAKE_MSIX_TABLE, 4) == NULL, "table mapped");
	TEST_ASSERT_OK(rte_vfio_region_write32(fake_dev, 0, FAKE_MSIX_TABLE, 0xfee00000));
	TEST_ASSERT_OK(rte_vfio_region_read32(fake_dev, 0, FAKE_MSIX_TABLE, &value));
	TEST_ASSERT_EQUAL(value, 0xfee00000);
	return TEST_SUCCESS;
}

/* Open the device, its table of so many vectors at this offset of region 0. */
static int
open_with_table(uint32_t offset, uint16_t vectors)
{
	uint8_t *cap = fake_server_region(VFIO_PCI_CONFIG_REGION_INDEX) + FAKE_MSIX_CAP;
	const uint16_t flags = vectors - 1;

	fake_case_teardown();
	TEST_ASSERT_OK(fake_start(FAKE_PCI));
	memcpy(cap + PCI_MSIX_FLAGS, &flags, sizeof(flags));
	memcpy(cap + PCI_MSIX_TABLE, &offset, sizeof(offset));
	return fake_open(RTE_VFIO_TRANSPORT_ANY);
}

/* An area that is nothing but the table is none. */
static int
test_msix_table_alone(void)
{
	const uint32_t table = FAKE_AREA1_OFFSET;
	const struct rte_vfio_region *region;

	TEST_ASSERT_OK(open_with_table(table, 256));
	region = rte_vfio_region_get(fake_dev, 0);
	TEST_ASSERT_EQUAL(region->nb_areas, 1);
	TEST_ASSERT_EQUAL(region->areas[0].offset, FAKE_AREA0_OFFSET);
	TEST_ASSERT_EQUAL(region->areas[0].size, FAKE_AREA0_SIZE);
	TEST_ASSERT_OK(rte_vfio_region_map(fake_dev, 0));
	TEST_ASSERT(rte_vfio_region_ptr(fake_dev, 0, table, 4) == NULL, "table mapped");
	return TEST_SUCCESS;
}

/* The page that has but the last entry of the table is trapped as well. */
static int
test_msix_table_end(void)
{
	TEST_ASSERT_OK(open_with_table(FAKE_AREA0_OFFSET, 257));
	TEST_ASSERT_EQUAL(rte_vfio_region_get(fake_dev, 0)->nb_areas, 1);
	TEST_ASSERT_EQUAL(rte_vfio_region_get(fake_dev, 0)->areas[0].offset, FAKE_AREA1_OFFSET);
	return TEST_SUCCESS;
}

static int
test_msix_mappable(void)
{
	const struct rte_vfio_region *region;

	fake_case_teardown();
	TEST_ASSERT_OK(start(FAKE_PCI_MAPPABLE));
	region = rte_vfio_region_get(fake_dev, 0);
	TEST_ASSERT_EQUAL(region->nb_areas, 2);
	TEST_ASSERT_EQUAL(region->areas[0].size, FAKE_AREA0_SIZE);
	TEST_ASSERT_OK(rte_vfio_region_map(fake_dev, 0));
	TEST_ASSERT(rte_vfio_region_ptr(fake_dev, 0, FAKE_MSIX_TABLE, 4) != NULL, "table not mapped");
	return TEST_SUCCESS;
}

static int
test_bus_master(void)
{
	uint8_t *command = fake_server_region(VFIO_PCI_CONFIG_REGION_INDEX) + PCI_COMMAND;

	command[0] = PCI_COMMAND_MEMORY;
	TEST_ASSERT_OK(rte_vfio_pci_set_bus_master(fake_dev, true));
	TEST_ASSERT_EQUAL(command[0], PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	TEST_ASSERT_OK(rte_vfio_pci_set_bus_master(fake_dev, false));
	TEST_ASSERT_EQUAL(command[0], PCI_COMMAND_MEMORY);
	TEST_ASSERT_OK(rte_vfio_pci_set_memory(fake_dev, false));
	TEST_ASSERT_EQUAL(command[0], 0);
	TEST_ASSERT_OK(rte_vfio_pci_set_memory(fake_dev, true));
	TEST_ASSERT_EQUAL(command[0], PCI_COMMAND_MEMORY);
	fake_case_teardown();
	TEST_ASSERT_OK(start(FAKE_NONE));
	TEST_ASSERT_EQUAL(rte_vfio_pci_set_bus_master(fake_dev, true), -ENOTSUP);
	TEST_ASSERT_EQUAL(rte_vfio_pci_set_memory(fake_dev, true), -ENOTSUP);
	return TEST_SUCCESS;
}

/* INTx stays masked until it is acknowledged; MSI-X never is. */
static int
test_ack(void)
{
	struct rte_intr_handle *handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);

	TEST_ASSERT_EQUAL(rte_vfio_irq_ack(fake_dev, VFIO_PCI_INTX_IRQ_INDEX), -EINVAL);
	TEST_ASSERT_OK(rte_vfio_irq_enable(fake_dev, VFIO_PCI_INTX_IRQ_INDEX, handle, 0));
	TEST_ASSERT_OK(rte_vfio_irq_ack(fake_dev, VFIO_PCI_INTX_IRQ_INDEX));
	TEST_ASSERT_EQUAL(fake_server_unmasked(), 1);
	rte_vfio_irq_disable(fake_dev, VFIO_PCI_INTX_IRQ_INDEX, handle);
	TEST_ASSERT_OK(rte_vfio_irq_enable(fake_dev, VFIO_PCI_MSIX_IRQ_INDEX, handle, 0));
	TEST_ASSERT_OK(rte_vfio_irq_ack(fake_dev, VFIO_PCI_MSIX_IRQ_INDEX));
	TEST_ASSERT_EQUAL(fake_server_unmasked(), 1);
	rte_vfio_irq_disable(fake_dev, VFIO_PCI_MSIX_IRQ_INDEX, handle);
	rte_intr_instance_free(handle);
	return TEST_SUCCESS;
}

/* EAL makes requests of the kernel only. */
static int
test_eal_handle_of_server(void)
{
	struct rte_intr_handle *handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	int ret = rte_vfio_irq_join_eal(fake_dev, RTE_INTR_MODE_NONE, handle);

	rte_intr_instance_free(handle);
	TEST_ASSERT_EQUAL(ret, -ENOTSUP);
	return TEST_SUCCESS;
}

static unsigned int requests, errors;

static void
count_event(struct rte_vfio_dev *d, enum rte_vfio_dev_event event, void *arg)
{
	unsigned int *counter = event == RTE_VFIO_DEV_EVENT_REQUEST ? &requests :
		event == RTE_VFIO_DEV_EVENT_ERROR ? &errors : NULL;

	if (d == fake_dev && counter != NULL && arg == &requests)
		__atomic_add_fetch(counter, 1, __ATOMIC_RELEASE);
}

static int
test_events(void)
{
	struct test_resources before = test_resources_now();

	requests = 0;
	errors = 0;
	TEST_ASSERT_OK(rte_vfio_dev_event_set(fake_dev, count_event, &requests));
	TEST_ASSERT(fake_server_raise(VFIO_PCI_REQ_IRQ_INDEX, 0), "no request eventfd");
	TEST_ASSERT(test_wait_for(&requests, 1), "%u requests", requests);
	TEST_ASSERT(fake_server_raise(VFIO_PCI_ERR_IRQ_INDEX, 0), "no error eventfd");
	TEST_ASSERT(test_wait_for(&errors, 1), "%u errors", errors);
	/* The kernel asks again and again. */
	TEST_ASSERT(fake_server_raise(VFIO_PCI_REQ_IRQ_INDEX, 0), "no request eventfd");
	TEST_ASSERT(test_wait_for(&requests, 2), "%u requests", requests);
	TEST_ASSERT_EQUAL(errors, 1);
	TEST_ASSERT_OK(rte_vfio_dev_event_set(fake_dev, NULL, NULL));
	TEST_ASSERT(!fake_server_raise(VFIO_PCI_REQ_IRQ_INDEX, 0), "still has an eventfd");
	rte_delay_us_sleep(20 * 1000);
	return test_resources_same(&before);
}

static const struct test_case cases[] = {
	TEST_CASE(test_msix_table),
	TEST_CASE(test_msix_table_alone),
	TEST_CASE(test_msix_table_end),
	TEST_CASE(test_msix_mappable),
	TEST_CASE(test_bus_master),
	TEST_CASE(test_ack),
	TEST_CASE(test_eal_handle_of_server),
	TEST_CASE(test_events),
	{ .name = NULL }
};

static struct test_suite suite = {
	.name = "common_vfio_autotest",
	.setup = fake_suite_setup,
	.teardown = fake_suite_teardown,
	.case_setup = case_setup,
	.case_teardown = fake_case_teardown,
	.cases = cases,
};

TEST_REGISTER(suite);
