/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Servers that do what the specification allows, and dpdk-sf-sim does not.
 */

#include <errno.h>
#include <unistd.h>

#include <rte_malloc.h>

#include "fake_device.h"

#define IOVA (UINT64_C(1) << 50) /* where EAL has nothing */

/* The device is there, and does as it is asked. */
static int
works(void)
{
	uint32_t value;

	TEST_ASSERT_OK(rte_vfio_region_write32(fake_dev, 1, 8, 4711));
	TEST_ASSERT_OK(rte_vfio_region_read32(fake_dev, 1, 8, &value));
	TEST_ASSERT_EQUAL(value, 4711);
	return TEST_SUCCESS;
}

static int
test_error_payload(void)
{
	TEST_ASSERT_OK(fake_start(FAKE_ERROR_PAYLOAD));
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	TEST_ASSERT_EQUAL(rte_vfio_dev_reset(fake_dev), -EBUSY);
	TEST_ASSERT_EQUAL(rte_vfio_dev_reset(fake_dev), -EBUSY);
	return works();
}

/* There is an end to that. */
static int
test_error_endless(void)
{
	TEST_ASSERT_OK(fake_start(FAKE_ERROR_ENDLESS));
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	test_log_start();
	TEST_ASSERT_EQUAL(rte_vfio_dev_reset(fake_dev), -EPROTO);
	TEST_ASSERT_EQUAL(test_log_count_both("device " FAKE_DEVICE ":", "connection given up"), 1);
	TEST_ASSERT_EQUAL(rte_vfio_dev_reset(fake_dev), -ENODEV);
	return TEST_SUCCESS;
}

static int
test_unmap_bare(void)
{
	const size_t page = sysconf(_SC_PAGESIZE);
	void *mem = rte_malloc(NULL, page, page);
	unsigned int maps;

	TEST_ASSERT(mem != NULL, "no memory");
	TEST_ASSERT_OK(fake_start(FAKE_UNMAP_BARE));
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	maps = fake_server_dma_maps();
	TEST_ASSERT_OK(rte_vfio_dma_map(fake_dev, mem, IOVA, page));
	TEST_ASSERT_OK(rte_vfio_dma_unmap(fake_dev, mem, IOVA, page));
	TEST_ASSERT_EQUAL(fake_server_dma_maps(), maps);
	rte_free(mem);
	return works();
}

static const struct test_case cases[] = {
	TEST_CASE(test_error_payload),
	TEST_CASE(test_error_endless),
	TEST_CASE(test_unmap_bare),
	{ .name = NULL }
};

static struct test_suite suite = {
	.name = "common_vfio_autotest",
	.setup = fake_suite_setup,
	.teardown = fake_suite_teardown,
	.case_teardown = fake_case_teardown,
	.cases = cases,
};

TEST_REGISTER(suite);
