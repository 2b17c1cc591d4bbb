/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Flow rules: put together by the driver, checked once, tried on every packet.
 */

#include "sf_internal.h"

#define MAC_LEN 6
#define IPV4_FRAG_AT 6
#define IPV4_FRAG_HIGH 0x3f /* in the first octet: more fragments, or an offset */
#define IPV4_SRC_AT 12
#define IPV4_ADDR_LEN 4
#define IPV6_LEN 40
#define IPV6_NEXT_AT 6
#define IPV6_SRC_AT 8
#define IPV6_ADDR_LEN 16
#define IPV6_HOP_BY_HOP 0 /* kinds of headers */
#define IPV6_ROUTING 43
#define IPV6_FRAGMENT 44
#define IPV6_DESTINATION 60

/* Where a packet has its source address, and behind it the other one. */
struct ip_layout {
	uint32_t src_at;
	uint32_t len; /* of an address */
};

static const struct ip_layout ip_layouts[] = {
	[SF_PTYPE_L2] = { 0, 0 },
	[SF_PTYPE_IPV4] = { IPV4_SRC_AT, IPV4_ADDR_LEN },
	[SF_PTYPE_IPV6] = { IPV6_SRC_AT, IPV6_ADDR_LEN },
	[SF_PTYPE_L3_MASK] = { 0, 0 },
};

/* That of the packets that a rule can match; of length 0 if it may be either. */
static const struct ip_layout *
rule_layout(const struct sf_flow_rule *rule)
{
	const bool sure = (rule->ptype_mask & SF_PTYPE_L3_MASK) == SF_PTYPE_L3_MASK;

	return &ip_layouts[sure ? rule->ptype & SF_PTYPE_L3_MASK : SF_PTYPE_L2];
}

/* Whether a rule asks for something that the device can do. */
static bool
rule_check(const struct sf_dev *dev, const struct sf_flow_rule *rule)
{
	const struct ip_layout *layout = rule_layout(rule);
	const bool ports = (rule->ptype_mask & SF_PTYPE_L4_MASK) == SF_PTYPE_L4_MASK &&
		(rule->ptype & SF_PTYPE_L4_MASK) != 0;
	uint32_t i;

	if ((rule->flags & ~(SF_FLOW_F_MARK | SF_FLOW_F_VLAN | SF_FLOW_F_ETHERTYPE |
			SF_FLOW_F_UNTAGGED | SF_FLOW_F_WHOLE)) != 0)
		return false;
	if ((rule->flags & SF_FLOW_F_WHOLE) != 0 && layout->len == 0)
		return false;
	for (i = layout->len; i < IPV6_ADDR_LEN; i++)
		if ((rule->ip_src_mask[i] | rule->ip_dst_mask[i]) != 0)
			return false;
	if ((rule->src_port_mask != 0 || rule->dst_port_mask != 0) && !ports)
		return false;
	switch (rule->action) {
	case SF_FLOW_PASS:
	case SF_FLOW_DROP:
		return true;
	case SF_FLOW_QUEUE:
		return rule->queue < dev->nb_queues;
	case SF_FLOW_RSS:
		return rule->nb_queues != 0 && rule->queue < dev->nb_queues &&
			rule->nb_queues <= dev->nb_queues - rule->queue;
	default:
		return false;
	}
}

/* Rules behind the last need not be tried. */
static void
rules_count(struct sf_dev *dev)
{
	dev->nb_flows = SF_FLOW_RULES;
	while (dev->nb_flows > 0 && !dev->flows[dev->nb_flows - 1].valid)
		dev->nb_flows--;
}

void
sf_flow_command(struct sf_dev *dev, uint32_t cmd)
{
	const uint32_t index = cmd & 0xffff;
	struct sf_flow *flow = &dev->flows[index % SF_FLOW_RULES];

	dev->r.flow_status = 1;
	if (index >= SF_FLOW_RULES)
		return;
	switch (cmd >> 16) {
	case SF_FLOW_CMD_SET:
		if (!rule_check(dev, &dev->r.flow_rule))
			return;
		flow->rule = dev->r.flow_rule;
		flow->valid = true;
		break;
	case SF_FLOW_CMD_CLEAR:
		flow->valid = false;
		break;
	case SF_FLOW_CMD_ZERO:
		break;
	default:
		return;
	}
	flow->stats[0] = 0;
	flow->stats[1] = 0;
	dev->r.flow_status = 0;
	rules_count(dev);
}

void
sf_flow_reset(struct sf_dev *dev)
{
	memset(dev->flows, 0, sizeof(dev->flows));
	dev->nb_flows = 0;
}

static bool
mac_match(const uint8_t *mac, const uint8_t *want, const uint8_t *mask)
{
	return ((sf_mac_load(mac) ^ sf_mac_load(want)) & sf_mac_load(mask)) == 0;
}

static uint32_t
load32(const uint8_t *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

static bool
ip_match(const uint8_t *addr, const uint8_t *want, const uint8_t *mask, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < len; i += sizeof(uint32_t))
		if (((load32(addr + i) ^ load32(want + i)) & load32(mask + i)) != 0)
			return false;
	return true;
}

static bool
half_match(const uint8_t *at, uint16_t want, uint16_t mask)
{
	uint16_t half;

	memcpy(&half, at, sizeof(half));
	return ((half ^ want) & mask) == 0;
}

/* True as well if the headers in front of a fragment header do not end within what is here. */
static bool
is_ipv6_fragment(const struct sf_headers *hdrs)
{
	uint32_t at = hdrs->l3 + (uint32_t)IPV6_LEN;
	uint8_t next = hdrs->data[hdrs->l3 + IPV6_NEXT_AT];

	while (next == IPV6_HOP_BY_HOP || next == IPV6_ROUTING || next == IPV6_DESTINATION) {
		if (at + 2 > hdrs->len)
			return true;
		next = hdrs->data[at];
		at += (hdrs->data[at + 1] + 1u) * 8;
	}
	return next == IPV6_FRAGMENT;
}

static bool
is_fragment(const struct sf_headers *hdrs)
{
	const uint8_t *frag = &hdrs->data[hdrs->l3 + IPV4_FRAG_AT];

	if ((hdrs->ptype & SF_PTYPE_L3_MASK) == SF_PTYPE_IPV6)
		return is_ipv6_fragment(hdrs);
	return ((frag[0] & IPV4_FRAG_HIGH) | frag[1]) != 0;
}

static bool
rule_match(const struct sf_flow_rule *rule, const struct sf_headers *hdrs)
{
	const struct ip_layout *layout = rule_layout(rule);
	const uint8_t *ip = &hdrs->data[hdrs->l3 + layout->src_at];
	const uint8_t *l4 = &hdrs->data[hdrs->l4];

	if (((hdrs->ptype ^ rule->ptype) & rule->ptype_mask) != 0)
		return false;
	if ((rule->flags & SF_FLOW_F_VLAN) != 0 && (!hdrs->tagged ||
			((hdrs->vlan_tci ^ rule->vlan_tci) & rule->vlan_mask) != 0))
		return false;
	if ((rule->flags & SF_FLOW_F_UNTAGGED) != 0 && hdrs->tagged)
		return false;
	if ((rule->flags & SF_FLOW_F_ETHERTYPE) != 0 && hdrs->ethertype != rule->ethertype)
		return false;
	if (!mac_match(hdrs->data, rule->dst_mac, rule->dst_mac_mask) ||
			!mac_match(hdrs->data + MAC_LEN, rule->src_mac, rule->src_mac_mask))
		return false;
	/* rule_check() has made sure that these are there if they are asked for. */
	if ((rule->flags & SF_FLOW_F_WHOLE) != 0 && is_fragment(hdrs))
		return false;
	return ip_match(ip, rule->ip_src, rule->ip_src_mask, layout->len) &&
		ip_match(ip + layout->len, rule->ip_dst, rule->ip_dst_mask, layout->len) &&
		(rule->src_port_mask == 0 ||
			half_match(l4, rule->src_port, rule->src_port_mask)) &&
		(rule->dst_port_mask == 0 ||
			half_match(l4 + 2, rule->dst_port, rule->dst_port_mask));
}

struct sf_flow *
sf_flow_find(struct sf_dev *dev, const struct sf_frame *frame)
{
	unsigned int i;

	for (i = 0; i < dev->nb_flows; i++) {
		struct sf_flow *flow = &dev->flows[i];

		if (flow->valid && rule_match(&flow->rule, &frame->hdrs))
			return flow;
	}
	return NULL;
}

/* Apart from finding it, since a packet that is held is looked at again. */
void
sf_flow_count(struct sf_flow *flow, const struct sf_frame *frame)
{
	flow->stats[0]++;
	flow->stats[1] += frame->len;
}
