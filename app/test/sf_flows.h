/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef SF_FLOWS_H
#define SF_FLOWS_H

/*
 * Flow rules on the second of two ports, and frames from the first that match them
 * or do not.
 */

#include <rte_flow.h>

#include "sf_packets.h"

#define FLOW_QUEUES 4

#define ITEM(t, s, m) { .type = RTE_FLOW_ITEM_TYPE_ ## t, .spec = s, .mask = m }
#define ACTION(t, c) { .type = RTE_FLOW_ACTION_TYPE_ ## t, .conf = c }
#define END_ITEM ITEM(END, NULL, NULL)
#define END_ACTION ACTION(END, NULL)

extern const struct rte_flow_item_eth to_station;
extern const struct rte_flow_item_eth dst_mask; /* all of a destination address */
extern const struct rte_flow_action to_queue3[3]; /* the second counts */
extern const struct rte_flow_action drop[2];

/** Start both ports, with VLAN tags inserted and stripped. */
int flows_start(void);

/** Send a frame, and find it on a queue, or nowhere for -1; it is freed unless in is there. */
int flow_arrives(struct rte_mbuf *m, int queue, struct rte_mbuf **in);

/** An ingress rule, NULL after its reason is printed. */
struct rte_flow *flow_create(const struct rte_flow_item *items,
	const struct rte_flow_action *actions, unsigned int priority);

#endif /* SF_FLOWS_H */
