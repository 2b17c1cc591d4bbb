/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef SF_INTERNAL_H
#define SF_INTERNAL_H

/* What the files of the model share among themselves. */

#include "sf_model.h"

/*
 * Enough for two VLAN tags, an IPv4 header with all its options and the ports.
 */
#define SF_HEADERS_MAX		128

/* A packet on its way, still in the memory of its sender. */
struct sf_frame {
	struct sf_plat_buf buf;
	uint32_t len;
};

/* Private copy of a packet's first bytes, and what they say. */
struct sf_headers {
	uint8_t data[SF_HEADERS_MAX];
	uint32_t len;
	uint16_t ptype; /* SF_PTYPE_* */
	uint16_t l3; /* offset, valid if ptype has L3 */
	uint16_t l4; /* offset, valid if ptype has L4 */
};

enum sf_verdict {
	SF_SENT, /* on the wire, whatever the receiver made of it */
	SF_HELD, /* receiver asks for a pause: try again */
	SF_NO_LINK, /* there is no receiver */
};

#define SF_LINK_SPEED		100000 /* Mb/s */
#define SF_FW_VERSION		(1 << 16 | 0 << 8 | 0)

/* sf_dev.c */
uint32_t sf_dev_features(const struct sf_dev *dev);
void sf_dev_raise(struct sf_dev *dev, uint32_t cause);
void sf_dev_update_link(struct sf_dev *dev);

/* sf_queue.c */
void sf_queue_init(struct sf_queue *q, struct sf_dev *dev, bool tx,
		uint16_t index);
void sf_queue_control(struct sf_queue *q, uint32_t ctrl);
void sf_queue_reset(struct sf_queue *q);
void sf_queue_halt(struct sf_queue *q, uint8_t code, uint64_t value);
void sf_queue_dma_removed(struct sf_queue *q, uint64_t iova, uint64_t len);

/* sf_txq.c, sf_rxq.c */
unsigned int sf_txq_poll(struct sf_queue *q);
unsigned int sf_rxq_poll_arm(struct sf_queue *q);
enum sf_verdict sf_dev_receive(struct sf_dev *dev, const struct sf_frame *frame,
		const struct sf_headers *hdrs);

/* sf_wire.c */
enum sf_verdict sf_wire_send(struct sf_dev *from, const struct sf_frame *frame,
		const struct sf_headers *hdrs);
void sf_wire_join(struct sf_wire *wire, struct sf_dev *dev);
void sf_wire_leave(struct sf_dev *dev);

/* sf_fdb.c */
void sf_fdb_learn(struct sf_wire *wire, uint64_t mac, struct sf_dev *dev);
struct sf_dev *sf_fdb_find(struct sf_wire *wire, uint64_t mac);
void sf_fdb_flush(struct sf_wire *wire, const struct sf_dev *dev);

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
