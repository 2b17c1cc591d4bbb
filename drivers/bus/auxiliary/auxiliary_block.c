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
 * Memory for devices that come by the thousands.  To touch it for the first
 * time, four kilobytes at a time, would take longer than all else a scan does
 * with a device; so it is asked for in blocks of the size of a huge page, which
 * is what the kernel backs it with if it can.  A block is freed with the last
 * of its devices.
 */

#define BLOCK_SIZE (UINT64_C(2) << 20)

struct block {
	uint32_t nb_used; /* devices that have not been freed */
	uint32_t nb_taken; /* from the start on */
	struct auxiliary_dev devs[];
};

#define BLOCK_DEVS ((BLOCK_SIZE - sizeof(struct block)) / sizeof(struct auxiliary_dev))
/* So many are worth a block. */
#define BLOCK_MIN_DEVS (BLOCK_DEVS / 16)

/* What comes next is taken from this one, which has itself as a user; or NULL. */
static struct block *current;

static struct block *
block_new(void)
{
	struct block *block = aligned_alloc(BLOCK_SIZE, BLOCK_SIZE);

	if (block == NULL)
		return NULL;
	madvise(block, BLOCK_SIZE, MADV_HUGEPAGE);
	block->nb_used = 1;
	block->nb_taken = 0;
	return block;
}

static void
block_put(struct block *block)
{
	if (block != NULL && --block->nb_used == 0)
		free(block);
}

struct auxiliary_dev *
auxiliary_block_take(size_t nb_more)
{
	struct auxiliary_dev *dev;

	if (current != NULL && current->nb_taken == BLOCK_DEVS)
		auxiliary_block_end();
	if (current == NULL && nb_more >= BLOCK_MIN_DEVS)
		current = block_new();
	if (current == NULL)
		return NULL;
	dev = memset(&current->devs[current->nb_taken++], 0, sizeof(*dev));
	current->nb_used++;
	dev->in_block = true;
	return dev;
}

void
auxiliary_block_end(void)
{
	block_put(current);
	current = NULL;
}

void
auxiliary_block_give(struct auxiliary_dev *dev)
{
	struct block *block = RTE_PTR_ALIGN_FLOOR((void *)dev, BLOCK_SIZE);

	/* What was taken last, and not wanted, is taken again. */
	if (block == current && dev == &block->devs[block->nb_taken - 1])
		block->nb_taken--;
	block_put(block);
}
