/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_eal_memconfig.h>
#include <rte_interrupts.h>
#include <rte_malloc.h>
#include <rte_memory.h>
#include <rte_vfio_dev.h>

#include "fake_server.h"
#include "test.h"

#define DEVICE "fake.sf.0"

static char socket_path[256];
static struct rte_vfio_dev *dev;

static int
open_device(enum rte_vfio_transport transport)
{
	const struct rte_vfio_dev_node node = { .name = DEVICE, .user_socket = socket_path };

	return rte_vfio_dev_open(&node, transport, &dev);
}

static int
setup(void)
{
	const char *dir = test_dir_create();

	if (dir == NULL)
		return TEST_FAILED;
	snprintf(socket_path, sizeof(socket_path), "%s/vfio-user", dir);
	return TEST_SUCCESS;
}

static void
teardown(void)
{
	test_dir_remove();
}

static int
case_setup(void)
{
	TEST_ASSERT_OK(fake_server_start(socket_path, FAKE_NONE));
	return open_device(RTE_VFIO_TRANSPORT_ANY);
}

static void
case_teardown(void)
{
	rte_vfio_dev_close(dev);
	dev = NULL;
	fake_server_stop();
	unlink(socket_path);
}

static int
test_info(void)
{
	const struct rte_vfio_dev_info *info = rte_vfio_dev_info(dev);

	TEST_ASSERT(strcmp(info->name, DEVICE) == 0, "%s", info->name);
	TEST_ASSERT_EQUAL(info->transport, RTE_VFIO_TRANSPORT_USER);
	TEST_ASSERT_EQUAL(info->num_regions, FAKE_NUM_REGIONS);
	TEST_ASSERT_EQUAL(info->num_irqs, FAKE_NUM_IRQS);
	return TEST_SUCCESS;
}

static int
test_sparse_region(void)
{
	const struct rte_vfio_region *region = rte_vfio_region_get(dev, 0);
	uint32_t *area0;

	TEST_ASSERT(region != NULL, "no region 0");
	TEST_ASSERT_EQUAL(region->size, FAKE_REGION0_SIZE);
	TEST_ASSERT_EQUAL(region->nb_areas, 2);
	TEST_ASSERT_EQUAL(region->areas[0].offset, FAKE_AREA0_OFFSET);
	TEST_ASSERT_EQUAL(region->areas[1].offset, FAKE_AREA1_OFFSET);
	TEST_ASSERT(rte_vfio_region_ptr(dev, 0, FAKE_AREA0_OFFSET, 4) == NULL, "mapped too early");
	TEST_ASSERT_OK(rte_vfio_region_map(dev, 0));
	TEST_ASSERT_OK(rte_vfio_region_map(dev, 0));
	/* Both areas, at their offsets in one window, and nothing between them. */
	area0 = rte_vfio_region_ptr(dev, 0, FAKE_AREA0_OFFSET, FAKE_AREA0_SIZE);
	TEST_ASSERT(area0 == RTE_PTR_ADD(region->addr, FAKE_AREA0_OFFSET), "%p", (void *)area0);
	TEST_ASSERT(rte_vfio_region_ptr(dev, 0, FAKE_AREA1_OFFSET, FAKE_AREA1_SIZE) != NULL,
		"second area not mapped");
	TEST_ASSERT(rte_vfio_region_ptr(dev, 0, 0, 4) == NULL, "trapped part mapped");
	TEST_ASSERT(rte_vfio_region_ptr(dev, 0, FAKE_AREA0_OFFSET + FAKE_AREA0_SIZE - 4, 8) == NULL,
		"range over the end of an area mapped");
	TEST_ASSERT(rte_vfio_region_ptr(dev, 0, FAKE_AREA0_OFFSET, SIZE_MAX) == NULL, "overflow");
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

	TEST_ASSERT_OK(rte_vfio_region_map(dev, 0));
	for (i = 0; i < RTE_DIM(offsets); i++) {
		TEST_ASSERT_OK(rte_vfio_region_write64(dev, 0, offsets[i], 0x8877665544332211));
		TEST_ASSERT_OK(rte_vfio_region_read64(dev, 0, offsets[i], &v64));
		TEST_ASSERT_EQUAL(v64, 0x8877665544332211);
		TEST_ASSERT_OK(rte_vfio_region_read32(dev, 0, offsets[i] + 4, &v32));
		TEST_ASSERT_EQUAL(v32, 0x88776655);
		TEST_ASSERT_OK(rte_vfio_region_read16(dev, 0, offsets[i] + 2, &v16));
		TEST_ASSERT_EQUAL(v16, 0x4433);
		TEST_ASSERT_OK(rte_vfio_region_read8(dev, 0, offsets[i] + 7, &v8));
		TEST_ASSERT_EQUAL(v8, 0x88);
		TEST_ASSERT_OK(rte_vfio_region_write8(dev, 0, offsets[i], 0xee));
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
	TEST_ASSERT_OK(rte_vfio_region_write(dev, 1, 0, out, sizeof(out)));
	TEST_ASSERT_OK(memcmp(fake_server_region(1), out, sizeof(out)));
	TEST_ASSERT_OK(rte_vfio_region_read(dev, 1, 0, in, sizeof(in)));
	TEST_ASSERT_OK(memcmp(in, out, sizeof(in)));
	return TEST_SUCCESS;
}

static int
test_region_bounds(void)
{
	uint32_t v;

	TEST_ASSERT_EQUAL(rte_vfio_region_read32(dev, 1, FAKE_REGION1_SIZE - 2, &v), -EINVAL);
	TEST_ASSERT_EQUAL(rte_vfio_region_read32(dev, 1, UINT64_MAX, &v), -EINVAL);
	TEST_ASSERT_EQUAL(rte_vfio_region_read32(dev, 2, 0, &v), -EINVAL);
	TEST_ASSERT_EQUAL(rte_vfio_region_read32(dev, FAKE_NUM_REGIONS, 0, &v), -EINVAL);
	TEST_ASSERT_EQUAL(rte_vfio_region_map(dev, 2), -EINVAL);
	TEST_ASSERT_EQUAL(rte_vfio_region_map(dev, 99), -EINVAL);
	TEST_ASSERT_OK(rte_vfio_region_map(dev, 1));
	TEST_ASSERT(rte_vfio_region_ptr(dev, 1, 0, 4) == NULL, "trapped region mapped");
	TEST_ASSERT(rte_vfio_region_get(dev, 99) == NULL, "region 99");
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
	TEST_ASSERT_EQUAL(rte_vfio_irq_count(dev, FAKE_IRQ_INDEX), FAKE_NUM_VECTORS);
	TEST_ASSERT_EQUAL(rte_vfio_irq_count(dev, 0), 0);
	TEST_ASSERT_EQUAL(rte_vfio_irq_count(dev, 99), 0);
	TEST_ASSERT_EQUAL(rte_vfio_irq_enable(dev, FAKE_IRQ_INDEX, handle, FAKE_NUM_VECTORS),
		-ENOTSUP);
	TEST_ASSERT_OK(rte_vfio_irq_enable(dev, FAKE_IRQ_INDEX, handle, FAKE_NUM_VECTORS - 1));
	TEST_ASSERT_EQUAL(rte_vfio_irq_enable(dev, FAKE_IRQ_INDEX, handle, 0), -EBUSY);
	TEST_ASSERT_OK(rte_intr_callback_register(handle, count_callback, handle));
	TEST_ASSERT_OK(rte_intr_enable(handle));
	TEST_ASSERT(fake_server_raise(FAKE_IRQ_INDEX, 0), "vector 0 has no eventfd");
	TEST_ASSERT(test_wait_for(&callbacks, 1), "%u callbacks", callbacks);
	TEST_ASSERT_OK(rte_vfio_irq_trigger(dev, FAKE_IRQ_INDEX, 0));
	TEST_ASSERT(test_wait_for(&callbacks, 2), "%u callbacks", callbacks);
	TEST_ASSERT(rte_intr_callback_unregister_sync(handle, count_callback, handle) > 0,
		"no callback to unregister");
	rte_vfio_irq_disable(dev, FAKE_IRQ_INDEX, handle);
	TEST_ASSERT(!fake_server_raise(FAKE_IRQ_INDEX, 0), "still has an eventfd");
	rte_intr_instance_free(handle);
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
	TEST_ASSERT_OK(rte_vfio_irq_enable(dev, FAKE_IRQ_INDEX, handle, 3));
	for (q = 0; q < 3; q++)
		TEST_ASSERT_OK(rte_intr_rx_ctl(handle, epfd, RTE_INTR_EVENT_ADD,
			q + RTE_INTR_VEC_RXTX_OFFSET, (void *)(uintptr_t)(100 + q)));
	for (q = 0; q < 3; q++) {
		TEST_ASSERT(fake_server_raise(FAKE_IRQ_INDEX, 1 + q), "vector %u", 1 + q);
		TEST_ASSERT_EQUAL(rte_epoll_wait(epfd, &event, 1, 1000), 1);
		TEST_ASSERT_EQUAL((uintptr_t)event.epdata.data, 100 + q);
	}
	TEST_ASSERT_EQUAL(rte_epoll_wait(epfd, &event, 1, 0), 0);
	rte_vfio_irq_disable(dev, FAKE_IRQ_INDEX, handle);
	rte_intr_instance_free(handle);
	return TEST_SUCCESS;
}

static int
sum_memory(const struct rte_memseg_list *msl, const struct rte_memseg *ms, void *arg)
{
	if (!msl->external)
		*(uint64_t *)arg += ms->len;
	return 0;
}

static uint64_t
eal_memory(void)
{
	uint64_t sum = 0;

	rte_memseg_walk(sum_memory, &sum);
	return sum;
}

static int
test_dma_eal_memory(void)
{
	TEST_ASSERT(fake_server_dma_maps() > 0, "nothing mapped");
	TEST_ASSERT_EQUAL(fake_server_dma_bytes(), eal_memory());
	if (!rte_eal_has_hugepages()) /* one file, one mapping */
		TEST_ASSERT_EQUAL(fake_server_dma_maps(), 1);
	return TEST_SUCCESS;
}

/* Memory that EAL adds and frees while the device is open. */
static int
test_dma_follows_eal(void)
{
	uint64_t before = eal_memory();
	void *mem;

	if (!rte_eal_has_hugepages())
		return test_skip("no hugepages: EAL's memory is fixed");
	/* More than it has. */
	mem = rte_malloc(NULL, before, 0);
	if (mem == NULL)
		return test_skip("not enough hugepages for as much memory again");
	TEST_ASSERT(eal_memory() > before, "EAL had it to spare");
	TEST_ASSERT_EQUAL(fake_server_dma_bytes(), eal_memory());
	rte_free(mem);
	TEST_ASSERT_EQUAL(eal_memory(), before);
	TEST_ASSERT_EQUAL(fake_server_dma_bytes(), before);
	return TEST_SUCCESS;
}

static int
test_dma_bad_ranges(void)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *mem = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t iova = UINT64_C(1) << 50;

	TEST_ASSERT(mem != MAP_FAILED, "no memory");
	TEST_ASSERT_EQUAL(rte_vfio_dma_map(dev, mem, iova + 1, page), -EINVAL);
	TEST_ASSERT_EQUAL(rte_vfio_dma_map(dev, mem, iova, page - 1), -EINVAL);
	TEST_ASSERT_EQUAL(rte_vfio_dma_map(dev, mem, iova, 0), -EINVAL);
	TEST_ASSERT_EQUAL(rte_vfio_dma_map(dev, mem, UINT64_MAX - page + 1, 2 * page), -EINVAL);
	/* Private memory has no file for the server to map. */
	TEST_ASSERT_EQUAL(rte_vfio_dma_map(dev, mem, iova, page), -ENOTSUP);
	TEST_ASSERT_EQUAL(rte_vfio_dma_unmap(dev, mem, iova, page), -ENOENT);
	munmap(mem, page);
	return TEST_SUCCESS;
}

static int
test_dma_overlap(void)
{
	uint64_t iova = UINT64_C(1) << 50;
	size_t page = sysconf(_SC_PAGESIZE);
	unsigned int maps = fake_server_dma_maps();
	void *mem = rte_malloc(NULL, 2 * page, page);

	TEST_ASSERT(mem != NULL, "no memory");
	TEST_ASSERT_OK(rte_vfio_dma_map(dev, mem, iova, 2 * page));
	TEST_ASSERT_EQUAL(fake_server_dma_maps(), maps + 1);
	TEST_ASSERT_EQUAL(rte_vfio_dma_map(dev, mem, iova, 2 * page), -EEXIST);
	TEST_ASSERT_EQUAL(rte_vfio_dma_map(dev, mem, iova + page, page), -EEXIST);
	TEST_ASSERT_EQUAL(rte_vfio_dma_unmap(dev, mem, iova, page), -ENOENT);
	TEST_ASSERT_OK(rte_vfio_dma_unmap(dev, mem, iova, 2 * page));
	TEST_ASSERT_EQUAL(fake_server_dma_maps(), maps);
	rte_free(mem);
	return TEST_SUCCESS;
}

static int
test_reset(void)
{
	uint32_t v;

	TEST_ASSERT_OK(rte_vfio_region_write32(dev, 1, 0, 0xffffffff));
	TEST_ASSERT_OK(rte_vfio_dev_reset(dev));
	TEST_ASSERT_OK(rte_vfio_region_read32(dev, 1, 0, &v));
	TEST_ASSERT_EQUAL(v, 0);
	return TEST_SUCCESS;
}

static unsigned int gone;

static void
count_gone(struct rte_vfio_dev *d, enum rte_vfio_dev_event event, void *arg)
{
	if (d == dev && event == RTE_VFIO_DEV_EVENT_GONE && arg == &gone)
		__atomic_add_fetch(&gone, 1, __ATOMIC_RELEASE);
}

/* The server dies: told once, every access fails, and closing still works. */
static int
test_gone(void)
{
	uint32_t v;

	gone = 0;
	TEST_ASSERT_OK(rte_vfio_dev_event_set(dev, count_gone, &gone));
	fake_server_stop();
	TEST_ASSERT(test_wait_for(&gone, 1), "told %u times", gone);
	rte_delay_us_sleep(20 * 1000);
	TEST_ASSERT_EQUAL(gone, 1);
	TEST_ASSERT_EQUAL(rte_vfio_region_read32(dev, 1, 0, &v), -ENODEV);
	TEST_ASSERT_EQUAL(rte_vfio_region_read32(dev, 1, 0, &v), -ENODEV);
	TEST_ASSERT_EQUAL(rte_vfio_dev_reset(dev), -ENODEV);
	unlink(socket_path);
	return fake_server_start(socket_path, FAKE_NONE);
}

/* A server's own question is refused, and does not disturb ours. */
static int
test_server_command(void)
{
	uint32_t v;

	case_teardown();
	TEST_ASSERT_OK(fake_server_start(socket_path, FAKE_COMMAND));
	TEST_ASSERT_OK(open_device(RTE_VFIO_TRANSPORT_USER));
	TEST_ASSERT_OK(rte_vfio_region_write32(dev, 1, 4, 4711));
	TEST_ASSERT_OK(rte_vfio_region_read32(dev, 1, 4, &v));
	TEST_ASSERT_EQUAL(v, 4711);
	return TEST_SUCCESS;
}

static int
test_no_leak(void)
{
	struct test_resources before;
	unsigned int i;

	rte_vfio_dev_close(dev);
	dev = NULL;
	rte_delay_us_sleep(20 * 1000);
	before = test_resources_now();
	for (i = 0; i < 20; i++) {
		TEST_ASSERT_OK(open_device(RTE_VFIO_TRANSPORT_USER));
		TEST_ASSERT_OK(rte_vfio_region_map(dev, 0));
		TEST_ASSERT_OK(rte_vfio_dev_event_set(dev, count_gone, &gone));
		rte_vfio_dev_close(dev);
		dev = NULL;
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
	TEST_CASE(test_dma_eal_memory),
	TEST_CASE(test_dma_follows_eal),
	TEST_CASE(test_dma_bad_ranges),
	TEST_CASE(test_dma_overlap),
	TEST_CASE(test_reset),
	TEST_CASE(test_gone),
	TEST_CASE(test_server_command),
	TEST_CASE(test_no_leak),
	{ .name = NULL }
};

static struct test_suite suite = {
	.name = "common_vfio_autotest",
	.setup = setup,
	.teardown = teardown,
	.case_setup = case_setup,
	.case_teardown = case_teardown,
	.cases = cases,
};

TEST_REGISTER(suite);

/*
 * Servers that lie.  Opening fails with this error and one line that names the
 * device, and leaves nothing behind.
 */
static int
refuse(enum fake_fault fault, int error)
{
	struct test_resources before;
	int ret;

	TEST_ASSERT_OK(fake_server_start(socket_path, fault));
	before = test_resources_now();
	test_log_start();
	ret = open_device(RTE_VFIO_TRANSPORT_ANY);
	TEST_ASSERT_EQUAL(test_log_count("device " DEVICE ":"), 1);
	TEST_ASSERT_EQUAL(ret, error);
	TEST_ASSERT_OK(test_resources_same(&before));
	return TEST_SUCCESS;
}

static void
fault_teardown(void)
{
	fake_server_stop();
	unlink(socket_path);
}

#define TEST_REFUSE(name, fault, error) \
static int \
name(void) \
{ \
	return refuse(fault, error); \
}

TEST_REFUSE(test_garbage, FAKE_GARBAGE, -EPROTO)
TEST_REFUSE(test_hang, FAKE_HANG, -ETIMEDOUT)
TEST_REFUSE(test_close_mid_message, FAKE_CLOSE_MID, -ENODEV)
TEST_REFUSE(test_wrong_id, FAKE_WRONG_ID, -EPROTO)
TEST_REFUSE(test_size_small, FAKE_SIZE_SMALL, -EPROTO)
TEST_REFUSE(test_size_large, FAKE_SIZE_LARGE, -EPROTO)
TEST_REFUSE(test_error_zero, FAKE_ERROR_ZERO, -EIO)
TEST_REFUSE(test_version, FAKE_VERSION, -EPROTO)
TEST_REFUSE(test_json, FAKE_JSON, -EPROTO)
TEST_REFUSE(test_json_limit, FAKE_JSON_LIMIT, -EPROTO)
TEST_REFUSE(test_many_regions, FAKE_MANY_REGIONS, -EPROTO)
TEST_REFUSE(test_unasked_fds, FAKE_FDS, -EPROTO)
TEST_REFUSE(test_region_index, FAKE_REGION_INDEX, -EPROTO)
TEST_REFUSE(test_region_huge, FAKE_REGION_HUGE, -EPROTO)
TEST_REFUSE(test_region_offset, FAKE_REGION_OFFSET, -EPROTO)
TEST_REFUSE(test_region_argsz, FAKE_REGION_ARGSZ, -EPROTO)
TEST_REFUSE(test_area_outside, FAKE_AREA_OUTSIDE, -EPROTO)
TEST_REFUSE(test_area_unaligned, FAKE_AREA_UNALIGNED, -EPROTO)
TEST_REFUSE(test_area_overlap, FAKE_AREA_OVERLAP, -EPROTO)
TEST_REFUSE(test_area_no_memory, FAKE_AREA_NO_MEMORY, -EPROTO)
TEST_REFUSE(test_area_count, FAKE_AREA_COUNT, -EPROTO)
TEST_REFUSE(test_cap_loop, FAKE_CAP_LOOP, -EPROTO)
TEST_REFUSE(test_cap_outside, FAKE_CAP_OUTSIDE, -EPROTO)
TEST_REFUSE(test_dma_refused, FAKE_DMA_REFUSED, -ENOMEM)
TEST_REFUSE(test_pci_cap_loop, FAKE_PCI_CAP_LOOP, -EPROTO)
TEST_REFUSE(test_pci_cap_low, FAKE_PCI_CAP_LOW, -EPROTO)
TEST_REFUSE(test_msix_table_outside, FAKE_PCI_TABLE_OUTSIDE, -EPROTO)
TEST_REFUSE(test_msix_table_region, FAKE_PCI_TABLE_REGION, -EPROTO)

static int
test_irq_many(void)
{
	TEST_ASSERT_OK(fake_server_start(socket_path, FAKE_IRQ_MANY));
	TEST_ASSERT_OK(open_device(RTE_VFIO_TRANSPORT_ANY));
	TEST_ASSERT_EQUAL(rte_vfio_irq_count(dev, FAKE_IRQ_INDEX), -EPROTO);
	rte_vfio_dev_close(dev);
	dev = NULL;
	return TEST_SUCCESS;
}

/* Nodes that lead nowhere; the server runs, but is not what is asked for. */
static int
test_nodes(void)
{
	const struct rte_vfio_dev_node nothing = { .name = DEVICE };
	const struct rte_vfio_dev_node no_socket = {
		.name = DEVICE, .user_socket = "/nonexistent/vfio-user",
	};
	const struct rte_vfio_dev_node no_group = {
		.name = DEVICE, .group_base = "/nonexistent", .group_name = DEVICE,
	};
	const struct rte_vfio_dev_node no_way = {
		.name = DEVICE, .user_socket = "/nonexistent/vfio-user",
		.cdev = "/nonexistent/vfio0", .group_base = "/nonexistent", .group_name = DEVICE,
	};
	struct test_resources before;

	TEST_ASSERT_OK(fake_server_start(socket_path, FAKE_NONE));
	before = test_resources_now();
	TEST_ASSERT_EQUAL(rte_vfio_dev_open(&nothing, RTE_VFIO_TRANSPORT_ANY, &dev), -ENODEV);
	TEST_ASSERT_EQUAL(rte_vfio_dev_open(&no_socket, RTE_VFIO_TRANSPORT_ANY, &dev), -ENOENT);
	TEST_ASSERT_EQUAL(rte_vfio_dev_open(&no_socket, RTE_VFIO_TRANSPORT_GROUP, &dev), -ENODEV);
	TEST_ASSERT_EQUAL(rte_vfio_dev_open(&no_group, RTE_VFIO_TRANSPORT_GROUP, &dev), -ENODEV);
	TEST_ASSERT_EQUAL(rte_vfio_dev_open(&no_way, RTE_VFIO_TRANSPORT_CDEV, &dev), -ENOENT);
	test_log_start();
	TEST_ASSERT_EQUAL(rte_vfio_dev_open(&no_way, RTE_VFIO_TRANSPORT_ANY, &dev), -ENODEV);
	TEST_ASSERT_EQUAL(test_log_count("device " DEVICE ":"), 1);
	TEST_ASSERT_EQUAL(rte_vfio_dev_open(NULL, RTE_VFIO_TRANSPORT_ANY, &dev), -EINVAL);
	TEST_ASSERT(dev == NULL, "a device all the same");
	return test_resources_same(&before);
}

static const struct test_case fault_cases[] = {
	TEST_CASE(test_garbage),
	TEST_CASE(test_hang),
	TEST_CASE(test_close_mid_message),
	TEST_CASE(test_wrong_id),
	TEST_CASE(test_size_small),
	TEST_CASE(test_size_large),
	TEST_CASE(test_error_zero),
	TEST_CASE(test_version),
	TEST_CASE(test_json),
	TEST_CASE(test_json_limit),
	TEST_CASE(test_many_regions),
	TEST_CASE(test_unasked_fds),
	TEST_CASE(test_region_index),
	TEST_CASE(test_region_huge),
	TEST_CASE(test_region_offset),
	TEST_CASE(test_region_argsz),
	TEST_CASE(test_area_outside),
	TEST_CASE(test_area_unaligned),
	TEST_CASE(test_area_overlap),
	TEST_CASE(test_area_no_memory),
	TEST_CASE(test_area_count),
	TEST_CASE(test_cap_loop),
	TEST_CASE(test_cap_outside),
	TEST_CASE(test_dma_refused),
	TEST_CASE(test_pci_cap_loop),
	TEST_CASE(test_pci_cap_low),
	TEST_CASE(test_msix_table_outside),
	TEST_CASE(test_msix_table_region),
	TEST_CASE(test_irq_many),
	TEST_CASE(test_nodes),
	{ .name = NULL }
};

static struct test_suite fault_suite = {
	.name = "common_vfio_autotest",
	.setup = setup,
	.teardown = teardown,
	.case_teardown = fault_teardown,
	.cases = fault_cases,
};

TEST_REGISTER(fault_suite);
