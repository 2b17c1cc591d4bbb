// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (c) 2026 The auxiliary-bus driver authors */

/*
 * Representors: a network device for each port, at the far end of its
 * sub-function as seen from the switch.
 */

#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "sf_sim.h"

/* Packets that may wait for the wire's thread. */
#define QUEUE_MAX	256

struct sf_sim_rep {
	struct sf_tap tap;
	struct net_device *netdev;
	struct sk_buff_head queue;	/* to the sub-function */
};

static struct sf_sim_rep *to_rep(struct sf_tap *tap)
{
	return container_of(tap, struct sf_sim_rep, tap);
}

static netdev_tx_t rep_xmit(struct sk_buff *skb, struct net_device *netdev)
{
	struct sf_sim_rep *rep = netdev_priv(netdev);

	if (skb_linearize(skb) || eth_skb_pad(skb)) {
		netdev->stats.tx_dropped++;
		return NETDEV_TX_OK;
	}
	skb_queue_tail(&rep->queue, skb);
	if (skb_queue_len(&rep->queue) >= QUEUE_MAX)
		netif_stop_queue(netdev);
	sf_sim_wire_kick();
	return NETDEV_TX_OK;
}

static int rep_open(struct net_device *netdev)
{
	netif_start_queue(netdev);
	return 0;
}

static int rep_stop(struct net_device *netdev)
{
	netif_stop_queue(netdev);
	return 0;
}

static const struct net_device_ops rep_ops = {
	.ndo_open = rep_open,
	.ndo_stop = rep_stop,
	.ndo_start_xmit = rep_xmit,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

static void rep_drvinfo(struct net_device *netdev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, "sf_sim", sizeof(info->driver));
}

static const struct ethtool_ops rep_ethtool_ops = {
	.get_drvinfo = rep_drvinfo,
	.get_link = ethtool_op_get_link,
};

/* A packet of the sub-function's, for the IP stack.  The wire is locked. */
static void rep_deliver(struct sf_tap *tap, const struct sf_frame *frame)
{
	struct net_device *netdev = to_rep(tap)->netdev;
	struct sk_buff *skb;

	if (!netif_running(netdev))
		return;
	skb = netdev_alloc_skb_ip_align(netdev, frame->len);
	if (!skb || sf_tap_read(frame, skb_put(skb, frame->len))) {
		netdev->stats.rx_dropped++;
		kfree_skb(skb);
		return;
	}
	skb->protocol = eth_type_trans(skb, netdev);
	netdev->stats.rx_packets++;
	netdev->stats.rx_bytes += frame->len;
	netif_rx(skb);
}

static void rep_send(struct sf_sim_rep *rep, struct sk_buff *skb)
{
	struct net_device_stats *stats = &rep->netdev->stats;

	if (sf_tap_send(&rep->tap, skb->data, skb->len)) {
		stats->tx_packets++;
		stats->tx_bytes += skb->len;
	} else {
		stats->tx_errors++;
	}
	consume_skb(skb);
}

static void rep_update_carrier(struct sf_sim_rep *rep)
{
	const struct sf_dev *dev = rep->tap.dev;
	bool up = dev && dev->r.link_up;

	if (up == netif_carrier_ok(rep->netdev))
		return;
	if (up)
		netif_carrier_on(rep->netdev);
	else
		netif_carrier_off(rep->netdev);
}

unsigned int sf_sim_reps_poll(struct sf_wire *wire)
{
	unsigned int done = 0, budget;
	struct sf_sim_rep *rep;
	struct sk_buff *skb;
	struct sf_tap *tap;

	for (tap = wire->taps; tap; tap = tap->next) {
		rep = to_rep(tap);
		rep_update_carrier(rep);
		for (budget = QUEUE_MAX; budget; budget--) {
			skb = skb_dequeue(&rep->queue);
			if (!skb)
				break;
			rep_send(rep, skb);
			done++;
		}
		if (netif_queue_stopped(rep->netdev) &&
		    netif_running(rep->netdev))
			netif_wake_queue(rep->netdev);
	}
	return done;
}

static void rep_setup(struct net_device *netdev, struct sf_sim_port *port)
{
	struct sf_sim_rep *rep = netdev_priv(netdev);

	snprintf(netdev->name, IFNAMSIZ, "pf0sf%u", port->sfnum);
	netdev->netdev_ops = &rep_ops;
	netdev->ethtool_ops = &rep_ethtool_ops;
	netdev->max_mtu = SF_MTU_LARGEST;
	eth_hw_addr_random(netdev);
	netif_carrier_off(netdev);
	SET_NETDEV_DEV(netdev, port->parent);
	SET_NETDEV_DEVLINK_PORT(netdev, &port->dl_port);
	skb_queue_head_init(&rep->queue);
	rep->netdev = netdev;
	rep->tap.represents = true;
	rep->tap.deliver = rep_deliver;
}

int sf_sim_rep_add(struct sf_sim_port *port)
{
	struct net_device *netdev;
	struct sf_sim_rep *rep;
	int ret;

	if (sf_sim_wire.model.type != SF_WIRE_SWITCH)
		return 0;
	netdev = alloc_etherdev(sizeof(*rep));
	if (!netdev)
		return -ENOMEM;
	rep_setup(netdev, port);
	ret = register_netdev(netdev);
	if (ret) {
		free_netdev(netdev);
		return ret;
	}
	sf_sim_compat_port_set(&port->dl_port, netdev);
	rep = netdev_priv(netdev);
	mutex_lock(&sf_sim_wire.lock);
	sf_tap_join(&rep->tap, &sf_sim_wire.model);
	port->rep = rep;
	mutex_unlock(&sf_sim_wire.lock);
	return 0;
}

void sf_sim_rep_del(struct sf_sim_port *port)
{
	struct sf_sim_rep *rep = port->rep;

	if (!rep)
		return;
	mutex_lock(&sf_sim_wire.lock);
	port->rep = NULL;
	sf_tap_leave(&rep->tap);
	mutex_unlock(&sf_sim_wire.lock);
	sf_sim_compat_port_clear(&port->dl_port);
	unregister_netdev(rep->netdev);
	skb_queue_purge(&rep->queue);
	free_netdev(rep->netdev);
}

void sf_sim_rep_set_dev(struct sf_sim_port *port, struct sf_dev *dev)
{
	lockdep_assert_held(&sf_sim_wire.lock);
	if (port->rep)
		sf_tap_set_dev(&port->rep->tap, dev);
}
