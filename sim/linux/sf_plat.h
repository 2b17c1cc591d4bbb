/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (c) 2026 The auxiliary-bus driver authors */

#ifndef SF_PLAT_H
#define SF_PLAT_H

/*
 * What the model wants of its host, for a kernel module: the driver's memory
 * is pinned through VFIO, page by page, when the device first touches it, and
 * stays pinned until VFIO takes it back; or, where VFIO does not pin, each
 * access goes through it.
 *
 * All of it runs under the lock of the wire, and may sleep.
 */

#include <asm/barrier.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/prefetch.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "sf_example_hw.h"

#ifndef UINT16_MAX
#define UINT16_MAX U16_MAX
#endif

struct eventfd_ctx;
struct vfio_device;

struct sf_plat {
	struct vfio_device *vdev;
	bool unpinned;			/* VFIO pins nothing here, see sf_sim_dma.c */
	struct xarray pages;		/* by page number of the IOVA */
	struct list_head rings;		/* mapped */
	struct eventfd_ctx *vectors[SF_NUM_VECTORS];
	struct eventfd_ctx *request;	/* asks the user to let go */
};

/* A piece of a driver's memory, or of ours. */
struct sf_plat_buf {
	struct sf_plat *plat;	/* NULL: ours, contiguous at "addr" */
	u64 iova;
	u8 *addr;	/* good to the end of its page; NULL: not pinned */
};

/* The page used last. */
struct sf_plat_hint {
	u64 page;
	u8 *addr;	/* NULL: none */
};

bool sf_plat_buf_get(struct sf_plat *plat, struct sf_plat_hint *hint, u64 iova,
		     u32 len, bool write, struct sf_plat_buf *buf);
int sf_plat_buf_read(const struct sf_plat_buf *buf, void *to, u32 len);
int sf_plat_buf_write(const struct sf_plat_buf *buf, const void *from, u32 len);
void sf_plat_buf_skip(struct sf_plat_buf *buf, u32 len);
int sf_plat_buf_copy(const struct sf_plat_buf *to,
		     const struct sf_plat_buf *from, u32 len);

static inline void sf_plat_buf_own(struct sf_plat_buf *buf, void *addr)
{
	buf->plat = NULL;
	buf->iova = 0;
	buf->addr = addr;
}

static inline void sf_plat_buf_prefetch(const struct sf_plat_buf *buf,
					bool write)
{
	if (write)
		prefetchw(buf->addr);
	else
		prefetch(buf->addr);
}

void *sf_plat_ring_map(struct sf_plat *plat, u64 iova, u64 len, bool write);
void sf_plat_ring_unmap(struct sf_plat *plat, void *ring, u64 len);
void sf_sim_ring_transfer(struct sf_plat *plat, void *at, u64 len, bool push);

/* A pinned ring is the driver's own memory. */
static inline void sf_plat_ring_pull(struct sf_plat *plat, void *at, u64 len)
{
	if (plat->unpinned)
		sf_sim_ring_transfer(plat, at, len, false);
}

static inline void sf_plat_ring_push(struct sf_plat *plat, void *at, u64 len)
{
	if (plat->unpinned)
		sf_sim_ring_transfer(plat, at, len, true);
}

static inline u64 sf_plat_now_ns(void)
{
	return ktime_get_ns();
}

void sf_plat_irq(struct sf_plat *plat, unsigned int vector);
__printf(2, 3) void sf_plat_log(struct sf_plat *plat, const char *fmt, ...);

/* Who pairs with them is the driver. */
#define sf_load(p)		READ_ONCE(*(p))
#define sf_load_acquire(p)	smp_load_acquire(p)
#define sf_store(p, v)		WRITE_ONCE(*(p), v)
#define sf_store_release(p, v)	smp_store_release(p, v)
#define sf_mb()			smp_mb()
#define sf_prefetch(p)		prefetch(p)

#endif /* SF_PLAT_H */
