/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <stdlib.h>

#include <rte_common.h>

#include "auxiliary_scan.h"

/*
 * What a scan needs until it is done: a few names fit into what it has on its
 * stack.  Of many, the memory is kept for the next scan, as memory that has been
 * touched is dearer to get than to have.
 */

#define PIECE_SIZE (64 * 1024)

/* It begins with this. */
struct auxiliary_piece {
	struct auxiliary_piece *next;
	size_t size;
	bool in_block; /* or from malloc() */
};

static struct auxiliary_piece *pieces;

/* The first is touched in less time than it takes to clear a block. */
static struct auxiliary_piece *
piece_new(size_t size)
{
	struct auxiliary_piece *piece = NULL;
	bool in_block;

	if (pieces != NULL || size > PIECE_SIZE)
		piece = auxiliary_block_take(size, SIZE_MAX);
	in_block = piece != NULL;
	if (piece == NULL)
		piece = malloc(size);
	if (piece != NULL)
		*piece = (struct auxiliary_piece){ .size = size, .in_block = in_block };
	return piece;
}

/* Go on with the next piece that has room, a new one if need be. */
static bool
piece_next(struct auxiliary_scratch *scratch, size_t size)
{
	struct auxiliary_piece **link;

	size += sizeof(struct auxiliary_piece);
	link = scratch->piece == NULL ? &pieces : &scratch->piece->next;
	while (*link != NULL && (*link)->size < size)
		link = &(*link)->next;
	if (*link == NULL)
		*link = piece_new(RTE_MAX(size, (size_t)PIECE_SIZE));
	if (*link == NULL)
		return false;
	scratch->piece = *link;
	scratch->at = (char *)(*link + 1);
	scratch->end = (char *)*link + (*link)->size;
	return true;
}

void *
auxiliary_scratch_room(struct auxiliary_scratch *scratch, size_t min, size_t *size)
{
	if ((size_t)(scratch->end - scratch->at) < min && !piece_next(scratch, min))
		return NULL;
	*size = (size_t)(scratch->end - scratch->at);
	return scratch->at;
}

void *
auxiliary_scratch_take(struct auxiliary_scratch *scratch, size_t size)
{
	size_t left;
	void *mem;

	size = RTE_ALIGN_CEIL(size, sizeof(uint64_t));
	mem = auxiliary_scratch_room(scratch, size, &left);
	if (mem != NULL)
		scratch->at += size;
	return mem;
}

void
auxiliary_scratch_free(void)
{
	struct auxiliary_piece *piece;

	while ((piece = pieces) != NULL) {
		pieces = piece->next;
		if (piece->in_block)
			auxiliary_block_give(piece, piece->size);
		else
			free(piece);
	}
	auxiliary_block_end();
}
