/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_interrupts.h>

#include "fake_device.h"

static int
case_setup(void)
{
	TEST_ASSERT_OK(fake_start(FAKE_NONE));
	return fake_open(RTE_VFIO_TRANSPORT_ANY);
}

static int
test_info(void)
{
	const struct rte_vfio_dev_info *info = rte_vfio_dev_info(fake_dev);

	TEST_ASSERT(strcmp(info->name, FAKE_DEVICE) == 0, "%s", info->name);
	TEST_ASSERT_EQUAL(info->transport, RTE_VFIO_TRANSPORT_USER);
	TEST_ASSERT_EQUAL(info->num_regions, FAKE_NUM_REGIONS);
	TEST_ASSERT_EQUAL(info->num_irqs, FAKE_NUM_IRQS);
	return TEST_SUCCESS;
}

static int
test_sparse_region(void)
{
	const struct rte_vfio_region *region = rte_vfio_region_get(fake_dev, 0);
	uint32_t *area0;

	TEST_ASSERT(region != NULL, "no region 0");
	TEST_ASSERT_EQUAL(region->size, FAKE_REGION0_SIZE);
	TEST_ASSERT_EQUAL(region->nb_areas, 2);
	TEST_ASSERT_EQUAL(region->areas[0].offset, FAKE_AREA0_OFFSET);
	TEST_ASSERT_EQUAL(region->areas[1].offset, FAKE_AREA1_OFFSET);
	TEST_ASSERT(rte_vfio_region_ptr(fake_dev, 0, FAKE_AREA0_OFFSET, 4) == NULL, "mapped too early");
	TEST_ASSERT_OK(rte_vfio_region_map(fake_dev, 0));
	TEST_ASSERT_OK(rte_vfio_region_map(fake_dev, 0));
	/* Both areas, at their offsets in one window, and nothing between them. */
	area0 = rte_vfio_region_ptr(fake_dev, 0, FAKE_AREA0_OFFSET, FAKE_AREA0_SIZE);
	TEST_ASSERT(area0 == RTE_PTR_ADD(region->addr, FAKE_AREA0_OFFSET), "%p", (void *)area0);
	TEST_ASSERT(rte_vfio_region_ptr(fake_dev, 0, FAKE_AREA1_OFFSET, FAKE_AREA1_SIZE) != NULL,
		"second area not mapped");
	TEST_ASSERT(rte_vfio_region_ptr(fake_dev, 0, 0, 4) == NULL, "trapped part mapped");
	TEST_ASSERT(rte_vfio_region_ptr(fake_dev, 0,
		FAKE_AREA0_OFFSET + FAKE_AREA0_SIZE - 4, 8) == NULL,
		"range over the end of an area mapped");
	TEST_ASSERT(rte_vfio_region_ptr(fake_dev, 0, FAKE_AREA0_OFFSET, SIZE_MAX) == NULL, "overflow");
	*area0 = 0x12345678;
	TEST_ASSERT_EQUAL(*(uint32_t *)(fake_server_region(0) + FAKE_AREA0_OFFSET), 0x12345678);
	return TEST_SUCCESS;
}

/* A register reads the same through the mapping and through the transport. */
static int
test_region_access(void)
{
	static const uint64_t offsets[] = { 0x40, FAKE_AREA0_OFFSET + 0x40 };
	uint64_t v64;
	uint32_t v32;
	uint16_t v16;
	uint8_t v8;
	unsigned int i;

	TEST_ASSERT_OK(rte_vfio_region_map(fake_dev, 0));
	for (i = 0; i < RTE_DIM(offsets); i++) {
		TEST_ASSERT_OK(rte_vfio_region_write64(fake_dev, 0, offsets[i],
			0x8877665544332211));
		TEST_ASSERT_OK(rte_vfio_region_read64(fake_dev, 0, offsets[i], &v64));
		TEST_ASSERT_EQUAL(v64, 0x8877665544332211);
		TEST_ASSERT_OK(rte_vfio_region_read32(fake_dev, 0, offsets[i] + 4, &v32));
		TEST_ASSERT_EQUAL(v32, 0x88776655);
		TEST_ASSERT_OK(rte_vfio_region_read16(fake_dev, 0, offsets[i] + 2, &v16));
		TEST_ASSERT_EQUAL(v16, 0x4433);
		TEST_ASSERT_OK(rte_vfio_region_read8(fake_dev, 0, offsets[i] + 7, &v8));
		TEST_ASSERT_EQUAL(v8, 0x88);
		TEST_ASSERT_OK(rte_vfio_region_write8(fake_dev, 0, offsets[i], 0xee));
		TEST_ASSERT_EQUAL(fake_server_region(0)[offsets[i]], 0xee);
	}
	return TEST_SUCCESS;
}

/* The server takes 64 octets at a time. */
static int
test_region_bulk(void)
{
	uint8_t out[FAKE_REGION1_SIZE], in[FAKE_REGION1_SIZE];
	unsigned int i;

	for (i = 0; i < sizeof(out); i++)
		out[i] = i * 7;
	TEST_ASSERT_OK(rte_vfio_region_write(fake_dev, 1, 0, out, sizeof(out)));
	TEST_ASSERT_OK(memcmp(fake_server_region(1), out, sizeof(out)));
	TEST_ASSERT_OK(rte_vfio_region_read(fake_dev, 1, 0, in, sizeof(in)));
	TEST_ASSERT_OK(memcmp(in, out, sizeof(in)));
	return TEST_SUCCESS;
}

static int
test_region_bounds(void)
{
	uint32_t v;

	TEST_ASSERT_EQUAL(rte_vfio_region_read32(fake_dev, 1, FAKE_REGION1_SIZE - 2, &v), -EINVAL);
	TEST_ASSERT_EQUAL(rte_vfio_region_read32(fake_dev, 1, UINT64_MAX, &v), -EINVAL);
	TEST_ASSERT_EQUAL(rte_vfio_region_read32(fake_dev, 2, 0, &v), -EINVAL);
	TEST_ASSERT_EQUAL(rte_vfio_region_read32(fake_dev, FAKE_NUM_REGIONS, 0, &v), -EINVAL);
	TEST_ASSERT_EQUAL(rte_vfio_region_map(fake_dev, 2), -EINVAL);
	TEST_ASSERT_EQUAL(rte_vfio_region_map(fake_dev, 99), -EINVAL);
	TEST_ASSERT_OK(rte_vfio_region_map(fake_dev, 1));
	TEST_ASSERT(rte_vfio_region_ptr(fake_dev, 1, 0, 4) == NULL, "trapped region mapped");
	TEST_ASSERT(rte_vfio_region_get(fake_dev, 99) == NULL, "region 99");
	return TEST_SUCCESS;
}

static unsigned int callbacks;

static void
count_callback(void *arg)
{
	uint64_t n;

	(void)!read(rte_intr_fd_get(arg), &n, sizeof(n));
	__atomic_add_fetch(&callbacks, 1, __ATOMIC_RELEASE);
}

static int
test_irq_callback(void)
{
	struct rte_intr_handle *handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	struct test_resources before = test_resources_now();

	callbacks = 0;
	TEST_ASSERT_EQUAL(rte_vfio_irq_count(fake_dev, FAKE_IRQ_INDEX), FAKE_NUM_VECTORS);
	TEST_ASSERT_EQUAL(rte_vfio_irq_count(fake_dev, 0), 0);
	TEST_ASSERT_EQUAL(rte_vfio_irq_count(fake_dev, 99), 0);
	TEST_ASSERT_EQUAL(rte_vfio_irq_enable(fake_dev, FAKE_IRQ_INDEX, handle, FAKE_NUM_VECTORS),
		-ENOTSUP);
	TEST_ASSERT_OK(rte_vfio_irq_enable(fake_dev, FAKE_IRQ_INDEX, handle, FAKE_NUM_VECTORS - 1));
	TEST_ASSERT_EQUAL(rte_vfio_irq_enable(fake_dev, FAKE_IRQ_INDEX, handle, 0), -EBUSY);
	TEST_ASSERT_OK(rte_intr_callback_register(handle, count_callback, handle));
	TEST_ASSERT_OK(rte_intr_enable(handle));
	TEST_ASSERT(fake_server_raise(FAKE_IRQ_INDEX, 0), "vector 0 has no eventfd");
	TEST_ASSERT(test_wait_for(&callbacks, 1), "%u callbacks", callbacks);
	TEST_ASSERT_OK(rte_vfio_irq_trigger(fake_dev, FAKE_IRQ_INDEX, 0));
	TEST_ASSERT(test_wait_for(&callbacks, 2), "%u callbacks", callbacks);
	TEST_ASSERT(rte_intr_callback_unregister_sync(handle, count_callback, handle) > 0,
		"no callback to unregister");
	rte_vfio_irq_disable(fake_dev, FAKE_IRQ_INDEX, handle);
	TEST_ASSERT(!fake_server_raise(FAKE_IRQ_INDEX, 0), "still has an eventfd");
	rte_intr_instance_free(handle);
	/* Those of the data path stay with the device. */
	before.fds += FAKE_NUM_VECTORS - 1;
	return test_resources_same(&before);
}

static int
test_irq_queues(void)
{
	struct rte_intr_handle *handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	int epfd = RTE_EPOLL_PER_THREAD;
	struct rte_epoll_event event;
	unsigned int q;

	/* More vectors than the server takes descriptors in a message. */
	TEST_ASSERT_OK(rte_vfio_irq_enable(fake_dev, FAKE_IRQ_INDEX, handle, 3));
	for (q = 0; q < 3; q++)
		TEST_ASSERT_OK(rte_intr_rx_ctl(handle, epfd, RTE_INTR_EVENT_ADD,
			q + RTE_INTR_VEC_RXTX_OFFSET, (void *)(uintptr_t)(100 + q)));
	for (q = 0; q < 3; q++) {
		TEST_ASSERT(fake_server_raise(FAKE_IRQ_INDEX, 1 + q), "vector %u", 1 + q);
		TEST_ASSERT_EQUAL(rte_epoll_wait(epfd, &event, 1, 1000), 1);
		TEST_ASSERT_EQUAL((uintptr_t)event.epdata.data, 100 + q);
	}
	TEST_ASSERT_EQUAL(rte_epoll_wait(epfd, &event, 1, 0), 0);
	rte_vfio_irq_disable(fake_dev, FAKE_IRQ_INDEX, handle);
	TEST_ASSERT_EQUAL(rte_intr_fd_get(handle), -1);
	TEST_ASSERT_EQUAL(rte_intr_type_get(handle), RTE_INTR_HANDLE_UNKNOWN);
	rte_intr_instance_free(handle);
	return TEST_SUCCESS;
}

/*
 * The data path has the same eventfds each time, for who waits for them elsewhere;
 * signals of an earlier time are gone.
 */
static int
test_irq_queues_again(void)
{
	struct rte_intr_handle *handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	struct test_resources before;
	struct rte_epoll_event event;
	int first;

	fake_close();
	before = test_resources_now();
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	TEST_ASSERT_OK(rte_vfio_irq_enable(fake_dev, FAKE_IRQ_INDEX, handle, 1));
	first = rte_intr_efds_index_get(handle, 0);
	TEST_ASSERT(fake_server_raise(FAKE_IRQ_INDEX, 1), "vector 1");
	rte_vfio_irq_disable(fake_dev, FAKE_IRQ_INDEX, handle);
	TEST_ASSERT_EQUAL(rte_intr_nb_efd_get(handle), 0);
	TEST_ASSERT_OK(rte_vfio_irq_enable(fake_dev, FAKE_IRQ_INDEX, handle, 3));
	TEST_ASSERT_EQUAL(rte_intr_efds_index_get(handle, 0), first);
	TEST_ASSERT_OK(rte_intr_rx_ctl(handle, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_ADD,
		RTE_INTR_VEC_RXTX_OFFSET, NULL));
	TEST_ASSERT_EQUAL(rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, 0), 0);
	TEST_ASSERT(fake_server_raise(FAKE_IRQ_INDEX, 1), "vector 1");
	TEST_ASSERT_EQUAL(rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, 1000), 1);
	fake_close();
	rte_intr_instance_free(handle);
	return test_resources_same(&before);
}

static int
test_reset(void)
{
	uint32_t v;

	TEST_ASSERT_OK(rte_vfio_region_write32(fake_dev, 1, 0, 0xffffffff));
	TEST_ASSERT_OK(rte_vfio_dev_reset(fake_dev));
	TEST_ASSERT_OK(rte_vfio_region_read32(fake_dev, 1, 0, &v));
	TEST_ASSERT_EQUAL(v, 0);
	return TEST_SUCCESS;
}

static unsigned int gone;

static void
count_gone(struct rte_vfio_dev *d, enum rte_vfio_dev_event event, void *arg)
{
	if (d == fake_dev && event == RTE_VFIO_DEV_EVENT_GONE && arg == &gone)
		__atomic_add_fetch(&gone, 1, __ATOMIC_RELEASE);
}

/* The server dies: told once, every access fails, and closing still works. */
static int
test_gone(void)
{
	uint32_t v;

	gone = 0;
	TEST_ASSERT_OK(rte_vfio_dev_event_set(fake_dev, count_gone, &gone));
	fake_stop();
	TEST_ASSERT(test_wait_for(&gone, 1), "told %u times", gone);
	rte_delay_us_sleep(20 * 1000);
	TEST_ASSERT_EQUAL(gone, 1);
	TEST_ASSERT_EQUAL(rte_vfio_region_read32(fake_dev, 1, 0, &v), -ENODEV);
	TEST_ASSERT_EQUAL(rte_vfio_region_read32(fake_dev, 1, 0, &v), -ENODEV);
	TEST_ASSERT_EQUAL(rte_vfio_dev_reset(fake_dev), -ENODEV);
	return fake_start(FAKE_NONE);
}

/* A server's own question is refused, and does not disturb ours. */
static int
test_server_command(void)
{
	uint32_t v;

	fake_case_teardown();
	TEST_ASSERT_OK(fake_start(FAKE_COMMAND));
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_USER));
	TEST_ASSERT_OK(rte_vfio_region_write32(fake_dev, 1, 4, 4711));
	TEST_ASSERT_OK(rte_vfio_region_read32(fake_dev, 1, 4, &v));
	TEST_ASSERT_EQUAL(v, 4711);
	return TEST_SUCCESS;
}

static int
test_no_leak(void)
{
	struct test_resources before;
	unsigned int i;

	fake_close();
	rte_delay_us_sleep(20 * 1000);
	before = test_resources_now();
	for (i = 0; i < 20; i++) {
		TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_USER));
		TEST_ASSERT_OK(rte_vfio_region_map(fake_dev, 0));
		TEST_ASSERT_OK(rte_vfio_dev_event_set(fake_dev, count_gone, &gone));
		fake_close();
	}
	rte_delay_us_sleep(20 * 1000);
	return test_resources_same(&before);
}

static const struct test_case cases[] = {
	TEST_CASE(test_info),
	TEST_CASE(test_sparse_region),
	TEST_CASE(test_region_access),
	TEST_CASE(test_region_bulk),
	TEST_CASE(test_region_bounds),
	TEST_CASE(test_irq_callback),
	TEST_CASE(test_irq_queues),
	TEST_CASE(test_irq_queues_again),
	TEST_CASE(test_reset),
	TEST_CASE(test_gone),
	TEST_CASE(test_server_command),
	TEST_CASE(test_no_leak),
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
