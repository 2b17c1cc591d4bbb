/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Flow rules: actions put into the device's form, behind the pattern, and the
 * table of rules.  What the device cannot do is refused where it is met, with
 * the action as the cause.
 *
 * The device tries rules in the order of their numbers, so the numbers are
 * divided among the priorities.
 */

#include <errno.h>

#include <rte_flow_driver.h>

#include "sf_example.h"

#define NB_PRIORITIES	4
#define BAND		(SF_FLOW_RULES / NB_PRIORITIES)

/* --- Actions ------------------------------------------------------------------- */

static int
bad_action(struct rte_flow_error *error, const struct rte_flow_action *action, const char *text)
{
	return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION, action, text);
}

/*
 * The device has one hash, the port's, and it may have changed since the port was
 * configured, so what a rule names is compared with the device's registers.
 * Types of 0, a key of no length and the default function stand for the port's.  Types
 * that the device does not have are left out beside others, as applications do that
 * configure a port: testpmd's default is all of RTE_ETH_RSS_IP.
 */
static int
rss_check_hash(struct rte_eth_dev *dev, const struct rte_flow_action *action,
	struct rte_flow_error *error)
{
	const struct rte_flow_action_rss *rss = action->conf;
	const uint64_t capa = sf_rss_capa(sf_port(dev));
	uint8_t key[SF_RSS_KEY_SIZE];
	struct rte_eth_rss_conf port = { .rss_key = key, .rss_key_len = sizeof(key) };
	int ret;

	if (rss->func != RTE_ETH_HASH_FUNCTION_DEFAULT &&
			rss->func != RTE_ETH_HASH_FUNCTION_TOEPLITZ)
		return bad_action(error, action, "a hash function other than Toeplitz");
	if (rss->level > 1)
		return bad_action(error, action, "RSS over inner headers");
	if (rss->types == 0 && rss->key_len == 0)
		return 0;
	ret = sf_rss_hash_conf_get(dev, &port);
	if (ret < 0)
		return rte_flow_error_set(error, -ret, RTE_FLOW_ERROR_TYPE_ACTION, action,
				"the port's hash is not known");
	if (rss->types != 0 && (rss->types & capa) == 0)
		return bad_action(error, action, "hash types that the device does not have");
	if (rss->types != 0 && (rss->types & capa) != port.rss_hf)
		return bad_action(error, action, "hash types other than the port's");
	if (rss->key_len != 0 && (rss->key == NULL || rss->key_len != sizeof(key) ||
			memcmp(rss->key, key, sizeof(key)) != 0))
		return bad_action(error, action, "a hash key other than the port's");
	return 0;
}

static int
rss_parse(struct rte_eth_dev *dev, const struct rte_flow_action *action,
	struct sf_flow_rule *rule, struct rte_flow_error *error)
{
	const struct rte_flow_action_rss *rss = action->conf;
	uint32_t i;
	int ret;

	ret = rss_check_hash(dev, action, error);
	if (ret < 0)
		return ret;
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
fate_parse(struct rte_eth_dev *dev, const struct rte_flow_action *action,
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
action_parse(struct rte_eth_dev *dev, const struct rte_flow_action *action,
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
rule_parse(struct rte_eth_dev *dev, const struct rte_flow_attr *attr,
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
	ret = sf_flow_pattern_parse(items, rule, error);
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

	ret = sf_write32(port, SF_REG_FLOW_CMD, command << 16 | index);
	if (ret < 0)
		return ret;
	ret = sf_read32(port, SF_REG_FLOW_STATUS, &status);
	if (ret < 0)
		return ret;
	return status == 0 ? 0 : -EINVAL;
}

/* Rx queues that there have to be for a rule. */
static uint16_t
queues_needed(const struct sf_flow_rule *rule)
{
	switch (rule->action) {
	case SF_FLOW_QUEUE:
		return rule->queue + 1;
	case SF_FLOW_RSS:
		return rule->queue + rule->nb_queues;
	default:
		return 0;
	}
}

int
sf_flow_check_queues(const struct rte_eth_dev *dev)
{
	const struct sf_port *port = sf_port(dev);
	unsigned int i;

	for (i = 0; i < RTE_DIM(port->flows); i++) {
		if (!port->flows[i].used || port->flows[i].nb_queues <= dev->data->nb_rx_queues)
			continue;
		SF_LOG(ERR, driver, port,
			"a flow rule needs %u Rx queues, not %u: it has to be destroyed first",
			port->flows[i].nb_queues, dev->data->nb_rx_queues);
		return -EBUSY;
	}
	return 0;
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
	port->flows[i] = (struct rte_flow) { .used = true, .nb_queues = queues_needed(&rule) };
	return &port->flows[i];
}

static int
flow_destroy(struct rte_eth_dev *dev, struct rte_flow *flow, struct rte_flow_error *error)
{
	struct sf_port *port = sf_port(dev);
	int ret;

	ret = rule_command(port, SF_FLOW_CMD_CLEAR, flow - port->flows);
	if (ret < 0 && ret != -ENODEV) /* a device that is gone has no rules */
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
