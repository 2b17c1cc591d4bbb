/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef SF_PLAT_H
#define SF_PLAT_H

/*
 * What the model wants of its host, for a user process: the driver's memory is
 * mapped here, so a buffer is a pointer.
 */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "dma.h"

#define SF_PLAT_VECTORS 17

struct sf_plat {
	const char *name;
	struct dma dma;
	int eventfds[SF_PLAT_VECTORS]; /* -1: none */
};

struct sf_plat_buf {
	uint8_t *addr;
};

struct sf_plat_hint {
	struct dma_extent extent; /* the last one used; empty when zeroed */
};

static inline bool
sf_plat_buf_get(struct sf_plat *plat, struct sf_plat_hint *hint, uint64_t iova, uint32_t len,
	bool write, struct sf_plat_buf *buf)
{
	uint64_t at = iova - hint->extent.iova;

	if (__builtin_expect(at >= hint->extent.len || len > hint->extent.len - at, 0)) {
		if (!dma_find(&plat->dma, iova, len, write, &hint->extent))
			return false;
		at = iova - hint->extent.iova;
	}
	buf->addr = hint->extent.addr + at;
	return true;
}

/*
 * A memcpy() for headers, without a call.  No byte is written twice: to read
 * what two stores have written together takes the processor a while.
 */
static inline void
sf_plat_copy(uint8_t *to, const uint8_t *from, uint32_t len)
{
	uint32_t part;

	for (; len >= 32; len -= 32, to += 32, from += 32)
		memcpy(to, from, 32);
	for (part = 16; part != 0; part /= 2) {
		if ((len & part) == 0)
			continue;
		memcpy(to, from, part);
		to += part;
		from += part;
	}
}

static inline int
sf_plat_buf_read(const struct sf_plat_buf *buf, void *to, uint32_t len)
{
	sf_plat_copy(to, buf->addr, len);
	return 0;
}

static inline int
sf_plat_buf_write(const struct sf_plat_buf *buf, const void *from, uint32_t len)
{
	sf_plat_copy(buf->addr, from, len);
	return 0;
}

static inline void
sf_plat_buf_skip(struct sf_plat_buf *buf, uint32_t len)
{
	buf->addr += len;
}

static inline void
sf_plat_buf_own(struct sf_plat_buf *buf, void *addr)
{
	buf->addr = addr;
}

static inline int
sf_plat_buf_copy(const struct sf_plat_buf *to, const struct sf_plat_buf *from, uint32_t len)
{
	memmove(to->addr, from->addr, len);
	return 0;
}

static inline void
sf_plat_buf_prefetch(const struct sf_plat_buf *buf, bool write)
{
	if (write)
		__builtin_prefetch(buf->addr, 1);
	else
		__builtin_prefetch(buf->addr, 0);
}

static inline void *
sf_plat_ring_map(struct sf_plat *plat, uint64_t iova, uint64_t len, bool write)
{
	struct dma_extent extent;

	if (!dma_find(&plat->dma, iova, len, write, &extent))
		return NULL;
	return extent.addr + (iova - extent.iova);
}

/* The mapping goes with the memory. */
static inline void
sf_plat_ring_unmap(struct sf_plat *plat, void *ring, uint64_t len)
{
	(void)plat;
	(void)ring;
	(void)len;
}

/* The view is the driver's memory. */
static inline void
sf_plat_ring_pull(struct sf_plat *plat, void *at, uint64_t len)
{
	(void)plat;
	(void)at;
	(void)len;
}

static inline void
sf_plat_ring_push(struct sf_plat *plat, void *at, uint64_t len)
{
	(void)plat;
	(void)at;
	(void)len;
}

static inline uint64_t
sf_plat_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void sf_plat_irq(struct sf_plat *plat, unsigned int vector);
void sf_plat_log(struct sf_plat *plat, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define sf_load(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define sf_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define sf_store(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define sf_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define sf_prefetch(p) __builtin_prefetch(p)
#define sf_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)

#endif /* SF_PLAT_H */
