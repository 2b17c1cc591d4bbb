/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Who may come in: addresses, groups and VLANs.
 *
 * The device has one table of addresses.  Its first half holds stations, each
 * at the index that ethdev has given it (index 0, the port's own, has a
 * register of its own); the second half holds groups.
 */

#include <errno.h>

#include "sf_example.h"

static uint64_t
mac_word(const struct rte_ether_addr *addr)
{
	uint64_t mac = 0;

	memcpy(&mac, addr->addr_bytes, RTE_ETHER_ADDR_LEN);
	return mac;
}

static int
mac_table_write(const struct sf_port *port, uint32_t index, uint64_t value)
{
	return sf_write64(port, SF_REG_MAC_TABLE + index * sizeof(value), value);
}

int
sf_mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *addr)
{
	return sf_write64(sf_port(dev), SF_REG_MAC_LO, mac_word(addr));
}

int
sf_mac_addr_add(struct rte_eth_dev *dev, struct rte_ether_addr *addr, uint32_t index,
	uint32_t pool __rte_unused)
{
	/* Index 0 comes here when an application adds the port's own address once more. */
	if (index == 0)
		return sf_mac_addr_set(dev, addr);
	return mac_table_write(sf_port(dev), index, mac_word(addr) | SF_MAC_TABLE_VALID);
}

void
sf_mac_addr_remove(struct rte_eth_dev *dev, uint32_t index)
{
	mac_table_write(sf_port(dev), index, 0);
}

int
sf_set_mc_addr_list(struct rte_eth_dev *dev, struct rte_ether_addr *addrs, uint32_t nb)
{
	const struct sf_port *port = sf_port(dev);
	uint64_t table[SF_MAX_MC_ADDRS] = { 0 };
	uint32_t i;

	if ((port->features & SF_F_MAC_TABLE) == 0)
		return -ENOTSUP;
	if (nb > RTE_DIM(table)) {
		SF_LOG(ERR, driver, port, "%u multicast addresses, there is room for %zu", nb,
			RTE_DIM(table));
		return -ENOSPC;
	}
	for (i = 0; i < nb; i++) {
		if (!rte_is_multicast_ether_addr(&addrs[i])) {
			SF_LOG(ERR, driver, port, "address %u of %u is not multicast", i, nb);
			return -EINVAL;
		}
		table[i] = mac_word(&addrs[i]) | SF_MAC_TABLE_VALID;
	}
	return sf_write(port, SF_REG_MAC_TABLE + SF_MAX_MAC_ADDRS * sizeof(table[0]), table,
			sizeof(table));
}

int
sf_vlan_filter_set(struct rte_eth_dev *dev, uint16_t id, int on)
{
	const struct sf_port *port = sf_port(dev);
	const uint32_t reg = SF_REG_VLAN_TABLE + id / 32 * sizeof(uint32_t);
	uint32_t word;
	int ret;

	ret = sf_read32(port, reg, &word);
	if (ret < 0)
		return ret;
	if (on)
		word |= RTE_BIT32(id % 32);
	else
		word &= ~RTE_BIT32(id % 32);
	return sf_write32(port, reg, word);
}

/* What is on and off now is in the port's configuration already. */
int
sf_vlan_offload_set(struct rte_eth_dev *dev, int mask __rte_unused)
{
	return sf_rx_offload_configure(dev);
}
