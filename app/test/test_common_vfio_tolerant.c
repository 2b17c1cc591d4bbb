/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Servers that do what the specification allows, and dpdk-sf-sim does not.
 */

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_alarm.h>
#include <rte_cycles.h>
#include <rte_eal.h>
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
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(fake_dev, mem, IOVA, page));
	TEST_ASSERT_OK(rte_vfio_dev_dma_unmap(fake_dev, mem, IOVA, page));
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

/* --- The end ------------------------------------------------------------------ */

static unsigned int asked;
static int answer;

/* On the interrupt thread, so that the watcher cannot come first. */
static void
ask_the_dead(void *arg)
{
	uint32_t value;

	fake_stop();
	answer = rte_vfio_region_read32(arg, 1, 8, &value);
	__atomic_store_n(&asked, 1, __ATOMIC_RELEASE);
}

/* A request may be the first to find out; it is said in the watcher's words. */
static int
test_gone_while_sending(void)
{
	asked = 0;
	TEST_ASSERT_OK(fake_start(FAKE_NONE));
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	test_log_start();
	TEST_ASSERT_OK(rte_eal_alarm_set(1, ask_the_dead, fake_dev));
	TEST_ASSERT(test_wait_for(&asked, 1), "no answer");
	TEST_ASSERT_EQUAL(test_log_count_both("device " FAKE_DEVICE ":", "server has gone"), 1);
	TEST_ASSERT_EQUAL(answer, -ENODEV);
	TEST_ASSERT(rte_vfio_dev_has_ended(fake_dev), "given up, and not ended");
	return TEST_SUCCESS;
}

/* All that a device is asked in its life, up to what fails. */
static int
live(void *mem, size_t page)
{
	uint32_t value;
	int ret;

	ret = rte_vfio_region_write32(fake_dev, 1, 8, 4711);
	if (ret == 0)
		ret = rte_vfio_region_read32(fake_dev, 1, 8, &value);
	if (ret == 0)
		ret = rte_vfio_dev_dma_map(fake_dev, mem, IOVA, page);
	if (ret == 0)
		ret = rte_vfio_dev_reset(fake_dev);
	if (ret == 0)
		ret = rte_vfio_dev_dma_unmap(fake_dev, mem, IOVA, page);
	return ret;
}

/* A life whose server hangs up behind so many octets; 1 if it came to its end before. */
static int
cut_life(size_t nb, void *mem, size_t page)
{
	int ret;

	fake_server_cut(nb);
	ret = fake_open(RTE_VFIO_TRANSPORT_ANY);
	if (ret == 0)
		ret = live(mem, page);
	fake_close();
	fake_server_cut(SIZE_MAX);
	return ret == 0 ? 1 : ret == -ENODEV || ret == -ECONNRESET || ret == -EPIPE ? 0 : ret;
}

/* The server may hang up behind any octet: nothing is left of the device, and it opens again. */
static int
test_hang_up_at_every_octet(void)
{
	const size_t page = sysconf(_SC_PAGESIZE);
	void *mem = rte_malloc(NULL, page, page);
	struct test_resources before;
	size_t nb = 0;
	int ret;

	TEST_ASSERT(mem != NULL, "no memory");
	TEST_ASSERT_OK(fake_start(FAKE_NONE));
	TEST_ASSERT_EQUAL(cut_life(SIZE_MAX, mem, page), 1);
	before = test_resources_now();
	do {
		test_log_start();
		ret = cut_life(nb++, mem, page);
		test_log_drop();
		TEST_ASSERT(ret >= 0, "cut behind %zu octets: %s", nb - 1, strerror(-ret));
		TEST_ASSERT_OK(test_resources_same(&before));
	} while (ret == 0);
	TEST_ASSERT(nb > 500, "a life of %zu octets", nb);
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	rte_free(mem);
	return works();
}

/* --- Requests that take their time ------------------------------------------ */

#define TIMEOUT_MS 250
#define SLACK_MS 400

static int
slow_open(void)
{
	TEST_ASSERT_OK(fake_start(FAKE_NONE));
	fake_timeout_ms = TIMEOUT_MS;
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	fake_server_turn(FAKE_SLOW_DEVICE);
	return TEST_SUCCESS;
}

static int
test_slow_reset(void)
{
	TEST_ASSERT_OK(slow_open());
	TEST_ASSERT_OK(rte_vfio_dev_reset(fake_dev));
	return works();
}

/* By itself, and as a part of closing the device. */
static int
test_slow_unmap(void)
{
	const size_t page = sysconf(_SC_PAGESIZE);
	void *mem = rte_malloc(NULL, page, page);

	TEST_ASSERT(mem != NULL, "no memory");
	TEST_ASSERT_OK(slow_open());
	test_log_start();
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(fake_dev, mem, IOVA, page));
	TEST_ASSERT_OK(rte_vfio_dev_dma_unmap(fake_dev, mem, IOVA, page));
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(fake_dev, mem, IOVA, page));
	TEST_ASSERT_OK(works());
	fake_close();
	TEST_ASSERT_EQUAL(test_log_count("device " FAKE_DEVICE ":"), 0);
	rte_free(mem);
	return TEST_SUCCESS;
}

static void *
reset(void *arg)
{
	return (void *)(intptr_t)rte_vfio_dev_reset(arg);
}

/* For how long this thread has had a processor. */
static unsigned int
busy_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Another thread's register access, and a call of several, wait for the reset, and sleep. */
static int
test_slow_for_others(void)
{
	uint8_t buf[FAKE_REGION1_SIZE]; /* four messages */
	unsigned int busy;
	pthread_t thread;
	void *ret;

	TEST_ASSERT_OK(slow_open());
	TEST_ASSERT_OK(pthread_create(&thread, NULL, reset, fake_dev));
	rte_delay_us_sleep(50 * 1000);
	busy = busy_ms();
	TEST_ASSERT_OK(rte_vfio_region_read(fake_dev, 1, 0, buf, sizeof(buf)));
	busy = busy_ms() - busy;
	TEST_ASSERT(busy < 30, "busy for %u ms", busy);
	pthread_join(thread, &ret);
	TEST_ASSERT_EQUAL((intptr_t)ret, 0);
	return works();
}

/* Memory that EAL adds is mapped behind that: the connection, or the domain, is locked. */
static int
slow_and_grow(void *(*slow)(void *))
{
	pthread_t thread;
	void *mem, *ret;

	TEST_ASSERT_OK(pthread_create(&thread, NULL, slow, fake_dev));
	rte_delay_us_sleep(50 * 1000);
	test_log_start();
	mem = rte_malloc(NULL, 128 << 20, 0); /* more than the tests start with */
	pthread_join(thread, &ret);
	TEST_ASSERT_EQUAL(test_log_count("device " FAKE_DEVICE ":"), 0);
	TEST_ASSERT_EQUAL((intptr_t)ret, 0);
	fake_server_turn(FAKE_NONE);
	rte_free(mem);
	fake_server_turn(FAKE_SLOW_DEVICE);
	return mem == NULL ? test_skip("not enough hugepages") : works();
}

static void *memory;

static void *
unmap(void *arg)
{
	return (void *)(intptr_t)rte_vfio_dev_dma_unmap(arg, memory, IOVA, sysconf(_SC_PAGESIZE));
}

static int
test_slow_for_memory(void)
{
	const size_t page = sysconf(_SC_PAGESIZE);
	int ret;

	if (!rte_eal_has_hugepages())
		return test_skip("no hugepages: EAL's memory is fixed");
	memory = rte_malloc(NULL, page, page);
	TEST_ASSERT(memory != NULL, "no memory");
	TEST_ASSERT_OK(slow_open());
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(fake_dev, memory, IOVA, page));
	ret = slow_and_grow(unmap);
	if (ret == TEST_SUCCESS)
		ret = slow_and_grow(reset);
	rte_free(memory);
	return ret;
}

/* There is an end to that as well. */
static int
test_hang_reset(void)
{
	uint64_t ms = rte_get_timer_hz() / 1000, start;

	TEST_ASSERT_OK(slow_open());
	fake_server_turn(FAKE_HANG);
	test_log_start();
	start = rte_get_timer_cycles();
	TEST_ASSERT_EQUAL(rte_vfio_dev_reset(fake_dev), -ETIMEDOUT);
	ms = (rte_get_timer_cycles() - start) / ms;
	TEST_ASSERT_EQUAL(test_log_count_both("device " FAKE_DEVICE ":", "more than 1000 ms"), 1);
	TEST_ASSERT(ms + 10 >= RTE_VFIO_DEV_SLOW_FACTOR * TIMEOUT_MS &&
		ms < RTE_VFIO_DEV_SLOW_FACTOR * TIMEOUT_MS + SLACK_MS, "%u ms", (unsigned int)ms);
	return TEST_SUCCESS;
}

/* --- Page sizes ------------------------------------------------------------- */

/* Refused in one line, with the size of the server's pages, and not sent. */
static int
not_whole(void *addr, uint64_t iova, size_t len)
{
	const unsigned int calls = fake_server_dma_calls();
	int ret;

	test_log_start();
	ret = rte_vfio_dev_dma_map(fake_dev, addr, iova, len);
	TEST_ASSERT_EQUAL(test_log_count_both("device " FAKE_DEVICE ":",
		"whole pages of 0x10000"), 1);
	TEST_ASSERT_EQUAL(ret, -EINVAL);
	TEST_ASSERT_EQUAL(fake_server_dma_calls(), calls);
	return TEST_SUCCESS;
}

static int
is_odd(const struct rte_memseg_list *msl, const struct rte_memseg *ms, size_t len, void *arg)
{
	RTE_SET_USED(arg);
	return !msl->external &&
		(((uintptr_t)ms->addr | ms->iova | len) & (FAKE_PAGE_SIZE - 1)) != 0;
}

static int
test_page_sizes(void)
{
	const size_t page = sysconf(_SC_PAGESIZE), large = FAKE_PAGE_SIZE;
	uint8_t *mem = rte_malloc(NULL, 4 * large, large);
	unsigned int maps;

	if (rte_memseg_contig_walk(is_odd, NULL) != 0)
		return test_skip("EAL's memory is not made of the server's pages");
	TEST_ASSERT(mem != NULL, "no memory");
	TEST_ASSERT_OK(fake_start(FAKE_PGSIZES));
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	maps = fake_server_dma_maps();
	TEST_ASSERT_OK(not_whole(mem, IOVA + page, large));
	TEST_ASSERT_OK(not_whole(mem, IOVA, page));
	TEST_ASSERT_OK(not_whole(mem, IOVA, large + page));
	TEST_ASSERT_OK(not_whole(mem + page, IOVA, large));
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(fake_dev, mem, IOVA, 2 * large));
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(fake_dev, mem + 3 * large, IOVA + 3 * large, large));
	TEST_ASSERT_EQUAL(fake_server_dma_maps(), maps + 2);
	TEST_ASSERT_OK(rte_vfio_dev_dma_unmap(fake_dev, mem, IOVA, 2 * large));
	rte_free(mem);
	return works();
}

static const struct test_case cases[] = {
	TEST_CASE(test_error_payload),
	TEST_CASE(test_error_endless),
	TEST_CASE(test_unmap_bare),
	TEST_CASE(test_transfer_unsaid),
	TEST_CASE(test_gone_while_sending),
	TEST_CASE(test_hang_up_at_every_octet),
	TEST_CASE(test_slow_reset),
	TEST_CASE(test_slow_unmap),
	TEST_CASE(test_slow_for_others),
	TEST_CASE(test_slow_for_memory),
	TEST_CASE(test_hang_reset),
	TEST_CASE(test_page_sizes),
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
