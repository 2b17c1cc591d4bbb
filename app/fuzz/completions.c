/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * A hostile device, in the memory that net/sf_example shares with it: completions,
 * descriptors and the status line of a receive and a transmit queue, between bursts of
 * each function that there is.  The rings are memory of the sanitizer's, which sees what
 * is read or written beside them.
 *
 * Packets that are received are whole, and the application's alone.  At the end, no mbuf
 * is missing, and none is in the pool twice.
 */

#include <stdlib.h>
#include <string.h>

#include <rte_cpuflags.h>
#include <rte_mempool.h>

#include "fuzz.h"
#include "fuzz_eal.h"
#include "sf_example.h"

#define EAL_MIB 8
#define NB_MBUFS 256
#define BUF_SIZE 256
#define BURST_MAX 128
#define SEGMENTS_MAX 4
#define PRIV_SIZE RTE_MBUF_PRIV_ALIGN

/* The first octets of an input. */
struct how {
	uint8_t rx; /* modulo the functions that the processor can run */
	uint8_t tx; /* likewise */
	uint8_t flags;
};
#define HOW_LARGE 1 /* rings of twice the size */
#define HOW_LOOK 2 /* into the mbufs for their addresses */

enum op_kind {
	OP_RX, /* a burst of nb */
	OP_TX, /* likewise, of packets of 1 + at % SEGMENTS_MAX segments */
	OP_COMPLETE, /* nb packets where a device should; info and AT_* from at */
	OP_SENT, /* likewise */
	OP_CPL, /* octets to the completions, nb of them, at an offset */
	OP_RX_DESC, /* likewise */
	OP_TX_DESC, /* likewise */
	OP_STATUS, /* likewise */
	OP_LOOK, /* at descriptors, offset at */
	OP_CLEANUP, /* of nb */
	OP_RESTART, /* both queues */
	OP_NUM,
};

/*
 * One call of the driver, or one write of the device's into memory that both share, as it
 * stands in an input of libFuzzer's.  Behind a write the input has the octets to be written.
 */
struct op {
	uint8_t kind; /* modulo OP_NUM */
	uint8_t nb;
	uint16_t at;
};

static struct rte_mempool *pool;
static struct sf_port port = { .name = "fuzz.sf.0" };
static uint32_t doorbell;
static struct sf_rxq *rxq;
static struct sf_txq *txq;
static struct sf_tx_status *status;
static eth_rx_burst_t rx_burst;
static eth_tx_burst_t tx_burst;
static bool tx_chains;

/* In bits that info does not have. */
#define AT_INDEX 0x8000 /* a wrong one */
#define AT_LEN(at) ((at) >> 12 & 3) /* index in lens[] */
static const uint16_t lens[] = { 60, BUF_SIZE, 0, BUF_SIZE + 1 };

/* The device, as long as it behaves. */
static uint16_t device_next, device_gen;

/* Those with vectors need a feature of the processor; 0 is one that all have. */
static struct {
	eth_rx_burst_t burst;
	enum rte_cpu_flag_t needs;
	bool runs;
} rx_bursts[] = {
	{ .burst = sf_rx_burst },
	{ .burst = sf_rx_burst_scatter },
#ifdef RTE_ARCH_X86
	{ .burst = sf_rx_burst_sse, .needs = RTE_CPUFLAG_SSE4_2 },
	{ .burst = sf_rx_burst_avx2, .needs = RTE_CPUFLAG_AVX2 },
	{ .burst = sf_rx_burst_avx512, .needs = RTE_CPUFLAG_AVX512BW },
#endif
};

static struct {
	eth_tx_burst_t burst;
	enum rte_cpu_flag_t needs;
	bool runs;
	bool chains; /* takes packets of several segments */
} tx_bursts[] = {
	{ .burst = sf_tx_burst },
	{ .burst = sf_tx_burst_wake },
	{ .burst = sf_tx_burst_fast_free },
	{ .burst = sf_tx_burst_full, .chains = true },
	{ .burst = sf_tx_burst_full_wake, .chains = true },
#ifdef RTE_ARCH_X86
	{ .burst = sf_tx_burst_sse, .needs = RTE_CPUFLAG_SSE4_2 },
	{ .burst = sf_tx_burst_sse_fast_free_wake, .needs = RTE_CPUFLAG_SSE4_2 },
	{ .burst = sf_tx_burst_avx2, .needs = RTE_CPUFLAG_AVX2 },
	{ .burst = sf_tx_burst_avx2_fast_free_wake, .needs = RTE_CPUFLAG_AVX2 },
	{ .burst = sf_tx_burst_avx512, .needs = RTE_CPUFLAG_AVX512BW },
	{ .burst = sf_tx_burst_avx512_fast_free_wake, .needs = RTE_CPUFLAG_AVX512BW },
#endif
};

/* A device that sleeps is woken by a register; see meson.build. */
int __wrap_rte_vfio_region_write(struct rte_vfio_dev *dev, uint32_t index, uint64_t offset,
	const void *buf, size_t len);

int
__wrap_rte_vfio_region_write(struct rte_vfio_dev *dev, uint32_t index, uint64_t offset,
	const void *buf, size_t len)
{
	uint32_t value;

	RTE_SET_USED(dev);
	memcpy(&value, buf, sizeof(value));
	fuzz_assert(index == SF_BAR_REGS && offset == SF_REG_WAKE && len == sizeof(value) &&
		value == 1);
	return 0;
}

void
fuzz_start(void)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(rx_bursts); i++)
		rx_bursts[i].runs = rte_cpu_get_flag_enabled(rx_bursts[i].needs) > 0;
	for (i = 0; i < RTE_DIM(tx_bursts); i++)
		tx_bursts[i].runs = rte_cpu_get_flag_enabled(tx_bursts[i].needs) > 0;
	fuzz_eal_start(EAL_MIB);
	/* No cache, as the pool is taken whole in the end. */
	pool = rte_pktmbuf_pool_create("fuzz", NB_MBUFS, 0, PRIV_SIZE,
		BUF_SIZE + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	fuzz_need(pool != NULL, "pool");
}

static void *
zeroes(size_t len)
{
	void *there = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(len, RTE_CACHE_LINE_SIZE));

	fuzz_need(there != NULL, "memory");
	return memset(there, 0, len);
}

static void
rx_open(uint16_t size, bool look)
{
	struct rte_mbuf fresh = { .data_off = RTE_PKTMBUF_HEADROOM, .nb_segs = 1 };

	rte_mbuf_refcnt_set(&fresh, 1);
	rxq = zeroes(sizeof(*rxq) + size * sizeof(rxq->mbufs[0]));
	rxq->cpl = zeroes(size * sizeof(*rxq->cpl));
	rxq->desc = zeroes(size * sizeof(*rxq->desc));
	rxq->rearm = *sf_rearm_data(&fresh);
	rxq->size = size;
	rxq->nb_free = size - 1;
	rxq->conf_thresh = SF_BATCH;
	rxq->buf_size = BUF_SIZE;
	rxq->addr_offset = look ? 0 : sizeof(struct rte_mbuf) + PRIV_SIZE +
		RTE_PKTMBUF_HEADROOM;
	rxq->mp = pool;
	rxq->tail_db = &doorbell;
	rxq->arm_db = &doorbell;
	rxq->sw = &port.rx_sw[0];
	rxq->port = &port;
}

static void
tx_open(uint16_t size)
{
	txq = zeroes(sizeof(*txq) + size * sizeof(txq->mbufs[0]));
	txq->desc = zeroes(size * sizeof(*txq->desc));
	status = zeroes(sizeof(*status));
	txq->status = status;
	txq->size = size;
	txq->free_thresh = SF_BATCH;
	txq->tail_db = &doorbell;
	txq->port = &port;
	txq->sw = &port.tx_sw[0];
}

static void
queues_start(void)
{
	fuzz_assert(sf_rxq_fill(rxq) == 0);
	memset(status, 0, sizeof(*status));
	sf_txq_open(txq);
	device_next = 0;
	device_gen = 1;
}

static void
queues_stop(void)
{
	sf_rxq_drain(rxq);
	sf_txq_drain(txq);
}

static void
queues_open(const struct how *how)
{
	const uint16_t size = (how->flags & HOW_LARGE) != 0 ? 128 : SF_RING_SMALLEST;
	unsigned int i = how->rx % RTE_DIM(rx_bursts);

	rx_burst = rx_bursts[rx_bursts[i].runs ? i : 0].burst;
	i = how->tx % RTE_DIM(tx_bursts);
	i = tx_bursts[i].runs ? i : 0;
	tx_burst = tx_bursts[i].burst;
	tx_chains = tx_bursts[i].chains;
	rx_open(size, (how->flags & HOW_LOOK) != 0);
	tx_open(size);
	queues_start();
}

static void
queues_close(void)
{
	queues_stop();
	free(rxq->cpl);
	free(rxq->desc);
	free(rxq);
	free(txq->desc);
	free(status);
	free(txq);
}

/* Behind the mbuf: whether the application has it. */
static bool *
is_ours(struct rte_mbuf *m)
{
	return rte_mbuf_to_priv(m);
}

static void
packet_check(struct rte_mbuf *m)
{
	struct rte_mbuf *seg;
	uint32_t len = 0;
	uint16_t nb = 0;

	for (seg = m; seg != NULL; seg = seg->next) {
		fuzz_assert(nb++ < NB_MBUFS && !*is_ours(seg));
		*is_ours(seg) = true;
		fuzz_assert(seg->pool == pool && rte_mbuf_refcnt_read(seg) == 1 &&
			seg->data_off == RTE_PKTMBUF_HEADROOM && seg->data_len != 0 &&
			seg->data_len <= BUF_SIZE);
		len += seg->data_len;
	}
	fuzz_assert(nb == m->nb_segs && len == m->pkt_len && len <= SF_MAX_FRAME);
}

static void
receive(uint16_t nb)
{
	struct rte_mbuf *pkts[BURST_MAX], *seg;
	const uint16_t posted = sf_rx_posted(rxq);
	uint16_t i, n;

	n = rx_burst(rxq, pkts, nb);
	fuzz_assert(n <= nb && n <= posted && sf_rx_posted(rxq) < rxq->size);
	for (i = 0; i < n; i++)
		packet_check(pkts[i]);
	for (i = 0; i < n; i++) {
		for (seg = pkts[i]; seg != NULL; seg = seg->next)
			*is_ours(seg) = false;
		rte_pktmbuf_free(pkts[i]);
	}
}

static struct rte_mbuf *
packet_make(unsigned int nb_segs)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool), *seg;
	unsigned int i;

	if (m == NULL || rte_pktmbuf_append(m, 60) == NULL)
		return m;
	for (i = 1; i < nb_segs; i++) {
		seg = rte_pktmbuf_alloc(pool);
		if (seg == NULL || rte_pktmbuf_append(seg, 60) == NULL)
			break;
		fuzz_assert(rte_pktmbuf_chain(m, seg) == 0);
	}
	return m;
}

static void
transmit(uint16_t nb, uint16_t at)
{
	struct rte_mbuf *pkts[BURST_MAX];
	uint16_t i, n = 0;

	while (n < nb) {
		pkts[n] = packet_make(tx_chains ? 1 + at % SEGMENTS_MAX : 1);
		if (pkts[n] == NULL)
			break;
		n++;
	}
	i = tx_burst(txq, pkts, n);
	fuzz_assert(i <= n && txq->nb_free < txq->size);
	rte_pktmbuf_free_bulk(pkts + i, n - i);
}

static void
complete(uint16_t nb, uint16_t at)
{
	while (nb-- > 0) {
		rxq->cpl[device_next].cpl = (struct sf_rx_cpl) {
			.index = device_next + ((at & AT_INDEX) != 0),
			.len = lens[AT_LEN(at)],
			.info = at,
			.gen = device_gen,
		};
		if (++device_next == rxq->size) {
			device_next = 0;
			device_gen ^= 1;
		}
	}
}

static void
looks(uint16_t at)
{
	const uint16_t posted = sf_rx_posted(rxq);

	fuzz_assert(sf_rx_queue_count(rxq) <= posted);
	fuzz_assert(sf_rx_descriptor_status(rxq, at) >= 0 || at >= rxq->size);
	fuzz_assert(sf_tx_descriptor_status(txq, at) >= 0 || at >= txq->size);
}

/* Octets of the input to any place of some memory. */
static void
octets(struct fuzz_input *in, const struct op *op, void *memory, size_t size)
{
	const size_t at = op->at % size;
	size_t len = RTE_MIN((size_t)op->nb, size - at);
	const uint8_t *from = fuzz_take_some(in, &len);

	if (len != 0)
		memcpy(RTE_PTR_ADD(memory, at), from, len);
}

static void
op_run(const struct op *op, struct fuzz_input *in)
{
	switch (op->kind % OP_NUM) {
	case OP_RX:
		receive(op->nb % (BURST_MAX + 1));
		break;
	case OP_TX:
		transmit(op->nb % (BURST_MAX + 1), op->at);
		break;
	case OP_COMPLETE:
		complete(op->nb, op->at);
		break;
	case OP_SENT:
		status->head = (status->head + op->nb) % txq->size;
		break;
	case OP_CPL:
		octets(in, op, rxq->cpl, rxq->size * sizeof(*rxq->cpl));
		break;
	case OP_RX_DESC:
		octets(in, op, rxq->desc, rxq->size * sizeof(*rxq->desc));
		break;
	case OP_TX_DESC:
		octets(in, op, txq->desc, txq->size * sizeof(*txq->desc));
		break;
	case OP_STATUS:
		octets(in, op, status, sizeof(*status));
		break;
	case OP_LOOK:
		looks(op->at);
		break;
	case OP_CLEANUP:
		sf_tx_done_cleanup(txq, op->nb);
		break;
	default:
		queues_stop();
		queues_start();
	}
}

/* All mbufs are back, each once. */
static void
pool_check(void)
{
	static struct rte_mbuf *all[NB_MBUFS];
	unsigned int i;

	fuzz_assert(rte_mempool_get_bulk(pool, (void **)all, NB_MBUFS) == 0);
	for (i = 0; i < NB_MBUFS; i++) {
		fuzz_assert(!*is_ours(all[i]) && all[i]->next == NULL && all[i]->nb_segs == 1);
		*is_ours(all[i]) = true;
	}
	for (i = 0; i < NB_MBUFS; i++)
		*is_ours(all[i]) = false;
	rte_mempool_put_bulk(pool, (void **)all, NB_MBUFS);
}

void
fuzz_run(struct fuzz_input *in)
{
	struct how how;
	struct op op;

	fuzz_take(in, &how, sizeof(how));
	queues_open(&how);
	while (in->len != 0) {
		fuzz_take(in, &op, sizeof(op));
		op_run(&op, in);
	}
	queues_close();
	pool_check();
}

/* --- Devices that behave ------------------------------------------------------ */

static void
add(struct fuzz_seed *seed, enum op_kind kind, uint8_t nb, uint16_t at)
{
	const struct op op = { .kind = kind, .nb = nb, .at = at };

	fuzz_seed_add(seed, &op, sizeof(op));
}

/* A ring and a half, of plain packets, of those with offloads, and of one that goes on. */
static void
add_rounds(struct fuzz_seed *seed)
{
	static const uint16_t infos[] = {
		SF_RX_CPL_EOP, SF_RX_CPL_EOP | SF_RX_CPL_VLAN | SF_RX_CPL_HASH | SF_PTYPE_IPV4,
		SF_RX_CPL_EOP | SF_RX_CPL_MARK, 0, SF_RX_CPL_EOP,
	};
	unsigned int i;

	for (i = 0; i < 2 * RTE_DIM(infos); i++) {
		add(seed, OP_COMPLETE, 20, infos[i % RTE_DIM(infos)]);
		add(seed, OP_LOOK, 0, i * 8);
		add(seed, OP_RX, 32, 0);
		add(seed, OP_TX, 20, i);
		add(seed, OP_SENT, 20, 0);
		add(seed, OP_CLEANUP, i, 0);
	}
	add(seed, OP_RESTART, 0, 0);
	add(seed, OP_COMPLETE, 60, SF_RX_CPL_EOP);
	add(seed, OP_RX, 64, 0);
}

/* One packet of so many buffers that another is too many. */
static void
add_longest(struct fuzz_seed *seed)
{
	const struct how how = { .rx = 1 }; /* scattered */
	unsigned int left;

	fuzz_seed_add(seed, &how, sizeof(how));
	for (left = SF_MAX_FRAME / lens[0]; left > 50; left -= 50) {
		add(seed, OP_COMPLETE, 50, 0);
		add(seed, OP_RX, 50, 0);
	}
	add(seed, OP_COMPLETE, left - 1, 0);
	add(seed, OP_COMPLETE, 1, SF_RX_CPL_EOP);
	add(seed, OP_RX, 50, 0);
}

void
fuzz_seeds(void)
{
	struct fuzz_seed seed = { .len = 0 };
	struct how how = { .flags = 0 };
	char name[16];

	for (how.tx = 0; how.tx < RTE_DIM(tx_bursts); how.tx++) {
		how.rx = how.tx % RTE_DIM(rx_bursts);
		how.flags = how.tx;
		fuzz_seed_add(&seed, &how, sizeof(how));
		add_rounds(&seed);
		snprintf(name, sizeof(name), "%u", how.tx);
		fuzz_seed_save(&seed, name);
	}
	add_longest(&seed);
	fuzz_seed_save(&seed, "longest");
}
