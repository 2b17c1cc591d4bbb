/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef SF_INTERNAL_H
#define SF_INTERNAL_H

/* What the files of the model share among themselves. */

#include "sf_model.h"

/* Where reading a packet has come to. */
struct sf_cursor {
	const struct sf_frame *frame;
	uint32_t done; /* bytes of the packet */
	uint32_t seg; /* in frame->segs */
	uint32_t seg_done; /* bytes of it */
	uint32_t hole; /* offset of a VLAN tag to leave out; 0: none */
};

enum sf_verdict {
	SF_SENT, /* on the wire, whatever the receiver made of it */
	SF_HELD, /* receiver asks for a pause: try again */
	SF_NO_LINK, /* there is no receiver */
};

/* How long an Rx queue without room, of which nothing is taken, holds the sender. */
#define SF_STALL_NS		2000000000ULL

#define SF_LINK_SPEED		100000 /* Mb/s */
#define SF_FW_VERSION		(1 << 16 | 2 << 8 | 0)

/* sf_dev.c */
uint32_t sf_dev_features(const struct sf_dev *dev);
void sf_dev_raise(struct sf_dev *dev, uint32_t cause);
void sf_dev_update_link(struct sf_dev *dev);

/* sf_queue.c */
void sf_queue_init(struct sf_queue *q, struct sf_dev *dev, bool tx,
		uint16_t index);
void sf_queue_control(struct sf_queue *q, uint32_t ctrl);
void sf_queue_reset(struct sf_queue *q);
void sf_queue_pull(struct sf_queue *q, uint32_t tail);
void sf_queue_halt(struct sf_queue *q, uint8_t code, uint64_t value);
void sf_queue_dma_removed(struct sf_queue *q, uint64_t iova, uint64_t len);

/* sf_txq.c, sf_rxq.c */
void sf_txq_report(struct sf_queue *q);
void sf_txq_set_sleeping(struct sf_queue *q, uint32_t sleeping);
unsigned int sf_txq_poll(struct sf_queue *q);
void sf_txq_prefetch(const struct sf_queue *q);
unsigned int sf_rxq_poll_arm(struct sf_queue *q);
uint32_t sf_rxq_room(struct sf_queue *q, uint32_t nb);
void sf_rxq_complete(struct sf_queue *q, const struct sf_rx_cpl *cpls, uint32_t nb);
enum sf_verdict sf_dev_receive(struct sf_dev *dev, const struct sf_frame *frame);

/* sf_burst.c: nb is at most SF_BURST_MAX */
struct sf_queue *sf_burst_target(const struct sf_queue *q);
uint32_t sf_burst_send(struct sf_queue *q, struct sf_queue *rxq, uint32_t head, uint32_t nb);

/* sf_frame.c: from the first byte on; 0, or an error of sf_plat_buf_*() */
void sf_frame_start(struct sf_cursor *at, const struct sf_frame *frame);
int sf_frame_read(struct sf_cursor *at, void *to, uint32_t len);
int sf_frame_copy(struct sf_cursor *at, struct sf_plat_buf *to, uint32_t len);
void sf_frame_skip(struct sf_cursor *at, uint32_t len);
int sf_frame_sum(struct sf_cursor *at, uint32_t len, uint32_t *sum);
uint32_t sf_sum(uint32_t sum, const uint8_t *data, uint32_t len);
uint16_t sf_sum_fold(uint32_t sum);

/* sf_txo.c */
uint8_t sf_txo_check(const struct sf_tx_packet *pkt);
int sf_txo_apply(const struct sf_tx_packet *pkt, struct sf_frame *frame);
uint32_t sf_tso_count(const struct sf_tx_packet *pkt);
bool sf_tso_segment(const struct sf_tx_packet *pkt, struct sf_frame *frame, uint32_t index);

/* sf_rxo.c */
uint16_t sf_rxo_csum(const struct sf_frame *frame);

/* sf_filter.c */
bool sf_filter_mac(const struct sf_dev *dev, uint64_t mac);
void sf_filter_mac_written(struct sf_dev *dev);
bool sf_filter_vlan(const struct sf_dev *dev, const struct sf_headers *hdrs);

/* sf_flow.c */
void sf_flow_command(struct sf_dev *dev, uint32_t cmd);
void sf_flow_reset(struct sf_dev *dev);
struct sf_flow *sf_flow_find(struct sf_dev *dev, const struct sf_frame *frame);
void sf_flow_count(struct sf_flow *flow, const struct sf_frame *frame);

/* sf_wire.c, sf_switch.c */
enum sf_verdict sf_wire_send(struct sf_dev *from, const struct sf_frame *frame);
enum sf_verdict sf_switch_forward(struct sf_wire *wire, struct sf_station from,
		const struct sf_frame *frame);
void sf_wire_join(struct sf_wire *wire, struct sf_dev *dev);
void sf_wire_leave(struct sf_dev *dev);

/* sf_fdb.c */
void sf_fdb_learn(struct sf_wire *wire, uint64_t mac, struct sf_station at);
struct sf_station sf_fdb_find(struct sf_wire *wire, uint64_t mac);
void sf_fdb_flush(struct sf_wire *wire, struct sf_station at);

/* sf_rss.c */
void sf_headers_parse(struct sf_headers *hdrs);
bool sf_rss_hash(const struct sf_dev *dev, const struct sf_headers *hdrs,
		uint32_t *hash);
void sf_rss_build_table(struct sf_dev *dev);

/* sf_pci.c */
void sf_pci_reset(struct sf_dev *dev);
void sf_pci_write(struct sf_dev *dev, uint32_t offset, const uint8_t *buf,
		size_t len);

/* MAC addresses are kept in the low 48 bits of a word, octet 0 lowest. */
#define SF_MAC_MASK		0xffffffffffffULL
#define SF_MAC_BROADCAST	SF_MAC_MASK
#define SF_MAC_GROUP		1ULL

static inline uint64_t
sf_mac_load(const uint8_t *p)
{
	uint32_t lo;
	uint16_t hi;

	memcpy(&lo, p, sizeof(lo));
	memcpy(&hi, p + sizeof(lo), sizeof(hi));
	return lo | (uint64_t)hi << 32;
}

#endif /* SF_INTERNAL_H */
