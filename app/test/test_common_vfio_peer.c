/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Servers that take their time, or cut the ground from under a mapping, and
 * what they may do with our memory.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_alarm.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#include "fake_device.h"
#include "sim_host.h"

#define TIMEOUT_MS 250
/* Between a deadline and those who wait for it, on a machine that does other things. */
#define SLACK_MS 400

static uint64_t started;

static void
clock_start(void)
{
	started = rte_get_timer_cycles();
}

static unsigned int
clock_ms(void)
{
	return (rte_get_timer_cycles() - started) * MS_PER_S / rte_get_timer_hz();
}

/* --- One deadline for a call ------------------------------------------------ */

/* Opening such a device takes as long as it may, and leaves nothing behind. */
static int
open_late(enum fake_fault fault)
{
	struct test_resources before;

	TEST_ASSERT_OK(fake_start(fault));
	fake_timeout_ms = TIMEOUT_MS;
	before = test_resources_now();
	test_log_start();
	clock_start();
	TEST_ASSERT_EQUAL(fake_open(RTE_VFIO_TRANSPORT_ANY), -ETIMEDOUT);
	TEST_ASSERT(clock_ms() >= TIMEOUT_MS - 1 && clock_ms() < TIMEOUT_MS + SLACK_MS,
		"%u ms", clock_ms());
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
		.name = FAKE_DEVICE, .user_socket = addr.sun_path, .timeout_ms = TIMEOUT_MS,
	};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	TEST_ASSERT_OK(fake_start(FAKE_NONE)); /* for the teardown */
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/tmp/dpdk-test-auxiliary.%d", getpid());
	TEST_ASSERT_OK(bind(listener, (struct sockaddr *)&addr, sizeof(addr)));
	TEST_ASSERT_OK(listen(listener, 0));
	TEST_ASSERT_OK(connect(other, (struct sockaddr *)&addr, sizeof(addr)));
	clock_start();
	TEST_ASSERT_EQUAL(rte_vfio_dev_open(&node, RTE_VFIO_TRANSPORT_USER, &fake_dev), -ETIMEDOUT);
	TEST_ASSERT(clock_ms() < TIMEOUT_MS + SLACK_MS, "%u ms", clock_ms());
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
	clock_start();
	TEST_ASSERT_EQUAL(rte_vfio_region_read(fake_dev, 1, 0, buf, sizeof(buf)), -ETIMEDOUT);
	TEST_ASSERT(clock_ms() < 200 + SLACK_MS, "%u ms", clock_ms());
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
	fake_timeout_ms = TIMEOUT_MS;
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	fake_server_turn(FAKE_SLOW);
	clock_start();
	mem = rte_malloc(NULL, 128 << 20, 0);
	if (mem == NULL)
		return test_skip("not enough hugepages");
	/* Pages have to be cleared as well; 64 answers would take 3,840 ms. */
	TEST_ASSERT(clock_ms() < 2500, "%u ms", clock_ms());
	clock_start();
	rte_free(mem);
	TEST_ASSERT(clock_ms() < 2500, "%u ms", clock_ms());
	return TEST_SUCCESS;
}

/* --- A connection given up -------------------------------------------------- */

static unsigned int gone;

static void
count_gone(struct rte_vfio_dev *dev, enum rte_vfio_dev_event event, void *arg)
{
	if (dev == fake_dev && event == RTE_VFIO_DEV_EVENT_GONE && arg == &gone)
		__atomic_add_fetch(&gone, 1, __ATOMIC_RELEASE);
}

static int
start_watched(void)
{
	gone = 0;
	TEST_ASSERT_OK(fake_start(FAKE_NONE));
	fake_timeout_ms = TIMEOUT_MS;
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	return rte_vfio_dev_event_set(fake_dev, count_gone, &gone);
}

/* Told once; what comes after it fails at once. */
static int
expect_gone(void)
{
	uint32_t v;

	TEST_ASSERT(test_wait_for(&gone, 1), "told %u times", gone);
	clock_start();
	TEST_ASSERT_EQUAL(rte_vfio_region_read32(fake_dev, 1, 0, &v), -ENODEV);
	TEST_ASSERT_EQUAL(rte_vfio_dev_reset(fake_dev), -ENODEV);
	fake_close();
	TEST_ASSERT(clock_ms() < SLACK_MS, "%u ms", clock_ms());
	TEST_ASSERT_EQUAL(gone, 1);
	return TEST_SUCCESS;
}

static int
test_late_is_gone(void)
{
	uint32_t v;

	TEST_ASSERT_OK(start_watched());
	fake_server_turn(FAKE_HANG);
	TEST_ASSERT_EQUAL(rte_vfio_region_read32(fake_dev, 1, 0, &v), -ETIMEDOUT);
	return expect_gone();
}

static int
test_breach_is_gone(void)
{
	uint32_t v;

	TEST_ASSERT_OK(start_watched());
	fake_server_turn(FAKE_WRONG_ID);
	TEST_ASSERT_EQUAL(rte_vfio_region_read32(fake_dev, 1, 0, &v), -EPROTO);
	return expect_gone();
}

/* Who asks to be told later is told of what was before. */
static int
test_gone_before_watched(void)
{
	uint32_t v;

	TEST_ASSERT_OK(start_watched());
	TEST_ASSERT_OK(rte_vfio_dev_event_set(fake_dev, NULL, NULL));
	fake_server_turn(FAKE_HANG);
	TEST_ASSERT_EQUAL(rte_vfio_region_read32(fake_dev, 1, 0, &v), -ETIMEDOUT);
	rte_delay_us_sleep(20 * 1000);
	TEST_ASSERT_EQUAL(gone, 0);
	TEST_ASSERT_OK(rte_vfio_dev_event_set(fake_dev, count_gone, &gone));
	return expect_gone();
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

	TEST_ASSERT_OK(start_watched());
	fake_server_turn(FAKE_HANG);
	clock_start();
	for (i = 0; i < RTE_DIM(threads); i++)
		TEST_ASSERT_OK(pthread_create(&threads[i], NULL, read_register, fake_dev));
	for (i = 0; i < RTE_DIM(threads); i++) {
		pthread_join(threads[i], &ret);
		late += (intptr_t)ret == -ETIMEDOUT;
		TEST_ASSERT((intptr_t)ret == -ETIMEDOUT || (intptr_t)ret == -ENODEV,
			"%d", (int)(intptr_t)ret);
	}
	TEST_ASSERT(clock_ms() < TIMEOUT_MS + SLACK_MS, "%u ms", clock_ms());
	TEST_ASSERT_EQUAL(late, 1);
	return expect_gone();
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

/* --- DMA by message ---------------------------------------------------------- */

/* Memory at an IOVA of its own, between others. */
#define IOVA (UINT64_C(1) << 50)

static uint8_t *memory;
static size_t page;

static int
start_with_memory(void)
{
	page = sysconf(_SC_PAGESIZE);
	TEST_ASSERT_OK(start_watched());
	memory = rte_zmalloc(NULL, 4 * page, page);
	TEST_ASSERT(memory != NULL, "no memory");
	/* Two mappings that continue each other, and not in memory. */
	TEST_ASSERT_OK(rte_vfio_dma_map(fake_dev, memory, IOVA, page));
	return rte_vfio_dma_map(fake_dev, memory + 2 * page, IOVA + page, 2 * page);
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
		TEST_ASSERT_OK(refused(i, (uintptr_t)&gone, 4));
	}
	TEST_ASSERT_EQUAL(test_log_count("server refused access"), 1);
	TEST_ASSERT_OK(memcmp(memory, zeroes, page));
	TEST_ASSERT_OK(memcmp(memory + 3 * page, zeroes, page));
	/* Memory that is unmapped can be gone. */
	TEST_ASSERT_OK(rte_vfio_dma_unmap(fake_dev, memory, IOVA, page));
	TEST_ASSERT_OK(refused(true, IOVA + 8, 8));
	TEST_ASSERT_OK(rte_vfio_region_read32(fake_dev, 1, 0, &v));
	TEST_ASSERT_EQUAL(gone, 0);
	rte_free(memory);
	return TEST_SUCCESS;
}

/* The interrupt thread waits for the rest of a message as long as a call does. */
static int
test_half_message(void)
{
	TEST_ASSERT_OK(start_watched());
	fake_server_say(0, 8);
	return expect_gone();
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
	clock_start();
	ret = rte_vfio_dev_open(&node, RTE_VFIO_TRANSPORT_USER, &other);
	if (ret == 0)
		rte_vfio_dev_close(other);
	fake_close();
	ms = clock_ms();
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

	TEST_ASSERT_OK(start_watched());
	for (i = 0; i < 5; i++) {
		fake_server_say(0, 8);
		rte_delay_us_sleep(TIMEOUT_MS * 3 / 5 * 1000);
		fake_server_say(8, SIZE_MAX);
		rte_delay_us_sleep(20 * 1000);
	}
	return expect_gone();
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

	TEST_ASSERT_OK(start_watched());
	ticks = 0;
	TEST_ASSERT_OK(rte_eal_alarm_set(1000, tick, NULL));
	clock_start();
	do {
		fake_server_say(0, SIZE_MAX);
		nb = __atomic_load_n(&ticks, __ATOMIC_RELAXED);
	} while (clock_ms() < 2 * TIMEOUT_MS || (nb < 20 && clock_ms() < 10000));
	rte_eal_alarm_cancel(tick, NULL);
	TEST_ASSERT_EQUAL(gone, 0);
	TEST_ASSERT(nb >= 20, "%u ticks", nb);
	TEST_ASSERT_OK(rte_vfio_region_read32(fake_dev, 1, 0, &v));
	return TEST_SUCCESS;
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
		ret = rte_vfio_dma_map(fake_dev, mem, IOVA, 4096);
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
	TEST_CASE(test_dma_message_idle),
	TEST_CASE(test_dma_message_busy),
	TEST_CASE(test_dma_message_bounds),
	TEST_CASE(test_half_message),
	TEST_CASE(test_half_message_for_others),
	TEST_CASE(test_half_messages),
	TEST_CASE(test_many_messages),
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
