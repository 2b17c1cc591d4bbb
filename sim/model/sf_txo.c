/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Tx offloads: checksums, VLAN tags, TCP segmentation.
 */

#include "sf_internal.h"

#define MACS_LEN 12
#define VLAN_TAG_LEN 4
#define ETHERTYPE_VLAN 0x8100

#define IPV4_LEN_MIN 20
#define IPV4_LEN_AT 2
#define IPV4_ID_AT 4
#define IPV4_SUM_AT 10
#define IPV6_LEN 40
#define IPV6_LEN_AT 4

#define TCP_LEN_MIN 20
#define TCP_SEQ_AT 4
#define TCP_FLAGS_AT 13
#define TCP_FIN_PSH 0x09
#define TCP_CWR 0x80
#define TCP_SUM_AT 16
#define UDP_LEN 8
#define UDP_SUM_AT 6

static uint16_t
load_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void
store_be16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static uint32_t
header_len(const struct sf_tx_packet *pkt)
{
	return pkt->l2 + pkt->l3 + pkt->l4;
}

/* Do the header lengths make sense for what is asked, or which code says not? */
uint8_t
sf_txo_check(const struct sf_tx_packet *pkt)
{
	uint32_t need = pkt->l2 + pkt->l3;

	if ((pkt->flags & SF_TX_DESC_TSO) != 0) {
		if ((pkt->flags & SF_TX_DESC_TCP) == 0)
			return SF_ERR_DESC_FLAGS;
		if (pkt->l4 < TCP_LEN_MIN)
			return SF_ERR_DESC_HDR;
		if (pkt->mss == 0 || pkt->mss + header_len(pkt) > SF_MAX_FRAME)
			return SF_ERR_DESC_MSS;
		need = header_len(pkt);
	} else if (pkt->l4 != 0) {
		return SF_ERR_DESC_HDR;
	} else if ((pkt->flags & SF_TX_DESC_TCP) != 0) {
		need += TCP_LEN_MIN;
	} else if ((pkt->flags & SF_TX_DESC_UDP) != 0) {
		need += UDP_LEN;
	}
	if (pkt->l2 < SF_FRAME_MIN || pkt->l3 < IPV4_LEN_MIN ||
			need > SF_TX_HDR_MAX || need > pkt->len)
		return SF_ERR_DESC_HDR;
	return SF_ERR_NONE;
}

static void
fill_l3_sum(const struct sf_tx_packet *pkt, struct sf_frame *frame)
{
	uint8_t *ip = frame->hdrs.data + pkt->l2;
	uint16_t sum = 0;

	memcpy(ip + IPV4_SUM_AT, &sum, sizeof(sum));
	sum = (uint16_t)~sf_sum_fold(sf_sum(0, ip, pkt->l3));
	memcpy(ip + IPV4_SUM_AT, &sum, sizeof(sum));
}

/* The field holds the sum of the pseudo-header, so it is summed like the rest. */
static int
fill_l4_sum(const struct sf_tx_packet *pkt, struct sf_frame *frame)
{
	const uint32_t l4 = pkt->l2 + pkt->l3;
	const bool udp = (pkt->flags & SF_TX_DESC_UDP) != 0;
	struct sf_cursor at;
	uint32_t sum = 0;
	uint16_t field;
	int ret;

	sf_frame_start(&at, frame);
	sf_frame_skip(&at, l4);
	ret = sf_frame_sum(&at, frame->len - l4, &sum);
	if (ret != 0)
		return ret;
	field = (uint16_t)~sf_sum_fold(sum);
	if (udp && field == 0)
		field = 0xffff; /* 0 is for none */
	memcpy(frame->hdrs.data + l4 + (udp ? UDP_SUM_AT : TCP_SUM_AT), &field, sizeof(field));
	return 0;
}

static void
insert_tag(const struct sf_tx_packet *pkt, struct sf_frame *frame)
{
	uint8_t *tag = frame->hdrs.data + MACS_LEN;

	memmove(tag + VLAN_TAG_LEN, tag, frame->hdrs.len - MACS_LEN);
	store_be16(tag, ETHERTYPE_VLAN);
	store_be16(tag + 2, pkt->vlan_tci);
	frame->hdrs.len += VLAN_TAG_LEN;
	frame->len += VLAN_TAG_LEN;
}

int
sf_txo_apply(const struct sf_tx_packet *pkt, struct sf_frame *frame)
{
	int ret = 0;

	if ((pkt->flags & SF_TX_DESC_L3) != 0)
		fill_l3_sum(pkt, frame);
	if ((pkt->flags & (SF_TX_DESC_TCP | SF_TX_DESC_UDP)) != 0)
		ret = fill_l4_sum(pkt, frame);
	if ((pkt->flags & SF_TX_DESC_VLAN) != 0)
		insert_tag(pkt, frame);
	return ret;
}

/* --- TCP segmentation ---------------------------------------------------------- */

/* One, even if there is no payload. */
uint32_t
sf_tso_count(const struct sf_tx_packet *pkt)
{
	const uint32_t payload = pkt->len - header_len(pkt);

	return payload == 0 ? 1 : (payload + pkt->mss - 1) / pkt->mss;
}

/* Take the place of the pseudo-header's length, which is 0, in its sum. */
static void
pseudo_header_len(uint8_t *field, uint32_t len)
{
	uint16_t sum;
	uint8_t add[4] = { 0, 0, (uint8_t)(len >> 8), (uint8_t)len };

	memcpy(&sum, field, sizeof(sum));
	sum = sf_sum_fold(sf_sum(sum, add, sizeof(add)));
	memcpy(field, &sum, sizeof(sum));
}

/* Headers of a segment, from those of the packet in pkt->hdr. */
static bool
segment_headers(const struct sf_tx_packet *pkt, uint8_t *hdr, uint32_t index, uint32_t len,
	bool last)
{
	uint8_t *ip = hdr + pkt->l2, *tcp = ip + pkt->l3;
	uint32_t seq;

	memcpy(hdr, pkt->hdr, header_len(pkt));
	if (ip[0] >> 4 == 4) {
		store_be16(ip + IPV4_LEN_AT, pkt->l3 + pkt->l4 + len);
		store_be16(ip + IPV4_ID_AT, load_be16(ip + IPV4_ID_AT) + index);
	} else if (ip[0] >> 4 == 6 && pkt->l3 >= IPV6_LEN) {
		store_be16(ip + IPV6_LEN_AT, pkt->l3 - IPV6_LEN + pkt->l4 + len);
	} else {
		return false;
	}
	seq = ((uint32_t)load_be16(tcp + TCP_SEQ_AT) << 16 | load_be16(tcp + TCP_SEQ_AT + 2)) +
		index * pkt->mss;
	store_be16(tcp + TCP_SEQ_AT, seq >> 16);
	store_be16(tcp + TCP_SEQ_AT + 2, seq);
	if (!last)
		tcp[TCP_FLAGS_AT] &= (uint8_t)~TCP_FIN_PSH;
	if (index != 0)
		tcp[TCP_FLAGS_AT] &= (uint8_t)~TCP_CWR;
	pseudo_header_len(tcp + TCP_SUM_AT, pkt->l4 + len);
	return true;
}

/* Let the frame's payload start so many bytes into the packet. */
static void
seek(struct sf_frame *frame, uint32_t offset)
{
	frame->first = 0;
	while (offset >= frame->segs[frame->first].len && frame->first < frame->nb_segs - 1)
		offset -= frame->segs[frame->first++].len;
	frame->first_done = offset;
}

/* Make a frame of one segment.  False if the packet is no IP packet. */
bool
sf_tso_segment(const struct sf_tx_packet *pkt, struct sf_frame *frame, uint32_t index)
{
	const uint32_t hdr_len = header_len(pkt), start = index * pkt->mss;
	const uint32_t left = pkt->len - hdr_len - start;
	const uint32_t len = left < pkt->mss ? left : pkt->mss;

	if (!segment_headers(pkt, frame->hdrs.data, index, len, len == left))
		return false;
	frame->hdrs.len = hdr_len;
	frame->len = hdr_len + len;
	seek(frame, hdr_len + start);
	return sf_txo_apply(pkt, frame) == 0;
}
