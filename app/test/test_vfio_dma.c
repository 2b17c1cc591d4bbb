/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * DMA mappings in the kernel: who owns which, when they come and go, and what
 * remains of one that the kernel does not unmap.
 */

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/vfio.h>

#include <rte_eal_memconfig.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_memory.h>
#include <rte_vfio.h>

#include "test.h"
#include "test_vfio_kernel.h"
#include "vfio_iommufd_abi.h"

#define MDEV_BASE "/sys/bus/mdev/devices"
#define PCI_BASE "/sys/bus/pci/devices"

#define IOVA UINT64_C(0x200000)

#define OPEN(variable, base) do { \
	int open_ret = vfio_kernel_open(variable, base); \
	if (open_ret != TEST_SUCCESS) \
		return open_ret; \
} while (0)

static uint64_t
mapped_bytes(const struct rte_vfio_dev *dev)
{
	struct rte_vfio_dev_dma_stats stats;

	rte_vfio_dev_dma_stats(dev, &stats);
	return stats.bytes;
}

static int
sum_memory(const struct rte_memseg_list *msl, const struct rte_memseg *ms, void *arg)
{
	RTE_SET_USED(msl);
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

static void *
memory_alloc(size_t len)
{
	return mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* --- The kernel, as it might answer ------------------------------------------ */

/* What the next request to unmap is answered with. */
static enum { UNMAP_HONEST, UNMAP_SHORT, UNMAP_FAILS } unmap_answer;

/* In place of libc's, for this program and the libraries it is linked with. */
int
ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;
	int ret;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (unmap_answer == UNMAP_FAILS &&
			(request == VFIO_IOMMU_UNMAP_DMA || request == IOMMU_IOAS_UNMAP)) {
		unmap_answer = UNMAP_HONEST;
		errno = EFAULT;
		return -1;
	}
	ret = syscall(SYS_ioctl, fd, request, arg);
	if (unmap_answer == UNMAP_SHORT && request == VFIO_IOMMU_UNMAP_DMA)
		((struct vfio_iommu_type1_dma_unmap *)arg)->size /= 2;
	else if (unmap_answer == UNMAP_SHORT && request == IOMMU_IOAS_UNMAP)
		((struct iommu_ioas_unmap *)arg)->length /= 2;
	else
		return ret;
	unmap_answer = UNMAP_HONEST;
	return ret;
}

/* Said once, and no hindrance afterwards: neither to unmapping it again nor to mapping. */
static int
check_unmap(void *memory, size_t len, int answer, int error)
{
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(vfio_kernel_dev, memory, IOVA, len));
	test_log_start();
	unmap_answer = answer;
	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_unmap(vfio_kernel_dev, memory, IOVA, len), error);
	TEST_ASSERT_EQUAL(test_log_count("cannot unmap memory"), 1);
	TEST_ASSERT_OK(rte_vfio_dev_dma_unmap(vfio_kernel_dev, memory, IOVA, len));
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(vfio_kernel_dev, memory, IOVA, len));
	TEST_ASSERT_OK(rte_vfio_dev_dma_unmap(vfio_kernel_dev, memory, IOVA, len));
	return TEST_SUCCESS;
}

int
test_unmap_fails(void)
{
	size_t len = 2 * (size_t)sysconf(_SC_PAGESIZE);
	void *memory;
	int ret;

	OPEN("TEST_VFIO_E1000E", PCI_BASE);
	memory = memory_alloc(len);
	ret = check_unmap(memory, len, UNMAP_FAILS, -EFAULT);
	if (ret == TEST_SUCCESS)
		ret = check_unmap(memory, len, UNMAP_SHORT, -EIO);
	unmap_answer = UNMAP_HONEST;
	munmap(memory, len);
	return ret;
}

/* --- EAL's memory ------------------------------------------------------------ */

static int
count_page(const struct rte_memseg_list *msl, const struct rte_memseg *ms, void *arg)
{
	RTE_SET_USED(msl);
	RTE_SET_USED(ms);
	++*(unsigned int *)arg;
	return 0;
}

/* Pages of "-m" are not mapped one by one; with --no-huge there is only one. */
int
test_eal_memory_merged(void)
{
	struct rte_vfio_dev_dma_stats stats;
	unsigned int pages = 0;

	OPEN("TEST_VFIO_E1000E", PCI_BASE);
	rte_memseg_walk(count_page, &pages);
	rte_vfio_dev_dma_stats(vfio_kernel_dev, &stats);
	TEST_ASSERT(stats.mappings < pages || pages == 1, "%" PRIu64 " mappings of %u pages",
		stats.mappings, pages);
	TEST_ASSERT_EQUAL(stats.bytes, eal_memory());
	return TEST_SUCCESS;
}

/* A page that EAL has is mapped, and taken. */
int
test_eal_memory_taken(void)
{
	size_t len = (size_t)sysconf(_SC_PAGESIZE);
	void *memory;
	int ret;

	OPEN("TEST_VFIO_E1000E", PCI_BASE);
	memory = rte_malloc(NULL, len, len);
	TEST_ASSERT(memory != NULL, "no memory");
	ret = rte_vfio_dev_dma_map(vfio_kernel_dev, memory, rte_malloc_virt2iova(memory), len);
	rte_free(memory);
	TEST_ASSERT_EQUAL(ret, -EEXIST);
	TEST_ASSERT_EQUAL(mapped_bytes(vfio_kernel_dev), eal_memory());
	return TEST_SUCCESS;
}

#define HEAP_LEN (4u << 20)
#define HEAP_IOVA (UINT64_C(16) << 30) /* where EAL has nothing; an IOMMU may have 39 bits */

static int
heap_add(void *memory, size_t page)
{
	rte_iova_t iovas[HEAP_LEN / 4096];
	unsigned int i, nb = HEAP_LEN / page;

	for (i = 0; i < nb; i++)
		iovas[i] = HEAP_IOVA + i * page;
	return rte_malloc_heap_memory_add("vfio_test", memory, HEAP_LEN, iovas, nb, page);
}

static int
check_heap(void *memory, size_t page)
{
	uint64_t before = mapped_bytes(vfio_kernel_dev);

	TEST_ASSERT_OK(heap_add(memory, page));
	TEST_ASSERT_EQUAL(mapped_bytes(vfio_kernel_dev), before + HEAP_LEN);
	rte_vfio_dev_close(vfio_kernel_dev);
	OPEN("TEST_VFIO_E1000E", PCI_BASE);
	TEST_ASSERT_EQUAL(mapped_bytes(vfio_kernel_dev), before + HEAP_LEN);
	TEST_ASSERT_OK(rte_malloc_heap_memory_remove("vfio_test", memory, HEAP_LEN));
	TEST_ASSERT_EQUAL(mapped_bytes(vfio_kernel_dev), before);
	return TEST_SUCCESS;
}

/* A page of a heap whose IOVA something else has is the only one that is not mapped. */
static int
check_heap_taken(void *memory, size_t page)
{
	const uint64_t before = mapped_bytes(vfio_kernel_dev);
	void *taken = rte_malloc(NULL, page, page);

	TEST_ASSERT(taken != NULL, "no memory");
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(vfio_kernel_dev, taken, HEAP_IOVA + 8 * page, page));
	test_log_start();
	TEST_ASSERT_OK(heap_add(memory, page));
	TEST_ASSERT_EQUAL(test_log_count_both("cannot map new memory", "File exists"), 1);
	TEST_ASSERT_EQUAL(mapped_bytes(vfio_kernel_dev), before + HEAP_LEN);
	TEST_ASSERT_OK(rte_malloc_heap_memory_remove("vfio_test", memory, HEAP_LEN));
	TEST_ASSERT_OK(rte_vfio_dev_dma_unmap(vfio_kernel_dev, taken, HEAP_IOVA + 8 * page, page));
	TEST_ASSERT_EQUAL(mapped_bytes(vfio_kernel_dev), before);
	rte_free(taken);
	return TEST_SUCCESS;
}

static int
with_heap(int (*check)(void *memory, size_t page))
{
	void *memory;
	int ret;

	OPEN("TEST_VFIO_E1000E", PCI_BASE);
	memory = memory_alloc(HEAP_LEN);
	TEST_ASSERT_OK(rte_malloc_heap_create("vfio_test"));
	ret = check(memory, (size_t)sysconf(_SC_PAGESIZE));
	if (ret != TEST_SUCCESS)
		rte_malloc_heap_memory_remove("vfio_test", memory, HEAP_LEN);
	rte_malloc_heap_destroy("vfio_test");
	munmap(memory, HEAP_LEN);
	return ret;
}

/* Memory of the application's that is a heap of EAL's, as with testpmd's --mp-alloc=xmem. */
int
test_external_heap(void)
{
	return with_heap(check_heap);
}

int
test_external_heap_taken(void)
{
	return with_heap(check_heap_taken);
}

/* As rte_eal_cleanup() does to memory of "-m". */
static int
page_make_freeable(const struct rte_memseg_list *msl, const struct rte_memseg *ms, void *arg)
{
	RTE_SET_USED(arg);
	rte_mem_virt2memseg(ms->addr, msl)->flags &= ~RTE_MEMSEG_FLAG_DO_NOT_FREE;
	return 0;
}

/* While EAL is cleaned up, it frees memory that devices still have. */
int
test_eal_memory_freed(void)
{
	const size_t len = 16 << 20;
	uint64_t before;
	void *memory;

	OPEN("TEST_VFIO_E1000E", PCI_BASE);
	memory = rte_malloc(NULL, len, 2 << 20);
	TEST_ASSERT(memory != NULL, "no memory");
	before = eal_memory();
	rte_memseg_walk(page_make_freeable, NULL);
	test_log_start();
	rte_free(memory);
	TEST_ASSERT_EQUAL(test_log_count("vfio: "), 0);
	TEST_ASSERT(eal_memory() < before, "nothing was freed");
	TEST_ASSERT_EQUAL(mapped_bytes(vfio_kernel_dev), eal_memory());
	return TEST_SUCCESS;
}

/* --- Several devices --------------------------------------------------------- */

/*
 * A device in EAL's container, as those of the PCI bus are, keeps what is mapped
 * for it there, whatever one of ours maps at the same place, and unmaps.
 */
static int
check_eal_container(void *memory, size_t len)
{
	TEST_ASSERT_OK(rte_vfio_container_dma_map(RTE_VFIO_DEFAULT_CONTAINER_FD,
		(uintptr_t)memory, IOVA, len));
	OPEN("TEST_VFIO_EDU", PCI_BASE);
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(vfio_kernel_dev, memory, IOVA, len));
	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_map(vfio_kernel_dev, memory, IOVA, len), -EEXIST);
	rte_vfio_dev_close(vfio_kernel_dev);
	vfio_kernel_dev = NULL;
	/* EAL fails if the kernel has no such mapping. */
	TEST_ASSERT_OK(rte_vfio_container_dma_unmap(RTE_VFIO_DEFAULT_CONTAINER_FD,
		(uintptr_t)memory, IOVA, len));
	return TEST_SUCCESS;
}

int
test_eal_container(void)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	size_t len = (size_t)sysconf(_SC_PAGESIZE);
	const char *name = getenv("TEST_VFIO_E1000E");
	void *memory;
	int fd, ret;

	if (name == NULL)
		return test_skip("only where app/test/vm has made the device");
	TEST_ASSERT_OK(rte_vfio_setup_device(PCI_BASE, name, &fd, &info));
	memory = memory_alloc(len);
	ret = check_eal_container(memory, len);
	munmap(memory, len);
	rte_vfio_release_device(PCI_BASE, name, fd);
	return ret;
}

#define RACE_ROUNDS 200

/* Open and close a device, and see each time that it reaches all memory. */
static void *
open_and_close(void *arg)
{
	uint64_t expected = eal_memory();
	struct rte_vfio_dev *dev = NULL;
	uintptr_t bad = 0;
	unsigned int i;

	for (i = 0; i < RACE_ROUNDS; i++) {
		if (vfio_kernel_try(arg, MDEV_BASE, vfio_kernel_transport(), &dev) != 0 ||
				mapped_bytes(dev) != expected)
			bad++;
		rte_vfio_dev_close(dev);
		dev = NULL;
	}
	return (void *)bad;
}

/* Who closes last ends the address space; one that comes meanwhile gets another. */
int
test_last_against_first(void)
{
	static char mtty[] = "TEST_VFIO_MTTY", mdpy[] = "TEST_VFIO_MDPY";
	pthread_t thread;
	uintptr_t here;
	void *there;

	if (getenv(mtty) == NULL)
		return test_skip("only where app/test/vm has made the device");
	TEST_ASSERT_OK(pthread_create(&thread, NULL, open_and_close, mtty));
	here = (uintptr_t)open_and_close(mdpy);
	pthread_join(thread, &there);
	TEST_ASSERT_EQUAL(here + (uintptr_t)there, 0);
	return TEST_SUCCESS;
}

#define MSI_WINDOW UINT64_C(0xfee00000) /* of every x86 IOMMU */

int
test_iova_ranges(void)
{
	struct rte_vfio_iova_range ranges[16];
	int i, nb;

	OPEN("TEST_VFIO_E1000E", PCI_BASE);
	nb = rte_vfio_dev_dma_ranges(vfio_kernel_dev, NULL, 0);
	TEST_ASSERT(nb >= 2 && nb <= (int)RTE_DIM(ranges), "%d ranges", nb);
	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_ranges(vfio_kernel_dev, ranges, RTE_DIM(ranges)), nb);
	TEST_ASSERT_EQUAL(ranges[0].first, 0);
	for (i = 0; i < nb; i++) {
		TEST_ASSERT(ranges[i].first <= ranges[i].last, "range %d", i);
		TEST_ASSERT(i == 0 || ranges[i].first > ranges[i - 1].last, "range %d", i);
		TEST_ASSERT(MSI_WINDOW < ranges[i].first || MSI_WINDOW > ranges[i].last,
			"range %d has the MSI window", i);
	}
	return TEST_SUCCESS;
}
