/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include "sf_internal.h"

/*
 * Packet headers and the Toeplitz hash.
 *
 * The hash is linear: it is the XOR of what each input octet contributes at
 * its position.  So the contribution of every octet value at every position
 * is put in a table when the key is written, and hashing is one lookup per
 * octet.
 */

#define ETHERTYPE_IPV4	0x0800
#define ETHERTYPE_IPV6	0x86dd
#define ETHERTYPE_VLAN	0x8100
#define ETHERTYPE_QINQ	0x88a8
#define ETHERTYPE_AT	12 /* offset in the frame */
#define VLAN_TAG_LEN	4
#define VLAN_TAGS_MAX	2

#define IPV4_LEN_MIN	20
#define IPV4_FRAG_AT	6
#define IPV4_FRAG_MASK	0x3fff /* more fragments, or an offset */
#define IPV4_PROTO_AT	9
#define IPV4_ADDRS_AT	12
#define IPV4_ADDRS_LEN	8

#define IPV6_LEN	40
#define IPV6_NEXT_AT	6
#define IPV6_ADDRS_AT	8
#define IPV6_ADDRS_LEN	32

#define PROTO_TCP	6
#define PROTO_UDP	17
#define PORTS_LEN	4

static uint16_t
load_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void
parse_l4(struct sf_headers *hdrs, uint32_t at, uint8_t proto)
{
	if (at + PORTS_LEN > hdrs->len)
		return;
	if (proto == PROTO_TCP)
		hdrs->ptype |= SF_PTYPE_TCP;
	else if (proto == PROTO_UDP)
		hdrs->ptype |= SF_PTYPE_UDP;
	else
		return;
	hdrs->l4 = (uint16_t)at;
}

static void
parse_ipv4(struct sf_headers *hdrs, uint32_t at)
{
	const uint8_t *ip = &hdrs->data[at];
	uint32_t len;

	if (at + IPV4_LEN_MIN > hdrs->len || ip[0] >> 4 != 4)
		return;
	len = (ip[0] & 0xf) * 4u;
	if (len < IPV4_LEN_MIN || at + len > hdrs->len)
		return;
	hdrs->ptype = SF_PTYPE_IPV4;
	hdrs->l3 = (uint16_t)at;
	if ((load_be16(&ip[IPV4_FRAG_AT]) & IPV4_FRAG_MASK) == 0)
		parse_l4(hdrs, at + len, ip[IPV4_PROTO_AT]);
}

static void
parse_ipv6(struct sf_headers *hdrs, uint32_t at)
{
	const uint8_t *ip = &hdrs->data[at];

	if (at + IPV6_LEN > hdrs->len || ip[0] >> 4 != 6)
		return;
	hdrs->ptype = SF_PTYPE_IPV6;
	hdrs->l3 = (uint16_t)at;
	parse_l4(hdrs, at + IPV6_LEN, ip[IPV6_NEXT_AT]);
}

/* Look at data[0..len); what is cut short or odd stays a plain L2 frame. */
void
sf_headers_parse(struct sf_headers *hdrs)
{
	uint32_t at = ETHERTYPE_AT;
	unsigned int tags = 0;
	uint16_t type;

	hdrs->ptype = SF_PTYPE_L2;
	hdrs->tagged = false;
	hdrs->vlan_tci = 0;
	hdrs->ethertype = 0;
	for (;;) {
		if (at + 2 > hdrs->len)
			return;
		type = load_be16(&hdrs->data[at]);
		if (type != ETHERTYPE_VLAN && type != ETHERTYPE_QINQ)
			break;
		if (tags++ == VLAN_TAGS_MAX || at + VLAN_TAG_LEN + 2 > hdrs->len)
			return;
		if (tags == 1) {
			hdrs->tagged = true;
			hdrs->vlan_tci = load_be16(&hdrs->data[at + 2]);
		}
		at += VLAN_TAG_LEN;
	}
	hdrs->ethertype = type;
	at += 2;
	if (type == ETHERTYPE_IPV4)
		parse_ipv4(hdrs, at);
	else if (type == ETHERTYPE_IPV6)
		parse_ipv6(hdrs, at);
}

/* Which RSS types a packet type may be hashed under. */
static const struct {
	uint8_t l3; /* by addresses */
	uint8_t l4; /* by addresses and ports */
} rss_types[SF_PTYPE_MASK + 1] = {
	[SF_PTYPE_IPV4] = { SF_RSS_IPV4, 0 },
	[SF_PTYPE_IPV4 | SF_PTYPE_TCP] = { SF_RSS_IPV4, SF_RSS_IPV4_TCP },
	[SF_PTYPE_IPV4 | SF_PTYPE_UDP] = { SF_RSS_IPV4, SF_RSS_IPV4_UDP },
	[SF_PTYPE_IPV6] = { SF_RSS_IPV6, 0 },
	[SF_PTYPE_IPV6 | SF_PTYPE_TCP] = { SF_RSS_IPV6, SF_RSS_IPV6_TCP },
	[SF_PTYPE_IPV6 | SF_PTYPE_UDP] = { SF_RSS_IPV6, SF_RSS_IPV6_UDP },
};

static uint32_t
toeplitz(const uint32_t (*table)[256], const uint8_t *in, unsigned int len)
{
	uint32_t hash = 0;
	unsigned int i;

	for (i = 0; i < len; i++)
		hash ^= table[i][in[i]];
	return hash;
}

/* False if no enabled type fits the packet. */
bool
sf_rss_hash(const struct sf_dev *dev, const struct sf_headers *hdrs,
		uint32_t *hash)
{
	const uint32_t enabled = dev->r.rss_ctrl;
	const unsigned int ptype = hdrs->ptype & SF_PTYPE_MASK;
	const bool ports = (enabled & rss_types[ptype].l4) != 0;
	unsigned int addrs_len;
	const uint8_t *addrs;

	if (!ports && (enabled & rss_types[ptype].l3) == 0)
		return false;
	if ((ptype & SF_PTYPE_L3_MASK) == SF_PTYPE_IPV4) {
		addrs = &hdrs->data[hdrs->l3 + IPV4_ADDRS_AT];
		addrs_len = IPV4_ADDRS_LEN;
		*hash = toeplitz(dev->rss_table, addrs, IPV4_ADDRS_LEN);
	} else {
		addrs = &hdrs->data[hdrs->l3 + IPV6_ADDRS_AT];
		addrs_len = IPV6_ADDRS_LEN;
		*hash = toeplitz(dev->rss_table, addrs, IPV6_ADDRS_LEN);
	}
	if (ports)
		*hash ^= toeplitz(&dev->rss_table[addrs_len],
				&hdrs->data[hdrs->l4], PORTS_LEN);
	return true;
}

/* The 32 bits of the key that input bit "bit" selects. */
static uint32_t
key_window(const uint8_t *key, unsigned int bit)
{
	const uint8_t *p = &key[bit / 8];
	const uint64_t five = (uint64_t)p[0] << 32 | (uint64_t)p[1] << 24 |
			(uint64_t)p[2] << 16 | (uint64_t)p[3] << 8 | p[4];

	return (uint32_t)(five >> (8 - bit % 8));
}

void
sf_rss_build_table(struct sf_dev *dev)
{
	uint32_t *table;
	unsigned int pos, bit, value;

	for (pos = 0; pos < SF_RSS_INPUT; pos++) {
		table = dev->rss_table[pos];
		table[0] = 0;
		/* Bit 7 of an octet comes first; each value is a smaller one and a bit. */
		for (bit = 0; bit < 8; bit++) {
			const uint32_t window = key_window(dev->r.rss_key,
					pos * 8 + 7 - bit);

			for (value = 0; value < 1u << bit; value++)
				table[1u << bit | value] = table[value] ^ window;
		}
	}
}
