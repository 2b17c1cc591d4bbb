/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Servers that do what the specification allows, and dpdk-sf-sim does not.
 */

#include <errno.h>
#include <string.h>
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

/* A server that states no limit is not sent, and not asked for, more than it may have room for. */
static int
test_transfer_unsaid(void)
{
	static uint8_t out[FAKE_REGION0_SIZE], in[FAKE_REGION0_SIZE];
	unsigned int i;

	for (i = 0; i < sizeof(out); i++)
		out[i] = i * 7 + i / 256;
	TEST_ASSERT_OK(fake_start(FAKE_XFER_UNSAID));
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	TEST_ASSERT_OK(rte_vfio_region_write(fake_dev, 0, 0, out, sizeof(out)));
	TEST_ASSERT_OK(memcmp(fake_server_region(0), out, sizeof(out)));
	TEST_ASSERT_OK(rte_vfio_region_read(fake_dev, 0, 0, in, sizeof(in)));
	TEST_ASSERT_OK(memcmp(in, out, sizeof(in)));
	/* An odd place: each part but the last ends where a word does. */
	TEST_ASSERT_OK(rte_vfio_region_write(fake_dev, 0, 3, out, sizeof(out) - 8));
	TEST_ASSERT_OK(memcmp(fake_server_region(0) + 3, out, sizeof(out) - 8));
	TEST_ASSERT_EQUAL(fake_server_torn(), 1);
	return works();
}

static const struct test_case cases[] = {
	TEST_CASE(test_error_payload),
	TEST_CASE(test_error_endless),
	TEST_CASE(test_unmap_bare),
	TEST_CASE(test_transfer_unsaid),
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
