/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef SF_PORTS_H
#define SF_PORTS_H

/*
 * Two ports of the driver, on simulated devices in this process that are wired
 * as a pair, and packets for them.
 */

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "sim_host.h"
#include "test.h"

#define NB_MBUFS 12287
#define BURST 32

extern struct rte_mempool *pool;
extern char devices[300]; /* the directory where they are published */
extern uint16_t ports[2];

extern const uint8_t broadcast[6];
extern const uint8_t station[6]; /* nobody's */

/* For struct test_suite. */
int sf_suite_setup(void);
void sf_suite_teardown(void);
int ports_setup(void);
void ports_teardown(void);

#define SF_SUITE(suite_name, suite_cases) { \
	.name = suite_name, \
	.setup = sf_suite_setup, \
	.teardown = sf_suite_teardown, \
	.case_setup = ports_setup, \
	.case_teardown = ports_teardown, \
	.cases = suite_cases, \
}

/** Start devices and attach them to ports. */
int ports_attach(enum sf_wire_type wire, unsigned int nb);
int port_attach(unsigned int index, const char *args);
int port_detach(unsigned int index);
int port_configure(uint16_t port, uint16_t nb_queues, uint16_t nb_desc,
	struct rte_eth_conf *conf);
int port_wait_link(uint16_t port, bool up);

/** Configure and start both ports, promiscuous, and wait for link. */
int ports_start(uint16_t nb_queues, uint16_t nb_desc, struct rte_eth_conf *conf);

/** A frame that a seed makes different from others. */
struct rte_mbuf *make_frame(uint16_t len, const uint8_t *to, uint32_t seed);
/** An IPv4/UDP frame, of one flow. */
struct rte_mbuf *make_udp(uint16_t flow);

/** Send all, or -ETIMEDOUT. */
int port_send(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t nb);
/**
 * Wait until the device has given back all that was sent, or -ETIMEDOUT.  It
 * does so after the packets have arrived, which need not be at once.
 */
int port_wait_sent(uint16_t port, uint16_t queue, uint16_t nb_desc);
/** Receive up to nb packets, for so long; how many have come. */
uint16_t port_receive(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t nb,
	unsigned int ms);
/** Send frames of many sizes from one port, and find them unchanged at the other. */
int ports_exchange(uint16_t from, uint16_t to, unsigned int nb);

/** Wait for a counter of events to reach a value. */
int wait_event(const unsigned int *counter, unsigned int value);

#endif /* SF_PORTS_H */
