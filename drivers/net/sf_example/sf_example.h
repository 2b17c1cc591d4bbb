/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef SF_EXAMPLE_H
#define SF_EXAMPLE_H

/*
 * Soft state of the driver: what it remembers about a port and its queues.
 *
 * A queue is a ring of descriptors in host memory, and beside it an array with
 * the mbuf that each descriptor stands for.  Indexes run 0..size-1 and wrap.
 * One entry is always left unused, so that full and empty rings differ.
 *
 * Rx: the driver posts empty buffers at "tail", the device fills them in order
 * and writes completions, the driver picks these up at "next".
 *
 *            next               (device)               tail
 *             |                    |                    |
 *   ..........|FFFFFFFFFFFFFFFFFFFF|EEEEEEEEEEEEEEEEEEEE|..........
 *    nb_free     filled, completion   empty, posted,       nb_free
 *    (no mbuf)   written, not seen    device's to fill     (no mbuf)
 *
 *   The mbufs from next to tail belong to the ring; the application owns an
 *   mbuf from the moment the burst function returns it.  Whether a completion
 *   is new is told by its generation bit: 1 on the device's first pass over
 *   the ring, 0 on the second, and so on.  No register is ever read.
 *
 * Tx: the driver puts packets at "tail", the device sends them in order and
 * writes the index it has come to into the status line; the driver frees mbufs
 * from "clean" on.
 *
 *            clean              (device)               tail
 *             |                    |                    |
 *   ..........|SSSSSSSSSSSSSSSSSSSS|QQQQQQQQQQQQQQQQQQQQ|..........
 *    nb_free     sent, mbuf to be     queued, device's     nb_free
 *    (no mbuf)   freed (nb_done of    to read              (no mbuf)
 *                them known)
 *
 *   The mbufs from clean to tail belong to the ring.
 *
 * "tail" is published by a doorbell: a store to a page of the device that is
 * mapped into this process.
 *
 * Nothing here is locked: a queue is used by one thread at a time, and a port
 * is controlled by one thread at a time, as ethdev demands.  The interrupt
 * thread reads registers, clears interrupt causes, and sets the link status, "gone" and
 * "removal_told".  Other processes come in through gates, see struct sf_gate.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <ethdev_driver.h>
#include <rte_common.h>
#include <rte_flow.h>
#include <rte_io.h>
#include <rte_log.h>
#include <rte_mbuf.h>
#include <rte_power_intrinsics.h>
#include <rte_vfio_dev.h>

#include "sf_example_compat.h"
#include "sf_example_hw.h"

/* Rx buffers are posted in batches, Tx mbufs freed in batches, of this size. */
#define SF_BATCH		32
#define SF_RING_DEFAULT		512
#define SF_RING_SMALLEST	(2 * SF_BATCH)

/* Ethernet header and one VLAN tag: what a frame has on top of the MTU. */
#define SF_L2_OVERHEAD		(RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN)

/* A completion, and the two words in which the driver reads it. */
union sf_rx_cpl_words {
	struct sf_rx_cpl cpl;
	uint64_t word[2];
};

/* What the driver itself counts of a queue; the device counts the rest. */
struct sf_sw_stats {
	uint64_t errors; /* Rx: bad completions; Tx: mbufs the device cannot take */
	uint64_t no_mbuf; /* Rx: buffers that could not be allocated */
};

/* Counters of a queue: three from the device, in its order, then ours. */
struct sf_queue_stats {
	uint64_t packets;
	uint64_t bytes;
	uint64_t drops;
	struct sf_sw_stats sw;
};

/* All counters of a port. */
struct sf_stats {
	uint64_t port[SF_NUM_STATS];
	struct sf_queue_stats rxq[SF_MAX_QUEUE_PAIRS];
	struct sf_queue_stats txq[SF_MAX_QUEUE_PAIRS];
};

struct sf_port;

struct sf_rxq {
	/* Used for every packet. */
	union sf_rx_cpl_words *cpl; /* completion ring */
	struct sf_rx_desc *desc; /* descriptor ring */
	uint64_t rearm; /* mbuf::rearm_data of a fresh packet */
	uint16_t size;
	uint16_t next; /* next completion to read */
	uint16_t tail; /* next buffer to post; a multiple of SF_BATCH */
	uint16_t nb_free; /* entries that can be posted */
	uint16_t free_thresh; /* post when nb_free has come to this */
	uint16_t buf_size;
	uint16_t gen; /* generation of a new completion at next */
	uint16_t addr_offset; /* of a buffer's IOVA from its mbuf; 0: look into the mbuf */
	struct rte_mbuf *first; /* of a packet whose end is yet to come, or NULL */
	struct rte_mbuf *last; /* likewise */
	struct rte_mempool *mp;
	volatile void *tail_db;
	struct sf_sw_stats *sw; /* in the port, outlives the queue */

	/* Control. */
	uint16_t id;
	uint16_t arm_seq; /* sequence of the last interrupt arm */
	uint16_t conf_thresh; /* free_thresh as set up: that of a stopped queue is never reached */
	bool deferred; /* not started with the port */
	bool skip; /* up to the end of a packet of several buffers, of which one was bad */
	volatile void *arm_db;
	bool exposed; /* the device may write to the rings and to what is in them */
	uint16_t lent; /* stopped, but exposed: mbufs from next on */
	struct sf_port *port;
	const struct rte_memzone *mz; /* both rings */
	struct sf_rxq *kept; /* next of port->kept_rxqs */
	struct rte_mbuf *mbufs[]; /* size entries */
};

struct sf_txq {
	/* Used for every packet. */
	struct sf_tx_desc *desc; /* descriptor ring */
	const struct sf_tx_status *status; /* written by the device */
	uint16_t size;
	uint16_t tail; /* next descriptor to fill */
	uint16_t clean; /* oldest mbuf not freed */
	uint16_t nb_free; /* descriptors that can be filled */
	uint16_t nb_done; /* from clean on, known to be sent */
	uint16_t free_thresh; /* free mbufs when nb_free is below this, or below a burst */
	bool broken; /* the status line says nothing: it had nonsense in it, or is stopped */
	bool stopped; /* nothing in the ring, and no room in it */
	volatile void *tail_db;
	struct sf_port *port;
	struct sf_sw_stats *sw; /* in the port, outlives the queue */

	/* Control. */
	uint16_t id;
	bool deferred; /* not started with the port */
	bool exposed; /* the device may access the ring and what is in it */
	uint16_t lent; /* stopped, but exposed: descriptors from clean on */
	uint32_t lent_mbufs; /* of these */
	const struct rte_memzone *mz; /* ring and status line */
	struct sf_txq *kept; /* next of port->kept_txqs */
	/*
	 * size entries: the mbuf of a packet stands at its last descriptor, and
	 * NULL at those before it.
	 */
	struct rte_mbuf *mbufs[];
};

/* A flow rule; its place in the port's table is its number. */
struct rte_flow {
	bool used;
	uint16_t nb_queues; /* Rx queues that there have to be for it */
};

/*
 * How a secondary process uses a queue of the primary's.  The gate, in shared memory, holds
 * the queue while it runs.  A function of a secondary enters the gate, finds the queue
 * there or none, and leaves.  The primary, to stop the queue, takes it out and waits
 * until nobody is inside.  Who enters says so first and then looks for the queue;
 * the primary takes it out first and then looks who is inside.  Both have a full barrier
 * in between, so one of them sees the other.
 */
struct __rte_cache_aligned sf_gate {
	RTE_ATOMIC(void *) queue; /* NULL: closed */
	uint32_t opened; /* how often: since then functions may be others */
	RTE_ATOMIC(uint32_t) user; /* process whose burst function is inside, or 0 */
	RTE_ATOMIC(uint32_t) looker; /* process that looks at descriptors, or 0; its own lock */
};

/*
 * Beside a PID in a gate: the process is dead, whoever has its PID now.  No process has a PID
 * with this bit in, so nobody takes the number for that of one that lives.
 */
#define SF_GATE_DEAD RTE_BIT32(30)

/* Those of all ports that ever have the same number, one after the other. */
struct sf_gates {
	uint32_t incarnation; /* of the port: how many there have been */
	bool attached; /* a secondary has been there */
	struct sf_gate rx[SF_MAX_QUEUE_PAIRS];
	struct sf_gate tx[SF_MAX_QUEUE_PAIRS];
};

/* rte_eth_dev_data::dev_private */
struct sf_port {
	const char *name; /* of the device, for log lines; ethdev's, which is shared */
	uint32_t features; /* SF_F_* that both sides know */
	uint16_t port_id; /* ethdev's */
	uint32_t speed; /* Mb/s */
	uint16_t max_queues; /* queue pairs */
	uint16_t ring_min; /* descriptors */
	uint16_t ring_max;
	uint16_t mtu_max;
	struct rte_ether_addr perm_mac;
	RTE_ATOMIC(bool) gone; /* set by the interrupt thread, once */
	bool removal_told; /* of the interrupt thread */
	RTE_ATOMIC(bool) removal_unwanted; /* configured so, for the interrupt thread */
	struct sf_sw_stats rx_sw[SF_MAX_QUEUE_PAIRS];
	struct sf_sw_stats tx_sw[SF_MAX_QUEUE_PAIRS];
	struct sf_stats base; /* what a statistics reset subtracts */
	uint32_t kept_mbufs; /* of queues that are stopped, but exposed */
	struct sf_rxq *kept_rxqs; /* queues that were released when exposed */
	struct sf_txq *kept_txqs;
	struct sf_gates *gates;
	struct rte_flow flows[SF_FLOW_RULES];
};

/* Device arguments, and what the user asks for with them. */
#define SF_ARG_MAC		"mac"
#define SF_ARG_PAUSE		"pause"

struct sf_devargs {
	bool has_mac;
	struct rte_ether_addr mac;
	bool has_pause;
	bool pause;
};

extern int sf_logtype_init;
extern int sf_logtype_driver;

/* type is init (setting things up) or driver (running). */
#define SF_LOG(level, type, port, fmt, ...) \
	rte_log(RTE_LOG_ ## level, sf_logtype_ ## type, "%s: " fmt "\n", \
		(port)->name, ## __VA_ARGS__)

static inline struct sf_port *
sf_port(const struct rte_eth_dev *dev)
{
	return dev->data->dev_private;
}

/* Of this process, owned by the bus; the port itself is in shared memory. */
static inline struct rte_vfio_dev *
sf_vfio(const struct sf_port *port)
{
	return rte_eth_devices[port->port_id].process_private;
}

/* --- sf_example_ethdev.c ------------------------------------------------- */

int sf_dev_infos_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info);

/*
 * A secondary process may be killed at any instruction of a burst, and then the primary frees
 * what the queue's counters say is in the ring.  So they say less before an mbuf leaves
 * the ring, and more after it has come: at worst it is lost.  This is what keeps the
 * compiler to that order.  The processor's does not matter: whoever is dead has executed all
 * that came before.
 */
#define sf_in_this_order() rte_compiler_barrier()

/* What the device writes: a word of a ring or of a queue's state. */
#define sf_dma_load(p, order) \
	rte_atomic_load_explicit((const typeof(*(p)) __rte_atomic *)(p), \
		rte_memory_order_ ## order)

/* --- sf_example_gate.c --------------------------------------------------- */

/* The gates of a port; NULL if there is no memory, or in a secondary there are none. */
struct sf_gates *sf_gates_get(uint16_t port_id);
void sf_gate_open(struct sf_gate *gate, void *queue);
/* How long processes have to leave the gates that are closed together. */
struct sf_leave {
	uint64_t by; /* in timer cycles */
	uint32_t dead; /* found dead last: no other gate waits for that process again */
};
struct sf_leave sf_leave_begin(void);
/* Also true of one that runs in another PID namespace. */
bool sf_process_has_died(uint32_t pid);
/* False if one is still inside then, and so may use the queue. */
bool sf_gate_close(struct sf_gate *gate, struct sf_leave *leave);

/* --- sf_example_secondary.c ---------------------------------------------- */

/* Take the primary process's port into use, arg being the auxiliary device. */
int sf_secondary_init(struct rte_eth_dev *dev, void *arg);
/* What comes after that, and after ethdev's part. */
void sf_secondary_ready(struct rte_eth_dev *dev);
int sf_secondary_uninit(struct rte_eth_dev *dev);

/* --- sf_example_ctrl.c: registers ---------------------------------------- */

/*
 * Access registers.  0, or a negative errno after a log line, except that
 * -ENODEV, the device is gone, stays quiet: that has been reported once.
 */
int sf_read(const struct sf_port *port, uint32_t reg, void *buf, size_t len);
int sf_write(const struct sf_port *port, uint32_t reg, const void *buf, size_t len);

static inline int
sf_read32(const struct sf_port *port, uint32_t reg, uint32_t *value)
{
	return sf_read(port, reg, value, sizeof(*value));
}

static inline int
sf_write32(const struct sf_port *port, uint32_t reg, uint32_t value)
{
	return sf_write(port, reg, &value, sizeof(value));
}

static inline int
sf_write64(const struct sf_port *port, uint32_t reg, uint64_t value)
{
	return sf_write(port, reg, &value, sizeof(value));
}

/* What an SF_ERR_* code means. */
const char *sf_err_text(uint32_t code);

/* Identify and reset the device, agree on features, read its limits. */
int sf_hw_init(struct sf_port *port);

/* Let packets in, and with them the link up; or the reverse. */
int sf_hw_enable(const struct sf_port *port, bool enable);

int sf_mtu_set(struct rte_eth_dev *dev, uint16_t mtu);
int sf_promiscuous_enable(struct rte_eth_dev *dev);
int sf_promiscuous_disable(struct rte_eth_dev *dev);
int sf_allmulticast_enable(struct rte_eth_dev *dev);
int sf_allmulticast_disable(struct rte_eth_dev *dev);
int sf_link_update(struct rte_eth_dev *dev, int wait_to_complete);
int sf_set_link_up(struct rte_eth_dev *dev);
int sf_set_link_down(struct rte_eth_dev *dev);
int sf_pause_set(const struct sf_port *port, bool on);
int sf_flow_ctrl_get(struct rte_eth_dev *dev, struct rte_eth_fc_conf *conf);
int sf_flow_ctrl_set(struct rte_eth_dev *dev, struct rte_eth_fc_conf *conf);
int sf_fw_version_get(struct rte_eth_dev *dev, char *buf, size_t size);

/* The link is down, whatever the device says: 0 if it was up, or -1. */
int sf_link_clear(struct rte_eth_dev *dev);

/* --- sf_example_filter.c: who may come in -------------------------------- */

/* Addresses beside the port's own, and groups. */
#define SF_MAX_MAC_ADDRS	(SF_MAC_TABLE_SIZE / 2)
#define SF_MAX_MC_ADDRS		(SF_MAC_TABLE_SIZE / 2)

int sf_mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *addr);
int sf_mac_addr_add(struct rte_eth_dev *dev, struct rte_ether_addr *addr, uint32_t index,
	uint32_t pool);
void sf_mac_addr_remove(struct rte_eth_dev *dev, uint32_t index);
int sf_set_mc_addr_list(struct rte_eth_dev *dev, struct rte_ether_addr *addrs, uint32_t nb);
int sf_vlan_filter_set(struct rte_eth_dev *dev, uint16_t id, int on);
int sf_vlan_offload_set(struct rte_eth_dev *dev, int mask);

/* --- sf_example_flow.c --------------------------------------------------- */

int sf_flow_ops_get(struct rte_eth_dev *dev, const struct rte_flow_ops **ops);
/* 0, or -EBUSY after a log line if a rule needs more Rx queues than are configured. */
int sf_flow_check_queues(const struct rte_eth_dev *dev);
int sf_rx_metadata_negotiate(struct rte_eth_dev *dev, uint64_t *features);

/* --- sf_example_flow_pattern.c ------------------------------------------- */

/* 0, or a negative errno and the reason in error. */
int sf_flow_pattern_parse(const struct rte_flow_item *items, struct sf_flow_rule *rule,
	struct rte_flow_error *error);

/* --- sf_example_offload.c ------------------------------------------------ */

/* RTE_ETH_RX_OFFLOAD_*, RTE_ETH_TX_OFFLOAD_* that the device can do. */
uint64_t sf_rx_offload_capa(const struct sf_port *port);
uint64_t sf_tx_offload_capa(const struct sf_port *port);

/* Tell the device which Rx offloads are configured. */
int sf_rx_offload_configure(struct rte_eth_dev *dev);

/* --- sf_example_regs.c --------------------------------------------------- */

int sf_get_reg(struct rte_eth_dev *dev, struct rte_dev_reg_info *info);

/* --- sf_example_devargs.c ------------------------------------------------ */

/* 0, or -EINVAL after a log line. */
int sf_devargs_parse(const struct sf_port *port, const struct rte_devargs *devargs,
	struct sf_devargs *args);

/* --- sf_example_queue.c -------------------------------------------------- */

int sf_rx_queue_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t nb_desc,
	unsigned int socket, const struct rte_eth_rxconf *conf, struct rte_mempool *mp);
int sf_tx_queue_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t nb_desc,
	unsigned int socket, const struct rte_eth_txconf *conf);
void sf_rx_queue_release(struct rte_eth_dev *dev, uint16_t id);
void sf_tx_queue_release(struct rte_eth_dev *dev, uint16_t id);
void sf_rxq_info_get(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_rxq_info *info);
void sf_txq_info_get(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_txq_info *info);

/* Whether packets may need several Rx buffers, once all queues are set up. */
bool sf_queues_need_scatter(const struct rte_eth_dev *dev);

/*
 * Whether packets of an MTU can be received in the buffers of all Rx queues.  0, or after a log
 * line -EBUSY if the port has to be stopped for that, -EINVAL if the device cannot.
 */
int sf_queues_check_mtu(const struct rte_eth_dev *dev, uint16_t mtu);

/* Likewise for one queue. */
int sf_rxq_check_mtu(const struct rte_eth_dev *dev, const struct sf_rxq *rxq, uint16_t mtu);

/* Free a queue that is not exposed. */
void sf_rxq_free(struct sf_rxq *rxq);
void sf_txq_free(struct sf_txq *txq);

/* --- sf_example_run.c ---------------------------------------------------- */

int sf_rx_queue_start(struct rte_eth_dev *dev, uint16_t id);
int sf_tx_queue_start(struct rte_eth_dev *dev, uint16_t id);
int sf_rx_queue_stop(struct rte_eth_dev *dev, uint16_t id);
int sf_tx_queue_stop(struct rte_eth_dev *dev, uint16_t id);

/* All queues of a port; a start that fails leaves none running. */
int sf_queues_start(struct rte_eth_dev *dev);
void sf_queues_stop(struct rte_eth_dev *dev);
/* quiet: the device is known to access nothing any more. */
void sf_queues_release(struct rte_eth_dev *dev, bool quiet);

/* data_off, refcnt, nb_segs and port of an mbuf, as one word of a type that may alias them. */
typedef uint64_t __rte_may_alias sf_rearm_word;

static inline sf_rearm_word *
sf_rearm_data(struct rte_mbuf *m)
{
	return RTE_PTR_ADD(m, offsetof(struct rte_mbuf, rearm_data));
}

/* --- sf_example_rx.c ----------------------------------------------------- */

/* RTE_PTYPE_*, by SF_PTYPE_*; and RTE_MBUF_F_RX_*, by 4 bits of sf_rx_cpl::info each. */
extern const uint32_t sf_rx_ptypes[SF_PTYPE_MASK + 1];
extern const uint64_t sf_rx_flags[16]; /* bits 7:4 */
extern const uint64_t sf_rx_csum_flags[16]; /* bits 11:8 */

uint16_t sf_rx_burst(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts);

/* The same, with vectors for as many packets as are ready in groups. */
uint16_t sf_rx_burst_sse(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts);
uint16_t sf_rx_burst_avx2(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts);
uint16_t sf_rx_burst_avx512(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts);
uint16_t sf_rx_burst_neon(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts);
int sf_rx_descriptor_status(void *queue, uint16_t offset);

int sf_get_monitor_addr(void *queue, struct rte_power_monitor_cond *cond);

/* Buffers posted, filled or not. */
static inline uint16_t
sf_rx_posted(const struct sf_rxq *rxq)
{
	return rxq->size - 1 - rxq->nb_free;
}

/* From the end of the ring to its beginning; until that is done, next shows that it is not. */
static inline void
sf_rxq_wrap(struct sf_rxq *rxq)
{
	sf_in_this_order();
	rxq->gen ^= 1;
	sf_in_this_order();
	rxq->next = 0;
}

/* Post buffers; whether there were any.  The doorbell is the caller's. */
bool sf_rxq_post(struct sf_rxq *rxq);

/* Empty the ring, and fill it with buffers: 0 or -ENOMEM.  No doorbell. */
int sf_rxq_fill(struct sf_rxq *rxq);

/* Give back the buffers in the ring, lent ones included. */
void sf_rxq_drain(struct sf_rxq *rxq);

/* Have an empty ring, but leave its buffers to the device: how many more are lent. */
uint16_t sf_rxq_lend(struct sf_rxq *rxq);

/*
 * Whether a queue can be used on after a process that has died within a burst: it has not when
 * it changed the ring.  Of a scattered queue, the packet begun is dropped.  The doorbell is rung
 * again, as the process may have died before it has done so.
 */
bool sf_rxq_succeed(struct sf_rxq *rxq, bool is_scattered);

/* --- sf_example_rx_scatter.c --------------------------------------------- */

/* As sf_rx_burst(), for packets that take several buffers. */
uint16_t sf_rx_burst_scatter(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts);

/* --- sf_example_tx.c ----------------------------------------------------- */

/* fast_free: all mbufs of one pool; wake: for a device that may sleep. */
#define SF_TX_BURSTS(name) \
uint16_t name(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts); \
uint16_t name ## _wake(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts); \
uint16_t name ## _fast_free(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts); \
uint16_t name ## _fast_free_wake(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts)

SF_TX_BURSTS(sf_tx_burst);

/* Whether the device can take a packet as it is; it halts the queue over one it cannot. */
static inline bool
sf_tx_is_plain(const struct rte_mbuf *m)
{
	return m->nb_segs == 1 && m->data_len >= RTE_ETHER_HDR_LEN &&
		m->data_len <= SF_MAX_FRAME;
}

/*
 * Free the mbufs of up to nb descriptors that the device is done with; the
 * number of descriptors.
 */
uint16_t sf_tx_reclaim(struct sf_txq *txq, uint16_t nb);
uint16_t sf_tx_reclaim_fast_free(struct sf_txq *txq, uint16_t nb);

/* Put nb packets into the ring, none of them behind its end.  No doorbell. */
void sf_tx_fill(struct sf_txq *txq, struct rte_mbuf **pkts, uint16_t nb);

/* Ring the doorbell, and wake the device if it may sleep. */
static __rte_always_inline void
sf_tx_doorbell(const struct sf_txq *txq, const bool wake)
{
	rte_write32(txq->tail, txq->tail_db); /* after the descriptors */
	if (!wake)
		return;
	/*
	 * The device says that it sleeps, then looks at the doorbell once
	 * more; we ring the doorbell, then look whether it sleeps.  With a full
	 * barrier on both sides, one of the two sees the other.
	 */
	rte_mb();
	if (unlikely(sf_dma_load(&txq->status->sleeping, relaxed) != 0))
		rte_vfio_region_write32(sf_vfio(txq->port), SF_BAR_REGS, SF_REG_WAKE, 1);
}

int sf_tx_done_cleanup(void *queue, uint32_t nb);
int sf_tx_descriptor_status(void *queue, uint16_t offset);

/* Empty the ring, freeing the mbufs that are in it, lent ones included. */
void sf_txq_drain(struct sf_txq *txq);

/* Have no room in the ring, but leave its mbufs to the device: how many more are lent. */
uint32_t sf_txq_lend(struct sf_txq *txq);

/* As sf_rxq_succeed(). */
bool sf_txq_succeed(const struct sf_txq *txq);

/* Take the place of sf_txq_drain()'s empty ring by one that can be filled. */
void sf_txq_open(struct sf_txq *txq);

/* --- sf_example_{sse,avx2,avx512,neon}.c ---------------------------------- */

/* Completions that vectors deal with at a time. */
#define SF_RX_GROUP 4

/*
 * sf_rx_groups_...(): what the Rx function of this instruction set goes on with
 * if there is a group to begin with.  sf_tx_burst_...(): as sf_tx_burst(),
 * several packets at a time.
 */
#define SF_BURSTS_VEC(isa) \
uint16_t sf_rx_groups_ ## isa(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts); \
SF_TX_BURSTS(sf_tx_burst_ ## isa)

SF_BURSTS_VEC(sse);
SF_BURSTS_VEC(avx2);
SF_BURSTS_VEC(avx512);
SF_BURSTS_VEC(neon);

/* --- sf_example_tx_full.c ------------------------------------------------ */

/* With offloads and packets of several segments. */
uint16_t sf_tx_burst_full(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts);
uint16_t sf_tx_burst_full_wake(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts);
uint16_t sf_tx_prepare(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts);

/* --- sf_example_burst.c -------------------------------------------------- */

eth_rx_burst_t sf_rx_burst_select(const struct rte_eth_dev *dev);
eth_tx_burst_t sf_tx_burst_select(const struct rte_eth_dev *dev);
int sf_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_burst_mode *mode);
int sf_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_burst_mode *mode);

/* --- sf_example_stats.c -------------------------------------------------- */

int sf_stats_reset(struct rte_eth_dev *dev);
int sf_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned int n);
int sf_xstats_get_by_id(struct rte_eth_dev *dev, const uint64_t *ids, uint64_t *values,
	unsigned int n);
int sf_xstats_get_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names,
	unsigned int n);

/* --- sf_example_intr.c --------------------------------------------------- */

/*
 * From here on the application hears when the device goes away; and nothing any more,
 * unless it is the caller, in a callback.
 */
int sf_events_enable(struct rte_eth_dev *dev);
void sf_events_disable(struct rte_eth_dev *dev);

/*
 * Tell the application from EAL's interrupt thread that the port needs a reset.  Not in a
 * secondary process, which cannot reset it.
 */
void sf_tell_reset(const struct sf_port *port);

/* Interrupt vectors, while the port is started. */
int sf_intr_start(struct rte_eth_dev *dev);
void sf_intr_stop(struct rte_eth_dev *dev);
/* Those of Rx queues in a secondary process, while it has the port. */
void sf_intr_share(struct rte_eth_dev *dev);
void sf_intr_unshare(struct rte_eth_dev *dev);

/*
 * Wake who sleeps on a queue in a secondary: it may have been stopped, or started.  There are
 * interrupt vectors for that between sf_intr_start() and sf_intr_stop() only.
 */
void sf_intr_wake_queue(const struct rte_eth_dev *dev, uint16_t id);
/* The same for all queues of a port. */
void sf_intr_wake(const struct rte_eth_dev *dev);

int sf_is_removed(struct rte_eth_dev *dev);
/* Interrupt at the next completion, or at once if it is there. */
int sf_rxq_arm(struct sf_rxq *rxq);
int sf_rx_queue_intr_enable(struct rte_eth_dev *dev, uint16_t id);
int sf_rx_queue_intr_disable(struct rte_eth_dev *dev, uint16_t id);

/* --- sf_example_rss.c ---------------------------------------------------- */

/* Flow types the device can hash, as RTE_ETH_RSS_*. */
uint64_t sf_rss_capa(const struct sf_port *port);

/* 0 if the device can spread as the configuration says, or a negative errno after a log line. */
int sf_rss_check(const struct rte_eth_dev *dev);

/* Spread over the queues as the port's configuration says, which has been checked. */
int sf_rss_configure(struct rte_eth_dev *dev);
int sf_rss_hash_update(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf);
int sf_rss_hash_conf_get(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf);
int sf_rss_reta_update(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *conf,
	uint16_t size);
int sf_rss_reta_query(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *conf,
	uint16_t size);

#endif /* SF_EXAMPLE_H */
