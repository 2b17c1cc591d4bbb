/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * What common/vfio maps for DMA, as a vfio-user server sees it: EAL's memory as
 * it comes and goes, what the application maps besides, and mappings that
 * cannot be made or undone.
 */

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_eal_memconfig.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#include "fake_device.h"

#define IOVA (UINT64_C(1) << 50) /* where EAL has nothing */

static int
case_setup(void)
{
	TEST_ASSERT_OK(fake_start(FAKE_NONE));
	return fake_open(RTE_VFIO_TRANSPORT_ANY);
}

static void
case_teardown(void)
{
	fake_server_refuse(VFIO_USER_DMA_UNMAP, 0);
	fake_case_teardown();
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

struct files {
	unsigned int nb_chunks; /* of memory that is adjacent */
	bool one_each; /* the first page and the last are in one file */
};

static int
count_files(const struct rte_memseg_list *msl, const struct rte_memseg *ms, size_t len, void *arg)
{
	const struct rte_memseg *last = rte_mem_virt2memseg(RTE_PTR_ADD(ms->addr, len - 1), msl);
	struct files *files = arg;

	files->nb_chunks++;
	files->one_each &= rte_memseg_get_fd_thread_unsafe(ms) ==
		rte_memseg_get_fd_thread_unsafe(last);
	return 0;
}

static int
test_dma_eal_memory(void)
{
	struct files files = { .one_each = true };

	TEST_ASSERT(fake_server_dma_maps() > 0, "nothing mapped");
	TEST_ASSERT_EQUAL(fake_server_dma_bytes(), eal_memory());
	/* One file, one mapping: --no-huge, and -m with --single-file-segments, if IOVAs run on. */
	rte_memseg_contig_walk(count_files, &files);
	if (files.one_each && rte_eal_iova_mode() == RTE_IOVA_VA)
		TEST_ASSERT_EQUAL(fake_server_dma_maps(), files.nb_chunks);
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

/* A server does not say which IOVAs it has no use for. */
static int
test_dma_allowed(void)
{
	struct rte_vfio_iova_range range;

	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_ranges(fake_dev, &range, 1), 0);
	return TEST_SUCCESS;
}

static int
test_dma_bad_ranges(void)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *mem = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t iova = UINT64_C(1) << 50;

	TEST_ASSERT(mem != MAP_FAILED, "no memory");
	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_map(fake_dev, mem, iova + 1, page), -EINVAL);
	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_map(fake_dev, mem, iova, page - 1), -EINVAL);
	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_map(fake_dev, mem, iova, 0), -EINVAL);
	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_map(fake_dev, mem, UINT64_MAX - page + 1, 2 * page),
		-EINVAL);
	/* Private memory has no file for the server to map. */
	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_map(fake_dev, mem, iova, page), -ENOTSUP);
	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_unmap(fake_dev, mem, iova, page), -ENOENT);
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
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(fake_dev, mem, iova, 2 * page));
	TEST_ASSERT_EQUAL(fake_server_dma_maps(), maps + 1);
	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_map(fake_dev, mem, iova, 2 * page), -EEXIST);
	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_map(fake_dev, mem, iova + page, page), -EEXIST);
	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_unmap(fake_dev, mem, iova, page), -ENOENT);
	TEST_ASSERT_OK(rte_vfio_dev_dma_unmap(fake_dev, mem, iova, 2 * page));
	TEST_ASSERT_EQUAL(fake_server_dma_maps(), maps);
	rte_free(mem);
	return TEST_SUCCESS;
}

/* More memory than EAL has, so that it gets some, and where; or NULL. */
static void *
memory_grow(void)
{
	return rte_eal_has_hugepages() ? rte_malloc(NULL, eal_memory(), 0) : NULL;
}

static int
file_of(const void *addr)
{
	return rte_memseg_get_fd(rte_mem_virt2memseg(addr, NULL));
}

/* 4 MiB of pages of 2 MiB, each of which may be a file: a mapping for each file. */
static int
test_dma_several_files(void)
{
	unsigned int maps = fake_server_dma_maps(), files;
	const size_t len = 4 << 20;
	void *mem = rte_malloc(NULL, len, 2 << 20);

	TEST_ASSERT(mem != NULL, "no memory");
	files = file_of(mem) == file_of(RTE_PTR_ADD(mem, len / 2)) ? 1 : 2;
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(fake_dev, mem, IOVA, len));
	TEST_ASSERT_EQUAL(fake_server_dma_maps(), maps + files);
	TEST_ASSERT_EQUAL(fake_server_dma_bytes(), eal_memory() + len);
	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_map(fake_dev, mem, IOVA + len / 2, len), -EEXIST);
	TEST_ASSERT_OK(rte_vfio_dev_dma_unmap(fake_dev, mem, IOVA, len));
	TEST_ASSERT_EQUAL(fake_server_dma_maps(), maps);
	rte_free(mem);
	return TEST_SUCCESS;
}

/* All or nothing: the second page's place is taken. */
static int
test_dma_second_file_fails(void)
{
	unsigned int maps = fake_server_dma_maps();
	size_t page = sysconf(_SC_PAGESIZE);
	const size_t len = 4 << 20;
	void *mem = rte_malloc(NULL, len, 2 << 20);

	TEST_ASSERT(mem != NULL, "no memory");
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(fake_dev, mem, IOVA + len - page, page));
	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_map(fake_dev, mem, IOVA, len), -EEXIST);
	TEST_ASSERT_EQUAL(fake_server_dma_maps(), maps + 1);
	TEST_ASSERT_OK(rte_vfio_dev_dma_unmap(fake_dev, mem, IOVA + len - page, page));
	rte_free(mem);
	return TEST_SUCCESS;
}

/* A page of EAL's whose IOVA something else has is not taken to be mapped. */
static int
test_dma_place_taken(void)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *place = memory_grow(), *mem;
	volatile uint64_t was = (uintptr_t)place; /* for a compiler that sees rte_free() */
	uint64_t before;

	if (place == NULL || rte_eal_iova_mode() != RTE_IOVA_VA) {
		rte_free(place);
		return test_skip("EAL cannot have more memory, or its IOVA is PA");
	}
	rte_free(place);
	before = eal_memory();
	mem = rte_malloc(NULL, page, page);
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(fake_dev, mem, RTE_ALIGN_CEIL(was, 2 << 20), page));
	test_log_start();
	place = rte_malloc(NULL, before, 0);
	TEST_ASSERT(test_log_count_both("cannot map new memory", "File exists") > 0,
		"a page is not mapped, and nobody said so");
	TEST_ASSERT(place != NULL, "no memory");
	rte_free(place);
	rte_free(mem);
	return TEST_SUCCESS;
}

/* What could not be unmapped is not taken for a mapping of the memory that comes there next. */
static int
test_dma_unmap_refused(void)
{
	unsigned int calls;
	void *mem = memory_grow();

	if (mem == NULL)
		return test_skip("EAL cannot have more memory");
	fake_server_refuse(VFIO_USER_DMA_UNMAP, EBUSY);
	test_log_start();
	rte_free(mem);
	TEST_ASSERT(test_log_count_both("cannot unmap freed memory", "resource busy") > 0,
		"nobody said so");
	fake_server_refuse(VFIO_USER_DMA_UNMAP, 0);
	calls = fake_server_dma_calls();
	mem = memory_grow();
	TEST_ASSERT(mem != NULL, "no memory");
	TEST_ASSERT(fake_server_dma_calls() > calls, "pages of old are mapped");
	TEST_ASSERT_EQUAL(fake_server_dma_bytes(), eal_memory());
	rte_free(mem);
	TEST_ASSERT_EQUAL(fake_server_dma_bytes(), eal_memory());
	return TEST_SUCCESS;
}

/*
 * Memory that a connected server refuses to unmap stays mapped, whatever errno the server
 * replies with.
 */
static int
test_dma_unmap_errors(void)
{
	static const int errors[] = { ENODEV, EPROTO, ETIMEDOUT, EALREADY };
	unsigned int i, maps = fake_server_dma_maps();
	size_t page = sysconf(_SC_PAGESIZE);
	void *mem = rte_malloc(NULL, page, page);

	TEST_ASSERT(mem != NULL, "no memory");
	for (i = 0; i < RTE_DIM(errors); i++) {
		TEST_ASSERT_OK(rte_vfio_dev_dma_map(fake_dev, mem, IOVA, page));
		fake_server_refuse(VFIO_USER_DMA_UNMAP, errors[i]);
		test_log_start();
		TEST_ASSERT_EQUAL(rte_vfio_dev_dma_unmap(fake_dev, mem, IOVA, page), -EIO);
		TEST_ASSERT_EQUAL(test_log_count("device " FAKE_DEVICE ": cannot unmap"), 1);
		fake_server_refuse(VFIO_USER_DMA_UNMAP, 0);
		TEST_ASSERT_OK(rte_vfio_dev_dma_unmap(fake_dev, mem, IOVA, page));
		TEST_ASSERT_EQUAL(fake_server_dma_maps(), maps);
	}
	rte_free(mem);
	return TEST_SUCCESS;
}

/* As rte_eal_cleanup() does to memory of "-m". */
static int
page_make_freeable(const struct rte_memseg_list *msl, const struct rte_memseg *ms, void *arg)
{
	RTE_SET_USED(arg);
	rte_mem_virt2memseg(ms->addr, msl)->flags &= ~RTE_MEMSEG_FLAG_DO_NOT_FREE;
	return 0;
}

/* Memory that stays until EAL is cleaned up is in few mappings, and goes in any pieces. */
static int
test_dma_cleanup(void)
{
	uint64_t before;
	void *mem[4];
	unsigned int i;

	if (!rte_eal_has_hugepages())
		return test_skip("no hugepages: EAL's memory is fixed");
	for (i = 0; i < RTE_DIM(mem); i++) {
		mem[i] = rte_malloc(NULL, 6 << 20, 2 << 20);
		TEST_ASSERT(mem[i] != NULL, "no memory");
	}
	before = eal_memory();
	rte_memseg_walk(page_make_freeable, NULL);
	test_log_start();
	rte_free(mem[2]);
	rte_free(mem[0]);
	rte_free(mem[1]);
	rte_free(mem[3]);
	TEST_ASSERT_EQUAL(test_log_count("vfio: "), 0);
	TEST_ASSERT(eal_memory() < before, "nothing was freed");
	TEST_ASSERT_EQUAL(fake_server_dma_bytes(), eal_memory());
	return TEST_SUCCESS;
}

/* Have the pages of a part of EAL's memory freed, which a refusing server keeps mapped. */
static int
part_free(void)
{
	void *mem[3];
	unsigned int i;

	for (i = 0; i < RTE_DIM(mem); i++) {
		mem[i] = rte_malloc(NULL, 6 << 20, 2 << 20);
		TEST_ASSERT(mem[i] != NULL, "no memory");
	}
	rte_memseg_walk(page_make_freeable, NULL);
	fake_server_refuse(VFIO_USER_DMA_UNMAP, EBUSY);
	rte_free(mem[1]);
	fake_server_refuse(VFIO_USER_DMA_UNMAP, 0);
	rte_free(mem[0]);
	rte_free(mem[2]);
	return TEST_SUCCESS;
}

/* A part that could not be unmapped comes back: all that is there is mapped then. */
static int
test_dma_part_refused(void)
{
	uint64_t before = eal_memory();
	void *mem[128];
	unsigned int i, nb;

	if (!rte_eal_has_hugepages())
		return test_skip("no hugepages: EAL's memory is fixed");
	TEST_ASSERT_OK(part_free());
	TEST_ASSERT(eal_memory() < before, "nothing was freed");
	/* All of the heap, and what it had before. */
	for (nb = 0; nb < RTE_DIM(mem) && eal_memory() < before; nb++)
		mem[nb] = rte_malloc(NULL, 2 << 20, 0);
	TEST_ASSERT(eal_memory() >= before, "not enough memory");
	TEST_ASSERT_EQUAL(fake_server_dma_bytes(), eal_memory());
	for (i = 0; i < nb; i++)
		rte_free(mem[i]);
	TEST_ASSERT_EQUAL(fake_server_dma_bytes(), eal_memory());
	return TEST_SUCCESS;
}

#define HEAP_LEN (4u << 20)

/* One line says that the memory is out of the server's reach, and what is not. */
static int
check_heap(void *memory)
{
	const size_t page = sysconf(_SC_PAGESIZE);
	rte_iova_t iovas[HEAP_LEN / 4096];
	unsigned int i, maps = fake_server_dma_maps();

	for (i = 0; i < HEAP_LEN / page; i++)
		iovas[i] = IOVA + i * page;
	test_log_start();
	TEST_ASSERT_OK(rte_malloc_heap_memory_add("fake", memory, HEAP_LEN, iovas,
		HEAP_LEN / page, page));
	/* With --no-huge EAL does not tell of memory that is new. */
	TEST_ASSERT_EQUAL(test_log_count_both("device " FAKE_DEVICE ": cannot map heap",
		"EAL's own mostly has one"), rte_eal_has_hugepages());
	fake_close();
	test_log_start();
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	TEST_ASSERT_EQUAL(test_log_count("device " FAKE_DEVICE ": cannot map heap"), 1);
	TEST_ASSERT_EQUAL(fake_server_dma_maps(), maps);
	test_log_start();
	TEST_ASSERT_OK(rte_malloc_heap_memory_remove("fake", memory, HEAP_LEN));
	TEST_ASSERT_EQUAL(test_log_count("vfio: "), 0);
	return TEST_SUCCESS;
}

/* A heap of memory of the application's, as of testpmd's --mp-alloc=xmem: it has no file. */
static int
test_dma_external_heap(void)
{
	void *memory = mmap(NULL, HEAP_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		-1, 0);
	int ret;

	TEST_ASSERT(memory != MAP_FAILED, "no memory");
	TEST_ASSERT_OK(rte_malloc_heap_create("fake"));
	ret = check_heap(memory);
	if (ret != TEST_SUCCESS)
		rte_malloc_heap_memory_remove("fake", memory, HEAP_LEN);
	rte_malloc_heap_destroy("fake");
	munmap(memory, HEAP_LEN);
	return ret;
}

static const struct test_case cases[] = {
	TEST_CASE(test_dma_eal_memory),
	TEST_CASE(test_dma_follows_eal),
	TEST_CASE(test_dma_allowed),
	TEST_CASE(test_dma_bad_ranges),
	TEST_CASE(test_dma_overlap),
	TEST_CASE(test_dma_several_files),
	TEST_CASE(test_dma_second_file_fails),
	TEST_CASE(test_dma_place_taken),
	TEST_CASE(test_dma_unmap_refused),
	TEST_CASE(test_dma_unmap_errors),
	TEST_CASE(test_dma_part_refused),
	TEST_CASE(test_dma_cleanup),
	TEST_CASE(test_dma_external_heap),
	{ .name = NULL }
};

static struct test_suite suite = {
	.name = "common_vfio_dma_autotest",
	.setup = fake_suite_setup,
	.teardown = fake_suite_teardown,
	.case_setup = case_setup,
	.case_teardown = case_teardown,
	.cases = cases,
};

TEST_REGISTER(suite);
