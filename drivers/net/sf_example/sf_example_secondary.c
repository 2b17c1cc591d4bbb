/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The primary process's port in a secondary: it can be looked at, and its
 * queues be used, each by one thread of whichever process.  Configuring it is
 * the primary's, who has to have done so before.
 *
 * Queues, and what else is in the port, are in shared memory; so they hold
 * nothing that is good in one process only.  Doorbells are not: both processes
 * have their pages at the same address.
 *
 * Which burst functions a port needs is decided when it is started, and where
 * its queues are is not known before it is configured.  So the primary tells the
 * others when it starts a port and when it stops one, and goes on when they
 * have heard.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include <bus_auxiliary_driver.h>
#include <rte_errno.h>
#include <rte_string_fns.h>

#include "sf_example.h"
#include "sf_example_compat.h"

#define MP_ACTION "net_sf_example"
#define ANSWER_TIMEOUT_S 2

struct port_msg {
	uint16_t port_id;
	bool started;
};

/* --- In the primary ---------------------------------------------------------- */

/* EAL refuses a second request of a name while the first has no answer. */
static pthread_mutex_t tell_lock = PTHREAD_MUTEX_INITIALIZER;

void
sf_secondaries_tell(const struct rte_eth_dev *dev, bool started)
{
	const struct port_msg msg = { .port_id = dev->data->port_id, .started = started };
	const struct timespec timeout = { .tv_sec = ANSWER_TIMEOUT_S };
	struct rte_mp_msg request = { .len_param = sizeof(msg) };
	struct rte_mp_reply reply = { 0 };
	int ret;

	strlcpy(request.name, MP_ACTION, sizeof(request.name));
	memcpy(request.param, &msg, sizeof(msg));
	pthread_mutex_lock(&tell_lock);
	ret = rte_mp_request_sync(&request, &reply, &timeout);
	pthread_mutex_unlock(&tell_lock);
	free(reply.msgs);
	/* Where there cannot be secondary processes there is no channel either. */
	if (ret < 0 && rte_errno != ENOTSUP)
		SF_LOG(WARNING, driver, sf_port(dev),
			"not every secondary process knows that the port is %s: %s",
			started ? "started" : "stopped", rte_strerror(rte_errno));
}

/* --- In a secondary ---------------------------------------------------------- */

/* Ports of this process; with the lock, what its burst functions are. */
static struct rte_eth_dev *ports[RTE_MAX_ETHPORTS];
static pthread_mutex_t ports_lock = PTHREAD_MUTEX_INITIALIZER;

/* ethdev does this when a port is started, but only in the process that starts it. */
static void
queues_take(struct rte_eth_dev *dev, bool started)
{
	static void *no_queues[RTE_MAX_QUEUES_PER_PORT];
	struct rte_eth_fp_ops *fp = &rte_eth_fp_ops[dev->data->port_id];
	const bool configured = dev->data->rx_queues != NULL && dev->data->tx_queues != NULL;

	if (started && configured)
		sf_burst_set(dev);
	else
		sf_burst_unset(dev);
	fp->rxq.data = configured ? dev->data->rx_queues : no_queues;
	fp->txq.data = configured ? dev->data->tx_queues : no_queues;
	fp->tx_pkt_prepare = dev->tx_pkt_prepare;
	/* They are called, maybe at this moment, with queues that are there. */
	__atomic_store_n(&fp->rx_pkt_burst, dev->rx_pkt_burst, __ATOMIC_RELEASE);
	__atomic_store_n(&fp->tx_pkt_burst, dev->tx_pkt_burst, __ATOMIC_RELEASE);
}

/* On EAL's channel thread. */
static int
hear(const struct rte_mp_msg *request, const void *peer)
{
	struct rte_mp_msg reply = { .len_param = 0 };
	struct port_msg msg;

	if (request->len_param != sizeof(msg))
		return -1;
	memcpy(&msg, request->param, sizeof(msg));
	pthread_mutex_lock(&ports_lock);
	if (msg.port_id < RTE_DIM(ports) && ports[msg.port_id] != NULL)
		queues_take(ports[msg.port_id], msg.started);
	pthread_mutex_unlock(&ports_lock);
	strlcpy(reply.name, MP_ACTION, sizeof(reply.name));
	return rte_mp_reply(&reply, peer);
}

/* From the start, for a process that has none of the ports has to answer, too. */
RTE_INIT(sf_secondary_listen)
{
	rte_mp_action_register(MP_ACTION, hear);
}

/* The port goes on in the primary. */
static int
secondary_close(struct rte_eth_dev *dev)
{
	pthread_mutex_lock(&ports_lock);
	ports[dev->data->port_id] = NULL;
	pthread_mutex_unlock(&ports_lock);
	sf_intr_unshare(dev);
	return 0;
}

static const struct eth_dev_ops secondary_ops = {
	.dev_close = secondary_close,
	.dev_infos_get = sf_dev_infos_get,
	.is_removed = sf_is_removed,
	.link_update = sf_link_update,
	.flow_ctrl_get = sf_flow_ctrl_get,
	.fw_version_get = sf_fw_version_get,
	.get_reg = sf_get_reg,

	.rxq_info_get = sf_rxq_info_get,
	.txq_info_get = sf_txq_info_get,
	.rx_burst_mode_get = sf_rx_burst_mode_get,
	.tx_burst_mode_get = sf_tx_burst_mode_get,
	.tx_done_cleanup = sf_tx_done_cleanup,
	.rx_queue_intr_enable = sf_rx_queue_intr_enable,
	.rx_queue_intr_disable = sf_rx_queue_intr_disable,
	.get_monitor_addr = sf_get_monitor_addr,
	.dev_supported_ptypes_get = sf_compat_supported_ptypes_get,

	.stats_get = sf_compat_stats_get,
	.stats_reset = sf_stats_reset,
	.xstats_get = sf_xstats_get,
	.xstats_get_by_id = sf_xstats_get_by_id,
	.xstats_get_names = sf_xstats_get_names,
	.xstats_reset = sf_stats_reset,

	.rss_hash_conf_get = sf_rss_hash_conf_get,
	.reta_query = sf_rss_reta_query,
};

int
sf_secondary_init(struct rte_eth_dev *dev, void *arg)
{
	struct rte_auxiliary_device *adev = arg;
	int ret;

	dev->process_private = adev->vfio_dev;
	dev->dev_ops = &secondary_ops;
	dev->rx_queue_count = sf_compat_rx_queue_count;
	dev->rx_descriptor_status = sf_rx_descriptor_status;
	dev->tx_descriptor_status = sf_tx_descriptor_status;
	dev->intr_handle = adev->intr_handle;
	sf_burst_unset(dev);
	ret = rte_vfio_region_map(sf_vfio(sf_port(dev)), SF_BAR_REGS);
	if (ret == 0)
		sf_intr_share(dev);
	return ret;
}

/* The primary may be about to start the port, and believe that there is nobody to be told. */
void
sf_secondary_ready(struct rte_eth_dev *dev)
{
	pthread_mutex_lock(&ports_lock);
	ports[dev->data->port_id] = dev;
	queues_take(dev, true);
	pthread_mutex_unlock(&ports_lock);
}

int
sf_secondary_uninit(struct rte_eth_dev *dev)
{
	return secondary_close(dev);
}
