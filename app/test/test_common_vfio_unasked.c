/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * What servers say without having been asked: they may read and write memory that is
 * mapped for their device, and they share the interrupt thread with all others.
 */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_alarm.h>
#include <rte_cycles.h>
#include <rte_malloc.h>

#include "fake_device.h"
#include "sim_host.h"

/* --- DMA by message ---------------------------------------------------------- */

/* Memory at an IOVA of its own, between others. */
#define IOVA (UINT64_C(1) << 50)

static uint8_t *memory;
static size_t page;

static int
start_with_memory(void)
{
	page = sysconf(_SC_PAGESIZE);
	TEST_ASSERT_OK(fake_start_watched());
	memory = rte_zmalloc(NULL, 4 * page, page);
	TEST_ASSERT(memory != NULL, "no memory");
	/* Two mappings that continue each other, and not in memory. */
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(fake_dev, memory, IOVA, page));
	return rte_vfio_dev_dma_map(fake_dev, memory + 2 * page, IOVA + page, 2 * page);
}

static int
dma_write_read(bool now)
{
	uint8_t out[3 * 4096], in[2048];
	const size_t at = page - 1000;
	unsigned int i;
	uint32_t v;

	for (i = 0; i < sizeof(out); i++)
		out[i] = i * 7 + i / 256;
	fake_server_dma(true, IOVA + 3, 2 * page + 1001, out, now);
	if (!now)
		TEST_ASSERT_OK(rte_vfio_region_read32(fake_dev, 1, 0, &v));
	TEST_ASSERT_OK(fake_server_dma_result(NULL, 0));
	TEST_ASSERT_OK(memcmp(memory + 3, out, page - 3));
	TEST_ASSERT_OK(memcmp(memory + 2 * page, out + page - 3, page + 1004));
	TEST_ASSERT_EQUAL(memory[2], 0);
	TEST_ASSERT_EQUAL(memory[page], 0);
	TEST_ASSERT_EQUAL(memory[3 * page + 1004], 0);
	fake_server_dma(false, IOVA + at, sizeof(in), NULL, now);
	if (!now)
		TEST_ASSERT_OK(rte_vfio_region_read32(fake_dev, 1, 0, &v));
	TEST_ASSERT_OK(fake_server_dma_result(in, sizeof(in)));
	TEST_ASSERT_OK(memcmp(in, out + at - 3, sizeof(in)));
	rte_free(memory);
	return TEST_SUCCESS;
}

/* While nothing is asked of the server; nobody calls us then. */
static int
test_dma_message_idle(void)
{
	TEST_ASSERT_OK(start_with_memory());
	return dma_write_read(true);
}

/* Before the reply to what we ask. */
static int
test_dma_message_busy(void)
{
	TEST_ASSERT_OK(start_with_memory());
	return dma_write_read(false);
}

static int
refused(bool write, uint64_t addr, uint64_t count)
{
	static const uint8_t data[16384] = { 1 };

	fake_server_dma(write, addr, count, data, true);
	TEST_ASSERT_EQUAL(fake_server_dma_result(NULL, 0), -EINVAL);
	return TEST_SUCCESS;
}

/* What is not mapped for the device, wholly, is not accessed, and one line says so. */
static int
test_dma_message_bounds(void)
{
	static const uint8_t zeroes[4096];
	unsigned int i;
	uint32_t v;

	TEST_ASSERT_OK(start_with_memory());
	test_log_start();
	for (i = 0; i < 2; i++) {
		TEST_ASSERT_OK(refused(i, IOVA - 1, 8));
		TEST_ASSERT_OK(refused(i, IOVA + 3 * page, 1));
		TEST_ASSERT_OK(refused(i, IOVA + 3 * page - 8, 9));
		TEST_ASSERT_OK(refused(i, IOVA, 0));
		TEST_ASSERT_OK(refused(i, IOVA, 3 * page + 1));
		TEST_ASSERT_OK(refused(i, UINT64_MAX, 2));
		TEST_ASSERT_OK(refused(i, IOVA, UINT64_MAX));
		TEST_ASSERT_OK(refused(i, (uintptr_t)&fake_gone, 4));
	}
	TEST_ASSERT_EQUAL(test_log_count("server refused access"), 1);
	TEST_ASSERT_OK(memcmp(memory, zeroes, page));
	TEST_ASSERT_OK(memcmp(memory + 3 * page, zeroes, page));
	/* Memory that is unmapped can be gone. */
	TEST_ASSERT_OK(rte_vfio_dev_dma_unmap(fake_dev, memory, IOVA, page));
	TEST_ASSERT_OK(refused(true, IOVA + 8, 8));
	TEST_ASSERT_OK(rte_vfio_region_read32(fake_dev, 1, 0, &v));
	TEST_ASSERT_EQUAL(fake_gone, 0);
	rte_free(memory);
	return TEST_SUCCESS;
}

/* --- The interrupt thread ----------------------------------------------------- */

/* The interrupt thread waits for the rest of a message as long as a call does. */
static int
test_half_message(void)
{
	TEST_ASSERT_OK(fake_start_watched());
	fake_server_say(0, 8);
	return fake_expect_gone();
}

/* Other devices come and go meanwhile, and so does the one of that server. */
static int
test_half_message_for_others(void)
{
	char dir[128], socket[256];
	const struct rte_vfio_dev_node node = { .name = "sf_sim.sf.0", .user_socket = socket };
	struct rte_vfio_dev *other;
	unsigned int ms;
	int ret;

	snprintf(dir, sizeof(dir), "/tmp/dpdk-test-auxiliary.%d.devices", getpid());
	snprintf(socket, sizeof(socket), "%s/sf_sim.sf.0/vfio-user", dir);
	TEST_ASSERT_OK(fake_start(FAKE_NONE));
	fake_timeout_ms = 3000;
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	TEST_ASSERT_OK(sim_host_start(dir, 1, SF_WIRE_LOOP));
	fake_server_say(0, 8);
	rte_delay_us_sleep(50 * 1000);
	fake_clock_start();
	ret = rte_vfio_dev_open(&node, RTE_VFIO_TRANSPORT_USER, &other);
	if (ret == 0)
		rte_vfio_dev_close(other);
	fake_close();
	ms = fake_clock_ms();
	sim_host_stop();
	rmdir(dir);
	TEST_ASSERT_OK(ret);
	TEST_ASSERT(ms < 2000, "%u ms", ms);
	return TEST_SUCCESS;
}

/* It waits no longer for many messages, however the server ends each in time. */
static int
test_half_messages(void)
{
	unsigned int i;

	TEST_ASSERT_OK(fake_start_watched());
	for (i = 0; i < 5; i++) {
		fake_server_say(0, 8);
		rte_delay_us_sleep(FAKE_TIMEOUT_MS * 3 / 5 * 1000);
		fake_server_say(8, SIZE_MAX);
		rte_delay_us_sleep(20 * 1000);
	}
	return fake_expect_gone();
}

static unsigned int ticks;

static void
tick(void *arg)
{
	__atomic_add_fetch(&ticks, 1, __ATOMIC_RELAXED);
	rte_eal_alarm_set(1000, tick, arg);
}

/* Messages without end, twice as long as a call may take: alarms of the same thread go off. */
static int
test_many_messages(void)
{
	unsigned int nb;
	uint32_t v;

	TEST_ASSERT_OK(fake_start_watched());
	ticks = 0;
	TEST_ASSERT_OK(rte_eal_alarm_set(1000, tick, NULL));
	fake_clock_start();
	do {
		fake_server_say(0, SIZE_MAX);
		nb = __atomic_load_n(&ticks, __ATOMIC_RELAXED);
	} while (fake_clock_ms() < 2 * FAKE_TIMEOUT_MS || (nb < 20 && fake_clock_ms() < 10000));
	rte_eal_alarm_cancel(tick, NULL);
	TEST_ASSERT_EQUAL(fake_gone, 0);
	TEST_ASSERT(nb >= 20, "%u ticks", nb);
	TEST_ASSERT_OK(rte_vfio_region_read32(fake_dev, 1, 0, &v));
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_dma_message_idle),
	TEST_CASE(test_dma_message_busy),
	TEST_CASE(test_dma_message_bounds),
	TEST_CASE(test_half_message),
	TEST_CASE(test_half_message_for_others),
	TEST_CASE(test_half_messages),
	TEST_CASE(test_many_messages),
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
