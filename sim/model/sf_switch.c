/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The Ethernet switch: devices, and ports of the host's.
 */

#include "sf_internal.h"

#define SOURCE_AT 6 /* source address, in a frame */

/* --- Forwarding ----------------------------------------------------------------- */

/* The port that represents a device, or NULL. */
static struct sf_tap *
representor(const struct sf_wire *wire, const struct sf_dev *dev)
{
	struct sf_tap *tap;

	for (tap = wire->taps; tap != NULL; tap = tap->next)
		if (dev != NULL && tap->dev == dev)
			return tap;
	return NULL;
}

static enum sf_verdict
to_dev(struct sf_dev *dev, const struct sf_frame *frame)
{
	if (!dev->r.link_up)
		return SF_NO_LINK;
	/* A switch holds nobody: a copy that is not received is lost. */
	sf_dev_receive(dev, frame);
	return SF_SENT;
}

static enum sf_verdict
to_tap(struct sf_tap *tap, const struct sf_frame *frame)
{
	if (tap == NULL)
		return SF_NO_LINK;
	tap->deliver(tap, frame);
	return SF_SENT;
}

/* To all other ports; to one that represents, only from what it represents. */
static enum sf_verdict
flood(struct sf_wire *wire, struct sf_station from, const struct sf_frame *frame)
{
	enum sf_verdict verdict = SF_NO_LINK;
	struct sf_dev *dev;
	struct sf_tap *tap;

	for (dev = wire->devs; dev != NULL; dev = dev->next)
		if (dev != from.dev && to_dev(dev, frame) == SF_SENT)
			verdict = SF_SENT;
	for (tap = wire->taps; tap != NULL; tap = tap->next)
		if (tap != from.tap && (!tap->represents ||
				(from.dev != NULL && tap->dev == from.dev)))
			verdict = to_tap(tap, frame);
	return verdict;
}

enum sf_verdict
sf_switch_forward(struct sf_wire *wire, struct sf_station from, const struct sf_frame *frame)
{
	const uint64_t mac = sf_mac_load(frame->hdrs.data);
	struct sf_station to = { NULL, NULL };

	sf_fdb_learn(wire, sf_mac_load(frame->hdrs.data + SOURCE_AT), from);
	if ((mac & SF_MAC_GROUP) == 0)
		to = sf_fdb_find(wire, mac);
	/* A switch does not send a packet back where it came from. */
	if (to.dev != NULL) {
		if (to.dev != from.dev)
			to_dev(to.dev, frame);
	} else if (to.tap == NULL) {
		return flood(wire, from, frame);
	} else if (to.tap->represents) {
		return to_tap(representor(wire, from.dev), frame);
	} else if (to.tap != from.tap) {
		to_tap(to.tap, frame);
	}
	return SF_SENT;
}

/* --- Ports of the host's ----------------------------------------------------------- */

void
sf_tap_join(struct sf_tap *tap, struct sf_wire *wire)
{
	tap->wire = wire;
	tap->dev = NULL;
	tap->next = wire->taps;
	wire->taps = tap;
}

void
sf_tap_leave(struct sf_tap *tap)
{
	struct sf_tap **link;

	for (link = &tap->wire->taps; *link != NULL; link = &(*link)->next) {
		if (*link == tap) {
			*link = tap->next;
			break;
		}
	}
	sf_fdb_flush(tap->wire, (struct sf_station) { .tap = tap });
}

void
sf_tap_set_dev(struct sf_tap *tap, struct sf_dev *dev)
{
	tap->dev = dev;
}

bool
sf_tap_send(struct sf_tap *tap, void *data, uint32_t len)
{
	const struct sf_station from = { .tap = tap };
	struct sf_frame *frame = &tap->wire->frame;

	if (len < SF_FRAME_MIN || len > SF_MAX_FRAME || tap->wire->type != SF_WIRE_SWITCH)
		return false;
	frame->len = len;
	frame->hdrs.len = len < SF_TX_HDR_MAX ? len : SF_TX_HDR_MAX;
	memcpy(frame->hdrs.data, data, frame->hdrs.len);
	sf_headers_parse(&frame->hdrs);
	frame->nb_segs = 1;
	frame->first = 0;
	frame->first_done = frame->hdrs.len;
	frame->segs[0].len = len;
	sf_plat_buf_own(&frame->segs[0].buf, data);
	if (!tap->represents)
		return sf_switch_forward(tap->wire, from, frame) == SF_SENT;
	sf_fdb_learn(tap->wire, sf_mac_load(frame->hdrs.data + SOURCE_AT), from);
	return tap->dev != NULL && to_dev(tap->dev, frame) == SF_SENT;
}

int
sf_tap_read(const struct sf_frame *frame, void *to)
{
	struct sf_cursor at;

	sf_frame_start(&at, frame);
	return sf_frame_read(&at, to, frame->len);
}
