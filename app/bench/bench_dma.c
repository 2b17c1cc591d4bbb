/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Time to open a device with so many pages of memory to map, by EAL's own VFIO
 * code and by common/vfio, in turn.  The pages are an external heap's: scattered,
 * so that no page's IOVA follows that of the one before and each is a mapping; and
 * in a row, "-row", as all pages are whose IOVA is their address.
 *
 *   dpdk-bench-dma [EAL OPTION]... -- PCI-DEVICE CHARACTER-DEVICE ROUNDS
 *
 * Prints lines of "PAGES SUBJECT us/page MICROSECONDS", and, as "kernel-us/page", how
 * much of that the requests to map pages take.  Both are of the whole open.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_debug.h>
#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_vfio.h>
#include <rte_vfio_dev.h>

#include "vfio_iommufd_abi.h"

#define PCI_BASE "/sys/bus/pci/devices"
#define HEAP "bench_dma"
#define PAGE 4096
#define PAGES_MAX 4096

/* Time that requests to map memory have taken since the clock was started. */
static uint64_t start, in_kernel;

/* In place of the C library's, for EAL and for common/vfio. */
int
ioctl(int fd, unsigned long request, ...)
{
	const uint64_t before = rte_rdtsc();
	va_list args;
	long ret;

	va_start(args, request);
	ret = syscall(SYS_ioctl, fd, request, va_arg(args, void *));
	va_end(args);
	if (request == VFIO_IOMMU_MAP_DMA || request == IOMMU_IOAS_MAP)
		in_kernel += rte_rdtsc() - before;
	return ret;
}

static void
clock_start(void)
{
	in_kernel = 0;
	start = rte_rdtsc();
}

static bool is_row; /* how the pages are */

static void
report(unsigned int pages, const char *subject)
{
	const char *suffix = is_row ? "-row" : "";
	const double us = 1e6 / rte_get_tsc_hz();
	const uint64_t end = rte_rdtsc();

	printf("%u %s%s us/page %.3f\n", pages, subject, suffix, (end - start) * us);
	printf("%u %s%s kernel-us/page %.3f\n", pages, subject, suffix, in_kernel * us);
}

static void
time_eal(unsigned int pages, const char *device)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int fd;

	clock_start();
	if (rte_vfio_setup_device(PCI_BASE, device, &fd, &info) != 0)
		rte_exit(EXIT_FAILURE, "EAL cannot open %s\n", device);
	report(pages, "eal");
	rte_vfio_release_device(PCI_BASE, device, fd);
}

static void
time_ours(unsigned int pages, const char *device, const char *cdev,
	enum rte_vfio_transport transport)
{
	const struct rte_vfio_dev_node node = {
		.name = device,
		.cdev = cdev,
		.group_base = PCI_BASE,
		.group_name = device,
	};
	struct rte_vfio_dev *dev;

	clock_start();
	if (rte_vfio_dev_open(&node, transport, &dev) != 0)
		rte_exit(EXIT_FAILURE, "cannot open %s\n", device);
	report(pages, transport == RTE_VFIO_TRANSPORT_GROUP ? "ours" : "ours-cdev");
	rte_vfio_dev_close(dev);
}

/* In pages of IOVA where EAL has nothing: one after the other, or every other one. */
static void
heap_add(void *memory, unsigned int pages)
{
	static rte_iova_t iovas[PAGES_MAX];
	unsigned int i;

	for (i = 0; i < pages; i++)
		iovas[i] = (UINT64_C(16) << 30) + (is_row ? 1 : 2) * i * (uint64_t)PAGE;
	if (rte_malloc_heap_memory_add(HEAP, memory, (size_t)pages * PAGE, iovas, pages, PAGE) != 0)
		rte_exit(EXIT_FAILURE, "no heap of %u pages\n", pages);
}

enum way { EAL, GROUP, CDEV, NB_WAYS };

static void
time_way(enum way way, unsigned int pages, const char *device, const char *cdev)
{
	if (way == EAL)
		time_eal(pages, device);
	else
		time_ours(pages, device, cdev,
			way == CDEV ? RTE_VFIO_TRANSPORT_CDEV : RTE_VFIO_TRANSPORT_GROUP);
}

/*
 * The kernel frees mappings after the close that ends them, in the time of whichever
 * way of mapping is measured next.  So each way follows each other as often.
 */
static void
bench(const char *device, const char *cdev, void *memory, unsigned int pages, int round)
{
	static const enum way orders[][NB_WAYS] = {
		{ EAL, GROUP, CDEV }, { EAL, CDEV, GROUP }, { GROUP, EAL, CDEV },
		{ GROUP, CDEV, EAL }, { CDEV, EAL, GROUP }, { CDEV, GROUP, EAL },
	};
	unsigned int i;

	if (pages != 0)
		heap_add(memory, pages);
	for (i = 0; i < NB_WAYS; i++) {
		rte_delay_us_sleep(50 * 1000);
		time_way(orders[round % RTE_DIM(orders)][i], pages, device, cdev);
	}
	if (pages != 0)
		rte_malloc_heap_memory_remove(HEAP, memory, (size_t)pages * PAGE);
}

int
main(int argc, char **argv)
{
	static const unsigned int sizes[] = { 0, 1024, 2048, PAGES_MAX };
	unsigned int i;
	void *memory;
	int skip, rounds;

	skip = rte_eal_init(argc, argv);
	if (skip < 0 || argc - skip != 4)
		rte_exit(EXIT_FAILURE, "usage: dpdk-bench-dma [EAL OPTION]... -- DEVICE CDEV ROUNDS\n");
	argv += skip;
	memory = mmap(NULL, PAGES_MAX * PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory == MAP_FAILED || rte_malloc_heap_create(HEAP) != 0)
		rte_exit(EXIT_FAILURE, "no memory\n");
	for (rounds = 2 * atoi(argv[3]); rounds > 0; rounds--) {
		is_row = rounds % 2 == 0;
		for (i = 0; i < RTE_DIM(sizes); i++)
			bench(argv[1], argv[2], memory, sizes[i], rounds / 2);
	}
	rte_malloc_heap_destroy(HEAP);
	return rte_eal_cleanup();
}
