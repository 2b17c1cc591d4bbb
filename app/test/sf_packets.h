/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef SF_PACKETS_H
#define SF_PACKETS_H

/*
 * TCP and UDP packets with all that belongs to them, in one piece to be looked
 * at, and in mbufs to be sent.
 */

#include "sf_ports.h"

#define PACKET_LONGEST 66000

/** IP with TCP or UDP, without options. */
struct packet_spec {
	bool v6;
	bool tcp;
	uint16_t payload;
	/* Added to what packets have without. */
	uint8_t src; /* 10.0.0.1, fd01:: */
	uint8_t dst; /* 10.0.0.2, fd02:: */
	uint16_t src_port; /* 1000 */
	uint16_t dst_port; /* 2000 */
};

struct packet {
	uint8_t data[PACKET_LONGEST];
	uint32_t len;
	uint16_t l3_len;
	uint16_t l4_len;
};

/** Everything that a port can do, with MTU 9000. */
extern const struct rte_eth_conf all_offloads;

/** Start both ports with one queue. */
int ports_start_conf(const struct rte_eth_conf *conf);

/** A packet for the station, with all its checksums right. */
void packet_build(const struct packet_spec *spec, struct packet *p);

/** The same in mbufs, of seg_len bytes each but for the last; NULL without mbufs. */
struct rte_mbuf *packet_to_mbufs(const struct packet *p, uint16_t seg_len);

/** Have a packet prepared, and send it. */
int packet_send(uint16_t port, struct rte_mbuf *m);

/** Receive a packet; its mbuf with the flags is the caller's to free. */
struct rte_mbuf *packet_receive(uint16_t port, struct packet *p);

#endif /* SF_PACKETS_H */
