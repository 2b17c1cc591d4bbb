/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Where the regions of many devices are mapped: side by side behind EAL's
 * memory, where a secondary process has room for them.
 */

#include <rte_memory.h>
#include <rte_vfio_dev.h>

#include "sim_host.h"
#include "test.h"

#define NB_DEVICES 100

static struct rte_vfio_dev *devs[NB_DEVICES];
static char devices[300];

static int
setup(void)
{
	const char *dir = test_dir_create();

	TEST_ASSERT(dir != NULL, "no directory");
	snprintf(devices, sizeof(devices), "%s/devices", dir);
	return sim_host_start(devices, NB_DEVICES, SF_WIRE_LOOP);
}

static void
teardown(void)
{
	unsigned int i;

	for (i = 0; i < NB_DEVICES; i++)
		rte_vfio_dev_close(devs[i]);
	sim_host_stop();
	test_dir_remove();
}

static int
device_map(unsigned int i, uintptr_t *at)
{
	char name[32], socket[400];
	const struct rte_vfio_dev_node node = { .name = name, .user_socket = socket };

	snprintf(name, sizeof(name), "sf_sim.sf.%u", i);
	snprintf(socket, sizeof(socket), "%s/%s/vfio-user", devices, name);
	TEST_ASSERT_OK(rte_vfio_dev_open(&node, RTE_VFIO_TRANSPORT_USER, &devs[i]));
	TEST_ASSERT_OK(rte_vfio_region_map(devs[i], SF_BAR_REGS));
	*at = (uintptr_t)rte_vfio_region_get(devs[i], SF_BAR_REGS)->addr;
	return TEST_SUCCESS;
}

static void
device_close(unsigned int i)
{
	rte_vfio_dev_close(devs[i]);
	devs[i] = NULL;
}

static int
memory_end(const struct rte_memseg_list *msl, void *arg)
{
	uintptr_t *end = arg;

	*end = RTE_MAX(*end, (uintptr_t)msl->base_va + msl->len);
	return 0;
}

static int
test_many(void)
{
	const uintptr_t span = UINT64_C(2) << 30;
	uintptr_t at[NB_DEVICES], again, end = 0;
	unsigned int i;

	rte_memseg_list_walk(memory_end, &end);
	for (i = 0; i < NB_DEVICES; i++) {
		TEST_ASSERT_OK(device_map(i, &at[i]));
		TEST_ASSERT(at[i] > end && at[i] - end < span, "device %u at 0x%zx, memory ends at 0x%zx",
			i, at[i], end);
	}
	/* What is given back is used again. */
	device_close(50);
	TEST_ASSERT_OK(device_map(50, &again));
	TEST_ASSERT_EQUAL(again, at[50]);
	device_close(10);
	device_close(90);
	TEST_ASSERT_OK(device_map(90, &again));
	TEST_ASSERT_EQUAL(again, at[10]);
	TEST_ASSERT_OK(device_map(10, &again));
	TEST_ASSERT(again > end && again - end < span, "at 0x%zx", again);
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_many),
	{ .name = NULL }
};

static struct test_suite suite = {
	.name = "common_vfio_autotest",
	.setup = setup,
	.teardown = teardown,
	.cases = cases,
};

TEST_REGISTER(suite);
