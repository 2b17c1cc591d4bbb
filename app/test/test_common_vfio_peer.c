/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Servers that take their time, or cut the ground from under a mapping.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#include "fake_device.h"

/* --- One deadline for a call ------------------------------------------------ */

/* Opening such a device takes as long as it may, and leaves nothing behind. */
static int
open_late(enum fake_fault fault)
{
	struct test_resources before;

	TEST_ASSERT_OK(fake_start(fault));
	fake_timeout_ms = FAKE_TIMEOUT_MS;
	before = test_resources_now();
	test_log_start();
	fake_clock_start();
	TEST_ASSERT_EQUAL(fake_open(RTE_VFIO_TRANSPORT_ANY), -ETIMEDOUT);
	TEST_ASSERT(fake_clock_ms() >= FAKE_TIMEOUT_MS - 1, "%u ms", fake_clock_ms());
	TEST_ASSERT(fake_clock_ms() < FAKE_TIMEOUT_MS + FAKE_SLACK_MS, "%u ms", fake_clock_ms());
	TEST_ASSERT_EQUAL(test_log_count("device " FAKE_DEVICE ":"), 1);
	return test_resources_same(&before);
}

#define TEST_LATE(name, fault) \
static int \
name(void) \
{ \
	return open_late(fault); \
}

TEST_LATE(test_hang, FAKE_HANG)
TEST_LATE(test_slow, FAKE_SLOW)
TEST_LATE(test_trickle, FAKE_TRICKLE)
TEST_LATE(test_chatter, FAKE_CHATTER)
TEST_LATE(test_questions, FAKE_QUESTIONS)

/* A server that does not even accept, before whose door others wait. */
static int
test_not_accepting(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const struct rte_vfio_dev_node node = {
		.name = FAKE_DEVICE, .user_socket = addr.sun_path, .timeout_ms = FAKE_TIMEOUT_MS,
	};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	TEST_ASSERT_OK(fake_start(FAKE_NONE)); /* for the teardown */
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/tmp/dpdk-test-auxiliary.%d", getpid());
	TEST_ASSERT_OK(bind(listener, (struct sockaddr *)&addr, sizeof(addr)));
	TEST_ASSERT_OK(listen(listener, 0));
	TEST_ASSERT_OK(connect(other, (struct sockaddr *)&addr, sizeof(addr)));
	fake_clock_start();
	TEST_ASSERT_EQUAL(rte_vfio_dev_open(&node, RTE_VFIO_TRANSPORT_USER, &fake_dev), -ETIMEDOUT);
	TEST_ASSERT(fake_clock_ms() < FAKE_TIMEOUT_MS + FAKE_SLACK_MS, "%u ms", fake_clock_ms());
	close(listener);
	close(other);
	unlink(addr.sun_path);
	return TEST_SUCCESS;
}

/* A read of several messages is one call. */
static int
test_slow_parts(void)
{
	uint8_t buf[FAKE_REGION1_SIZE]; /* four messages, 240 ms */
	int i, ret = -1;

	TEST_ASSERT_OK(fake_start(FAKE_NONE));
	fake_timeout_ms = 200;
	/* The 200 ms are for opening the device, too; on a busy machine that may be too late. */
	for (i = 0; i < 10 && ret != 0; i++)
		ret = fake_open(RTE_VFIO_TRANSPORT_ANY);
	TEST_ASSERT_OK(ret);
	fake_server_turn(FAKE_SLOW);
	fake_clock_start();
	TEST_ASSERT_EQUAL(rte_vfio_region_read(fake_dev, 1, 0, buf, sizeof(buf)), -ETIMEDOUT);
	TEST_ASSERT(fake_clock_ms() < 200 + FAKE_SLACK_MS, "%u ms", fake_clock_ms());
	return TEST_SUCCESS;
}

/* Without a deadline, slow is good enough. */
static int
test_no_deadline(void)
{
	uint32_t v;

	TEST_ASSERT_OK(fake_start(FAKE_SLOW));
	fake_timeout_ms = 0;
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	TEST_ASSERT_OK(rte_vfio_region_read32(fake_dev, 1, 0, &v));
	return TEST_SUCCESS;
}

/* Memory that EAL adds: its lock is held no longer, however many pages there are. */
static int
test_slow_memory_event(void)
{
	void *mem;

	if (!rte_eal_has_hugepages())
		return test_skip("no hugepages: EAL's memory is fixed");
	TEST_ASSERT_OK(fake_start(FAKE_NONE));
	fake_timeout_ms = FAKE_TIMEOUT_MS;
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	fake_server_turn(FAKE_SLOW);
	fake_clock_start();
	mem = rte_malloc(NULL, 128 << 20, 0);
	if (mem == NULL)
		return test_skip("not enough hugepages");
	/* Pages have to be cleared as well; 64 answers would take 3,840 ms. */
	TEST_ASSERT(fake_clock_ms() < 2500, "%u ms", fake_clock_ms());
	fake_clock_start();
	rte_free(mem);
	TEST_ASSERT(fake_clock_ms() < 2500, "%u ms", fake_clock_ms());
	return TEST_SUCCESS;
}

/* --- A connection given up -------------------------------------------------- */

static int
test_late_is_gone(void)
{
	uint32_t v;

	TEST_ASSERT_OK(fake_start_watched());
	fake_server_turn(FAKE_HANG);
	TEST_ASSERT_EQUAL(rte_vfio_region_read32(fake_dev, 1, 0, &v), -ETIMEDOUT);
	return fake_expect_gone();
}

static int
test_breach_is_gone(void)
{
	uint32_t v;

	TEST_ASSERT_OK(fake_start_watched());
	fake_server_turn(FAKE_WRONG_ID);
	TEST_ASSERT_EQUAL(rte_vfio_region_read32(fake_dev, 1, 0, &v), -EPROTO);
	return fake_expect_gone();
}

/* Who asks to be told later is told of what was before. */
static int
test_gone_before_watched(void)
{
	uint32_t v;

	TEST_ASSERT_OK(fake_start_watched());
	TEST_ASSERT_OK(fake_watch(false));
	fake_server_turn(FAKE_HANG);
	TEST_ASSERT_EQUAL(rte_vfio_region_read32(fake_dev, 1, 0, &v), -ETIMEDOUT);
	rte_delay_us_sleep(20 * 1000);
	TEST_ASSERT_EQUAL(fake_gone, 0);
	TEST_ASSERT_OK(fake_watch(true));
	return fake_expect_gone();
}

static void *
read_register(void *arg)
{
	uint32_t v;

	return (void *)(intptr_t)rte_vfio_region_read32(arg, 1, 0, &v);
}

/* Threads that wait for each other do not wait one deadline each. */
static int
test_late_for_all(void)
{
	pthread_t threads[8];
	unsigned int i, late = 0;
	void *ret;

	TEST_ASSERT_OK(fake_start_watched());
	fake_server_turn(FAKE_HANG);
	fake_clock_start();
	for (i = 0; i < RTE_DIM(threads); i++)
		TEST_ASSERT_OK(pthread_create(&threads[i], NULL, read_register, fake_dev));
	for (i = 0; i < RTE_DIM(threads); i++) {
		pthread_join(threads[i], &ret);
		late += (intptr_t)ret == -ETIMEDOUT;
		TEST_ASSERT((intptr_t)ret == -ETIMEDOUT || (intptr_t)ret == -ENODEV,
			"%d", (int)(intptr_t)ret);
	}
	TEST_ASSERT(fake_clock_ms() < FAKE_TIMEOUT_MS + FAKE_SLACK_MS, "%u ms", fake_clock_ms());
	TEST_ASSERT_EQUAL(late, 1);
	return fake_expect_gone();
}

/* --- Files behind a mapping ------------------------------------------------- */

/* Nothing is mapped; accesses are messages, and work. */
static int
not_mapped(enum fake_fault fault)
{
	const struct rte_vfio_region *region;
	uint32_t v;

	TEST_ASSERT_OK(fake_start(fault));
	test_log_start();
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	TEST_ASSERT_EQUAL(test_log_count("region 0: not mapped"), 1);
	region = rte_vfio_region_get(fake_dev, 0);
	TEST_ASSERT_EQUAL(region->nb_areas, 0);
	TEST_ASSERT_EQUAL(region->size, FAKE_REGION0_SIZE);
	TEST_ASSERT_OK(rte_vfio_region_map(fake_dev, 0));
	TEST_ASSERT(rte_vfio_region_ptr(fake_dev, 0, FAKE_AREA0_OFFSET, 4) == NULL, "mapped");
	TEST_ASSERT_OK(rte_vfio_region_write32(fake_dev, 0, FAKE_AREA0_OFFSET, 4711));
	TEST_ASSERT_OK(rte_vfio_region_read32(fake_dev, 0, FAKE_AREA0_OFFSET, &v));
	TEST_ASSERT_EQUAL(v, 4711);
	return TEST_SUCCESS;
}

static int
test_unsealed_not_mapped(void)
{
	return not_mapped(FAKE_UNSEALED);
}

static int
test_file_not_mapped(void)
{
	return not_mapped(FAKE_FILE);
}

static int
test_hugepages_not_mapped(void)
{
	return not_mapped(FAKE_HUGE_FILE);
}

/* --- Few mappings ------------------------------------------------------------ */

static int
test_few_mappings(void)
{
	void *mem = rte_malloc(NULL, 4096, 4096);
	int ret;

	TEST_ASSERT(mem != NULL, "no memory");
	TEST_ASSERT_OK(fake_start(FAKE_DMA_FEW));
	test_log_start();
	ret = fake_open(RTE_VFIO_TRANSPORT_ANY);
	if (ret == 0) /* all of EAL's memory in one mapping */
		ret = rte_vfio_dev_dma_map(fake_dev, mem, UINT64_C(1) << 50, 4096);
	TEST_ASSERT_EQUAL(test_log_count_both("device " FAKE_DEVICE ":", "--single-file-segments"),
		1);
	TEST_ASSERT_EQUAL(ret, -ENOMEM);
	rte_free(mem);
	return TEST_SUCCESS;
}

/* --- Access ------------------------------------------------------------------ */

#define TEAR_ROUNDS 100000

static void *
write_words(void *arg)
{
	uint64_t words[3];
	unsigned int i;

	for (i = 0; i < TEAR_ROUNDS; i++) {
		memset(words, i % 2 == 0 ? 0xff : 0, sizeof(words));
		if (rte_vfio_region_write(arg, 0, FAKE_AREA0_OFFSET + 8, words, sizeof(words)) < 0)
			break;
	}
	return NULL;
}

/* A word of many that are written is written at once. */
static int
test_words_whole(void)
{
	volatile uint64_t *word;
	pthread_t thread;
	unsigned int i, torn = 0;
	uint64_t value;

	TEST_ASSERT_OK(fake_start(FAKE_NONE));
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	TEST_ASSERT_OK(rte_vfio_region_map(fake_dev, 0));
	word = (volatile uint64_t *)(fake_server_region(0) + FAKE_AREA0_OFFSET + 16);
	TEST_ASSERT_OK(pthread_create(&thread, NULL, write_words, fake_dev));
	for (i = 0; i < 50 * TEAR_ROUNDS; i++) {
		value = *word;
		torn += value != 0 && value != UINT64_MAX;
	}
	pthread_join(thread, NULL);
	TEST_ASSERT_EQUAL(torn, 0);
	return TEST_SUCCESS;
}

/* Octets that begin and end anywhere come where they belong, and nowhere else. */
static int
test_bulk_unaligned(void)
{
	uint8_t out[40], in[40], *region;
	size_t at, len;

	TEST_ASSERT_OK(fake_start(FAKE_NONE));
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	TEST_ASSERT_OK(rte_vfio_region_map(fake_dev, 0));
	region = fake_server_region(0) + FAKE_AREA0_OFFSET;
	for (at = 0; at < sizeof(out); at++)
		out[at] = at + 1;
	for (at = 0; at < 8; at++) {
		for (len = 0; len <= 24; len++) {
			memset(region, 0, sizeof(out));
			TEST_ASSERT_OK(rte_vfio_region_write(fake_dev, 0, FAKE_AREA0_OFFSET + at,
				out + at, len));
			TEST_ASSERT_OK(memcmp(region + at, out + at, len));
			TEST_ASSERT(at == 0 || region[at - 1] == 0, "before %zu+%zu", at, len);
			TEST_ASSERT_EQUAL(region[at + len], 0);
			TEST_ASSERT_OK(rte_vfio_region_read(fake_dev, 0, FAKE_AREA0_OFFSET + at,
				in, len));
			TEST_ASSERT_OK(memcmp(in, out + at, len));
		}
	}
	return TEST_SUCCESS;
}

/* No word is in two messages, whatever a server takes in one. */
static int
test_messages_whole(void)
{
	uint8_t out[48], in[48];
	unsigned int i;

	for (i = 0; i < sizeof(out); i++)
		out[i] = i * 5;
	TEST_ASSERT_OK(fake_start(FAKE_XFER_ODD));
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	TEST_ASSERT_OK(rte_vfio_region_write(fake_dev, 1, 3, out, 45));
	TEST_ASSERT_OK(rte_vfio_region_read(fake_dev, 1, 3, in, 45));
	TEST_ASSERT_OK(memcmp(in, out, 45));
	TEST_ASSERT_EQUAL(fake_server_torn(), 0);
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_hang),
	TEST_CASE(test_slow),
	TEST_CASE(test_trickle),
	TEST_CASE(test_chatter),
	TEST_CASE(test_questions),
	TEST_CASE(test_not_accepting),
	TEST_CASE(test_slow_parts),
	TEST_CASE(test_no_deadline),
	TEST_CASE(test_slow_memory_event),
	TEST_CASE(test_late_is_gone),
	TEST_CASE(test_breach_is_gone),
	TEST_CASE(test_gone_before_watched),
	TEST_CASE(test_late_for_all),
	TEST_CASE(test_unsealed_not_mapped),
	TEST_CASE(test_file_not_mapped),
	TEST_CASE(test_hugepages_not_mapped),
	TEST_CASE(test_few_mappings),
	TEST_CASE(test_words_whole),
	TEST_CASE(test_bulk_unaligned),
	TEST_CASE(test_messages_whole),
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
