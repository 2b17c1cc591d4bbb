/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The port as ethdev and the bus see it.  From the bottom up: the bus offers a
 * device, sf_probe() makes a port of it, and the application configures,
 * starts, stops and closes that.
 */

#include <errno.h>

#include <bus_auxiliary_driver.h>
#include <rte_malloc.h>

#include "sf_example.h"
#include "sf_example_compat.h"

RTE_LOG_REGISTER_SUFFIX(sf_logtype_init, init, NOTICE);
RTE_LOG_REGISTER_SUFFIX(sf_logtype_driver, driver, NOTICE);

/* --- Configuration ----------------------------------------------------------- */

int
sf_dev_infos_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	const struct sf_port *port = sf_port(dev);
	const uint16_t nb_segs = (port->features & SF_F_SEGS) != 0 ? SF_TX_SEGS_MAX : 1;
	const struct rte_eth_desc_lim desc_lim = {
		.nb_max = port->ring_max,
		.nb_min = port->ring_min,
		.nb_align = SF_RING_ALIGN,
		.nb_seg_max = nb_segs,
		.nb_mtu_seg_max = nb_segs,
	};
	const struct rte_eth_dev_portconf portconf = {
		.burst_size = SF_BATCH,
		.ring_size = RTE_MAX(port->ring_min, RTE_MIN(port->ring_max, SF_RING_DEFAULT)),
		.nb_queues = 1,
	};

	info->min_mtu = SF_MTU_MIN;
	info->max_mtu = port->mtu_max;
	info->min_rx_bufsize = SF_MTU_MIN + SF_L2_OVERHEAD;
	info->max_rx_pktlen = port->mtu_max + SF_L2_OVERHEAD;
	info->max_rx_queues = port->max_queues;
	info->max_tx_queues = port->max_queues;
	info->max_mac_addrs = (port->features & SF_F_MAC_TABLE) != 0 ? SF_MAX_MAC_ADDRS : 1;
	info->speed_capa = rte_eth_speed_bitflag(port->speed, RTE_ETH_LINK_FULL_DUPLEX);
	info->rx_desc_lim = desc_lim;
	info->tx_desc_lim = desc_lim;
	info->default_rxportconf = portconf;
	info->default_txportconf = portconf;
	info->default_rxconf.rx_free_thresh = SF_BATCH;
	info->default_txconf.tx_free_thresh = SF_BATCH;
	info->dev_capa = RTE_ETH_DEV_CAPA_RUNTIME_RX_QUEUE_SETUP |
		RTE_ETH_DEV_CAPA_RUNTIME_TX_QUEUE_SETUP | RTE_ETH_DEV_CAPA_FLOW_RULE_KEEP;
	info->rx_offload_capa = sf_rx_offload_capa(port);
	info->tx_offload_capa = sf_tx_offload_capa(port);
	info->err_handle_mode = RTE_ETH_ERROR_HANDLE_MODE_PASSIVE; /* RTE_ETH_EVENT_INTR_RESET */
	info->flow_type_rss_offloads = sf_rss_capa(port);
	if (info->flow_type_rss_offloads != 0) {
		info->reta_size = SF_RETA_SIZE;
		info->hash_key_size = SF_RSS_KEY_SIZE;
	}
	return 0;
}

/* What the device cannot do, and ethdev does not know of. */
static int
check_conf(const struct rte_eth_dev *dev)
{
	const struct rte_eth_conf *conf = &dev->data->dev_conf;
	const struct sf_port *port = sf_port(dev);
	const uint32_t speed = rte_eth_speed_bitflag(port->speed, RTE_ETH_LINK_FULL_DUPLEX);

	if (conf->lpbk_mode != 0) {
		SF_LOG(ERR, driver, port, "loopback mode %u is not supported", conf->lpbk_mode);
		return -ENOTSUP;
	}
	if ((conf->link_speeds & RTE_ETH_LINK_SPEED_FIXED) != 0 ||
			(conf->link_speeds != 0 && (conf->link_speeds & speed) == 0)) {
		SF_LOG(ERR, driver, port, "link speed cannot be set, asked for 0x%x",
			conf->link_speeds);
		return -ENOTSUP;
	}
	if ((conf->rxmode.mq_mode & ~RTE_ETH_MQ_RX_RSS_FLAG) != 0 ||
			conf->txmode.mq_mode != RTE_ETH_MQ_TX_NONE ||
			conf->dcb_capability_en != 0) {
		SF_LOG(ERR, driver, port, "multi-queue modes Rx %d, Tx %d: there is no DCB or VMDq",
			conf->rxmode.mq_mode, conf->txmode.mq_mode);
		return -ENOTSUP;
	}
	return 0;
}

/* All that can be refused is, before the device is told anything. */
static int
sf_dev_configure(struct rte_eth_dev *dev)
{
	struct rte_eth_conf *conf = &dev->data->dev_conf;
	struct sf_port *port = sf_port(dev);
	int ret;

	ret = check_conf(dev);
	if (ret == 0)
		ret = sf_rss_check(dev);
	if (ret == 0)
		ret = sf_flow_check_queues(dev);
	if (ret < 0)
		return ret;
	/* A port that is not configured yet may be told. */
	rte_atomic_store_explicit(&port->removal_unwanted, conf->intr_conf.rmv == 0,
		rte_memory_order_relaxed);
	if ((conf->rxmode.mq_mode & RTE_ETH_MQ_RX_RSS_FLAG) != 0 && sf_rss_capa(port) != 0)
		conf->rxmode.offloads |= RTE_ETH_RX_OFFLOAD_RSS_HASH;
	ret = sf_write32(port, SF_REG_MTU, dev->data->mtu);
	if (ret == 0)
		ret = sf_rx_offload_configure(dev);
	if (ret < 0)
		return ret;
	return sf_rss_configure(dev);
}

/* --- Start to close ---------------------------------------------------------- */

static void
burst_unset(struct rte_eth_dev *dev)
{
	dev->rx_pkt_burst = rte_eth_pkt_burst_dummy;
	dev->tx_pkt_burst = rte_eth_pkt_burst_dummy;
	dev->tx_pkt_prepare = rte_eth_pkt_burst_dummy;
}

static void
burst_set(struct rte_eth_dev *dev)
{
	dev->rx_pkt_burst = sf_rx_burst_select(dev);
	dev->tx_pkt_burst = sf_tx_burst_select(dev);
	dev->tx_pkt_prepare = sf_tx_prepare;
}

static int
sf_dev_start(struct rte_eth_dev *dev)
{
	int ret;

	ret = sf_queues_start(dev);
	if (ret < 0)
		return ret;
	ret = sf_intr_start(dev);
	if (ret < 0)
		goto stop_queues;
	burst_set(dev);
	/* Last: from here on packets come in, and the link goes up. */
	ret = sf_hw_enable(sf_port(dev), true);
	if (ret < 0)
		goto stop_intr;
	sf_intr_wake(dev);
	return 0;

stop_intr:
	burst_unset(dev);
	sf_intr_stop(dev);
stop_queues:
	sf_queues_stop(dev);
	return ret;
}

/* Of a device that is gone, what is on our side still gets tidied up. */
static int
sf_dev_stop(struct rte_eth_dev *dev)
{
	burst_unset(dev);
	sf_write32(sf_port(dev), SF_REG_INT_MASK, 0); /* the link goes down by our doing */
	sf_hw_enable(sf_port(dev), false);
	sf_queues_stop(dev);
	sf_intr_wake(dev);
	sf_intr_stop(dev);
	sf_link_clear(dev);
	return 0;
}

static int
sf_dev_close(struct rte_eth_dev *dev)
{
	struct rte_vfio_dev *vfio = sf_vfio(sf_port(dev));
	bool quiet;

	sf_events_disable(dev);
	quiet = sf_write32(sf_port(dev), SF_REG_CTRL, SF_CTRL_RESET) == 0;
	quiet |= rte_vfio_pci_set_bus_master(vfio, false) == 0;
	sf_queues_release(dev, quiet || rte_vfio_dev_has_ended(vfio));
	return 0;
}

static int sf_dev_init(struct rte_eth_dev *dev, void *arg);

/*
 * After an error of the device only VFIO's reset is known to help.  What ethdev holds of a
 * port, addresses and private data, outlives this.
 */
static int
sf_dev_reset(struct rte_eth_dev *dev)
{
	const struct sf_port *port = sf_port(dev);
	int ret;

	if (sf_is_removed(dev))
		return -ENODEV;
	sf_dev_close(dev);
	ret = rte_vfio_dev_reset(sf_vfio(port));
	if (ret < 0 && ret != -ENOTSUP) {
		SF_LOG(ERR, driver, port, "cannot be reset: %s", strerror(-ret));
		return ret;
	}
	return sf_dev_init(dev, RTE_ETH_DEV_TO_AUXILIARY(dev));
}

static const struct eth_dev_ops sf_eth_dev_ops = {
	.dev_configure = sf_dev_configure,
	.dev_start = sf_dev_start,
	.dev_stop = sf_dev_stop,
	.dev_close = sf_dev_close,
	.dev_reset = sf_dev_reset,
	.dev_infos_get = sf_dev_infos_get,
	.is_removed = sf_is_removed,

	.link_update = sf_link_update,
	.dev_set_link_up = sf_set_link_up,
	.dev_set_link_down = sf_set_link_down,
	.promiscuous_enable = sf_promiscuous_enable,
	.promiscuous_disable = sf_promiscuous_disable,
	.allmulticast_enable = sf_allmulticast_enable,
	.allmulticast_disable = sf_allmulticast_disable,
	.mac_addr_set = sf_mac_addr_set,
	.mac_addr_add = sf_mac_addr_add,
	.mac_addr_remove = sf_mac_addr_remove,
	.set_mc_addr_list = sf_set_mc_addr_list,
	.vlan_filter_set = sf_vlan_filter_set,
	.vlan_offload_set = sf_vlan_offload_set,
	.mtu_set = sf_mtu_set,
	.flow_ctrl_get = sf_flow_ctrl_get,
	.flow_ctrl_set = sf_flow_ctrl_set,
	.fw_version_get = sf_fw_version_get,
	.get_reg = sf_get_reg,
	.flow_ops_get = sf_flow_ops_get,
	.rx_metadata_negotiate = sf_rx_metadata_negotiate,

	.rx_queue_setup = sf_rx_queue_setup,
	.tx_queue_setup = sf_tx_queue_setup,
	.rx_queue_release = sf_rx_queue_release,
	.tx_queue_release = sf_tx_queue_release,
	.rx_queue_start = sf_rx_queue_start,
	.tx_queue_start = sf_tx_queue_start,
	.rx_queue_stop = sf_rx_queue_stop,
	.tx_queue_stop = sf_tx_queue_stop,
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

	.rss_hash_update = sf_rss_hash_update,
	.rss_hash_conf_get = sf_rss_hash_conf_get,
	.reta_update = sf_rss_reta_update,
	.reta_query = sf_rss_reta_query,
};

/* --- Probe and remove -------------------------------------------------------- */

static void
ethdev_fill(struct rte_eth_dev *dev, struct rte_auxiliary_device *adev)
{
	dev->dev_ops = &sf_eth_dev_ops;
	dev->rx_queue_count = sf_compat_rx_queue_count;
	dev->rx_descriptor_status = sf_rx_descriptor_status;
	dev->tx_descriptor_status = sf_tx_descriptor_status;
	burst_unset(dev);
	dev->intr_handle = adev->intr_handle;
	dev->data->numa_node = adev->device.numa_node;
	dev->data->dev_flags |= RTE_ETH_DEV_INTR_LSC | RTE_ETH_DEV_INTR_RMV |
		RTE_ETH_DEV_AUTOFILL_QUEUE_XSTATS;
}

static int
devargs_apply(struct rte_eth_dev *dev, const struct sf_devargs *args)
{
	const struct sf_port *port = sf_port(dev);
	struct rte_ether_addr *mac = dev->data->mac_addrs;
	int ret;

	/* A port that is reset keeps the one it has, as ethdev does with the others. */
	if (rte_is_zero_ether_addr(mac))
		rte_ether_addr_copy(args->has_mac ? &args->mac : &port->perm_mac, mac);
	ret = sf_mac_addr_set(dev, mac);
	if (ret < 0 || !args->has_pause)
		return ret;
	ret = sf_pause_set(port, args->pause);
	if (ret == -ENOTSUP)
		SF_LOG(ERR, init, port, "argument pause=1: the device has no flow control");
	return ret;
}

/* Also after a reset.  What was allocated goes with the port. */
static int
sf_dev_init(struct rte_eth_dev *dev, void *arg)
{
	struct rte_auxiliary_device *adev = arg;
	struct sf_port *port = sf_port(dev);
	struct sf_devargs args;
	int ret;

	*port = (struct sf_port) {
		.name = dev->data->name,
		.port_id = dev->data->port_id,
		.gates = port->gates, /* of a port that is reset */
	};
	if (port->gates == NULL)
		port->gates = sf_gates_get(port->port_id);
	if (port->gates == NULL)
		return -ENOMEM;
	dev->process_private = adev->vfio_dev;
	ethdev_fill(dev, adev);
	ret = sf_devargs_parse(port, adev->device.devargs, &args);
	if (ret == 0)
		ret = rte_vfio_region_map(sf_vfio(port), SF_BAR_REGS);
	if (ret == 0)
		ret = sf_hw_init(port);
	if (ret == 0)
		ret = rte_vfio_pci_set_bus_master(sf_vfio(port), true);
	if (ret == 0)
		ret = devargs_apply(dev, &args);
	return ret < 0 ? ret : sf_events_enable(dev);
}

/* What a secondary still has of a port that had the same number is none of this one's. */
static int
sf_dev_new(struct rte_eth_dev *dev, void *arg)
{
	int ret;

	/* Freed with the port. */
	dev->data->mac_addrs = rte_zmalloc("sf_mac_addrs",
		SF_MAX_MAC_ADDRS * sizeof(struct rte_ether_addr), 0);
	if (dev->data->mac_addrs == NULL)
		return -ENOMEM;
	ret = sf_dev_init(dev, arg);
	if (ret == 0)
		sf_port(dev)->gates->incarnation++;
	return ret;
}

static int
sf_dev_uninit(struct rte_eth_dev *dev)
{
	/* Through ethdev, which takes the burst functions from the application. */
	if (dev->data->dev_started)
		rte_eth_dev_stop(dev->data->port_id);
	return sf_dev_close(dev);
}

static bool
is_primary(void)
{
	return rte_eal_process_type() == RTE_PROC_PRIMARY;
}

static int
sf_probe(struct rte_auxiliary_driver *drv __rte_unused, struct rte_auxiliary_device *adev)
{
	int ret;

	ret = rte_eth_dev_create(&adev->device, adev->name, sizeof(struct sf_port), NULL, NULL,
			is_primary() ? sf_dev_new : sf_secondary_init, adev);
	if (ret == 0 && !is_primary())
		sf_secondary_ready(rte_eth_dev_allocated(adev->name));
	return ret;
}

static int
sf_remove(struct rte_auxiliary_device *adev)
{
	struct rte_eth_dev *dev = rte_eth_dev_allocated(adev->name);

	/* The application may have closed the port, which a secondary process still finds. */
	if (dev == NULL || dev->state == RTE_ETH_DEV_UNUSED)
		return 0;
	return rte_eth_dev_destroy(dev, is_primary() ? sf_dev_uninit : sf_secondary_uninit);
}

static const struct rte_auxiliary_id sf_id_table[] = {
	{
		.kind = RTE_AUXILIARY_KIND_SF,
		.name = "sf_sim.sf",
		.vendor_id = SF_PCI_VENDOR_ID,
		.device_id = SF_PCI_DEVICE_ID,
	},
	{
		.kind = RTE_AUXILIARY_KIND_MDEV,
		.vendor_id = SF_PCI_VENDOR_ID,
		.device_id = SF_PCI_DEVICE_ID,
	},
	{ 0 },
};

static struct rte_auxiliary_driver sf_driver = {
	.drv_flags = RTE_AUXILIARY_DRV_EXTENDED | RTE_AUXILIARY_DRV_NEED_VFIO,
	.id_table = sf_id_table,
	.probe = sf_probe,
	.remove = sf_remove,
};

RTE_PMD_REGISTER_AUXILIARY(net_sf_example, sf_driver);
RTE_PMD_REGISTER_PARAM_STRING(net_sf_example,
	SF_ARG_MAC "=<xx:xx:xx:xx:xx:xx> "
	SF_ARG_PAUSE "=<0|1>");
