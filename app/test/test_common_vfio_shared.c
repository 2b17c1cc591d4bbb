/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Devices that share a DMA domain, as those of the kernel do.  The domain is made up
 * here, so that it can refuse to unmap memory, and no device needs to be there.
 */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "test.h"
#include "vfio_private.h"

#define IOVA UINT64_C(0x100000)

static unsigned int nb_mapped; /* mappings that the domain has */
static unsigned int unmaps; /* 1: it has been asked to unmap one */
static int refusal; /* what unmapping returns, if not 0 */
static pthread_mutex_t hold = PTHREAD_MUTEX_INITIALIZER; /* unmapping waits while it is held */

static int
domain_attach(struct vfio_dma *dma, struct rte_vfio_dev *dev)
{
	RTE_SET_USED(dma);
	RTE_SET_USED(dev);
	return 0;
}

static int
domain_map(struct vfio_dma *dma, const struct vfio_dma_run *run)
{
	RTE_SET_USED(dma);
	RTE_SET_USED(run);
	nb_mapped++;
	return 0;
}

static int
domain_unmap(struct vfio_dma *dma, void *addr, uint64_t iova, uint64_t len)
{
	RTE_SET_USED(dma);
	RTE_SET_USED(addr);
	RTE_SET_USED(iova);
	RTE_SET_USED(len);
	__atomic_store_n(&unmaps, 1, __ATOMIC_RELEASE);
	pthread_mutex_lock(&hold);
	pthread_mutex_unlock(&hold);
	if (refusal == 0)
		nb_mapped--;
	return refusal;
}

static const struct vfio_dma_ops domain_ops = {
	.attach = domain_attach,
	.map = domain_map,
	.unmap = domain_unmap,
};

static struct vfio_dma domain = {
	.ops = &domain_ops,
	.name = "made-up domain",
	.devs_lock = PTHREAD_MUTEX_INITIALIZER,
	.lock = PTHREAD_MUTEX_INITIALIZER,
};

static char first_name[] = "first", second_name[] = "second";
static struct rte_vfio_dev first = { .name = first_name, .dma = &domain };
static struct rte_vfio_dev second = { .name = second_name, .dma = &domain };
static uint8_t memory[2 * 65536] __rte_aligned(65536);

static int
case_setup(void)
{
	nb_mapped = 0;
	unmaps = 0;
	refusal = 0;
	return TEST_SUCCESS;
}

static void
ranges_free(struct vfio_ranges *ranges)
{
	free(ranges->range);
	*ranges = (struct vfio_ranges){ .nb = 0 };
}

static void
case_teardown(void)
{
	ranges_free(&first.own);
	ranges_free(&second.own);
	ranges_free(&domain.mapped);
}

static int
unmap_in_vain(struct rte_vfio_dev *dev, size_t len)
{
	refusal = -EBUSY;
	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_unmap(dev, memory, IOVA, len), -EBUSY);
	refusal = 0;
	TEST_ASSERT_EQUAL(nb_mapped, 1);
	return TEST_SUCCESS;
}

/*
 * The first device fails to unmap memory, and the second maps it anew: the mapping is the
 * second's then, and the first cannot unmap it.
 */
static int
check_taken_over(size_t len, size_t second_len)
{
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(&first, memory, IOVA, len));
	TEST_ASSERT_OK(unmap_in_vain(&first, len));
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(&second, memory, IOVA, second_len));
	TEST_ASSERT_EQUAL(nb_mapped, 1);
	TEST_ASSERT_OK(rte_vfio_dev_dma_unmap(&first, memory, IOVA, len));
	TEST_ASSERT_EQUAL(nb_mapped, 1);
	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_unmap(&first, memory, IOVA, len), -ENOENT);
	TEST_ASSERT_OK(rte_vfio_dev_dma_unmap(&second, memory, IOVA, second_len));
	TEST_ASSERT_EQUAL(nb_mapped, 0);
	return TEST_SUCCESS;
}

static int
test_shared_taken_over(void)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return check_taken_over(page, page);
}

static int
test_shared_part_taken_over(void)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return check_taken_over(2 * page, page);
}

/* Both devices fail to unmap the same memory; when one can, neither has a mapping any more. */
static int
test_shared_stale_for_both(void)
{
	size_t page = sysconf(_SC_PAGESIZE);

	TEST_ASSERT_OK(rte_vfio_dev_dma_map(&first, memory, IOVA, page));
	TEST_ASSERT_OK(unmap_in_vain(&first, page));
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(&second, memory, IOVA, page));
	TEST_ASSERT_OK(unmap_in_vain(&second, page));
	TEST_ASSERT_OK(rte_vfio_dev_dma_unmap(&first, memory, IOVA, page));
	TEST_ASSERT_EQUAL(nb_mapped, 0);
	TEST_ASSERT_OK(rte_vfio_dev_dma_unmap(&second, memory, IOVA, page));
	TEST_ASSERT_EQUAL(nb_mapped, 0);
	return TEST_SUCCESS;
}

/* Memory that both have is mapped until both have unmapped it. */
static int
test_shared_count(void)
{
	size_t page = sysconf(_SC_PAGESIZE);

	TEST_ASSERT_OK(rte_vfio_dev_dma_map(&first, memory, IOVA, page));
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(&second, memory, IOVA, page));
	TEST_ASSERT_EQUAL(nb_mapped, 1);
	TEST_ASSERT_OK(rte_vfio_dev_dma_unmap(&first, memory, IOVA, page));
	TEST_ASSERT_OK(unmap_in_vain(&second, page));
	TEST_ASSERT_OK(rte_vfio_dev_dma_unmap(&second, memory, IOVA, page));
	TEST_ASSERT_EQUAL(nb_mapped, 0);
	return TEST_SUCCESS;
}

static unsigned int counted;
static struct rte_vfio_dev_dma_stats stats;

static void *
count(void *arg)
{
	rte_vfio_dev_dma_stats(arg, &stats);
	__atomic_store_n(&counted, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void *
unmap(void *arg)
{
	return (void *)(intptr_t)rte_vfio_dev_dma_unmap(arg, memory, IOVA, sysconf(_SC_PAGESIZE));
}

/* A thread can read the statistics while another holds the domain's lock in an unmap that hangs. */
static int
test_shared_stats(void)
{
	const size_t page = sysconf(_SC_PAGESIZE);
	pthread_t unmapper, counter;
	bool asked, has_counted;
	void *ret;

	counted = 0;
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(&first, memory, IOVA, page));
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(&second, memory + page, IOVA + page, page));
	pthread_mutex_lock(&hold);
	TEST_ASSERT_OK(pthread_create(&unmapper, NULL, unmap, &first));
	asked = test_wait_for(&unmaps, 1);
	TEST_ASSERT_OK(pthread_create(&counter, NULL, count, &second));
	has_counted = test_wait_for(&counted, 1);
	pthread_mutex_unlock(&hold);
	pthread_join(unmapper, &ret);
	pthread_join(counter, NULL);
	TEST_ASSERT(asked && has_counted, "asked %d, counted %d", asked, has_counted);
	TEST_ASSERT_OK((intptr_t)ret);
	TEST_ASSERT_EQUAL(stats.mappings, 2);
	TEST_ASSERT_EQUAL(stats.bytes, 2 * page);
	count(&second);
	TEST_ASSERT_EQUAL(stats.mappings, 1);
	TEST_ASSERT_EQUAL(stats.bytes, page);
	return rte_vfio_dev_dma_unmap(&second, memory + page, IOVA + page, page);
}

static const struct test_case cases[] = {
	TEST_CASE(test_shared_taken_over),
	TEST_CASE(test_shared_part_taken_over),
	TEST_CASE(test_shared_stale_for_both),
	TEST_CASE(test_shared_count),
	TEST_CASE(test_shared_stats),
	{ .name = NULL }
};

static struct test_suite suite = {
	.name = "common_vfio_dma_autotest",
	.case_setup = case_setup,
	.case_teardown = case_teardown,
	.cases = cases,
};

TEST_REGISTER(suite);
