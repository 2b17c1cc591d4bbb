/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * An input is the answers of a kernel to the ioctls that common/vfio makes while it opens and
 * uses one or two devices, by group or by character device.  fuzz_kernel.c hands them out in
 * place of the real kernel, one answer for each ioctl.
 */

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include <rte_common.h>
#include <rte_vfio_dev.h>

#include "fuzz.h"
#include "fuzz_device.h"
#include "fuzz_eal.h"
#include "fuzz_kernel.h"
#include "vfio_iommufd_abi.h"

#define EAL_MIB 1

/* The first octet of an input. */
#define HOW_CDEV 1
#define HOW_SECOND 2 /* there is another device */
#define HOW_APART 4 /* in another group */
#define HOW_FIRST 8 /* the device that was opened first is closed first */

void
fuzz_start(void)
{
	fuzz_eal_start(EAL_MIB);
	fuzz_device_start();
}

static struct rte_vfio_dev *
device_open(const char *name, uint8_t how)
{
	const struct rte_vfio_dev_node node = {
		.name = name,
		.cdev = (how & HOW_CDEV) != 0 ? "/dev/vfio/devices/vfio0" : NULL,
		.group_base = "/sys/bus/auxiliary/devices",
		.group_name = name,
	};
	struct rte_vfio_dev *dev;

	return rte_vfio_dev_open(&node, (how & HOW_CDEV) != 0 ? RTE_VFIO_TRANSPORT_CDEV :
			RTE_VFIO_TRANSPORT_GROUP, &dev) == 0 ? dev : NULL;
}

void
fuzz_run(struct fuzz_input *in)
{
	struct rte_vfio_dev *devs[2] = { NULL };
	uint8_t how;

	fuzz_kernel_input(in);
	fuzz_take(in, &how, sizeof(how));
	fuzz_kernel_group(1);
	devs[0] = device_open("fuzz.sf.0", how);
	if ((how & HOW_APART) != 0)
		fuzz_kernel_group(2);
	if ((how & HOW_SECOND) != 0)
		devs[1] = device_open("fuzz.sf.1", how);
	if (devs[0] != NULL)
		fuzz_device_use(devs[0]);
	rte_vfio_dev_close(devs[(how & HOW_FIRST) == 0]);
	rte_vfio_dev_close(devs[(how & HOW_FIRST) != 0]);
}

/* --- Kernels that behave ----------------------------------------------------------- */

static void
add_done(struct fuzz_seed *seed, unsigned int times)
{
	while (times-- > 0)
		fuzz_kernel_add(seed, NULL, 0);
}

/* The answer to VFIO_IOMMU_GET_INFO; seeds of a faulty kernel change a copy of it. */
struct iommu {
	struct vfio_iommu_type1_info info;
	struct vfio_iommu_type1_info_cap_iova_range cap;
	struct vfio_iova_range ranges[2];
};

static const struct iommu iommu = {
	.info = {
		.argsz = sizeof(iommu),
		.flags = VFIO_IOMMU_INFO_CAPS,
		.cap_offset = offsetof(struct iommu, cap),
	},
	.cap = { .header.id = VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, .nr_iovas = 2 },
	.ranges = { { 0, 0xfedfffff }, { 0xfef00000, UINT64_MAX >> 8 } },
};

static void
add_group_of(struct fuzz_seed *seed, bool first, const struct iommu *of)
{
	const struct vfio_group_status status = {
		.argsz = sizeof(status), .flags = VFIO_GROUP_FLAGS_VIABLE,
	};

	if (first) {
		fuzz_kernel_add(seed, &status, sizeof(status));
		add_done(seed, 2); /* SET_CONTAINER, SET_IOMMU */
	}
	add_done(seed, 1); /* GET_DEVICE_FD */
	fuzz_kernel_add(seed, of, sizeof(of->info)); /* there is more than was asked for */
	fuzz_kernel_add(seed, of, sizeof(*of));
}

static void
add_group(struct fuzz_seed *seed, bool first)
{
	add_group_of(seed, first, &iommu);
}

/* The one capability is its own next. */
static void
add_group_loop(struct fuzz_seed *seed, bool first)
{
	struct iommu loop = iommu;

	loop.cap.header.id = VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION;
	loop.cap.header.next = loop.info.cap_offset;
	add_group_of(seed, first, &loop);
}

/* Fewer ranges than it says. */
static void
add_group_short(struct fuzz_seed *seed, bool first)
{
	struct iommu few = iommu;

	few.cap.nr_iovas = 1000;
	add_group_of(seed, first, &few);
}

static void
add_cdev_of(struct fuzz_seed *seed, bool first, uint32_t nb)
{
	const struct iommu_ioas_alloc alloc = { .size = sizeof(alloc), .out_ioas_id = 1 };
	const struct {
		uint32_t nb;
		struct vfio_iova_range ranges[2];
	} __rte_packed ranges = { nb, { iommu.ranges[0], iommu.ranges[1] } };

	if (first)
		fuzz_kernel_add(seed, &alloc, sizeof(alloc));
	add_done(seed, 2); /* BIND_IOMMUFD, ATTACH_IOMMUFD_PT */
	fuzz_kernel_add(seed, &ranges, sizeof(ranges));
}

static void
add_cdev(struct fuzz_seed *seed, bool first)
{
	add_cdev_of(seed, first, 2);
}

/* More ranges than there was room for. */
static void
add_cdev_long(struct fuzz_seed *seed, bool first)
{
	add_cdev_of(seed, first, 1000);
}

static void
add_region(struct fuzz_seed *seed, uint32_t index, uint64_t size)
{
	const struct vfio_region_info info = fuzz_region(index, size);

	fuzz_kernel_add(seed, &info, sizeof(info));
}

static void
add_irq(struct fuzz_seed *seed, uint32_t index, uint32_t count)
{
	const struct vfio_irq_info info = fuzz_irq(index, count);

	fuzz_kernel_add(seed, &info, sizeof(info));
}

static void
add_sparse(struct fuzz_seed *seed)
{
	fuzz_kernel_add(seed, &fuzz_sparse, sizeof(fuzz_sparse.info));
	fuzz_kernel_add(seed, &fuzz_sparse, sizeof(fuzz_sparse));
}

static void
add_plain(struct fuzz_seed *seed)
{
	const struct vfio_device_info info = fuzz_info(0, 2, 1);

	fuzz_kernel_add(seed, &info, sizeof(info));
	add_sparse(seed);
	add_region(seed, 1, 256);
	add_irq(seed, 0, FUZZ_MAX_VECTORS);
}

/* An MSI-X table in what can be mapped. */
static void
add_pci(struct fuzz_seed *seed)
{
	static const uint8_t status[] = { PCI_STATUS_CAP_LIST, 0 }, list[] = { 0x40 },
		vendor[] = { PCI_CAP_ID_VNDR, 0x50 }, msix[] = { PCI_CAP_ID_MSIX, 0 },
		flags[] = { 15, 0 }, table[] = { 0, 0x10, 0, 0 };
	const struct vfio_device_info info = fuzz_info(VFIO_DEVICE_FLAGS_PCI, VFIO_PCI_NUM_REGIONS,
		VFIO_PCI_NUM_IRQS);
	uint32_t i;

	fuzz_kernel_add(seed, &info, sizeof(info));
	add_sparse(seed);
	for (i = 1; i < VFIO_PCI_NUM_REGIONS; i++)
		add_region(seed, i, i == VFIO_PCI_CONFIG_REGION_INDEX ? PCI_CFG_SPACE_SIZE : 0);
	fuzz_kernel_add(seed, status, sizeof(status));
	fuzz_kernel_add(seed, list, sizeof(list));
	fuzz_kernel_add(seed, vendor, sizeof(vendor));
	fuzz_kernel_add(seed, msix, sizeof(msix));
	fuzz_kernel_add(seed, flags, sizeof(flags));
	fuzz_kernel_add(seed, table, sizeof(table));
	for (i = 0; i < VFIO_PCI_NUM_IRQS; i++)
		add_irq(seed, i, i == VFIO_PCI_MSIX_IRQ_INDEX ? 16 : 1);
}

static void
save(uint8_t how, void (*add)(struct fuzz_seed *seed, bool first),
	void (*add_device)(struct fuzz_seed *seed), const char *name)
{
	struct fuzz_seed seed = { .len = 0 };

	fuzz_seed_add(&seed, &how, sizeof(how));
	add(&seed, true);
	add_device(&seed);
	add_done(&seed, 1); /* DMA */
	if ((how & HOW_SECOND) != 0) {
		add(&seed, (how & HOW_APART) != 0);
		add_device(&seed);
	}
	add_done(&seed, 48); /* accesses and interrupts */
	fuzz_seed_save(&seed, name);
}

void
fuzz_seeds(void)
{
	save(0, add_group, add_plain, "group");
	save(HOW_SECOND, add_group, add_pci, "group-of-two");
	save(HOW_SECOND | HOW_FIRST, add_group, add_plain, "group-of-two-first");
	save(HOW_SECOND | HOW_APART, add_group, add_plain, "two-groups");
	save(0, add_group_loop, add_plain, "group-loop");
	save(0, add_group_short, add_plain, "group-short");
	save(HOW_CDEV, add_cdev, add_pci, "cdev");
	save(HOW_CDEV, add_cdev_long, add_plain, "cdev-long");
	save(HOW_CDEV | HOW_SECOND, add_cdev, add_plain, "two-cdevs");
}
