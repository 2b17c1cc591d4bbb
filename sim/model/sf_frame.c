/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Packets on their way: reading, copying and summing them up, wherever their
 * bytes are.
 */

#include "sf_internal.h"

/* Bytes that are summed at a time. */
#define CHUNK 256

/* A VLAN tag that is left out. */
#define HOLE_LEN 4

void
sf_frame_start(struct sf_cursor *at, const struct sf_frame *frame)
{
	at->frame = frame;
	at->done = 0;
	at->seg = frame->first;
	at->seg_done = frame->first_done;
	at->hole = 0;
}

/* The next contiguous piece, of at most len bytes; the cursor moves behind it. */
static uint32_t
cursor_next(struct sf_cursor *at, uint32_t len, const uint8_t **head, struct sf_plat_buf *buf)
{
	const struct sf_frame *frame = at->frame;
	const struct sf_seg *seg;
	uint32_t left;

	*head = NULL;
	if (at->hole != 0 && at->done == at->hole) {
		at->done += HOLE_LEN;
		at->hole = 0;
	}
	if (at->done < frame->hdrs.len) {
		left = (at->hole != 0 ? at->hole : frame->hdrs.len) - at->done;
		*head = frame->hdrs.data + at->done;
		len = len < left ? len : left;
		at->done += len;
		return len;
	}
	seg = &frame->segs[at->seg];
	left = seg->len - at->seg_done;
	*buf = seg->buf;
	if (at->seg_done != 0)
		sf_plat_buf_skip(buf, at->seg_done);
	len = len < left ? len : left;
	at->done += len;
	at->seg_done += len;
	if (at->seg_done == seg->len) {
		at->seg++;
		at->seg_done = 0;
	}
	return len;
}

int
sf_frame_read(struct sf_cursor *at, void *to, uint32_t len)
{
	struct sf_plat_buf from;
	const uint8_t *head;
	uint8_t *p = to;
	uint32_t part;

	for (; len != 0; len -= part, p += part) {
		part = cursor_next(at, len, &head, &from);
		if (head != NULL)
			memcpy(p, head, part);
		else if (sf_plat_buf_read(&from, p, part) != 0)
			return -EFAULT;
	}
	return 0;
}

int
sf_frame_copy(struct sf_cursor *at, struct sf_plat_buf *to, uint32_t len)
{
	struct sf_plat_buf from;
	const uint8_t *head;
	uint32_t part;
	int ret;

	/* All the headers into one buffer: mostly they are a short packet. */
	if (at->done + at->hole == 0 && len == at->frame->hdrs.len) {
		at->done = len;
		return sf_plat_buf_write(to, at->frame->hdrs.data, len);
	}
	for (; len != 0; len -= part) {
		part = cursor_next(at, len, &head, &from);
		if (head != NULL)
			ret = sf_plat_buf_write(to, head, part);
		else
			ret = sf_plat_buf_copy(to, &from, part);
		if (ret != 0)
			return ret;
		if (part < len)
			sf_plat_buf_skip(to, part);
	}
	return 0;
}

void
sf_frame_skip(struct sf_cursor *at, uint32_t len)
{
	struct sf_plat_buf from;
	const uint8_t *head;

	while (len != 0)
		len -= cursor_next(at, len, &head, &from);
}

/* --- Internet checksum, RFC 1071 --------------------------------------------- */

uint32_t
sf_sum(uint32_t sum, const uint8_t *data, uint32_t len)
{
	uint64_t wide = sum;
	uint32_t word;
	uint8_t rest[4] = { 0 };

	for (; len >= sizeof(word); len -= sizeof(word), data += sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		wide += word;
	}
	memcpy(rest, data, len);
	memcpy(&word, rest, sizeof(word));
	wide += word;
	wide = (wide & 0xffffffff) + (wide >> 32);
	wide = (wide & 0xffff) + (wide >> 16);
	return (uint32_t)((wide & 0xffff) + (wide >> 16));
}

uint16_t
sf_sum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

int
sf_frame_sum(struct sf_cursor *at, uint32_t len, uint32_t *sum)
{
	uint8_t chunk[CHUNK];
	uint32_t part;
	int ret;

	for (; len != 0; len -= part) {
		part = len < CHUNK ? len : CHUNK; /* even, but for the last */
		ret = sf_frame_read(at, chunk, part);
		if (ret != 0)
			return ret;
		*sum = sf_sum(*sum, chunk, part);
	}
	return 0;
}
