/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef SF_EXAMPLE_HW_H
#define SF_EXAMPLE_HW_H

/*
 * Hardware interface of the simulated sub-function.
 *
 * This header is the contract between the driver and the device: registers,
 * doorbells and what both sides read and write in host memory.  It is the
 * only file that drivers/net/sf_example and sim/ share, so it knows neither
 * DPDK nor the kernel.  The data sheet, with the bring-up sequence and what
 * the device does on bad input, is doc/guides/nics/sf_example_hw.rst.
 *
 * Everything is little-endian.  Registers are 32 bits wide, aligned; a
 * register named *_LO and its *_HI neighbour may also be accessed as one
 * aligned 64-bit quantity.
 */

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
#endif

/* PCI identity, as configuration space shows it.  Not assigned by PCI-SIG. */
#define SF_PCI_VENDOR_ID	0x5f5f
#define SF_PCI_DEVICE_ID	0x5f01
#define SF_PCI_CLASS		0x020000 /* Ethernet controller */

/*
 * Regions, by VFIO PCI region index.
 * BAR 0: control registers, trapped; then one doorbell page per queue pair,
 *        mappable.  The region is therefore sparse.
 * BAR 2: MSI-X table and pending bits, trapped.
 */
#define SF_BAR_REGS		0
#define SF_BAR_REGS_SIZE	0x20000
#define SF_BAR_MSIX		2
#define SF_BAR_MSIX_SIZE	0x1000
#define SF_BAR_MSIX_PBA		0x800 /* offset of the pending bits in BAR 2 */

#define SF_MAX_QUEUE_PAIRS	16
#define SF_RETA_SIZE		128
#define SF_RSS_KEY_SIZE		40

/* MSI-X vectors: configuration, then one per Rx queue. */
#define SF_VEC_CONFIG		0
#define SF_VEC_RXQ(q)		(1 + (q))
#define SF_NUM_VECTORS		(1 + SF_MAX_QUEUE_PAIRS)

/* --- Device registers ------------------------------------------------- */

#define SF_REG_ID		0x0000 /* RO: SF_ID_MAGIC */
#define SF_ID_MAGIC		0x31584653u /* "SFX1" */
#define SF_REG_VERSION		0x0004 /* RO: major << 16 | minor */
#define SF_VERSION_MAJOR	1
#define SF_VERSION_MINOR	3
#define SF_REG_FEATURES		0x0008 /* RO: SF_F_*, what the device offers */
#define SF_REG_DRV_FEATURES	0x000c /* RW: the subset the driver accepts */
#define SF_F_RSS		(1u << 0) /* hash, key, RETA, hash in completions */
#define SF_F_PAUSE		(1u << 1) /* FLOW_CTRL works on this wire */
#define SF_F_WAKE		(1u << 2) /* the device sleeps: see sf_tx_status */
#define SF_F_CSUM		(1u << 3) /* checksums of IPv4, TCP, UDP, both ways */
#define SF_F_VLAN		(1u << 4) /* tags: insert, strip, filter */
#define SF_F_SEGS		(1u << 5) /* packets of several descriptors, both ways */
#define SF_F_TSO		(1u << 6) /* TCP segmentation; implies SF_F_CSUM, SF_F_SEGS */
#define SF_F_MAC_TABLE		(1u << 7) /* more addresses to receive */
#define SF_F_FLOW		(1u << 8) /* flow rules */
#define SF_REG_CTRL		0x0010 /* WO */
#define SF_CTRL_RESET		(1u << 0) /* done when the write has returned */
#define SF_REG_STATUS		0x0014 /* RO */
#define SF_STATUS_READY		(1u << 0)
#define SF_STATUS_LINK_UP	(1u << 1)
#define SF_STATUS_ERROR		(1u << 2) /* some queue has halted */
#define SF_REG_QUEUES		0x0018 /* RO: number of queue pairs */
#define SF_REG_RING_LIMITS	0x001c /* RO: max << 16 | min, in descriptors */
#define SF_RING_ALIGN		32 /* a ring size is a multiple of this */
#define SF_REG_MTU		0x0020 /* RW: largest Ethernet payload, bytes */
#define SF_REG_MTU_MAX		0x0024 /* RO */
#define SF_MTU_MIN		68
#define SF_REG_MAC_LO		0x0028 /* RW: octets 0..3, octet 0 in bits 7:0 */
#define SF_REG_MAC_HI		0x002c /* RW: octets 4..5 */
#define SF_REG_PERM_MAC_LO	0x0030 /* RO: factory address */
#define SF_REG_PERM_MAC_HI	0x0034
#define SF_REG_RX_MODE		0x0038 /* RW */
#define SF_RX_MODE_ENABLE	(1u << 0) /* port receives and, so, link is up */
#define SF_RX_MODE_PROMISC	(1u << 1)
#define SF_RX_MODE_ALLMULTI	(1u << 2)
#define SF_REG_LINK_SPEED	0x003c /* RO: Mb/s */
#define SF_REG_INT_CAUSE	0x0040 /* RO, write 1 to clear */
#define SF_REG_INT_MASK		0x0044 /* RW: causes that raise SF_VEC_CONFIG */
#define SF_INT_LINK		(1u << 0) /* STATUS.LINK_UP changed */
#define SF_INT_ERROR		(1u << 1) /* a queue has halted, see ERROR_INFO */
#define SF_REG_ERROR_INFO	0x0048 /* RO: last halt: code | tx << 15 | queue << 16 */
#define SF_ERROR_INFO_CODE(x)	((x) & 0xff)
#define SF_ERROR_INFO_TX(x)	(((x) >> 15) & 1)
#define SF_ERROR_INFO_QUEUE(x)	((x) >> 16)
#define SF_REG_FLOW_CTRL	0x004c /* RW */
#define SF_FLOW_CTRL_PAUSE	(1u << 0) /* out of Rx descriptors, hold the sender, do not drop */
#define SF_REG_WAKE		0x0050 /* WO: any value wakes a sleeping device */
#define SF_REG_FW_VERSION	0x0054 /* RO: major << 16 | minor << 8 | patch */
#define SF_REG_RX_OFFLOAD	0x0058 /* RW */
#define SF_RX_OFFLOAD_CSUM	(1u << 0) /* check checksums */
#define SF_RX_OFFLOAD_STRIP	(1u << 1) /* move the outer VLAN tag to the completion */
#define SF_RX_OFFLOAD_FILTER	(1u << 2) /* drop tags that VLAN_TABLE does not have */
#define SF_REG_RSS_CTRL		0x0060 /* RW: SF_RSS_*; 0 sends everything to queue RETA[0] */
#define SF_RSS_IPV4		(1u << 0)
#define SF_RSS_IPV4_TCP		(1u << 1)
#define SF_RSS_IPV4_UDP		(1u << 2)
#define SF_RSS_IPV6		(1u << 3)
#define SF_RSS_IPV6_TCP		(1u << 4)
#define SF_RSS_IPV6_UDP		(1u << 5)
#define SF_RSS_ALL		0x3fu
#define SF_REG_RSS_KEY		0x0080 /* RW: SF_RSS_KEY_SIZE octets, Toeplitz */
#define SF_REG_RETA		0x0100 /* RW: SF_RETA_SIZE octets, Rx queue numbers */

/*
 * Addresses to receive beside MAC_LO and MAC_HI, stations and groups:
 * SF_MAC_TABLE_SIZE entries of 64 bits, octet 0 in bits 7:0, and a valid bit.
 */
#define SF_REG_MAC_TABLE	0x0200 /* RW */
#define SF_MAC_TABLE_SIZE	64
#define SF_MAC_TABLE_VALID	(1ULL << 63)

/* VLAN identifiers to receive: bit n % 32 of word n / 32. */
#define SF_REG_VLAN_TABLE	0x0800 /* RW */
#define SF_VLAN_TABLE_SIZE	4096 /* bits */

/* Port counters: 64 bits, RO, cleared by reset.  May be read in one access. */
#define SF_REG_STATS		0x0400
#define SF_STAT_RX_PACKETS	0 /* delivered to an Rx ring */
#define SF_STAT_RX_BYTES	1
#define SF_STAT_RX_NO_DESC	2 /* dropped: no Rx descriptor */
#define SF_STAT_RX_TOO_LONG	3 /* dropped: over MTU or over the Rx buffer */
#define SF_STAT_RX_FILTERED	4 /* not for this station */
#define SF_STAT_TX_PACKETS	5 /* read from a Tx ring and put on the wire */
#define SF_STAT_TX_BYTES	6
#define SF_STAT_TX_TOO_LONG	7 /* dropped: over MTU */
#define SF_STAT_TX_NO_LINK	8 /* dropped: nobody at the far end */
#define SF_STAT_RX_MULTICAST	9 /* delivered, group address but not broadcast */
#define SF_STAT_RX_BROADCAST	10
#define SF_STAT_HALTS		11 /* queues halted for a bad descriptor */
#define SF_STAT_RX_BAD_CSUM	12 /* delivered, with a checksum that is wrong */
#define SF_STAT_RX_VLAN		13 /* dropped: tag not in VLAN_TABLE */
#define SF_STAT_RX_FLOW		14 /* dropped: by a flow rule */
#define SF_STAT_TX_BAD		15 /* dropped: memory taken away, or TSO of what is no IP packet */
#define SF_NUM_STATS		16

/*
 * Queue registers: one block per queue pair.
 * SIZE, BASE, CPL_BASE, BUF_SIZE may only be written while disabled.
 */
#define SF_REG_RXQ(q)		(0x1000 + (q) * 0x100)
#define SF_REG_TXQ(q)		(0x1080 + (q) * 0x100)
#define SF_Q_BASE		0x00 /* RW 64: IOVA of the descriptor ring, 64-byte aligned */
#define SF_Q_CPL_BASE		0x08 /* RW 64: Rx: completion ring; Tx: sf_tx_status; likewise */
#define SF_Q_SIZE		0x10 /* RW: descriptors */
#define SF_Q_BUF_SIZE		0x14 /* RW, Rx: bytes in every posted buffer */
#define SF_Q_CTRL		0x18 /* RW: writing ENABLE 0 -> 1 starts at index 0 */
#define SF_Q_CTRL_ENABLE	(1u << 0)
#define SF_Q_CTRL_SCATTER	(1u << 1) /* Rx, with SF_F_SEGS: several buffers for a packet */
#define SF_Q_STATE		0x1c /* RO */
#define SF_Q_STATE_RUNNING	(1u << 0)
#define SF_Q_STATE_CODE(x)	(((x) >> 8) & 0xff) /* why it halted or did not start */
#define SF_Q_STAT_PACKETS	0x40 /* RO 64 */
#define SF_Q_STAT_BYTES		0x48 /* RO 64 */
#define SF_Q_STAT_DROPS		0x50 /* RO 64: Rx: no descriptor, too long; Tx: too long, no link */
#define SF_Q_STATS_LEN		0x18

/* Why a queue halted or refused to start. */
#define SF_ERR_NONE		0
#define SF_ERR_SIZE		1 /* ring size not legal */
#define SF_ERR_ALIGN		2 /* BASE or CPL_BASE not aligned */
#define SF_ERR_RING_DMA		3 /* a ring lies outside mapped memory */
#define SF_ERR_BUF_SIZE		4 /* Rx buffer size 0 or too large */
#define SF_ERR_DOORBELL		5 /* doorbell index not below the ring size */
#define SF_ERR_DESC_DMA		6 /* a descriptor's buffer lies outside mapped memory */
#define SF_ERR_DESC_LEN		7 /* Tx packet not of 14..SF_MAX_FRAME bytes, or a segment of 0 */
#define SF_ERR_DESC_FLAGS	8 /* reserved bit set, feature not accepted, or EOP missing */
#define SF_ERR_RESET		9 /* stopped by reset or loss of its memory */
#define SF_ERR_DESC_CHAIN	10 /* more than SF_TX_SEGS_MAX segments, or context out of place */
#define SF_ERR_DESC_HDR		11 /* header lengths that are not those of the packet */
#define SF_ERR_DESC_MSS		12 /* segment size 0, or too large for a frame */

#define SF_MAX_FRAME		9018 /* MTU_MAX + Ethernet header + VLAN tag */
#define SF_TX_SEGS_MAX		40 /* descriptors of a packet, without context */
#define SF_TX_HDR_MAX		160 /* headers that offloads reach, bytes */
#define SF_TSO_MAX		65535 /* packet before segmentation, bytes */

/* --- Doorbells: one page per queue pair, mappable ------------------------ */

#define SF_DB_BASE		0x10000
#define SF_DB_STRIDE		0x1000
#define SF_DB(q)		(SF_DB_BASE + (q) * SF_DB_STRIDE)
#define SF_DB_RX_TAIL		0x00 /* next Rx index the driver will post */
#define SF_DB_TX_TAIL		0x40 /* next Tx index the driver will fill */
/*
 * Rx interrupt arm: sequence << 16 | index of the next completion that the
 * driver has not seen.  A sequence of 0 disarms.  The device raises
 * SF_VEC_RXQ(q) at most once per sequence, as soon as it has written the
 * completion at that index.  Write SF_REG_WAKE behind it.
 */
#define SF_DB_RX_ARM		0x80

/* --- Host memory --------------------------------------------------------- */

/*
 * Rings hold SIZE entries with indexes 0..SIZE-1.  The driver owns entries
 * from its tail up to, not including, the one before the device's head, so a
 * ring holds at most SIZE-1.
 */

/* Rx descriptor: a buffer of SF_Q_BUF_SIZE bytes. */
struct sf_rx_desc {
	uint64_t addr; /* IOVA */
};

/*
 * Rx completion, written by the device, one per Rx descriptor and at the same
 * index.  "gen" is 1 on the first pass over the ring, 0 on the second, and so
 * on; the driver zeroes the ring before ENABLE.  The device writes the last
 * eight bytes in one store, after everything else including the packet.
 *
 * A packet that takes several buffers fills all but the last, and has a
 * completion for each; "len" is of the buffer, the rest is of the packet and
 * the same in all of them.
 */
struct sf_rx_cpl {
	uint32_t hash; /* valid with SF_RX_CPL_HASH */
	uint16_t index; /* of this entry, for checking */
	uint16_t vlan_tci; /* valid with SF_RX_CPL_VLAN */
	uint16_t len; /* bytes written to the buffer */
	uint16_t mark; /* valid with SF_RX_CPL_MARK */
	uint16_t info; /* SF_RX_CPL_*, and SF_PTYPE_* in bits 3:0 */
	uint16_t gen; /* bit 0 */
};
#define SF_RX_CPL_EOP		(1u << 4) /* last buffer of its packet */
#define SF_RX_CPL_HASH		(1u << 5)
#define SF_RX_CPL_VLAN		(1u << 6) /* a tag was stripped */
#define SF_RX_CPL_MARK		(1u << 7) /* a flow rule has marked it */
#define SF_RX_CPL_L3_GOOD	(1u << 8) /* IPv4 header checksum; neither bit: not checked */
#define SF_RX_CPL_L3_BAD	(1u << 9)
#define SF_RX_CPL_L4_GOOD	(1u << 10) /* TCP, UDP */
#define SF_RX_CPL_L4_BAD	(1u << 11)

#define SF_PTYPE_L2		0x0
#define SF_PTYPE_IPV4		0x1
#define SF_PTYPE_IPV6		0x2
#define SF_PTYPE_L3_MASK	0x3
#define SF_PTYPE_TCP		0x4
#define SF_PTYPE_UDP		0x8
#define SF_PTYPE_L4_MASK	0xc
#define SF_PTYPE_MASK		0xf

/*
 * Tx descriptor: a segment of a packet.  What is asked of the device is said
 * in the first one of a packet; the others have no flag but EOP.  TX_TAIL is
 * only moved behind an EOP.
 *
 * A TCP or UDP checksum field holds the sum of the pseudo-header beforehand,
 * with TSO that of a pseudo-header whose length is 0.
 */
struct sf_tx_desc {
	uint64_t addr; /* IOVA */
	uint16_t len;
	uint16_t flags; /* SF_TX_DESC_*, other bits 0 */
	uint16_t vlan_tci; /* with SF_TX_DESC_VLAN, else 0 */
	uint16_t hdr; /* SF_TX_HDR() with L3, TCP, UDP or TSO, else 0 */
};
#define SF_TX_DESC_EOP		(1u << 0) /* last of its packet */
#define SF_TX_DESC_CTX		(1u << 1) /* is a struct sf_tx_ctx */
#define SF_TX_DESC_VLAN		(1u << 2) /* insert a tag */
#define SF_TX_DESC_L3		(1u << 3) /* fill in the IPv4 header checksum */
#define SF_TX_DESC_TCP		(1u << 4) /* fill in the TCP checksum */
#define SF_TX_DESC_UDP		(1u << 5) /* fill in the UDP checksum; not with TCP */
#define SF_TX_DESC_TSO		(1u << 6) /* cut up; with TCP and behind a context */

/* Lengths of the Ethernet header with tags, the IP and the TCP header, bytes. */
#define SF_TX_HDR(l2, l3, l4)	((l2) / 2 | (l3) / 4 << 7 | (l4) / 4 << 12)
#define SF_TX_HDR_L2(hdr)	(((hdr) & 0x7fu) * 2)
#define SF_TX_HDR_L3(hdr)	((((uint32_t)(hdr) >> 7) & 0x1fu) * 4)
#define SF_TX_HDR_L4(hdr)	(((uint32_t)(hdr) >> 12) * 4) /* with TSO only */

/* Context: stands before the descriptors of the packet it is for. */
struct sf_tx_ctx {
	uint64_t reserved0; /* 0 */
	uint16_t mss; /* TCP payload of a segment, bytes */
	uint16_t flags; /* SF_TX_DESC_CTX */
	uint32_t reserved1; /* 0 */
};

/*
 * Tx status line, written by the device.  Descriptors before "head" are done.
 * With SF_F_WAKE accepted, a driver that has moved TX_TAIL must, after a full
 * barrier, read "sleeping" and write SF_REG_WAKE if it is not 0.  The device
 * sets it, passes a full barrier and reads all doorbells once more before it
 * sleeps, so no packet is left behind.  Moving RX_TAIL wakes nobody and need
 * not: the device does not sleep while a sender waits for Rx descriptors.
 */
struct sf_tx_status {
	uint32_t head;
	uint32_t sleeping;
	uint32_t reserved[14];
};

/* --- Flow rules, with SF_F_FLOW ------------------------------------------- */

/*
 * A rule is put together in FLOW_RULE, and takes effect with FLOW_CMD.  Rules
 * are tried in the order of their numbers; the first that matches decides.
 */
#define SF_REG_FLOW_RULE	0x2000 /* RW: struct sf_flow_rule */
#define SF_REG_FLOW_CMD		0x2080 /* WO: SF_FLOW_CMD_* << 16 | rule */
#define SF_FLOW_CMD_SET		1
#define SF_FLOW_CMD_CLEAR	2
#define SF_FLOW_CMD_ZERO	3 /* the counters */
#define SF_REG_FLOW_STATUS	0x2084 /* RO: 0 if the last FLOW_CMD was taken */
#define SF_REG_FLOW_STATS	0x2100 /* RO 64: packets, bytes of every rule */
#define SF_FLOW_RULES		64

/* Octets of the packet, in its order; a mask of 0 matches everything. */
struct sf_flow_rule {
	uint8_t action; /* SF_FLOW_* */
	uint8_t flags; /* SF_FLOW_F_* */
	uint16_t queue; /* SF_FLOW_QUEUE; SF_FLOW_RSS: the first */
	uint16_t mark; /* SF_FLOW_F_MARK */
	uint8_t ptype; /* SF_PTYPE_* */
	uint8_t ptype_mask;
	uint16_t vlan_tci; /* SF_FLOW_F_VLAN; not in the packet's order */
	uint16_t vlan_mask;
	uint16_t ethertype; /* SF_FLOW_F_ETHERTYPE: behind all tags; not in the packet's order */
	uint16_t nb_queues; /* SF_FLOW_RSS */
	uint8_t dst_mac[6];
	uint8_t dst_mac_mask[6];
	uint8_t src_mac[6];
	uint8_t src_mac_mask[6];
	uint8_t ip_src[16]; /* IPv6, IPv4 in the first 4: only if ptype_mask makes sure of it */
	uint8_t ip_src_mask[16];
	uint8_t ip_dst[16];
	uint8_t ip_dst_mask[16];
	uint16_t src_port; /* TCP, UDP: likewise */
	uint16_t src_port_mask;
	uint16_t dst_port;
	uint16_t dst_port_mask;
};
#define SF_FLOW_PASS		0 /* as if there were no rule; for marks and counters */
#define SF_FLOW_DROP		1
#define SF_FLOW_QUEUE		2
#define SF_FLOW_RSS		3 /* queue + hash % nb_queues */
#define SF_FLOW_F_MARK		(1u << 0)
#define SF_FLOW_F_VLAN		(1u << 1) /* must have a tag, and this one */
#define SF_FLOW_F_ETHERTYPE	(1u << 2)
#define SF_FLOW_F_UNTAGGED	(1u << 3) /* must have no tag */
#define SF_FLOW_F_WHOLE		(1u << 4) /* no fragment: only if ptype_mask makes sure of IP */

#endif /* SF_EXAMPLE_HW_H */
