/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Offloads: what the device's feature bits are to ethdev.
 */

#include "sf_example.h"

#define RX_CSUM	(RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM | \
	RTE_ETH_RX_OFFLOAD_TCP_CKSUM)
#define TX_CSUM	(RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM | \
	RTE_ETH_TX_OFFLOAD_TCP_CKSUM)

static const struct {
	uint32_t feature;
	uint64_t rx;
	uint64_t tx;
} offloads[] = {
	{ SF_F_RSS, RTE_ETH_RX_OFFLOAD_RSS_HASH, 0 },
	{ SF_F_CSUM, RX_CSUM, TX_CSUM },
	{ SF_F_VLAN, RTE_ETH_RX_OFFLOAD_VLAN_STRIP | RTE_ETH_RX_OFFLOAD_VLAN_FILTER,
		RTE_ETH_TX_OFFLOAD_VLAN_INSERT },
	{ SF_F_SEGS, RTE_ETH_RX_OFFLOAD_SCATTER, RTE_ETH_TX_OFFLOAD_MULTI_SEGS },
	{ SF_F_TSO, 0, RTE_ETH_TX_OFFLOAD_TCP_TSO },
};

uint64_t
sf_rx_offload_capa(const struct sf_port *port)
{
	uint64_t capa = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(offloads); i++)
		if ((port->features & offloads[i].feature) != 0)
			capa |= offloads[i].rx;
	return capa;
}

uint64_t
sf_tx_offload_capa(const struct sf_port *port)
{
	uint64_t capa = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	unsigned int i;

	for (i = 0; i < RTE_DIM(offloads); i++)
		if ((port->features & offloads[i].feature) != 0)
			capa |= offloads[i].tx;
	return capa;
}

int
sf_rx_offload_configure(struct rte_eth_dev *dev)
{
	const uint64_t wanted = dev->data->dev_conf.rxmode.offloads;
	uint32_t value = 0;

	if ((wanted & RX_CSUM) != 0)
		value |= SF_RX_OFFLOAD_CSUM;
	if ((wanted & RTE_ETH_RX_OFFLOAD_VLAN_STRIP) != 0)
		value |= SF_RX_OFFLOAD_STRIP;
	if ((wanted & RTE_ETH_RX_OFFLOAD_VLAN_FILTER) != 0)
		value |= SF_RX_OFFLOAD_FILTER;
	return sf_write32(sf_port(dev), SF_REG_RX_OFFLOAD, value);
}
