/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef DMA_H
#define DMA_H

/*
 * A client's memory, mapped into this process.
 *
 * A client sends its memory as files, often one per hugepage, at IOVAs that
 * run on from one to the next.  Each piece is put at its place in a window of
 * address space reserved for that part of the IOVA space, so pieces that are
 * neighbours there are neighbours here.  They are then merged into extents, of
 * which there are few, and a packet buffer may lie across the border of two
 * pieces.
 *
 * The client keeps its files and may cut them short at any time; dma_fault()
 * is for that.
 */

#include <stdbool.h>
#include <stdint.h>

/*
 * Pieces of one client, and pieces with a file of all clients together: with the gaps
 * between them, which are mappings as well, those take most of vm.max_map_count, which
 * is 65,530. Advertised, so only digits.
 */
#define DMA_MAX_MAPS 24000
#define DMA_MAX_WINDOWS 32

#define DMA_READ 0x1u
#define DMA_WRITE 0x2u

/* One piece, as the client sent it. */
struct dma_map {
	uint64_t iova;
	uint64_t len;
	uint8_t *addr; /* NULL: there is no file, and the memory is out of reach */
	uint32_t prot;
};

/* Pieces within reach that run on, with the same access. */
struct dma_extent {
	uint64_t iova;
	uint64_t len;
	uint8_t *addr;
	uint32_t prot;
};

struct dma_window {
	uint64_t key;
	uint8_t *base;
};

/* Starts as all zeroes. */
struct dma {
	struct dma_map *maps; /* sorted by IOVA */
	uint32_t nb_maps;
	uint32_t max_maps;
	struct dma_extent *extents; /* of the maps, unless stale */
	uint32_t nb_extents;
	bool stale;
	struct dma_window windows[DMA_MAX_WINDOWS];
	uint32_t nb_windows;
	bool faulted; /* the client took memory back that it had given */
};

/*
 * Map a file at an IOVA, or with -1 remember that there is memory there that cannot
 * be reached.  The file descriptor stays the caller's.  0 or a negative errno; -ENOSPC
 * if there are too many pieces, of this client or of all.
 */
int dma_map(struct dma *dma, uint64_t iova, uint64_t len, int fd, uint64_t offset, uint32_t prot);

/*
 * Unmap every piece that lies wholly in a range.  0, -ENOENT if there is none, or
 * another negative errno if some have stayed.
 */
int dma_unmap(struct dma *dma, uint64_t iova, uint64_t len);

/*
 * Shrink a range to what dma_unmap() would unmap of it, from the start of the first
 * piece to the end of the last; false if that is nothing.
 */
bool dma_shrink(const struct dma *dma, uint64_t *iova, uint64_t *len);

/* Undo all. */
void dma_clear(struct dma *dma);

/* The extent that holds a range; false if there is none with that access. */
bool dma_find(struct dma *dma, uint64_t iova, uint64_t len, bool write, struct dma_extent *extent);

/*
 * From a SIGBUS handler: if the address is in the client's memory, put zeroes
 * there so that the access can go on, note it, and return true.
 */
bool dma_fault(struct dma *dma, const void *addr);

#endif /* DMA_H */
