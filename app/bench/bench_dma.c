/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Time to open a device with so many pages of memory to map, by EAL's own VFIO
 * code and by common/vfio, in turn.  The pages are an external heap's, and no
 * page's IOVA follows that of the one before, so each is a mapping.
 *
 *   dpdk-bench-dma [EAL OPTION]... -- PCI-DEVICE CHARACTER-DEVICE ROUNDS
 *
 * Prints lines of "PAGES SUBJECT open-us MICROSECONDS".
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <linux/vfio.h>

#include <rte_cycles.h>
#include <rte_debug.h>
#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_vfio.h>
#include <rte_vfio_dev.h>

#define PCI_BASE "/sys/bus/pci/devices"
#define HEAP "bench_dma"
#define PAGE 4096
#define PAGES_MAX 4096

static void
report(unsigned int pages, const char *subject, uint64_t start)
{
	printf("%u %s open-us %.1f\n", pages, subject,
		(double)(rte_rdtsc() - start) * 1e6 / rte_get_tsc_hz());
}

static void
time_eal(unsigned int pages, const char *device)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	uint64_t start = rte_rdtsc();
	int fd;

	if (rte_vfio_setup_device(PCI_BASE, device, &fd, &info) != 0)
		rte_exit(EXIT_FAILURE, "EAL cannot open %s\n", device);
	report(pages, "eal", start);
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
	uint64_t start = rte_rdtsc();
	struct rte_vfio_dev *dev;

	if (rte_vfio_dev_open(&node, transport, &dev) != 0)
		rte_exit(EXIT_FAILURE, "cannot open %s\n", device);
	report(pages, transport == RTE_VFIO_TRANSPORT_GROUP ? "ours" : "ours-cdev", start);
	rte_vfio_dev_close(dev);
}

/* Every other page of IOVA, where EAL has nothing. */
static void
heap_add(void *memory, unsigned int pages)
{
	static rte_iova_t iovas[PAGES_MAX];
	unsigned int i;

	for (i = 0; i < pages; i++)
		iovas[i] = (UINT64_C(16) << 30) + 2 * i * (uint64_t)PAGE;
	if (rte_malloc_heap_memory_add(HEAP, memory, (size_t)pages * PAGE, iovas, pages, PAGE) != 0)
		rte_exit(EXIT_FAILURE, "no heap of %u pages\n", pages);
}

/*
 * The kernel frees a container's mappings after its close, in the time of whichever
 * way of mapping is measured next.  So the order of the ways changes with the round.
 */
static void
bench(const char *device, const char *cdev, void *memory, unsigned int pages, int round)
{
	int i;

	if (pages != 0)
		heap_add(memory, pages);
	for (i = 0; i < 3; i++) {
		rte_delay_us_sleep(50 * 1000);
		switch ((round + i) % 3) {
		case 0:
			time_eal(pages, device);
			break;
		case 1:
			time_ours(pages, device, cdev, RTE_VFIO_TRANSPORT_CDEV);
			break;
		default:
			time_ours(pages, device, cdev, RTE_VFIO_TRANSPORT_GROUP);
		}
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
	for (rounds = atoi(argv[3]); rounds > 0; rounds--)
		for (i = 0; i < RTE_DIM(sizes); i++)
			bench(argv[1], argv[2], memory, sizes[i], rounds);
	rte_malloc_heap_destroy(HEAP);
	return rte_eal_cleanup();
}
