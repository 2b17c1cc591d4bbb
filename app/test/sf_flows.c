/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <rte_cycles.h>

#include "sf_flows.h"

static const struct rte_flow_action_queue queue3 = { .index = 3 };
const struct rte_flow_item_eth to_station = { .hdr.dst_addr = { { 2, 0, 0, 0, 0, 9 } } };
const struct rte_flow_item_eth dst_mask = {
	.hdr.dst_addr = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
};
const struct rte_flow_action to_queue3[3] = {
	ACTION(QUEUE, &queue3), ACTION(COUNT, NULL), END_ACTION,
};
const struct rte_flow_action drop[2] = { ACTION(DROP, NULL), END_ACTION };

int
flows_start(void)
{
	struct rte_eth_conf conf = {
		.rxmode.offloads = RTE_ETH_RX_OFFLOAD_VLAN_STRIP,
		.txmode.offloads = RTE_ETH_TX_OFFLOAD_VLAN_INSERT,
	};

	return ports_start(FLOW_QUEUES, 64, &conf);
}

int
flow_arrives(struct rte_mbuf *m, int queue, struct rte_mbuf **in)
{
	struct rte_mbuf *got = NULL;
	unsigned int i, q;

	TEST_ASSERT(m != NULL, "out of mbufs");
	TEST_ASSERT_OK(port_send(ports[0], 0, &m, 1));
	for (i = 0; i < (queue >= 0 ? 1000 : 10) && got == NULL; i++) {
		for (q = 0; q < FLOW_QUEUES && got == NULL; q++)
			if (rte_eth_rx_burst(ports[1], q, &got, 1) == 1)
				TEST_ASSERT_EQUAL(q, queue);
		rte_delay_us_sleep(got == NULL ? 1000 : 0);
	}
	TEST_ASSERT_EQUAL(got != NULL, queue >= 0);
	if (in != NULL)
		*in = got;
	else
		rte_pktmbuf_free(got);
	return TEST_SUCCESS;
}

struct rte_flow *
flow_create(const struct rte_flow_item *items, const struct rte_flow_action *actions,
	unsigned int priority)
{
	struct rte_flow_attr attr = { .ingress = 1, .priority = priority };
	struct rte_flow_error error = { 0 };
	struct rte_flow *flow = NULL;

	if (rte_flow_validate(ports[1], &attr, items, actions, &error) == 0)
		flow = rte_flow_create(ports[1], &attr, items, actions, &error);
	if (flow == NULL)
		printf("# %s\n", error.message != NULL ? error.message : "no message");
	return flow;
}
