/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Flow rules that must be refused, by the driver or by the device.
 */

#include <errno.h>

#include "sf_flows.h"

static const struct rte_flow_attr ingress = { .ingress = 1 };
static const struct rte_flow_action_queue queue3 = { .index = 3 };

/* A port is not left with a rule for a queue that it does not have any more. */
static int
test_fewer_queues(void)
{
	static const uint16_t queues[] = { 1, 2 };
	static const struct rte_flow_action_rss rss = { .queue_num = 2, .queue = queues };
	const struct {
		struct rte_flow_action actions[2];
		uint16_t needed;
	} rules[] = {
		{ { ACTION(QUEUE, &queue3), END_ACTION }, 4 },
		{ { ACTION(RSS, &rss), END_ACTION }, 3 },
		{ { ACTION(DROP, NULL), END_ACTION }, 0 },
	};
	const struct rte_flow_item all[] = { END_ITEM };
	struct rte_eth_conf conf = { 0 };
	struct rte_flow_error error;
	unsigned int i;
	uint16_t nb;

	for (i = 0; i < RTE_DIM(rules); i++) {
		TEST_ASSERT_OK(flows_start());
		TEST_ASSERT(flow_create(all, rules[i].actions, 0) != NULL, "rule %u", i);
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
		for (nb = 1; nb <= FLOW_QUEUES; nb++)
			TEST_ASSERT_EQUAL(rte_eth_dev_configure(ports[1], nb, nb, &conf),
				nb < rules[i].needed ? -EBUSY : 0);
		TEST_ASSERT_OK(rte_flow_flush(ports[1], &error));
		TEST_ASSERT_OK(rte_eth_dev_configure(ports[1], 1, 1, &conf));
	}
	return TEST_SUCCESS;
}

/* Rules that the driver refuses: the error has the reason, and the device gets no rule. */
static int
test_refused(void)
{
	static const struct rte_flow_action_queue no_queue = { .index = FLOW_QUEUES };
	static const struct rte_flow_action_mark long_mark = { .id = 0x10000 };
	static const struct rte_flow_item_eth qinq = { .hdr.ether_type = RTE_BE16(0x88a8) };
	static const struct rte_flow_item_eth type_mask = { .hdr.ether_type = UINT16_MAX };
	static const struct rte_flow_item_vlan in_vlan = { .hdr.eth_proto = RTE_BE16(0x8100) };
	static const struct rte_flow_item_vlan in_qinq = { .hdr.eth_proto = RTE_BE16(0x88a8) };
	static const struct rte_flow_item_vlan inner_mask = { .hdr.eth_proto = UINT16_MAX };
	static const struct rte_flow_item_ipv4 sctp = { .hdr.next_proto_id = 132 };
	static const struct rte_flow_item_ipv4 ttl = { .hdr.time_to_live = 0xff };
	static const struct rte_flow_item_ipv4 frag = { .hdr.fragment_offset = 0xffff };
	static const struct rte_flow_item_ipv4 frag_offset = {
		.hdr.fragment_offset = RTE_BE16(0x1fff),
	};
	static const struct rte_flow_item_ipv4 frag_all = {
		.hdr.fragment_offset = RTE_BE16(0x3fff),
	};
	static const struct rte_flow_item_ipv6 hops = { .hdr.hop_limits = 0xff };
	static const struct rte_flow_item_ipv6 fragment = { .has_frag_ext = 1 };
	static const struct rte_flow_item_ipv6 udp6 = { .hdr.proto = IPPROTO_UDP };
	static const struct rte_flow_item_ipv6 proto_mask = { .hdr.proto = 0xff };
	static const struct rte_flow_item_ipv6 part_mask = { .hdr.proto = 0xf };
	static const uint16_t queues[] = { 0, 2 };
	static const struct rte_flow_action_rss holes = { .queue_num = 2, .queue = queues };
	const struct {
		struct rte_flow_attr attr;
		struct rte_flow_item items[4];
		struct rte_flow_action actions[3];
	} tries[] = {
		{ { .egress = 1 }, { END_ITEM }, { ACTION(DROP, NULL), END_ACTION } },
		{ { .ingress = 1, .group = 1 }, { END_ITEM }, { ACTION(DROP, NULL), END_ACTION } },
		{ { .ingress = 1, .priority = 4 }, { END_ITEM },
			{ ACTION(DROP, NULL), END_ACTION } },
		{ ingress, { ITEM(SCTP, NULL, NULL), END_ITEM },
			{ ACTION(DROP, NULL), END_ACTION } },
		{ ingress, { ITEM(IPV4, NULL, NULL), ITEM(IPV6, NULL, NULL), END_ITEM },
			{ ACTION(DROP, NULL), END_ACTION } },
		{ ingress, { ITEM(IPV6, &hops, &hops), END_ITEM },
			{ ACTION(DROP, NULL), END_ACTION } },
		{ ingress, { ITEM(IPV6, &fragment, &fragment), END_ITEM },
			{ ACTION(DROP, NULL), END_ACTION } },
		{ ingress, { ITEM(IPV6, &udp6, &part_mask), END_ITEM },
			{ ACTION(DROP, NULL), END_ACTION } },
		{ ingress, { ITEM(IPV6, &udp6, &proto_mask), ITEM(TCP, NULL, NULL), END_ITEM },
			{ ACTION(DROP, NULL), END_ACTION } },
		{ ingress, { ITEM(IPV4, NULL, NULL), ITEM(ETH, NULL, NULL), END_ITEM },
			{ ACTION(DROP, NULL), END_ACTION } },
		{ ingress, { ITEM(ETH, NULL, &dst_mask), END_ITEM },
			{ ACTION(DROP, NULL), END_ACTION } },
		/* Ethertypes that the device takes for tags, so that no packet has them. */
		{ ingress, { ITEM(ETH, &qinq, &type_mask), END_ITEM },
			{ ACTION(DROP, NULL), END_ACTION } },
		{ ingress, { ITEM(ETH, NULL, NULL), ITEM(VLAN, &in_vlan, &inner_mask), END_ITEM },
			{ ACTION(DROP, NULL), END_ACTION } },
		{ ingress, { ITEM(ETH, NULL, NULL), ITEM(VLAN, &in_qinq, &inner_mask), END_ITEM },
			{ ACTION(DROP, NULL), END_ACTION } },
		{ ingress, { ITEM(IPV4, &sctp, &(const struct rte_flow_item_ipv4) {
			.hdr.next_proto_id = 0xff }), END_ITEM },
			{ ACTION(DROP, NULL), END_ACTION } },
		{ ingress, { ITEM(IPV4, &ttl, &ttl), END_ITEM },
			{ ACTION(DROP, NULL), END_ACTION } },
		/* Fragments, parts of the fields that tell of them, and the flag beside them. */
		{ ingress, { ITEM(IPV4, &frag, &frag_all), END_ITEM },
			{ ACTION(DROP, NULL), END_ACTION } },
		{ ingress, { ITEM(IPV4, &ttl, &frag_offset), END_ITEM },
			{ ACTION(DROP, NULL), END_ACTION } },
		{ ingress, { ITEM(IPV4, &ttl, &frag), END_ITEM },
			{ ACTION(DROP, NULL), END_ACTION } },
		{ ingress, { END_ITEM }, { ACTION(QUEUE, &no_queue), END_ACTION } },
		{ ingress, { END_ITEM }, { ACTION(MARK, &long_mark), END_ACTION } },
		{ ingress, { END_ITEM }, { ACTION(RSS, &holes), END_ACTION } },
		{ ingress, { END_ITEM }, { ACTION(DROP, NULL), ACTION(QUEUE, &queue3),
			END_ACTION } },
		{ ingress, { END_ITEM }, { ACTION(JUMP, NULL), END_ACTION } },
	};
	const struct rte_flow_item all[] = { END_ITEM };
	struct rte_flow_error error;
	unsigned int i;

	TEST_ASSERT_OK(flows_start());
	for (i = 0; i < RTE_DIM(tries); i++) {
		error = (struct rte_flow_error) { 0 };
		TEST_ASSERT(rte_flow_validate(ports[1], &tries[i].attr, tries[i].items,
			tries[i].actions, &error) < 0, "rule %u is valid", i);
		TEST_ASSERT(rte_flow_create(ports[1], &tries[i].attr, tries[i].items,
			tries[i].actions, &error) == NULL, "rule %u", i);
		TEST_ASSERT(error.message != NULL, "rule %u: no reason", i);
	}
	TEST_ASSERT_OK(flow_arrives(make_frame(60, station, 0), 0, NULL));
	/* As many as there is room for, and no more. */
	for (i = 0; i < SF_FLOW_RULES / 4; i++)
		TEST_ASSERT(flow_create(all, drop, 2) != NULL, "rule %u", i);
	TEST_ASSERT(flow_create(all, drop, 2) == NULL, "too many");
	TEST_ASSERT(flow_create(all, to_queue3, 1) != NULL, "another priority");
	TEST_ASSERT_OK(flow_arrives(make_frame(60, station, 0), 3, NULL));
	TEST_ASSERT_OK(rte_flow_flush(ports[1], &error));
	return flow_arrives(make_frame(60, station, 0), 0, NULL);
}

/* A device that is gone has no rules: an application gets rid of those that it had. */
static int
test_device_gone(void)
{
	const struct rte_flow_item all[] = { END_ITEM };
	struct rte_flow_error error;
	struct rte_flow *flow;

	TEST_ASSERT_OK(flows_start());
	flow = flow_create(all, drop, 0);
	TEST_ASSERT(flow != NULL && flow_create(all, drop, 1) != NULL, "no rules");
	sim_host_stop();
	TEST_ASSERT_OK(rte_flow_destroy(ports[1], flow, &error));
	TEST_ASSERT_OK(rte_flow_flush(ports[1], &error));
	TEST_ASSERT(flow_create(all, drop, 0) == NULL, "a rule of no device");
	return TEST_SUCCESS;
}

/* Rules as only a driver gone wrong writes them: the device does not take them. */
static int
test_bad_rules(void)
{
	static const struct sf_flow_rule bad[] = {
		{ .action = 4 },
		{ .flags = 0x80 },
		{ .action = SF_FLOW_QUEUE, .queue = SF_MAX_QUEUE_PAIRS },
		{ .action = SF_FLOW_RSS, .queue = 0, .nb_queues = 0 },
		{ .action = SF_FLOW_RSS, .queue = 1, .nb_queues = UINT16_MAX },
		{ .ip_src_mask = { 1 } },
		{ .ip_src_mask = { 1 }, .ptype = SF_PTYPE_IPV4, .ptype_mask = SF_PTYPE_IPV4 },
		{ .ip_dst_mask = { [15] = 1 }, .ptype = SF_PTYPE_IPV6,
			.ptype_mask = SF_PTYPE_IPV6 },
		{ .ip_dst_mask = { [4] = 1 }, .ptype = SF_PTYPE_IPV4,
			.ptype_mask = SF_PTYPE_L3_MASK },
		{ .ip_src_mask = { 1 }, .ptype = SF_PTYPE_L3_MASK, .ptype_mask = SF_PTYPE_L3_MASK },
		{ .flags = SF_FLOW_F_WHOLE },
		{ .flags = SF_FLOW_F_WHOLE, .ptype = SF_PTYPE_IPV4, .ptype_mask = SF_PTYPE_IPV4 },
		{ .flags = SF_FLOW_F_WHOLE, .ptype = SF_PTYPE_L3_MASK,
			.ptype_mask = SF_PTYPE_L3_MASK },
		{ .flags = SF_FLOW_F_WHOLE, .ptype_mask = SF_PTYPE_L3_MASK },
		{ .src_port_mask = 1, .ptype_mask = SF_PTYPE_L4_MASK },
		{ .dst_port_mask = 1, .ptype = SF_PTYPE_TCP, .ptype_mask = SF_PTYPE_TCP },
	};
	uint32_t command, status;
	unsigned int i;
	struct sf *sf;

	TEST_ASSERT_OK(flows_start());
	for (i = 0; i < RTE_DIM(bad) + 2; i++) {
		sf = sim_host_lock(1);
		command = (i <= RTE_DIM(bad) ? SF_FLOW_CMD_SET : 77) << 16 |
			(i == RTE_DIM(bad) ? SF_FLOW_RULES : 0);
		sf_dev_write(&sf->dev, SF_BAR_REGS, SF_REG_FLOW_RULE,
			i < RTE_DIM(bad) ? &bad[i] : &(const struct sf_flow_rule) { 0 },
			sizeof(bad[0]));
		sf_dev_write(&sf->dev, SF_BAR_REGS, SF_REG_FLOW_CMD, &command, sizeof(command));
		sf_dev_read(&sf->dev, SF_BAR_REGS, SF_REG_FLOW_STATUS, &status, sizeof(status));
		sim_host_unlock();
		TEST_ASSERT(status != 0, "rule %u is taken", i);
	}
	return flow_arrives(make_frame(60, station, 0), 0, NULL);
}

static const struct test_case cases[] = {
	TEST_CASE(test_fewer_queues),
	TEST_CASE(test_refused),
	TEST_CASE(test_device_gone),
	TEST_CASE(test_bad_rules),
	{ .name = NULL }
};

static struct test_suite suite = SF_SUITE("sf_flow_refused_autotest", cases);

TEST_REGISTER(suite);
