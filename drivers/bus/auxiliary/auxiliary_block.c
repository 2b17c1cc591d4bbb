/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_common.h>

#include "private.h"

/*
 * Memory for names that come by the thousands.  To touch it for the first time,
 * four kilobytes at a time, would take longer than all else a scan does with a
 * name; so it is asked for in blocks of the size of a huge page, which is what
 * the kernel backs it with if it can.  A block is freed with the last of what
 * has been taken from it.
 */

#define BLOCK_SIZE (UINT64_C(2) << 20)
/* A huge page has to be cleared, so fewer bytes are not worth a block. */
#define BLOCK_MIN (BLOCK_SIZE / 16)

struct block {
	uint32_t nb_used; /* parts that have not been given back */
	uint32_t at; /* bytes taken, from the start on */
};

/* What comes next is taken from this one, which has itself as a user; or NULL. */
static struct block *current;

static size_t
part_size(size_t size)
{
	return RTE_ALIGN_CEIL(size, sizeof(uint64_t));
}

static struct block *
block_new(void)
{
	struct block *block = aligned_alloc(BLOCK_SIZE, BLOCK_SIZE);

	if (block == NULL)
		return NULL;
	madvise(block, BLOCK_SIZE, MADV_HUGEPAGE);
	block->nb_used = 1;
	block->at = part_size(sizeof(*block));
	return block;
}

static void
block_put(struct block *block)
{
	if (block != NULL && --block->nb_used == 0)
		free(block);
}

void *
auxiliary_block_take(size_t size, size_t more)
{
	void *mem;

	size = part_size(size);
	if (current != NULL && BLOCK_SIZE - current->at < size)
		auxiliary_block_end();
	if (current == NULL && more >= BLOCK_MIN && size < BLOCK_SIZE / 2)
		current = block_new();
	if (current == NULL)
		return NULL;
	mem = RTE_PTR_ADD(current, current->at);
	current->at += size;
	current->nb_used++;
	return mem;
}

void
auxiliary_block_end(void)
{
	block_put(current);
	current = NULL;
}

void
auxiliary_block_give(void *mem, size_t size)
{
	struct block *block = RTE_PTR_ALIGN_FLOOR(mem, BLOCK_SIZE);

	size = part_size(size);
	/* What was taken last, and not wanted, is taken again. */
	if (block == current && mem == RTE_PTR_ADD(block, block->at - size))
		block->at -= size;
	block_put(block);
}
