// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (c) 2026 The auxiliary-bus driver authors */

/*
 * Regions: BAR 0 with its doorbell pages, which can be mapped; the MSI-X BAR
 * and configuration space, which cannot.
 */

#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "sf_sim.h"

/* A region's place in the file, as vfio-pci has it. */
#define OFFSET_SHIFT	40
#define OFFSET_MASK	((1ULL << OFFSET_SHIFT) - 1)

struct bar_info {
	struct vfio_region_info info;
	struct vfio_region_info_cap_sparse_mmap sparse;
	struct vfio_region_sparse_mmap_area area;
};

/* The description of BAR 0 goes on with a list of what can be mapped. */
static size_t bar_info_fill(const struct sf_sim_vdev *vdev,
			    struct bar_info *bar)
{
	bar->info.flags |= VFIO_REGION_INFO_FLAG_MMAP |
			   VFIO_REGION_INFO_FLAG_CAPS;
	/* Without room for it, how much that would be. */
	if (bar->info.argsz < sizeof(*bar)) {
		bar->info.argsz = sizeof(*bar);
		return sizeof(bar->info);
	}
	bar->info.cap_offset = offsetof(struct bar_info, sparse);
	bar->sparse.header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	bar->sparse.header.version = 1;
	bar->sparse.nr_areas = 1;
	bar->area.offset = SF_DB_BASE;
	bar->area.size = (u64)vdev->dev->nb_queues * SF_DB_STRIDE;
	return sizeof(*bar);
}

long sf_sim_region_info(struct sf_sim_vdev *vdev, void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_region_info, offset);
	size_t len = sizeof(struct vfio_region_info);
	struct bar_info bar = {};
	u32 index;

	if (copy_from_user(&bar.info, arg, minsz))
		return -EFAULT;
	index = bar.info.index;
	if (bar.info.argsz < minsz || index >= SF_NUM_REGIONS)
		return -EINVAL;
	bar.info.flags = 0;
	bar.info.cap_offset = 0;
	bar.info.offset = (u64)index << OFFSET_SHIFT;
	bar.info.size = sf_dev_region_size(index);
	if (bar.info.size)
		bar.info.flags = VFIO_REGION_INFO_FLAG_READ |
				 VFIO_REGION_INFO_FLAG_WRITE;
	if (index == SF_BAR_REGS)
		len = bar_info_fill(vdev, &bar);
	return copy_to_user(arg, &bar, len) ? -EFAULT : 0;
}

/*
 * The region and the part of it that an access is about; the count is cut
 * short at the region's end.
 */
static int access_check(loff_t pos, size_t *count, u32 *region, u64 *offset)
{
	u64 size;

	if (pos < 0)
		return -EINVAL;
	*region = pos >> OFFSET_SHIFT;
	*offset = pos & OFFSET_MASK;
	size = sf_dev_region_size(*region);
	if (*offset >= size)
		return -EINVAL;
	*count = min_t(u64, *count, size - *offset);
	return 0;
}

ssize_t sf_sim_read(struct vfio_device *vfio, char __user *buf, size_t count,
		    loff_t *ppos)
{
	struct sf_sim_vdev *vdev = to_sf_sim_vdev(vfio);
	u64 offset;
	void *data;
	u32 region;
	int ret;

	ret = access_check(*ppos, &count, &region, &offset);
	if (ret || !count)
		return ret;
	data = kvmalloc(count, GFP_KERNEL);
	if (!data)
		return -ENOMEM;
	mutex_lock(&sf_sim_wire.lock);
	ret = sf_dev_read(vdev->dev, region, offset, data, count);
	mutex_unlock(&sf_sim_wire.lock);
	if (!ret && copy_to_user(buf, data, count))
		ret = -EFAULT;
	kvfree(data);
	if (ret)
		return ret;
	*ppos += count;
	return count;
}

ssize_t sf_sim_write(struct vfio_device *vfio, const char __user *buf,
		     size_t count, loff_t *ppos)
{
	struct sf_sim_vdev *vdev = to_sf_sim_vdev(vfio);
	u64 offset;
	void *data;
	u32 region;
	int ret;

	ret = access_check(*ppos, &count, &region, &offset);
	if (ret || !count)
		return ret;
	data = vmemdup_user(buf, count);
	if (IS_ERR(data))
		return PTR_ERR(data);
	mutex_lock(&sf_sim_wire.lock);
	ret = sf_dev_write(vdev->dev, region, offset, data, count);
	mutex_unlock(&sf_sim_wire.lock);
	/* A sleeping device is woken by any access, SF_REG_WAKE being one. */
	sf_sim_wire_kick();
	kvfree(data);
	if (ret)
		return ret;
	*ppos += count;
	return count;
}

int sf_sim_mmap(struct vfio_device *vfio, struct vm_area_struct *vma)
{
	const unsigned long shift = OFFSET_SHIFT - PAGE_SHIFT;
	const unsigned long first = SF_DB_BASE >> PAGE_SHIFT;
	struct sf_sim_vdev *vdev = to_sf_sim_vdev(vfio);
	unsigned long at = vma->vm_pgoff & ((1UL << shift) - 1);

	if (vma->vm_pgoff >> shift != SF_BAR_REGS || at < first ||
	    !(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	return remap_vmalloc_range(vma, vdev->db, at - first);
}
