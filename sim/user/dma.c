/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "dma.h"

#define PAGE 4096u
/* Less for an emulator that keeps a table of all pages: it takes seconds for so many. */
#ifndef WINDOW_SHIFT
#define WINDOW_SHIFT 38
#endif
#define WINDOW_SIZE (UINT64_C(1) << WINDOW_SHIFT)
/* The largest page a client's file may be made of. */
#define WINDOW_ALIGN (UINT64_C(1) << 30)

/*
 * A window is one mapping, and a piece in it adds itself and the gap behind it. They
 * are limited, so that dma_fault() always gets the mapping that it needs, and as if
 * each client used all its windows.
 */
#define PIECE_MAPPINGS 2
#define MAX_MAPPINGS (PIECE_MAPPINGS * DMA_MAX_MAPS + DMA_MAX_WINDOWS + 1)
static uint32_t nb_mappings; /* of all clients */

/* Address space that nothing may touch yet, aligned for hugepages. */
static uint8_t *
reserve(uint64_t len)
{
	uint64_t before, after;
	uint8_t *base;

	base = mmap(NULL, len + WINDOW_ALIGN, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)base & (WINDOW_ALIGN - 1);
	after = WINDOW_ALIGN - before;
	if (before != 0)
		munmap(base, before);
	munmap(base + before + len, after);
	return base + before;
}

/* Reserve part of a window again.  0 or a negative errno. */
static int
reserve_again(void *addr, uint64_t len)
{
	return mmap(addr, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
		-1, 0) == MAP_FAILED ? -errno : 0;
}

/* Where a piece belongs. */
static uint8_t *
place(struct dma *dma, uint64_t iova, uint64_t len)
{
	uint64_t key = iova >> WINDOW_SHIFT;
	uint32_t i;

	/* Not across windows: the next one is somewhere else. */
	if ((iova + len - 1) >> WINDOW_SHIFT != key)
		return NULL;
	for (i = 0; i < dma->nb_windows; i++)
		if (dma->windows[i].key == key)
			return dma->windows[i].base + (iova & (WINDOW_SIZE - 1));
	if (dma->nb_windows == DMA_MAX_WINDOWS)
		return NULL;
	dma->windows[i].base = reserve(WINDOW_SIZE);
	if (dma->windows[i].base == NULL)
		return NULL;
	dma->windows[i].key = key;
	dma->nb_windows++;
	nb_mappings++;
	return dma->windows[i].base + (iova & (WINDOW_SIZE - 1));
}

/* Index of the first map that ends behind the IOVA. */
static uint32_t
map_find(const struct dma *dma, uint64_t iova)
{
	uint32_t low = 0, high = dma->nb_maps, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (dma->maps[mid].iova + (dma->maps[mid].len - 1) < iova)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int
map_reserve(struct dma *dma)
{
	struct dma_extent *extents;
	struct dma_map *maps;
	uint32_t max;

	if (dma->nb_maps == DMA_MAX_MAPS)
		return -ENOSPC;
	if (dma->nb_maps < dma->max_maps)
		return 0;
	max = dma->max_maps == 0 ? 64 : 2 * dma->max_maps;
	maps = realloc(dma->maps, max * sizeof(*maps));
	if (maps == NULL)
		return -ENOMEM;
	dma->maps = maps;
	extents = realloc(dma->extents, max * sizeof(*extents));
	if (extents == NULL)
		return -ENOMEM;
	dma->extents = extents;
	dma->max_maps = max;
	return 0;
}

static bool
range_valid(uint64_t iova, uint64_t len)
{
	return len != 0 && (iova | len) % PAGE == 0 && len - 1 <= UINT64_MAX - iova;
}

/*
 * The file must be as long as the client says, of whole pages, and in memory: of a file
 * system that the client serves, a page fault or even fstat() could wait as long as the
 * client likes. Only files of tmpfs and hugetlbfs have seals, and no file system is asked.
 */
static int
file_check(int fd, uint64_t iova, uint64_t len, uint64_t offset)
{
	uint64_t page = PAGE;
	struct statfs fs;
	struct stat st;

	if (fcntl(fd, F_GET_SEALS) < 0)
		return -ENOTSUP;
	if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size < 0 || len > (uint64_t)st.st_size ||
			offset > (uint64_t)st.st_size - len)
		return -EINVAL;
	if ((uint32_t)fs.f_type == HUGETLBFS_MAGIC)
		page = (uint64_t)fs.f_bsize;
	return (iova | len | offset) % page == 0 ? 0 : -EINVAL;
}

/* Map the file of a piece into the piece's window, or anywhere if that is not to be had. */
static int
file_map(struct dma *dma, struct dma_map *map, int fd, uint64_t offset)
{
	const int prot = (map->prot & DMA_READ ? PROT_READ : 0) |
		(map->prot & DMA_WRITE ? PROT_WRITE : 0);
	uint8_t *at;
	int ret;

	if (nb_mappings + 1 + PIECE_MAPPINGS > MAX_MAPPINGS)
		return -ENOSPC;
	at = place(dma, map->iova, map->len);
	map->addr = mmap(at, map->len, prot, MAP_SHARED | (at != NULL ? MAP_FIXED : 0), fd,
		(off_t)offset);
	if (map->addr != MAP_FAILED) {
		nb_mappings += PIECE_MAPPINGS;
		return 0;
	}
	ret = -errno;
	/* The kernel may have taken the reservation away before it asked the file. */
	if (at != NULL)
		reserve_again(at, map->len);
	return ret;
}

int
dma_map(struct dma *dma, uint64_t iova, uint64_t len, int fd, uint64_t offset, uint32_t prot)
{
	struct dma_map map = { .iova = iova, .len = len, .prot = prot };
	uint32_t i;
	int ret;

	if (!range_valid(iova, len) || (prot & (DMA_READ | DMA_WRITE)) == 0)
		return -EINVAL;
	ret = fd < 0 ? 0 : file_check(fd, iova, len, offset);
	if (ret < 0)
		return ret;
	i = map_find(dma, iova);
	if (i < dma->nb_maps && dma->maps[i].iova <= iova + (len - 1))
		return -EEXIST;
	ret = map_reserve(dma);
	if (ret < 0)
		return ret;
	ret = fd < 0 ? 0 : file_map(dma, &map, fd, offset);
	if (ret < 0)
		return ret;
	memmove(&dma->maps[i + 1], &dma->maps[i], (dma->nb_maps - i) * sizeof(*dma->maps));
	dma->maps[i] = map;
	dma->nb_maps++;
	dma->stale = true;
	return 0;
}

static bool
in_window(const struct dma *dma, const uint8_t *addr)
{
	uint32_t i;

	for (i = 0; i < dma->nb_windows; i++)
		if (addr >= dma->windows[i].base && addr < dma->windows[i].base + WINDOW_SIZE)
			return true;
	return false;
}

/* The window of a piece stays reserved. */
static int
piece_unmap(const struct dma *dma, const struct dma_map *map)
{
	int ret;

	if (map->addr == NULL)
		return 0;
	if (in_window(dma, map->addr))
		ret = reserve_again(map->addr, map->len);
	else
		ret = munmap(map->addr, map->len) < 0 ? -errno : 0;
	if (ret == 0)
		nb_mappings -= PIECE_MAPPINGS;
	return ret;
}

static uint64_t
map_last(const struct dma_map *map)
{
	return map->iova + (map->len - 1);
}

/* How many pieces lie wholly in a range, and the index of the first. */
static uint32_t
maps_within(const struct dma *dma, uint64_t iova, uint64_t len, uint32_t *first)
{
	uint32_t i = map_find(dma, iova);

	if (i < dma->nb_maps && dma->maps[i].iova < iova)
		i++;
	*first = i;
	while (i < dma->nb_maps && map_last(&dma->maps[i]) <= iova + (len - 1))
		i++;
	return i - *first;
}

bool
dma_shrink(const struct dma *dma, uint64_t *iova, uint64_t *len)
{
	uint32_t first, nb;

	nb = maps_within(dma, *iova, *len, &first);
	if (nb == 0)
		return false;
	*iova = dma->maps[first].iova;
	*len = map_last(&dma->maps[first + nb - 1]) - *iova + 1;
	return true;
}

int
dma_unmap(struct dma *dma, uint64_t iova, uint64_t len)
{
	uint32_t first, nb, done = 0;
	int ret = 0;

	nb = maps_within(dma, iova, len, &first);
	if (nb == 0)
		return -ENOENT;
	for (; done < nb; done++) {
		ret = piece_unmap(dma, &dma->maps[first + done]);
		if (ret < 0)
			break;
	}
	dma->nb_maps -= done;
	memmove(&dma->maps[first], &dma->maps[first + done],
		(dma->nb_maps - first) * sizeof(*dma->maps));
	dma->stale = true;
	return ret;
}

void
dma_clear(struct dma *dma)
{
	uint32_t i;

	for (i = 0; i < dma->nb_maps; i++) {
		if (dma->maps[i].addr == NULL)
			continue;
		if (!in_window(dma, dma->maps[i].addr))
			munmap(dma->maps[i].addr, dma->maps[i].len);
		nb_mappings -= PIECE_MAPPINGS;
	}
	for (i = 0; i < dma->nb_windows; i++)
		munmap(dma->windows[i].base, WINDOW_SIZE);
	nb_mappings -= dma->nb_windows;
	free(dma->maps);
	free(dma->extents);
	memset(dma, 0, sizeof(*dma));
}

static void
extents_rebuild(struct dma *dma)
{
	struct dma_extent *last = NULL;
	uint32_t i;

	dma->nb_extents = 0;
	for (i = 0; i < dma->nb_maps; i++) {
		const struct dma_map *map = &dma->maps[i];

		if (map->addr == NULL)
			continue;
		if (last != NULL && last->iova + last->len == map->iova &&
				last->addr + last->len == map->addr && last->prot == map->prot) {
			last->len += map->len;
			continue;
		}
		last = &dma->extents[dma->nb_extents++];
		*last = (struct dma_extent) {
			.iova = map->iova, .len = map->len, .addr = map->addr, .prot = map->prot,
		};
	}
	dma->stale = false;
}

bool
dma_find(struct dma *dma, uint64_t iova, uint64_t len, bool write, struct dma_extent *extent)
{
	uint32_t low = 0, high, mid;
	const struct dma_extent *e;

	if (dma->stale)
		extents_rebuild(dma);
	high = dma->nb_extents;
	while (low < high) {
		mid = low + (high - low) / 2;
		e = &dma->extents[mid];
		if (iova < e->iova) {
			high = mid;
		} else if (iova - e->iova >= e->len) {
			low = mid + 1;
		} else {
			if (len > e->len - (iova - e->iova) ||
					(e->prot & (write ? DMA_WRITE : DMA_READ)) == 0)
				return false;
			*extent = *e;
			return true;
		}
	}
	return false;
}

bool
dma_fault(struct dma *dma, const void *fault)
{
	const uint8_t *addr = fault;
	uint32_t i;

	for (i = 0; i < dma->nb_maps; i++) {
		const struct dma_map *map = &dma->maps[i];

		/* All of the piece: a page of it may be a huge one. */
		if (map->addr != NULL && addr >= map->addr && addr < map->addr + map->len) {
			dma->faulted = true;
			return mmap(map->addr, map->len, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
				-1, 0) != MAP_FAILED;
		}
	}
	return false;
}
