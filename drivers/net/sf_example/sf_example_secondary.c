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
 */

#include <bus_auxiliary_driver.h>

#include "sf_example.h"

/* The port goes on in the primary. */
static int
secondary_close(struct rte_eth_dev *dev)
{
	RTE_SET_USED(dev);
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
	.get_monitor_addr = sf_get_monitor_addr,
	.dev_supported_ptypes_get = sf_supported_ptypes_get,

	.stats_get = sf_stats_get,
	.stats_reset = sf_stats_reset,
	.xstats_get = sf_xstats_get,
	.xstats_get_names = sf_xstats_get_names,
	.xstats_reset = sf_stats_reset,

	.rss_hash_conf_get = sf_rss_hash_conf_get,
	.reta_query = sf_rss_reta_query,
};

int
sf_secondary_init(struct rte_eth_dev *dev, void *arg)
{
	struct rte_auxiliary_device *adev = arg;

	dev->process_private = adev->vfio_dev;
	dev->dev_ops = &secondary_ops;
	dev->rx_queue_count = sf_rx_queue_count;
	dev->rx_descriptor_status = sf_rx_descriptor_status;
	dev->tx_descriptor_status = sf_tx_descriptor_status;
	dev->intr_handle = adev->intr_handle;
	sf_burst_set(dev);
	return rte_vfio_region_map(sf_vfio(sf_port(dev)), SF_BAR_REGS);
}

int
sf_secondary_uninit(struct rte_eth_dev *dev)
{
	return secondary_close(dev);
}
