/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef SF_MODEL_H
#define SF_MODEL_H

/*
 * The simulated sub-function, in portable C.
 *
 * A struct sf_dev is one device as a driver sees it: regions to read and
 * write, queues in the driver's memory, interrupts.  A struct sf_wire joins
 * devices: in pairs, each to itself, or all by an Ethernet switch.  Nothing
 * here owns a thread, a lock or memory.  Whoever hosts the model allocates the
 * two structs, calls sf_wire_poll() over and over to move packets, forwards
 * the driver's region accesses to sf_dev_read() and sf_dev_write() and must
 * not make two calls for the same wire at the same time.
 *
 * What the model needs from its host it takes from "sf_plat.h", which the
 * host puts on the include path (a user process and a kernel module each have
 * their own).  That header declares, best as static inline functions:
 *
 *  - the fixed-width integers, bool, size_t, errno values, memcpy, memset;
 *  - struct sf_plat: the host's side of one device, opaque here;
 *  - struct sf_plat_buf: a buffer in the driver's memory;
 *  - struct sf_plat_hint: a cache for one stream of lookups, valid when
 *    zeroed, always used in the same direction (read or write);
 *  - bool sf_plat_buf_get(plat, hint, iova, len, write, buf): look a buffer
 *    up; false if any byte is not mapped for that direction;
 *  - int sf_plat_buf_read(buf, to, len), int sf_plat_buf_write(buf, from, len),
 *    from and to being memory of the model, and
 *    int sf_plat_buf_copy(to_buf, from_buf, len): 0, or an error if the memory
 *    could not be reached after all;
 *  - void sf_plat_buf_skip(buf, len): let the buffer start so much later;
 *  - void sf_plat_buf_own(buf, addr): a buffer in the host's own memory;
 *  - void sf_plat_buf_prefetch(buf, write);
 *  - void *sf_plat_ring_map(plat, iova, len, write): contiguous view of a
 *    ring, or NULL; void sf_plat_ring_unmap(plat, ring, len);
 *  - void sf_plat_ring_pull(plat, at, len), void sf_plat_ring_push(plat, at,
 *    len): make a part of such a view what the driver has there, or make it so
 *    for the driver; nothing is to be done where they are the same memory;
 *  - void sf_plat_irq(plat, vector): raise an MSI-X vector;
 *  - void sf_plat_log(plat, fmt, ...): one line about this device;
 *  - uint64_t sf_plat_now_ns(): a clock that only goes forward;
 *  - sf_load(p), sf_load_acquire(p), sf_store(p, v), sf_store_release(p, v)
 *    for aligned 32- and 64-bit words, sf_mb(), a full barrier, and
 *    sf_prefetch(p), for an address that may be anything.
 *
 * Everything the driver can write - registers, doorbells, descriptors, packets
 * - is taken for hostile, and is read once: what has been checked is what gets
 * used.
 */

#include "sf_plat.h"
#include "sf_example_hw.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the model relies on a little-endian host"
#endif

/* Region indexes, as VFIO numbers them for PCI. */
#define SF_REGION_CONFIG	7
#define SF_NUM_REGIONS		9
#define SF_CONFIG_SIZE		256

#define SF_MTU_DEFAULT		1500
#define SF_MTU_LARGEST		(SF_MAX_FRAME - SF_FRAME_OVERHEAD)
#define SF_FRAME_OVERHEAD	18 /* Ethernet header and one VLAN tag */
#define SF_FRAME_MIN		14
#define SF_RING_MIN		32
#define SF_RING_MAX		4096

/* Bytes that the Toeplitz hash covers at most: IPv6 addresses and ports. */
#define SF_RSS_INPUT		36

/*
 * Enough for two VLAN tags, IPv4 and TCP headers with all their options, and
 * for a tag that is added.
 */
#define SF_HEADERS_MAX		(SF_TX_HDR_MAX + 4)

#define SF_FDB_SETS		256
#define SF_FDB_WAYS		4

struct sf_dev;

/* A queue, Rx or Tx. */
struct sf_queue {
	/* Datapath: only meaningful while running. */
	struct sf_queue *next; /* in the wire's list of running queues */
	struct sf_dev *dev;
	uint32_t *db; /* tail doorbell */
	uint32_t *db_arm; /* Rx: interrupt doorbell */
	void *ring; /* descriptors */
	void *cpl; /* Rx: completions; Tx: struct sf_tx_status */
	uint32_t size; /* copy of the register, fixed at start */
	uint32_t buf_size; /* likewise */
	uint32_t head; /* next descriptor the device uses */
	uint32_t tail; /* doorbell as last read */
	uint16_t gen; /* Rx: of the pass in progress */
	uint16_t arm_done; /* Rx: last interrupt sequence served */
	bool running;
	bool held; /* Tx: waits for the receiver */
	bool stalled; /* Rx: has held its sender for too long, and drops packets instead */
	bool scatter; /* Rx: a packet may take several buffers */
	uint32_t tso_done; /* Tx: segments of the packet at head that are sent */
	uint64_t hold_start; /* Rx: when it first held a sender with "hold_packets", or 0; ns */
	uint64_t hold_last; /* Rx: when a sender last found no room; ns */
	uint64_t hold_packets; /* Rx: "packets" then */
	struct sf_plat_hint hint; /* for packet buffers */
	uint64_t packets;
	uint64_t bytes;
	uint64_t drops;

	/* Control */
	bool tx;
	bool halted;
	uint8_t code; /* SF_ERR_* */
	uint16_t index;
	uint64_t base;
	uint64_t cpl_base;
	uint32_t reg_size;
	uint32_t reg_buf_size;
};

/* Registers that a reset sets to their defaults. */
struct sf_dev_regs {
	uint32_t drv_features;
	uint32_t mtu;
	uint32_t rx_mode;
	uint32_t int_cause;
	uint32_t int_mask;
	uint32_t error_info;
	uint32_t flow_ctrl;
	uint32_t rss_ctrl;
	uint32_t rx_offload;
	uint32_t flow_status;
	uint64_t mac; /* octet 0 in bits 7:0 */
	uint64_t macs[SF_MAC_TABLE_SIZE];
	uint32_t vlans[SF_VLAN_TABLE_SIZE / 32];
	struct sf_flow_rule flow_rule; /* in preparation */
	uint64_t stats[SF_NUM_STATS];
	uint8_t reta[SF_RETA_SIZE];
	uint8_t rss_key[SF_RSS_KEY_SIZE];
	bool link_up;
};

struct sf_flow {
	struct sf_flow_rule rule;
	bool valid;
	uint64_t stats[2]; /* packets, bytes */
};

struct sf_wire;

struct sf_dev {
	struct sf_plat *plat;
	struct sf_wire *wire;
	struct sf_dev *peer; /* far end; itself when looped; NULL on a switch */
	struct sf_dev *next; /* on the same wire */
	uint32_t index;
	uint8_t *db; /* doorbell pages, NULL while there are none */
	uint32_t nb_queues;
	uint64_t perm_mac;
	struct sf_dev_regs r;
	struct sf_queue rxq[SF_MAX_QUEUE_PAIRS];
	struct sf_queue txq[SF_MAX_QUEUE_PAIRS];
	uint64_t stats_before[SF_NUM_STATS]; /* sum of what resets have cleared */
	uint8_t config[SF_CONFIG_SIZE];
	uint8_t msix_table[SF_NUM_VECTORS * 16];
	uint32_t rss_table[SF_RSS_INPUT][256];
	uint32_t nb_macs; /* of r.macs to look at */
	uint32_t nb_flows; /* of flows to look at */
	struct sf_flow flows[SF_FLOW_RULES];
};

/* Private copy of a packet's first bytes, and what they say. */
struct sf_headers {
	uint8_t data[SF_HEADERS_MAX];
	uint32_t len;
	uint16_t ptype; /* SF_PTYPE_* */
	uint16_t l3; /* offset, valid if ptype has L3 */
	uint16_t l4; /* offset, valid if ptype has L4 */
	uint16_t ethertype; /* behind all tags; 0: none */
	uint16_t vlan_tci; /* of the outer tag */
	bool tagged;
};

/* A piece of a packet, in the memory of its sender. */
struct sf_seg {
	struct sf_plat_buf buf;
	uint32_t len;
};

/*
 * A packet on its way: its headers, then the segments from a place in the
 * first one on.
 */
struct sf_frame {
	struct sf_headers hdrs;
	uint32_t len; /* of all */
	uint32_t first; /* segment */
	uint32_t first_done; /* bytes of it that are not, or not here, in the packet */
	uint32_t nb_segs;
	struct sf_seg segs[SF_TX_SEGS_MAX];
};

/* A packet as the descriptors have it. */
struct sf_tx_packet {
	uint32_t len;
	uint32_t l2; /* length of headers, see SF_TX_HDR() */
	uint32_t l3;
	uint32_t l4;
	uint16_t flags; /* SF_TX_DESC_*, without EOP and CTX */
	uint16_t vlan_tci;
	uint16_t mss;
	bool has_ctx;
	uint8_t hdr[SF_HEADERS_MAX]; /* TSO: headers of the whole */
};

/* Packets that go the short way together, see sf_burst.c. */
#define SF_BURST_MAX 32

struct sf_burst {
	struct sf_plat_buf from[SF_BURST_MAX];
	uint32_t len[SF_BURST_MAX];
	uint32_t nb_cpls;
	struct sf_rx_cpl cpls[SF_BURST_MAX]; /* of those that were not dropped */
	struct sf_headers hdrs; /* of the one that is being copied */
};

enum sf_wire_type {
	SF_WIRE_PAIR,
	SF_WIRE_LOOP,
	SF_WIRE_SWITCH,
};

/*
 * A port of the switch that is not a device but the host's, which may join it
 * to an IP stack.  It is like the other ports, unless it represents a device:
 * then what the host sends on it goes to that device, and it gets from that
 * device what the switch knows no better place for.
 */
struct sf_tap {
	struct sf_tap *next; /* on the same wire */
	struct sf_wire *wire;
	bool represents;
	struct sf_dev *dev; /* the device, if it represents one that is there */
	/* Called while the wire is polled; see sf_tap_read(). */
	void (*deliver)(struct sf_tap *tap, const struct sf_frame *frame);
};

/* What is at a port; all NULL: nothing. */
struct sf_station {
	struct sf_dev *dev;
	struct sf_tap *tap;
};

/* Forwarding database of the switch: where an address was last heard. */
struct sf_fdb_entry {
	uint64_t mac;
	struct sf_station at;
};

struct sf_wire {
	enum sf_wire_type type;
	bool may_sleep; /* offer SF_F_WAKE */
	uint32_t lacking; /* SF_F_* that are not offered, for tests */
	bool stale; /* the two lists below must be rebuilt */
	uint32_t nb_running; /* queues */
	uint32_t nb_held; /* Tx queues that the last poll found waiting */
	struct sf_queue *txqs; /* running */
	struct sf_queue *rxqs; /* running */
	struct sf_dev *devs;
	struct sf_tap *taps;
	struct sf_fdb_entry fdb[SF_FDB_SETS][SF_FDB_WAYS];
	struct sf_tx_packet packet; /* the one that is being sent */
	struct sf_frame frame; /* likewise */
	struct sf_burst burst; /* those that are */
};

/* How long the host may rest, see sf_wire_doze(). */
enum sf_rest {
	SF_REST_NONE, /* there is work */
	SF_REST_NAP, /* a millisecond: somebody may not be able to wake us */
	SF_REST_SLEEP, /* until a register is accessed */
};

/*
 * Start with no device.  With may_sleep, the devices offer SF_F_WAKE and the
 * host uses sf_wire_doze().
 */
void sf_wire_init(struct sf_wire *wire, enum sf_wire_type type, bool may_sleep);

/*
 * Serve every running queue once.  Returns how much was done: packets taken
 * and interrupts raised.
 */
unsigned int sf_wire_poll(struct sf_wire *wire);

/* Number of running queues; with none, sf_wire_poll() has nothing to do. */
uint32_t sf_wire_running(struct sf_wire *wire);

/*
 * Tell the drivers that the device is about to sleep, look once more for
 * work, and say how long the host may rest.  Unless the answer is
 * SF_REST_NONE, sf_wire_wake() must follow.
 */
enum sf_rest sf_wire_doze(struct sf_wire *wire);
void sf_wire_wake(struct sf_wire *wire);

/*
 * Create a device and join it to a wire.  The index makes its MAC address, and on a
 * wire of pairs its peer: 0 and 1, 2 and 3, and so on, else any without one;
 * nb_queues is 1..SF_MAX_QUEUE_PAIRS.  It has no doorbells at first.
 */
void sf_dev_init(struct sf_dev *dev, struct sf_wire *wire, struct sf_plat *plat,
		uint32_t index, uint32_t nb_queues);

/*
 * The factory address that an index makes, and how to give a device another
 * one.  Octet 0 is in bits 7:0.
 */
uint64_t sf_mac_make(uint32_t index);
void sf_dev_set_perm_mac(struct sf_dev *dev, uint64_t mac);

/* Reset the device and take it off its wire. */
void sf_dev_fini(struct sf_dev *dev);

/*
 * Give the device its doorbell pages, SF_DB_STRIDE for each queue pair, or
 * NULL to take them away.  Resets the device.
 */
void sf_dev_set_doorbells(struct sf_dev *dev, void *db);

/*
 * As CTRL.RESET: queues stop, registers return to their defaults.  What PCI puts
 * around the function, configuration space and the MSI-X table, stays as it is.
 */
void sf_dev_soft_reset(struct sf_dev *dev);

/* As a function level reset: that, and what PCI puts around it. */
void sf_dev_reset(struct sf_dev *dev);

/* Size of a region in bytes, 0 if the device has no such region. */
uint64_t sf_dev_region_size(uint32_t region);

/*
 * Access a region.  Reads may have any length and alignment.  Writes to BAR 0
 * consist of whole aligned 32-bit words, except that the RSS key and the RETA
 * are made of octets.  Returns 0 or -EINVAL.
 */
int sf_dev_read(struct sf_dev *dev, uint32_t region, uint64_t offset,
		void *buf, size_t len);
int sf_dev_write(struct sf_dev *dev, uint32_t region, uint64_t offset,
		const void *buf, size_t len);

/*
 * The host is about to take memory away from the device: halt the queues whose
 * rings are there and forget cached lookups.
 */
void sf_dev_dma_removed(struct sf_dev *dev, uint64_t iova, uint64_t len);

/*
 * Join a port of the host's to a wire that is a switch; the rest of struct
 * sf_tap than "deliver" and "represents" is filled in.
 */
void sf_tap_join(struct sf_tap *tap, struct sf_wire *wire);
void sf_tap_leave(struct sf_tap *tap);

/* What a port represents from now on; NULL if that has gone. */
void sf_tap_set_dev(struct sf_tap *tap, struct sf_dev *dev);

/* Send a packet, not while the wire is polled.  False if it reaches nobody. */
bool sf_tap_send(struct sf_tap *tap, void *data, uint32_t len);

/* From deliver(): the packet, frame->len bytes.  0, or an error. */
int sf_tap_read(const struct sf_frame *frame, void *to);

/* A port counter since sf_dev_init(), resets or not. */
uint64_t sf_dev_total(const struct sf_dev *dev, unsigned int stat);

#endif /* SF_MODEL_H */
