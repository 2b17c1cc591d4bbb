/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <linux/vfio.h>

#include <rte_interrupts.h>
#include <rte_log.h>

#include "fake_device.h"

/*
 * Servers that lie.  Opening fails with this error and one line that names the
 * device, and leaves nothing behind.
 */
static int
refuse(enum fake_fault fault, int error)
{
	struct test_resources before;
	int ret;

	TEST_ASSERT_OK(fake_start(fault));
	before = test_resources_now();
	test_log_start();
	ret = fake_open(RTE_VFIO_TRANSPORT_ANY);
	TEST_ASSERT_EQUAL(test_log_count("device " FAKE_DEVICE ":"), 1);
	TEST_ASSERT_EQUAL(ret, error);
	TEST_ASSERT_OK(test_resources_same(&before));
	return TEST_SUCCESS;
}

#define TEST_REFUSE(name, fault, error) \
static int \
name(void) \
{ \
	return refuse(fault, error); \
}

TEST_REFUSE(test_garbage, FAKE_GARBAGE, -EPROTO)
TEST_REFUSE(test_close_mid_message, FAKE_CLOSE_MID, -ENODEV)
TEST_REFUSE(test_wrong_id, FAKE_WRONG_ID, -EPROTO)
TEST_REFUSE(test_size_small, FAKE_SIZE_SMALL, -EPROTO)
TEST_REFUSE(test_size_large, FAKE_SIZE_LARGE, -EPROTO)
TEST_REFUSE(test_error_zero, FAKE_ERROR_ZERO, -EIO)
TEST_REFUSE(test_version, FAKE_VERSION, -EPROTO)
TEST_REFUSE(test_json, FAKE_JSON, -EPROTO)
TEST_REFUSE(test_json_limit, FAKE_JSON_LIMIT, -EPROTO)
TEST_REFUSE(test_unasked_fds, FAKE_FDS, -EPROTO)
TEST_REFUSE(test_region_index, FAKE_REGION_INDEX, -EPROTO)
TEST_REFUSE(test_region_huge, FAKE_REGION_HUGE, -EPROTO)
TEST_REFUSE(test_region_offset, FAKE_REGION_OFFSET, -EPROTO)
TEST_REFUSE(test_region_argsz, FAKE_REGION_ARGSZ, -EPROTO)
TEST_REFUSE(test_area_outside, FAKE_AREA_OUTSIDE, -EPROTO)
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

/* Descriptors that come when the process may have no more are no fault of the server's. */
static int
test_no_descriptor(void)
{
	struct rlimit limit, none;
	uint32_t value;
	int ret;

	TEST_ASSERT_OK(fake_start(FAKE_NONE));
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	fake_server_turn(FAKE_FDS);
	TEST_ASSERT_OK(getrlimit(RLIMIT_NOFILE, &limit));
	none = limit;
	none.rlim_cur = 0;
	test_log_start();
	TEST_ASSERT_OK(setrlimit(RLIMIT_NOFILE, &none));
	ret = rte_vfio_region_read32(fake_dev, 1, 0, &value);
	setrlimit(RLIMIT_NOFILE, &limit);
	TEST_ASSERT_EQUAL(test_log_count_both("device " FAKE_DEVICE ":", "Too many open files"), 1);
	TEST_ASSERT_EQUAL(ret, -ENODEV);
	return TEST_SUCCESS;
}

/* Errors that are ours when the connection is lost are mere refusals when a server sends them. */
static int
test_errors_of_ours(void)
{
	static const int errors[] = { ENODEV, EPROTO, ETIMEDOUT, EALREADY };
	unsigned int i;
	int ret;

	TEST_ASSERT_OK(fake_start(FAKE_NONE));
	for (i = 0; i < RTE_DIM(errors); i++) {
		fake_server_refuse(VFIO_USER_DEVICE_GET_INFO, errors[i]);
		test_log_start();
		ret = fake_open(RTE_VFIO_TRANSPORT_ANY);
		TEST_ASSERT_EQUAL(test_log_count("device " FAKE_DEVICE ":"), 1);
		TEST_ASSERT_EQUAL(ret, -EIO);
	}
	return TEST_SUCCESS;
}

/* More than can be used of something is no reason to refuse the device. */
static int
test_irq_many(void)
{
	struct rte_intr_handle *handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	int ret;

	TEST_ASSERT_OK(fake_start(FAKE_IRQ_MANY));
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	TEST_ASSERT_EQUAL(rte_vfio_irq_count(fake_dev, FAKE_IRQ_INDEX),
		1 + RTE_MAX_RXTX_INTR_VEC_ID);
	ret = rte_vfio_irq_enable(fake_dev, FAKE_IRQ_INDEX, handle, FAKE_NUM_VECTORS - 1);
	rte_vfio_irq_disable(fake_dev, FAKE_IRQ_INDEX, handle);
	rte_intr_instance_free(handle);
	return ret;
}

static int
test_many_regions(void)
{
	TEST_ASSERT_OK(fake_start(FAKE_MANY_REGIONS));
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	TEST_ASSERT_EQUAL(rte_vfio_dev_info(fake_dev)->num_regions, 64);
	TEST_ASSERT_EQUAL(rte_vfio_region_get(fake_dev, 0)->nb_areas, 2);
	return TEST_SUCCESS;
}

/* Of an area that has no whole page in it, nothing is mapped. */
static int
test_area_unaligned(void)
{
	const struct rte_vfio_region *region;
	uint32_t value;

	TEST_ASSERT_OK(fake_start(FAKE_AREA_UNALIGNED));
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	region = rte_vfio_region_get(fake_dev, 0);
	TEST_ASSERT_EQUAL(region->nb_areas, 1);
	TEST_ASSERT_EQUAL(region->areas[0].offset, FAKE_AREA0_OFFSET);
	TEST_ASSERT_OK(rte_vfio_region_map(fake_dev, 0));
	TEST_ASSERT(rte_vfio_region_ptr(fake_dev, 0, FAKE_AREA1_OFFSET + 8, 4) == NULL, "mapped");
	TEST_ASSERT_OK(rte_vfio_region_write32(fake_dev, 0, FAKE_AREA1_OFFSET + 8, 4711));
	TEST_ASSERT_OK(rte_vfio_region_read32(fake_dev, 0, FAKE_AREA1_OFFSET + 8, &value));
	TEST_ASSERT_EQUAL(value, 4711);
	return TEST_SUCCESS;
}

/* The last page of a region is mapped whole, and accessed as far as the region goes. */
static int
check_region_part(enum fake_fault kind, uint64_t size)
{
	const struct rte_vfio_region *region;
	uint32_t *last, value = 0;

	TEST_ASSERT_OK(fake_start(kind));
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	region = rte_vfio_region_get(fake_dev, 0);
	TEST_ASSERT_EQUAL(region->size, size);
	TEST_ASSERT_EQUAL(region->nb_areas, 1);
	TEST_ASSERT_OK(rte_vfio_region_map(fake_dev, 0));
	last = rte_vfio_region_ptr(fake_dev, 0, size - 4, 4);
	TEST_ASSERT(last != NULL, "not mapped to its end");
	*last = 0x12345678;
	TEST_ASSERT_EQUAL(*(uint32_t *)(fake_server_region(0) + size - 4), 0x12345678);
	TEST_ASSERT_OK(rte_vfio_region_read32(fake_dev, 0, size - 4, &value));
	TEST_ASSERT_EQUAL(value, 0x12345678);
	TEST_ASSERT(rte_vfio_region_ptr(fake_dev, 0, size - 4, 8) == NULL, "mapped behind its end");
	TEST_ASSERT_EQUAL(rte_vfio_region_read32(fake_dev, 0, size, &value), -EINVAL);
	return TEST_SUCCESS;
}

static int
test_region_part(void)
{
	return check_region_part(FAKE_REGION_PART, FAKE_PART_SIZE);
}

static int
test_region_small(void)
{
	return check_region_part(FAKE_REGION_SMALL, FAKE_SMALL_SIZE);
}

/* A capability, flags, a region, interrupt indexes: a debug line each, and the rest works. */
static int
test_unknown(void)
{
	int ret;

	TEST_ASSERT_OK(fake_start(FAKE_UNKNOWN));
	rte_log_set_level_pattern("*common.vfio", RTE_LOG_DEBUG);
	test_log_start();
	ret = fake_open(RTE_VFIO_TRANSPORT_ANY);
	rte_log_set_level_pattern("*common.vfio", RTE_LOG_NOTICE);
	TEST_ASSERT_EQUAL(test_log_count("skipped"), 3);
	TEST_ASSERT_OK(ret);
	TEST_ASSERT_EQUAL(rte_vfio_dev_info(fake_dev)->num_irqs, 64);
	TEST_ASSERT_EQUAL(rte_vfio_region_get(fake_dev, 0)->nb_areas, 2);
	TEST_ASSERT_EQUAL(rte_vfio_region_get(fake_dev, VFIO_PCI_NUM_REGIONS)->size, 0);
	TEST_ASSERT_EQUAL(rte_vfio_irq_count(fake_dev, VFIO_PCI_INTX_IRQ_INDEX), 1);
	return TEST_SUCCESS;
}

/* Areas that cannot be understood are no leave to map all of the region. */
static int
test_sparse_newer(void)
{
	TEST_ASSERT_OK(fake_start(FAKE_SPARSE_NEWER));
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	TEST_ASSERT_EQUAL(rte_vfio_region_get(fake_dev, 0)->nb_areas, 0);
	TEST_ASSERT_OK(rte_vfio_region_map(fake_dev, 0));
	TEST_ASSERT(rte_vfio_region_ptr(fake_dev, 0, FAKE_AREA0_OFFSET, 4) == NULL, "mapped");
	return TEST_SUCCESS;
}

/* What is mapped for reading alone is no place for doorbells. */
static int
test_region_read_only(void)
{
	uint32_t value;

	TEST_ASSERT_OK(fake_start(FAKE_READ_ONLY));
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	TEST_ASSERT_OK(rte_vfio_region_map(fake_dev, 0));
	TEST_ASSERT(rte_vfio_region_ptr(fake_dev, 0, FAKE_AREA0_OFFSET, 4) == NULL,
		"a pointer that must not be written through");
	fake_server_region(0)[FAKE_AREA0_OFFSET] = 77;
	TEST_ASSERT_OK(rte_vfio_region_read32(fake_dev, 0, FAKE_AREA0_OFFSET, &value));
	TEST_ASSERT_EQUAL(value, 77);
	TEST_ASSERT_EQUAL(rte_vfio_region_write32(fake_dev, 0, FAKE_AREA0_OFFSET, 1), -EACCES);
	return TEST_SUCCESS;
}

static int
test_irq_refused(void)
{
	struct rte_intr_handle *handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);

	TEST_ASSERT_OK(fake_start(FAKE_IRQ_REFUSED));
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	TEST_ASSERT_EQUAL(rte_vfio_irq_enable(fake_dev, FAKE_IRQ_INDEX, handle, 1), -EIO);
	/* It may be tried again. */
	TEST_ASSERT_EQUAL(rte_vfio_irq_enable(fake_dev, FAKE_IRQ_INDEX, handle, 1), -EIO);
	rte_intr_instance_free(handle);
	return TEST_SUCCESS;
}

/* The group of a device is the last part of a link; nothing is left of a longer one. */
static int
test_node_group(void)
{
	static const struct { const char *link, *path; } groups[] = {
		{ "../../../kernel/iommu_groups/4711", "/dev/vfio/4711" },
		{ "iommu_groups/7", "/dev/vfio/7" },
	};
	struct rte_vfio_dev_node node = { .name = FAKE_DEVICE };
	char path[] = "/tmp/dpdk-test-auxiliary.XXXXXX";
	struct rte_vfio_kernel_node kernel;
	unsigned int i;
	int dir;

	TEST_ASSERT(mkdtemp(path) != NULL, "%s", path);
	dir = open(path, O_RDONLY | O_DIRECTORY);
	for (i = 0; i < RTE_DIM(groups); i++) {
		TEST_ASSERT_OK(symlinkat(groups[i].link, dir, "iommu_group"));
		rte_vfio_node_find(dir, &node, &kernel);
		TEST_ASSERT(strcmp(kernel.group, groups[i].path) == 0, "%s", kernel.group);
		rte_vfio_node_put(&kernel);
		TEST_ASSERT_OK(unlinkat(dir, "iommu_group", 0));
	}
	close(dir);
	return rmdir(path);
}

/* While another transport is to be tried, what a server says wrong is no line of its own. */
static int
test_passed_over(void)
{
	static const enum fake_fault faults[] = { FAKE_VERSION, FAKE_JSON, FAKE_JSON_LIMIT };
	unsigned int i;
	int ret;

	for (i = 0; i < RTE_DIM(faults); i++) {
		TEST_ASSERT_OK(fake_start(faults[i]));
		test_log_start();
		ret = fake_open_or("/nonexistent/vfio0");
		TEST_ASSERT_EQUAL(test_log_count("device " FAKE_DEVICE ":"), 1);
		TEST_ASSERT_EQUAL(ret, -EPROTO);
		fake_stop();
	}
	/* So is a refusal. */
	TEST_ASSERT_OK(fake_start(FAKE_NONE));
	fake_server_refuse(VFIO_USER_VERSION, EACCES);
	test_log_start();
	ret = fake_open_or("/nonexistent/vfio0");
	TEST_ASSERT_EQUAL(test_log_count_both("device " FAKE_DEVICE ": cannot be opened",
		"refused: Permission denied"), 1);
	TEST_ASSERT_EQUAL(ret, -EACCES);
	return TEST_SUCCESS;
}

/* A character device that is held open is named by its path, and not by the descriptor. */
static int
test_node_held(void)
{
	char path[] = "/tmp/dpdk-test-auxiliary.XXXXXX", held[32];
	const struct rte_vfio_dev_node node = { .name = FAKE_DEVICE, .cdev = held };
	int fd, ret;

	TEST_ASSERT(mkdtemp(path) != NULL, "%s", path);
	fd = open(path, O_PATH | O_CLOEXEC);
	snprintf(held, sizeof(held), "/proc/self/fd/%d", fd);
	test_log_start();
	ret = rte_vfio_dev_open(&node, RTE_VFIO_TRANSPORT_CDEV, &fake_dev);
	TEST_ASSERT_EQUAL(test_log_count_both("device " FAKE_DEVICE ": cannot open", path), 1);
	TEST_ASSERT_EQUAL(ret, -EISDIR);
	close(fd);
	return rmdir(path);
}

/* Nodes that lead nowhere; the server runs, but is not what is asked for. */
static int
test_nodes(void)
{
	const struct rte_vfio_dev_node nothing = { .name = FAKE_DEVICE };
	const struct rte_vfio_dev_node no_socket = {
		.name = FAKE_DEVICE, .user_socket = "/nonexistent/vfio-user",
	};
	const struct rte_vfio_dev_node no_group = {
		.name = FAKE_DEVICE, .group_base = "/nonexistent", .group_name = FAKE_DEVICE,
	};
	const struct rte_vfio_dev_node no_way = {
		.name = FAKE_DEVICE, .user_socket = "/nonexistent/vfio-user",
		.cdev = "/nonexistent/vfio0", .group_base = "/nonexistent",
		.group_name = FAKE_DEVICE,
	};
	struct test_resources before;

	TEST_ASSERT_OK(fake_start(FAKE_NONE));
	before = test_resources_now();
	TEST_ASSERT_EQUAL(rte_vfio_dev_open(&nothing, RTE_VFIO_TRANSPORT_ANY, &fake_dev), -ENODEV);
	TEST_ASSERT_EQUAL(rte_vfio_dev_open(&no_socket, RTE_VFIO_TRANSPORT_ANY, &fake_dev),
		-ENOENT);
	TEST_ASSERT_EQUAL(rte_vfio_dev_open(&no_socket, RTE_VFIO_TRANSPORT_GROUP, &fake_dev),
		-ENODEV);
	TEST_ASSERT_EQUAL(rte_vfio_dev_open(&no_group, RTE_VFIO_TRANSPORT_GROUP, &fake_dev),
		-ENODEV);
	TEST_ASSERT_EQUAL(rte_vfio_dev_open(&no_way, RTE_VFIO_TRANSPORT_CDEV, &fake_dev), -ENOENT);
	test_log_start();
	TEST_ASSERT_EQUAL(rte_vfio_dev_open(&no_way, RTE_VFIO_TRANSPORT_ANY, &fake_dev), -ENODEV);
	TEST_ASSERT_EQUAL(test_log_count("device " FAKE_DEVICE ":"), 1);
	TEST_ASSERT_EQUAL(rte_vfio_dev_open(NULL, RTE_VFIO_TRANSPORT_ANY, &fake_dev), -EINVAL);
	TEST_ASSERT(fake_dev == NULL, "a device all the same");
	return test_resources_same(&before);
}

static const struct test_case cases[] = {
	TEST_CASE(test_garbage),
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
	TEST_CASE(test_no_descriptor),
	TEST_CASE(test_errors_of_ours),
	TEST_CASE(test_irq_many),
	TEST_CASE(test_region_part),
	TEST_CASE(test_region_small),
	TEST_CASE(test_unknown),
	TEST_CASE(test_sparse_newer),
	TEST_CASE(test_region_read_only),
	TEST_CASE(test_irq_refused),
	TEST_CASE(test_node_group),
	TEST_CASE(test_passed_over),
	TEST_CASE(test_node_held),
	TEST_CASE(test_nodes),
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
