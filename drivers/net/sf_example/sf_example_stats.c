/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Statistics.  The device counts, the data path does not, apart from what only
 * the driver can see go wrong.  The device's counters cannot be set to zero
 * without a reset of everything, so ours is a subtraction.
 */

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "sf_example.h"
#include "sf_example_compat.h"

/*
 * Everything since the device was reset, of so many queues of the device's; what the
 * driver counts, of all: a queue that is not configured now keeps its counters.
 */
static int
stats_read(const struct rte_eth_dev *dev, uint16_t nb_rx, uint16_t nb_tx, struct sf_stats *stats)
{
	const struct sf_port *port = sf_port(dev);
	unsigned int i;
	int ret;

	RTE_BUILD_BUG_ON(offsetof(struct sf_queue_stats, sw) != SF_Q_STATS_LEN);

	memset(stats, 0, sizeof(*stats));
	for (i = 0; i < RTE_DIM(stats->rxq); i++) {
		stats->rxq[i].sw = port->rx_sw[i];
		stats->txq[i].sw = port->tx_sw[i];
	}
	ret = sf_read(port, SF_REG_STATS, stats->port, sizeof(stats->port));
	for (i = 0; i < nb_rx && ret == 0; i++)
		ret = sf_read(port, SF_REG_RXQ(i) + SF_Q_STAT_PACKETS, &stats->rxq[i],
				SF_Q_STATS_LEN);
	for (i = 0; i < nb_tx && ret == 0; i++)
		ret = sf_read(port, SF_REG_TXQ(i) + SF_Q_STAT_PACKETS, &stats->txq[i],
				SF_Q_STATS_LEN);
	return ret;
}

/*
 * Everything since the last sf_stats_reset(): the port's, those of the configured
 * queues, and of the others what the driver counts.
 */
static int
stats_since_reset(const struct rte_eth_dev *dev, struct sf_stats *stats)
{
	const uint64_t *base = (const uint64_t *)&sf_port(dev)->base;
	uint64_t *counter = (uint64_t *)stats;
	size_t i;
	int ret;

	ret = stats_read(dev, dev->data->nb_rx_queues, dev->data->nb_tx_queues, stats);
	for (i = 0; i < sizeof(*stats) / sizeof(*counter) && ret == 0; i++)
		counter[i] -= base[i];
	return ret;
}

/* Of all queues, also those that are not configured now. */
int
sf_stats_reset(struct rte_eth_dev *dev)
{
	struct sf_port *port = sf_port(dev);
	struct sf_stats now;
	int ret;

	ret = stats_read(dev, port->max_queues, port->max_queues, &now);
	if (ret == 0)
		port->base = now;
	return ret;
}

static void
queue_stats_get(const struct rte_eth_dev *dev, const struct sf_stats *s,
	struct eth_queue_stats *qstats)
{
	int i;

	for (i = 0; i < RTE_MIN(dev->data->nb_rx_queues, RTE_ETHDEV_QUEUE_STAT_CNTRS); i++) {
		qstats->q_ipackets[i] = s->rxq[i].packets;
		qstats->q_ibytes[i] = s->rxq[i].bytes;
		qstats->q_errors[i] = s->rxq[i].drops + s->rxq[i].sw.errors;
	}
	for (i = 0; i < RTE_MIN(dev->data->nb_tx_queues, RTE_ETHDEV_QUEUE_STAT_CNTRS); i++) {
		qstats->q_opackets[i] = s->txq[i].packets;
		qstats->q_obytes[i] = s->txq[i].bytes;
	}
}

int
sf_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats,
	struct eth_queue_stats *qstats)
{
	struct sf_stats s;
	unsigned int i;
	int ret;

	ret = stats_since_reset(dev, &s);
	if (ret < 0)
		return ret;
	stats->ipackets = s.port[SF_STAT_RX_PACKETS];
	stats->ibytes = s.port[SF_STAT_RX_BYTES];
	stats->imissed = s.port[SF_STAT_RX_NO_DESC];
	stats->ierrors = s.port[SF_STAT_RX_TOO_LONG];
	stats->opackets = s.port[SF_STAT_TX_PACKETS];
	stats->obytes = s.port[SF_STAT_TX_BYTES];
	stats->oerrors = s.port[SF_STAT_TX_TOO_LONG] + s.port[SF_STAT_TX_NO_LINK] +
		s.port[SF_STAT_TX_BAD];
	stats->rx_nombuf = 0;
	for (i = 0; i < RTE_DIM(s.rxq); i++) {
		stats->ierrors += s.rxq[i].sw.errors;
		stats->rx_nombuf += s.rxq[i].sw.no_mbuf;
		stats->oerrors += s.txq[i].sw.errors;
	}
	if (qstats != NULL)
		queue_stats_get(dev, &s, qstats);
	return 0;
}

/* --- Extended statistics: what is not in the basic ones ---------------------- */

static const struct {
	const char *name;
	unsigned int stat;
} port_xstats[] = {
	{ "rx_no_descriptor", SF_STAT_RX_NO_DESC },
	{ "rx_too_long", SF_STAT_RX_TOO_LONG },
	{ "rx_filtered", SF_STAT_RX_FILTERED },
	{ "rx_multicast_packets", SF_STAT_RX_MULTICAST },
	{ "rx_broadcast_packets", SF_STAT_RX_BROADCAST },
	{ "rx_bad_checksum", SF_STAT_RX_BAD_CSUM },
	{ "rx_vlan_filtered", SF_STAT_RX_VLAN },
	{ "rx_flow_dropped", SF_STAT_RX_FLOW },
	{ "tx_too_long", SF_STAT_TX_TOO_LONG },
	{ "tx_no_link", SF_STAT_TX_NO_LINK },
	{ "tx_bad", SF_STAT_TX_BAD },
	{ "queue_halts", SF_STAT_HALTS },
};

/* The one of a port that the device does not count. */
#define KEPT_MBUFS	"kept_mbufs"
#define KEPT_MBUFS_ID	RTE_DIM(port_xstats)

struct queue_xstat {
	const char *name;
	size_t offset; /* in struct sf_queue_stats */
};

static const struct queue_xstat rxq_xstats[] = {
	{ "drops", offsetof(struct sf_queue_stats, drops) },
	{ "bad_completions", offsetof(struct sf_queue_stats, sw.errors) },
	{ "mbuf_alloc_failed", offsetof(struct sf_queue_stats, sw.no_mbuf) },
};

static const struct queue_xstat txq_xstats[] = {
	{ "drops", offsetof(struct sf_queue_stats, drops) },
	{ "bad_mbufs", offsetof(struct sf_queue_stats, sw.errors) },
};

static unsigned int
xstats_count(const struct rte_eth_dev *dev)
{
	return KEPT_MBUFS_ID + 1 + dev->data->nb_rx_queues * RTE_DIM(rxq_xstats) +
		dev->data->nb_tx_queues * RTE_DIM(txq_xstats);
}

static unsigned int
queue_names(struct rte_eth_xstat_name *names, const char *prefix, uint16_t nb_queues,
	const struct queue_xstat *table, unsigned int nb)
{
	unsigned int q, i, n = 0;

	for (q = 0; q < nb_queues; q++)
		for (i = 0; i < nb; i++)
			snprintf(names[n++].name, sizeof(names[0].name), "%s_q%u_%s", prefix, q,
				table[i].name);
	return n;
}

static unsigned int
queue_values(struct rte_eth_xstat *xstats, const struct sf_queue_stats *stats,
	uint16_t nb_queues, const struct queue_xstat *table, unsigned int nb)
{
	unsigned int q, i, n = 0;

	for (q = 0; q < nb_queues; q++)
		for (i = 0; i < nb; i++)
			xstats[n++].value = *(const uint64_t *)
				RTE_PTR_ADD(&stats[q], table[i].offset);
	return n;
}

int
sf_xstats_get_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names,
	unsigned int n)
{
	const unsigned int count = xstats_count(dev);
	unsigned int i;

	if (names == NULL || n < count)
		return count;
	for (i = 0; i < RTE_DIM(port_xstats); i++)
		snprintf(names[i].name, sizeof(names[i].name), "%s", port_xstats[i].name);
	snprintf(names[i++].name, sizeof(names[0].name), KEPT_MBUFS);
	i += queue_names(&names[i], "rx", dev->data->nb_rx_queues, rxq_xstats,
			RTE_DIM(rxq_xstats));
	queue_names(&names[i], "tx", dev->data->nb_tx_queues, txq_xstats, RTE_DIM(txq_xstats));
	return count;
}

int
sf_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned int n)
{
	const unsigned int count = xstats_count(dev);
	struct sf_stats s;
	unsigned int i;
	int ret;

	if (xstats == NULL || n < count)
		return count;
	ret = stats_since_reset(dev, &s);
	if (ret < 0)
		return ret;
	for (i = 0; i < RTE_DIM(port_xstats); i++)
		xstats[i].value = s.port[port_xstats[i].stat];
	xstats[i++].value = sf_port(dev)->kept_mbufs; /* now, not since a reset */
	i += queue_values(&xstats[i], s.rxq, dev->data->nb_rx_queues, rxq_xstats,
			RTE_DIM(rxq_xstats));
	queue_values(&xstats[i], s.txq, dev->data->nb_tx_queues, txq_xstats,
			RTE_DIM(txq_xstats));
	for (i = 0; i < count; i++)
		xstats[i].id = i;
	return count;
}

/* Of a device that does not answer any more there is one that can be had. */
int
sf_xstats_get_by_id(struct rte_eth_dev *dev, const uint64_t *ids, uint64_t *values,
	unsigned int n)
{
	struct rte_eth_xstat xstats[RTE_DIM(port_xstats) + 1 +
		SF_MAX_QUEUE_PAIRS * (RTE_DIM(rxq_xstats) + RTE_DIM(txq_xstats))];
	const unsigned int count = xstats_count(dev);
	unsigned int i;
	int ret;

	if (ids == NULL && n < count)
		return count;
	if (ids != NULL && n == 1 && ids[0] == KEPT_MBUFS_ID) {
		values[0] = sf_port(dev)->kept_mbufs;
		return 1;
	}
	ret = sf_xstats_get(dev, xstats, count);
	if (ret < 0)
		return ret;
	for (i = 0; i < (ids != NULL ? n : count); i++) {
		if (ids != NULL && ids[i] >= count)
			return -EINVAL;
		values[i] = xstats[ids != NULL ? ids[i] : i].value;
	}
	return i;
}
