/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Patterns of flow rules, put into the device's form item by item.  What the
 * device cannot look for is refused where it is met, with the item as the cause.
 */

#include <errno.h>

#include <rte_flow_driver.h>

#include "sf_example.h"

/* More fragments, and the offset. */
#define FRAGMENT_MASK	RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)

static int
bad_item(struct rte_flow_error *error, const struct rte_flow_item *item, const char *text)
{
	return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM, item, text);
}

/* Whether all bytes of a mask that are not in the "can" mask are zero. */
static bool
mask_fits(const void *mask, const void *can, size_t len)
{
	const uint8_t *m = mask, *c = can;
	size_t i;

	for (i = 0; i < len; i++)
		if ((m[i] & ~c[i]) != 0)
			return false;
	return true;
}

/* An Ethertype: all of it, or none. */
static int
ethertype_parse(rte_be16_t spec, rte_be16_t mask, struct sf_flow_rule *rule)
{
	if (mask == 0)
		return 0;
	if (mask != UINT16_MAX)
		return -ENOTSUP;
	rule->flags |= SF_FLOW_F_ETHERTYPE;
	rule->ethertype = rte_be_to_cpu_16(spec);
	return 0;
}

static bool
is_tpid(rte_be16_t type, rte_be16_t mask)
{
	return mask == UINT16_MAX && (type == RTE_BE16(RTE_ETHER_TYPE_VLAN) ||
		type == RTE_BE16(RTE_ETHER_TYPE_QINQ));
}

static int
eth_parse(const struct rte_flow_item *item, struct sf_flow_rule *rule,
	struct rte_flow_error *error)
{
	const struct rte_flow_item_eth *spec = item->spec;
	const struct rte_flow_item_eth *mask = item->mask != NULL ? item->mask :
			&rte_flow_item_eth_mask;

	if (spec == NULL)
		return 0;
	if (mask->reserved != 0)
		return bad_item(error, item, "reserved bits");
	memcpy(rule->dst_mac, &spec->hdr.dst_addr, RTE_ETHER_ADDR_LEN);
	memcpy(rule->dst_mac_mask, &mask->hdr.dst_addr, RTE_ETHER_ADDR_LEN);
	memcpy(rule->src_mac, &spec->hdr.src_addr, RTE_ETHER_ADDR_LEN);
	memcpy(rule->src_mac_mask, &mask->hdr.src_addr, RTE_ETHER_ADDR_LEN);
	if (mask->has_vlan != 0)
		rule->flags |= spec->has_vlan != 0 ? SF_FLOW_F_VLAN : SF_FLOW_F_UNTAGGED;
	if (is_tpid(spec->hdr.ether_type, mask->hdr.ether_type)) {
		/* The device does not tell tags by it: the usual one stands for both. */
		if (spec->hdr.ether_type == RTE_BE16(RTE_ETHER_TYPE_QINQ))
			return bad_item(error, item, "only tags of TPID 0x88a8");
		rule->flags |= SF_FLOW_F_VLAN;
		return 0;
	}
	if (ethertype_parse(spec->hdr.ether_type, mask->hdr.ether_type, rule) < 0)
		return bad_item(error, item, "part of an Ethertype");
	/* It is the outer one, so what stands behind a tag does not count. */
	if (mask->hdr.ether_type != 0)
		rule->flags |= SF_FLOW_F_UNTAGGED;
	return 0;
}

static int
vlan_parse(const struct rte_flow_item *item, struct sf_flow_rule *rule,
	struct rte_flow_error *error)
{
	const struct rte_flow_item_vlan *spec = item->spec;
	const struct rte_flow_item_vlan *mask = item->mask != NULL ? item->mask :
			&rte_flow_item_vlan_mask;

	rule->flags |= SF_FLOW_F_VLAN;
	if (spec == NULL)
		return 0;
	if (mask->has_more_vlan != 0 || is_tpid(spec->hdr.eth_proto, mask->hdr.eth_proto))
		return bad_item(error, item, "a second VLAN tag");
	rule->vlan_tci = rte_be_to_cpu_16(spec->hdr.vlan_tci);
	rule->vlan_mask = rte_be_to_cpu_16(mask->hdr.vlan_tci);
	if (ethertype_parse(spec->hdr.eth_proto, mask->hdr.eth_proto, rule) < 0)
		return bad_item(error, item, "part of an Ethertype");
	return 0;
}

/* The protocol of an IP packet: TCP, UDP, or any. */
static int
proto_parse(uint8_t spec, uint8_t mask, struct sf_flow_rule *rule)
{
	if (mask == 0)
		return 0;
	if (mask != UINT8_MAX || (spec != IPPROTO_TCP && spec != IPPROTO_UDP))
		return -ENOTSUP;
	rule->ptype |= spec == IPPROTO_TCP ? SF_PTYPE_TCP : SF_PTYPE_UDP;
	rule->ptype_mask |= SF_PTYPE_L4_MASK;
	return 0;
}

/* Whole packets, by the fields that tell of fragments: all of them, or none. */
static int
fragment_parse(rte_be16_t spec, rte_be16_t mask, struct sf_flow_rule *rule)
{
	if (mask == 0)
		return 0;
	if (mask != FRAGMENT_MASK || (spec & mask) != 0)
		return -ENOTSUP;
	rule->flags |= SF_FLOW_F_WHOLE;
	return 0;
}

static int
ipv4_parse(const struct rte_flow_item *item, struct sf_flow_rule *rule,
	struct rte_flow_error *error)
{
	static const struct rte_ipv4_hdr can = {
		.src_addr = UINT32_MAX, .dst_addr = UINT32_MAX, .next_proto_id = UINT8_MAX,
		.fragment_offset = FRAGMENT_MASK,
	};
	const struct rte_flow_item_ipv4 *spec = item->spec;
	const struct rte_flow_item_ipv4 *mask = item->mask != NULL ? item->mask :
			&rte_flow_item_ipv4_mask;

	rule->ptype |= SF_PTYPE_IPV4;
	rule->ptype_mask |= SF_PTYPE_L3_MASK;
	if (spec == NULL)
		return 0;
	if (!mask_fits(&mask->hdr, &can, sizeof(can)))
		return bad_item(error, item,
			"IPv4 fields other than addresses, protocol and fragment");
	if (fragment_parse(spec->hdr.fragment_offset, mask->hdr.fragment_offset, rule) < 0)
		return bad_item(error, item, "fragments");
	memcpy(rule->ip_src, &spec->hdr.src_addr, sizeof(spec->hdr.src_addr));
	memcpy(rule->ip_src_mask, &mask->hdr.src_addr, sizeof(mask->hdr.src_addr));
	memcpy(rule->ip_dst, &spec->hdr.dst_addr, sizeof(spec->hdr.dst_addr));
	memcpy(rule->ip_dst_mask, &mask->hdr.dst_addr, sizeof(mask->hdr.dst_addr));
	if (proto_parse(spec->hdr.next_proto_id, mask->hdr.next_proto_id, rule) < 0)
		return bad_item(error, item, "a protocol that is neither TCP nor UDP");
	return 0;
}

/* The protocol is the one in the fixed header: the device looks behind no extension. */
static int
ipv6_parse(const struct rte_flow_item *item, struct sf_flow_rule *rule,
	struct rte_flow_error *error)
{
	struct rte_flow_item_ipv6 can = { .hdr.proto = UINT8_MAX, .has_frag_ext = 1 };
	const struct rte_flow_item_ipv6 *spec = item->spec;
	const struct rte_flow_item_ipv6 *mask = item->mask != NULL ? item->mask :
			&rte_flow_item_ipv6_mask;

	rule->ptype |= SF_PTYPE_IPV6;
	rule->ptype_mask |= SF_PTYPE_L3_MASK;
	if (spec == NULL)
		return 0;
	memset(&can.hdr.src_addr, UINT8_MAX, sizeof(can.hdr.src_addr));
	memset(&can.hdr.dst_addr, UINT8_MAX, sizeof(can.hdr.dst_addr));
	if (!mask_fits(mask, &can, sizeof(can)))
		return bad_item(error, item,
			"IPv6 fields other than addresses, protocol and fragment");
	if (mask->has_frag_ext != 0 && spec->has_frag_ext != 0)
		return bad_item(error, item, "fragments");
	if (mask->has_frag_ext != 0)
		rule->flags |= SF_FLOW_F_WHOLE;
	memcpy(rule->ip_src, &spec->hdr.src_addr, sizeof(rule->ip_src));
	memcpy(rule->ip_src_mask, &mask->hdr.src_addr, sizeof(rule->ip_src_mask));
	memcpy(rule->ip_dst, &spec->hdr.dst_addr, sizeof(rule->ip_dst));
	memcpy(rule->ip_dst_mask, &mask->hdr.dst_addr, sizeof(rule->ip_dst_mask));
	if (proto_parse(spec->hdr.proto, mask->hdr.proto, rule) < 0)
		return bad_item(error, item, "a protocol that is neither TCP nor UDP");
	return 0;
}

/* TCP and UDP headers begin with the ports, and that is all that matters here. */
static int
ports_parse(const struct rte_flow_item *item, uint16_t ptype, size_t len,
	struct sf_flow_rule *rule, struct rte_flow_error *error)
{
	static const struct rte_tcp_hdr can = { .src_port = UINT16_MAX, .dst_port = UINT16_MAX };
	const struct rte_udp_hdr *spec = item->spec, *mask = item->mask;

	if ((rule->ptype_mask & SF_PTYPE_L4_MASK) != 0 &&
			(rule->ptype & SF_PTYPE_L4_MASK) != ptype)
		return bad_item(error, item, "contradicts the IP protocol");
	rule->ptype |= ptype;
	rule->ptype_mask |= SF_PTYPE_L4_MASK;
	if (spec == NULL)
		return 0;
	if (mask == NULL)
		mask = (const void *)&can;
	else if (!mask_fits(mask, &can, len))
		return bad_item(error, item, "fields other than ports");
	rule->src_port = spec->src_port;
	rule->src_port_mask = mask->src_port;
	rule->dst_port = spec->dst_port;
	rule->dst_port_mask = mask->dst_port;
	return 0;
}

static int
item_parse(const struct rte_flow_item *item, struct sf_flow_rule *rule, unsigned int *layer,
	struct rte_flow_error *error)
{
	unsigned int at;

	switch (item->type) {
	case RTE_FLOW_ITEM_TYPE_ETH:
		at = 1;
		break;
	case RTE_FLOW_ITEM_TYPE_VLAN:
		at = 2;
		break;
	case RTE_FLOW_ITEM_TYPE_IPV4:
	case RTE_FLOW_ITEM_TYPE_IPV6:
		at = 3;
		break;
	case RTE_FLOW_ITEM_TYPE_TCP:
	case RTE_FLOW_ITEM_TYPE_UDP:
		at = 4;
		break;
	default:
		return bad_item(error, item, "not Ethernet, VLAN, IPv4, IPv6, TCP or UDP");
	}
	if (at <= *layer)
		return bad_item(error, item, "out of order, or twice");
	*layer = at;
	if (item->last != NULL)
		return bad_item(error, item, "ranges");
	if (item->spec == NULL && item->mask != NULL)
		return rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ITEM_SPEC, item,
				"a mask without spec");
	switch (item->type) {
	case RTE_FLOW_ITEM_TYPE_ETH:
		return eth_parse(item, rule, error);
	case RTE_FLOW_ITEM_TYPE_VLAN:
		return vlan_parse(item, rule, error);
	case RTE_FLOW_ITEM_TYPE_IPV4:
		return ipv4_parse(item, rule, error);
	case RTE_FLOW_ITEM_TYPE_IPV6:
		return ipv6_parse(item, rule, error);
	case RTE_FLOW_ITEM_TYPE_TCP:
		return ports_parse(item, SF_PTYPE_TCP, sizeof(struct rte_tcp_hdr), rule, error);
	default:
		return ports_parse(item, SF_PTYPE_UDP, sizeof(struct rte_udp_hdr), rule, error);
	}
}

int
sf_flow_pattern_parse(const struct rte_flow_item *items, struct sf_flow_rule *rule,
	struct rte_flow_error *error)
{
	unsigned int layer = 0;
	int ret = 0;

	for (; items->type != RTE_FLOW_ITEM_TYPE_END && ret == 0; items++)
		if (items->type != RTE_FLOW_ITEM_TYPE_VOID)
			ret = item_parse(items, rule, &layer, error);
	if (ret == 0 && (rule->flags & SF_FLOW_F_VLAN) != 0 &&
			(rule->flags & SF_FLOW_F_UNTAGGED) != 0)
		return rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ITEM, NULL,
				"tagged and untagged");
	return ret;
}
