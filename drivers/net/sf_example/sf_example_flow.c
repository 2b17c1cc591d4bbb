/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Flow rules.  A pattern is put into the device's form item by item, then the
 * actions are; what the device cannot do is refused where it is met, with the
 * item or action as the cause.
 *
 * The device tries rules in the order of their numbers, so the numbers are
 * divided among the priorities.
 */

#include <errno.h>

#include <rte_flow_driver.h>

#include "sf_example.h"

#define NB_PRIORITIES	4
#define BAND		(SF_FLOW_RULES / NB_PRIORITIES)

/* --- Patterns ------------------------------------------------------------------ */

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
	if (mask->hdr.ether_type == UINT16_MAX &&
			spec->hdr.ether_type == RTE_BE16(RTE_ETHER_TYPE_VLAN)) {
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
	if (mask->has_more_vlan != 0)
		return bad_item(error, item, "a second VLAN tag");
	rule->vlan_tci = rte_be_to_cpu_16(spec->hdr.vlan_tci);
	rule->vlan_mask = rte_be_to_cpu_16(mask->hdr.vlan_tci);
	if (ethertype_parse(spec->hdr.eth_proto, mask->hdr.eth_proto, rule) < 0)
		return bad_item(error, item, "part of an Ethertype");
	return 0;
}

static int
ipv4_parse(const struct rte_flow_item *item, struct sf_flow_rule *rule,
	struct rte_flow_error *error)
{
	static const struct rte_ipv4_hdr can = {
		.src_addr = UINT32_MAX, .dst_addr = UINT32_MAX, .next_proto_id = UINT8_MAX,
	};
	const struct rte_flow_item_ipv4 *spec = item->spec;
	const struct rte_flow_item_ipv4 *mask = item->mask != NULL ? item->mask :
			&rte_flow_item_ipv4_mask;

	rule->ptype |= SF_PTYPE_IPV4;
	rule->ptype_mask |= SF_PTYPE_L3_MASK;
	if (spec == NULL)
		return 0;
	if (!mask_fits(&mask->hdr, &can, sizeof(can)))
		return bad_item(error, item, "IPv4 fields other than addresses and protocol");
	rule->ip_src = spec->hdr.src_addr;
	rule->ip_src_mask = mask->hdr.src_addr;
	rule->ip_dst = spec->hdr.dst_addr;
	rule->ip_dst_mask = mask->hdr.dst_addr;
	if (mask->hdr.next_proto_id == 0)
		return 0;
	if (mask->hdr.next_proto_id == UINT8_MAX && spec->hdr.next_proto_id == IPPROTO_TCP)
		rule->ptype |= SF_PTYPE_TCP;
	else if (mask->hdr.next_proto_id == UINT8_MAX && spec->hdr.next_proto_id == IPPROTO_UDP)
		rule->ptype |= SF_PTYPE_UDP;
	else
		return bad_item(error, item, "a protocol that is neither TCP nor UDP");
	rule->ptype_mask |= SF_PTYPE_L4_MASK;
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
		return bad_item(error, item, "contradicts the IPv4 protocol");
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
	case RTE_FLOW_ITEM_TYPE_ETH: at = 1; break;
	case RTE_FLOW_ITEM_TYPE_VLAN: at = 2; break;
	case RTE_FLOW_ITEM_TYPE_IPV4: at = 3; break;
	case RTE_FLOW_ITEM_TYPE_TCP:
	case RTE_FLOW_ITEM_TYPE_UDP: at = 4; break;
	default:
		return bad_item(error, item, "not Ethernet, VLAN, IPv4, TCP or UDP");
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
	case RTE_FLOW_ITEM_TYPE_TCP:
		return ports_parse(item, SF_PTYPE_TCP, sizeof(struct rte_tcp_hdr), rule, error);
	default:
		return ports_parse(item, SF_PTYPE_UDP, sizeof(struct rte_udp_hdr), rule, error);
	}
}

static int
pattern_parse(const struct rte_flow_item *items, struct sf_flow_rule *rule,
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

/* --- Actions ------------------------------------------------------------------- */

static int
bad_action(struct rte_flow_error *error, const struct rte_flow_action *action, const char *text)
{
	return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION, action, text);
}

static int
rss_parse(const struct rte_eth_dev *dev, const struct rte_flow_action *action,
	struct sf_flow_rule *rule, struct rte_flow_error *error)
{
	const struct rte_flow_action_rss *rss = action->conf;
	uint32_t i;

	if ((rss->func != RTE_ETH_HASH_FUNCTION_DEFAULT &&
			rss->func != RTE_ETH_HASH_FUNCTION_TOEPLITZ) ||
			rss->level > 1 || rss->key_len != 0)
		return bad_action(error, action, "RSS other than the port's");
	if (rss->types != 0 && rss->types != dev->data->dev_conf.rx_adv_conf.rss_conf.rss_hf)
		return bad_action(error, action, "hash types other than the port's");
	if (rss->queue_num == 0 || rss->queue_num > dev->data->nb_rx_queues)
		return bad_action(error, action, "this number of queues");
	for (i = 0; i < rss->queue_num; i++)
		if (rss->queue[i] != rss->queue[0] + i || rss->queue[i] >= dev->data->nb_rx_queues)
			return bad_action(error, action, "queues that are not there, or not in a row");
	rule->action = SF_FLOW_RSS;
	rule->queue = rss->queue[0];
	rule->nb_queues = rss->queue_num;
	return 0;
}

/* An action that decides where the packet goes. */
static int
fate_parse(const struct rte_eth_dev *dev, const struct rte_flow_action *action,
	struct sf_flow_rule *rule, struct rte_flow_error *error)
{
	const struct rte_flow_action_queue *queue = action->conf;

	if (rule->action != SF_FLOW_PASS)
		return bad_action(error, action, "a second fate");
	if (action->type == RTE_FLOW_ACTION_TYPE_DROP) {
		rule->action = SF_FLOW_DROP;
		return 0;
	}
	if (action->conf == NULL)
		return bad_action(error, action, "no configuration");
	if (action->type == RTE_FLOW_ACTION_TYPE_RSS)
		return rss_parse(dev, action, rule, error);
	if (queue->index >= dev->data->nb_rx_queues)
		return bad_action(error, action, "a queue that is not there");
	rule->action = SF_FLOW_QUEUE;
	rule->queue = queue->index;
	return 0;
}

static int
mark_parse(const struct rte_flow_action *action, struct sf_flow_rule *rule,
	struct rte_flow_error *error)
{
	const struct rte_flow_action_mark *mark = action->conf;

	if (mark == NULL || mark->id > UINT16_MAX)
		return bad_action(error, action, "a mark of more than 16 bits");
	rule->flags |= SF_FLOW_F_MARK;
	rule->mark = mark->id;
	return 0;
}

static int
action_parse(const struct rte_eth_dev *dev, const struct rte_flow_action *action,
	struct sf_flow_rule *rule, struct rte_flow_error *error)
{
	switch (action->type) {
	case RTE_FLOW_ACTION_TYPE_VOID:
	case RTE_FLOW_ACTION_TYPE_COUNT: /* every rule counts */
		return 0;
	case RTE_FLOW_ACTION_TYPE_MARK:
		return mark_parse(action, rule, error);
	case RTE_FLOW_ACTION_TYPE_DROP:
	case RTE_FLOW_ACTION_TYPE_QUEUE:
	case RTE_FLOW_ACTION_TYPE_RSS:
		return fate_parse(dev, action, rule, error);
	default:
		return bad_action(error, action, "not drop, queue, RSS, mark or count");
	}
}

/* --- Rules --------------------------------------------------------------------- */

static int
rule_parse(const struct rte_eth_dev *dev, const struct rte_flow_attr *attr,
	const struct rte_flow_item *items, const struct rte_flow_action *actions,
	struct sf_flow_rule *rule, struct rte_flow_error *error)
{
	int ret;

	*rule = (struct sf_flow_rule) { 0 };
	if (attr->ingress == 0 || attr->egress != 0 || attr->transfer != 0)
		return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ATTR, attr,
				"only ingress");
	if (attr->group != 0)
		return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ATTR_GROUP, attr,
				"only group 0");
	if (attr->priority >= NB_PRIORITIES)
		return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ATTR_PRIORITY, attr,
				"only priorities 0 to 3");
	ret = pattern_parse(items, rule, error);
	for (; ret == 0 && actions->type != RTE_FLOW_ACTION_TYPE_END; actions++)
		ret = action_parse(dev, actions, rule, error);
	return ret;
}

/* 0, or a negative errno: -EINVAL if the device does not take it. */
static int
rule_command(const struct sf_port *port, uint32_t command, uint32_t index)
{
	uint32_t status;
	int ret;

	if ((ret = sf_write32(port, SF_REG_FLOW_CMD, command << 16 | index)) < 0 ||
			(ret = sf_read32(port, SF_REG_FLOW_STATUS, &status)) < 0)
		return ret;
	return status == 0 ? 0 : -EINVAL;
}

static int
flow_validate(struct rte_eth_dev *dev, const struct rte_flow_attr *attr,
	const struct rte_flow_item items[], const struct rte_flow_action actions[],
	struct rte_flow_error *error)
{
	struct sf_flow_rule rule;

	return rule_parse(dev, attr, items, actions, &rule, error);
}

static struct rte_flow *
flow_create(struct rte_eth_dev *dev, const struct rte_flow_attr *attr,
	const struct rte_flow_item items[], const struct rte_flow_action actions[],
	struct rte_flow_error *error)
{
	struct sf_port *port = sf_port(dev);
	struct sf_flow_rule rule;
	uint32_t i, end;
	int ret;

	if (rule_parse(dev, attr, items, actions, &rule, error) < 0)
		return NULL;
	i = attr->priority * BAND;
	for (end = i + BAND; i < end && port->flows[i].used; i++)
		;
	if (i == end) {
		rte_flow_error_set(error, ENOSPC, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL,
			"no more rules of this priority");
		return NULL;
	}
	ret = sf_write(port, SF_REG_FLOW_RULE, &rule, sizeof(rule));
	if (ret == 0)
		ret = rule_command(port, SF_FLOW_CMD_SET, i);
	if (ret < 0) {
		rte_flow_error_set(error, -ret, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL,
			"the device does not take it");
		return NULL;
	}
	port->flows[i].used = true;
	return &port->flows[i];
}

static int
flow_destroy(struct rte_eth_dev *dev, struct rte_flow *flow, struct rte_flow_error *error)
{
	struct sf_port *port = sf_port(dev);
	int ret;

	ret = rule_command(port, SF_FLOW_CMD_CLEAR, flow - port->flows);
	if (ret < 0)
		return rte_flow_error_set(error, -ret, RTE_FLOW_ERROR_TYPE_HANDLE, flow,
				"the device does not answer");
	flow->used = false;
	return 0;
}

static int
flow_flush(struct rte_eth_dev *dev, struct rte_flow_error *error)
{
	struct sf_port *port = sf_port(dev);
	unsigned int i;
	int ret = 0;

	for (i = 0; i < RTE_DIM(port->flows) && ret == 0; i++)
		if (port->flows[i].used)
			ret = flow_destroy(dev, &port->flows[i], error);
	return ret;
}

static int
flow_query(struct rte_eth_dev *dev, struct rte_flow *flow, const struct rte_flow_action *action,
	void *data, struct rte_flow_error *error)
{
	const struct sf_port *port = sf_port(dev);
	const uint32_t index = flow - port->flows;
	struct rte_flow_query_count *count = data;
	uint64_t stats[2];
	int ret;

	if (action->type != RTE_FLOW_ACTION_TYPE_COUNT)
		return bad_action(error, action, "not count");
	ret = sf_read(port, SF_REG_FLOW_STATS + index * sizeof(stats), stats, sizeof(stats));
	if (ret == 0 && count->reset)
		ret = rule_command(port, SF_FLOW_CMD_ZERO, index);
	if (ret < 0)
		return rte_flow_error_set(error, -ret, RTE_FLOW_ERROR_TYPE_HANDLE, flow,
				"the device does not answer");
	count->hits_set = 1;
	count->bytes_set = 1;
	count->hits = stats[0];
	count->bytes = stats[1];
	return 0;
}

static const struct rte_flow_ops sf_flow_ops = {
	.validate = flow_validate,
	.create = flow_create,
	.destroy = flow_destroy,
	.flush = flow_flush,
	.query = flow_query,
};

int
sf_flow_ops_get(struct rte_eth_dev *dev, const struct rte_flow_ops **ops)
{
	if ((sf_port(dev)->features & SF_F_FLOW) == 0)
		return -ENOTSUP;
	*ops = &sf_flow_ops;
	return 0;
}

/* Marks are always delivered; the other kinds never. */
int
sf_rx_metadata_negotiate(struct rte_eth_dev *dev, uint64_t *features)
{
	*features &= (sf_port(dev)->features & SF_F_FLOW) != 0 ? RTE_ETH_RX_METADATA_USER_MARK : 0;
	return 0;
}
