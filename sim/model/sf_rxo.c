/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Rx offload: are the checksums right?
 */

#include "sf_internal.h"

#define IPV4_LEN_AT 2
#define IPV4_ADDRS_AT 12
#define IPV4_ADDRS_LEN 8
#define IPV6_LEN 40
#define IPV6_LEN_AT 4
#define IPV6_ADDRS_AT 8
#define IPV6_ADDRS_LEN 32
#define PROTO_TCP 6
#define PROTO_UDP 17
#define TCP_LEN_MIN 20
#define UDP_LEN 8
#define UDP_SUM_AT 6

#define SUM_RIGHT 0xffff

static uint32_t
load_be16(const uint8_t *p)
{
	return (uint32_t)(p[0] << 8 | p[1]);
}

/* Sum of the pseudo-header; *len becomes that of header and payload of TCP or UDP. */
static uint32_t
pseudo_header(const struct sf_headers *hdrs, uint8_t proto, uint32_t *len)
{
	const uint8_t *ip = &hdrs->data[hdrs->l3];
	uint8_t rest[4] = { 0, proto };
	uint32_t sum;

	if ((hdrs->ptype & SF_PTYPE_L3_MASK) == SF_PTYPE_IPV4) {
		*len = load_be16(ip + IPV4_LEN_AT) - (uint32_t)(hdrs->l4 - hdrs->l3);
		sum = sf_sum(0, ip + IPV4_ADDRS_AT, IPV4_ADDRS_LEN);
	} else {
		*len = load_be16(ip + IPV6_LEN_AT) - (hdrs->l4 - hdrs->l3 - IPV6_LEN);
		sum = sf_sum(0, ip + IPV6_ADDRS_AT, IPV6_ADDRS_LEN);
	}
	rest[2] = (uint8_t)(*len >> 8);
	rest[3] = (uint8_t)*len;
	return sf_sum(sum, rest, sizeof(rest));
}

/* What cannot be told is neither good nor bad. */
static uint16_t
check_l4(const struct sf_frame *frame)
{
	const struct sf_headers *hdrs = &frame->hdrs;
	const bool udp = (hdrs->ptype & SF_PTYPE_UDP) != 0;
	struct sf_cursor at;
	uint32_t sum, len;

	sum = pseudo_header(hdrs, udp ? PROTO_UDP : PROTO_TCP, &len);
	if (len < (udp ? UDP_LEN : TCP_LEN_MIN) || len > frame->len - hdrs->l4 ||
			(uint32_t)hdrs->l4 + UDP_LEN > hdrs->len)
		return 0;
	if (udp && load_be16(&hdrs->data[hdrs->l4 + UDP_SUM_AT]) == 0)
		return 0; /* the sender has not computed any */
	sf_frame_start(&at, frame);
	sf_frame_skip(&at, hdrs->l4);
	if (sf_frame_sum(&at, len, &sum) != 0)
		return 0;
	return sf_sum_fold(sum) == SUM_RIGHT ? SF_RX_CPL_L4_GOOD : SF_RX_CPL_L4_BAD;
}

static uint16_t
check_l3(const struct sf_headers *hdrs)
{
	const uint8_t *ip = &hdrs->data[hdrs->l3];
	const uint32_t len = (ip[0] & 0xf) * 4u;

	return sf_sum_fold(sf_sum(0, ip, len)) == SUM_RIGHT ?
		SF_RX_CPL_L3_GOOD : SF_RX_CPL_L3_BAD;
}

/* SF_RX_CPL_L3_*, SF_RX_CPL_L4_* of a packet. */
uint16_t
sf_rxo_csum(const struct sf_frame *frame)
{
	uint16_t info = 0;

	if ((frame->hdrs.ptype & SF_PTYPE_L3_MASK) == SF_PTYPE_IPV4)
		info |= check_l3(&frame->hdrs);
	if ((frame->hdrs.ptype & SF_PTYPE_L4_MASK) != 0)
		info |= check_l4(frame);
	return info;
}
