// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (c) 2026 The auxiliary-bus driver authors */

/*
 * The driver's memory, for packets.  Pages are pinned when they are first used,
 * and found again in a tree.
 *
 * VFIO does not pin in a container of the first type 1 interface, as EAL's own
 * is: there each access goes through VFIO, and the tree only knows which pages
 * can be accessed.
 */

#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "sf_sim.h"

/*
 * A page's entry in the tree is a pointer to it, and what it may be used for as
 * the tag of that: most can be read and written.
 */
#define TAG_ANY		0
#define TAG_READ	1
#define TAG_WRITE	3
/* An entry without a pointer. */
#define UNPINNED	xa_mk_value(1)

/* On the way from memory to memory that are both not ours; the wire is locked. */
static u8 bounce[SF_MAX_FRAME];

void sf_sim_dma_init(struct sf_plat *plat, struct vfio_device *vdev)
{
	plat->vdev = vdev;
	xa_init(&plat->pages);
	INIT_LIST_HEAD(&plat->rings);
}

static int pin_page(struct sf_plat *plat, u64 page, int prot,
		    struct page **out)
{
	int ret = vfio_pin_pages(plat->vdev, page << PAGE_SHIFT, 1, prot, out);

	if (ret < 0)
		return ret;
	return ret == 1 ? 0 : -EFAULT;
}

static void unpin_page(struct sf_plat *plat, u64 page)
{
	vfio_unpin_pages(plat->vdev, page << PAGE_SHIFT, 1);
}

/* The page's entry in the tree, or NULL; pinned now if it was not. */
static void *page_get(struct sf_plat *plat, u64 page, bool write)
{
	unsigned long tag = TAG_ANY;
	struct page *pinned;
	void *entry;
	int ret;

	entry = xa_load(&plat->pages, page);
	if (entry)
		return entry;
	ret = pin_page(plat, page, IOMMU_READ | IOMMU_WRITE, &pinned);
	if (ret == -EPERM) {
		tag = write ? TAG_WRITE : TAG_READ;
		ret = pin_page(plat, page, write ? IOMMU_WRITE : IOMMU_READ,
			       &pinned);
	}
	if (ret)
		return NULL;
	entry = xa_tag_pointer(pinned, tag);
	if (xa_err(xa_store(&plat->pages, page, entry, GFP_KERNEL))) {
		unpin_page(plat, page);
		return NULL;
	}
	return entry;
}

static u8 *entry_addr(void *entry)
{
	return page_address(xa_untag_pointer(entry));
}

static u8 *page_addr(struct sf_plat *plat, u64 page, bool write)
{
	void *entry = page_get(plat, page, write);

	if (!entry || xa_pointer_tag(entry) == (write ? TAG_READ : TAG_WRITE))
		return NULL;
	return entry_addr(entry);
}

static int rw(const struct sf_plat_buf *buf, void *data, u32 len, bool write)
{
	return vfio_dma_rw(buf->plat->vdev, buf->iova, data, len, write);
}

static bool is_unpinned(const struct sf_plat_buf *buf)
{
	return buf->plat && buf->plat->unpinned;
}

/* Whether pages can be accessed, each asked about once. */
static bool unpinned_get(struct sf_plat *plat, u64 iova, u32 len,
			 struct sf_plat_buf *buf)
{
	u64 page = iova >> PAGE_SHIFT, last = (iova + (len - 1)) >> PAGE_SHIFT;
	u8 probe;

	for (; page <= last; page++) {
		if (xa_load(&plat->pages, page))
			continue;
		if (vfio_dma_rw(plat->vdev, page << PAGE_SHIFT, &probe, 1,
				false) ||
		    xa_err(xa_store(&plat->pages, page, UNPINNED, GFP_KERNEL)))
			return false;
	}
	buf->plat = plat;
	buf->iova = iova;
	buf->addr = NULL;
	return true;
}

bool sf_plat_buf_get(struct sf_plat *plat, struct sf_plat_hint *hint, u64 iova,
		     u32 len, bool write, struct sf_plat_buf *buf)
{
	u64 page = iova >> PAGE_SHIFT, last;

	if (!len || len - 1 > U64_MAX - iova)
		return false;
	if (plat->unpinned)
		return unpinned_get(plat, iova, len, buf);
	if (!hint->addr || hint->page != page) {
		hint->addr = page_addr(plat, page, write);
		hint->page = page;
		if (!hint->addr)
			return false;
	}
	buf->plat = plat;
	buf->iova = iova;
	buf->addr = hint->addr + offset_in_page(iova);
	last = (iova + (len - 1)) >> PAGE_SHIFT;
	while (page++ != last)
		if (!page_addr(plat, page, write))
			return false;
	return true;
}

/* Where a page in the tree is, at the IOVA's place in it. */
static u8 *page_find(struct sf_plat *plat, u64 iova)
{
	void *entry = xa_load(&plat->pages, iova >> PAGE_SHIFT);

	return entry ? entry_addr(entry) + offset_in_page(iova) : NULL;
}

static bool same_page(u64 a, u64 b)
{
	return a >> PAGE_SHIFT == b >> PAGE_SHIFT;
}

/*
 * Where byte "done" of a buffer is; *room is cut down to what is contiguous
 * there.
 */
static u8 *buf_at(const struct sf_plat_buf *buf, u32 done, u32 *room)
{
	u64 iova = buf->iova + done;

	if (!buf->plat)
		return buf->addr + done;
	*room = min_t(u32, *room, PAGE_SIZE - offset_in_page(iova));
	if (same_page(iova, buf->iova))
		return buf->addr ? buf->addr + done : NULL;
	return page_find(buf->plat, iova);
}

void sf_plat_buf_skip(struct sf_plat_buf *buf, u32 len)
{
	if (!buf->plat || (buf->addr && same_page(buf->iova, buf->iova + len)))
		buf->addr += len;
	else if (!is_unpinned(buf))
		buf->addr = page_find(buf->plat, buf->iova + len);
	buf->iova += len;
}

int sf_plat_buf_read(const struct sf_plat_buf *buf, void *to, u32 len)
{
	u32 done, part;
	u8 *at;

	if (is_unpinned(buf))
		return rw(buf, to, len, false);
	for (done = 0; done < len; done += part) {
		part = len - done;
		at = buf_at(buf, done, &part);
		if (!at)
			return -EFAULT;
		memcpy(to + done, at, part);
	}
	return 0;
}

int sf_plat_buf_write(const struct sf_plat_buf *buf, const void *from, u32 len)
{
	u32 done, part;
	u8 *at;

	if (is_unpinned(buf))
		return rw(buf, (void *)from, len, true);
	for (done = 0; done < len; done += part) {
		part = len - done;
		at = buf_at(buf, done, &part);
		if (!at)
			return -EFAULT;
		memcpy(at, from + done, part);
	}
	return 0;
}

static int copy_bounced(const struct sf_plat_buf *to,
			const struct sf_plat_buf *from, u32 len)
{
	int ret;

	if (len > sizeof(bounce))
		return -EINVAL;
	ret = sf_plat_buf_read(from, bounce, len);
	return ret ? ret : sf_plat_buf_write(to, bounce, len);
}

int sf_plat_buf_copy(const struct sf_plat_buf *to,
		     const struct sf_plat_buf *from, u32 len)
{
	u32 done, part;
	u8 *src, *dst;

	if (is_unpinned(to) || is_unpinned(from))
		return copy_bounced(to, from, len);
	for (done = 0; done < len; done += part) {
		part = len - done;
		src = buf_at(from, done, &part);
		dst = buf_at(to, done, &part);
		if (!src || !dst)
			return -EFAULT;
		/* The driver may have made them overlap. */
		memmove(dst, src, part);
	}
	return 0;
}

void sf_sim_dma_removed(struct sf_sim_vdev *vdev, u64 iova, u64 len)
{
	struct sf_plat *plat = &vdev->plat;
	unsigned long page;
	void *entry;

	lockdep_assert_held(&sf_sim_wire.lock);
	sf_dev_dma_removed(vdev->dev, iova, len);
	xa_for_each_range(&plat->pages, page, entry, iova >> PAGE_SHIFT,
			  (iova + (len - 1)) >> PAGE_SHIFT) {
		xa_erase(&plat->pages, page);
		if (entry != UNPINNED)
			unpin_page(plat, page);
	}
}

/*
 * VFIO takes memory away, and waits for us to unpin it.
 *
 * It calls with a lock that it also takes inside that under which it pins, and
 * we pin with the wire locked; so the wire must not be locked here.  The thread
 * does the work instead.
 */
void sf_sim_dma_unmap(struct vfio_device *vdev, u64 iova, u64 len)
{
	struct sf_sim_unmap unmap = {
		.vdev = to_sf_sim_vdev(vdev),
		.iova = iova,
		.len = len,
		.done = COMPLETION_INITIALIZER_ONSTACK(unmap.done),
	};

	if (!len)
		return;
	spin_lock(&sf_sim_wire.unmaps_lock);
	list_add_tail(&unmap.node, &sf_sim_wire.unmaps);
	spin_unlock(&sf_sim_wire.unmaps_lock);
	sf_sim_wire_kick();
	wait_for_completion(&unmap.done);
}
