/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Who may come in: stations, groups and VLANs.
 */

#include "sf_internal.h"

#define VLAN_ID_MASK 0xfff

static bool
mac_in_table(const struct sf_dev *dev, uint64_t mac)
{
	unsigned int i;

	for (i = 0; i < dev->nb_macs; i++)
		if (dev->r.macs[i] == (mac | SF_MAC_TABLE_VALID))
			return true;
	return false;
}

bool
sf_filter_mac(const struct sf_dev *dev, uint64_t mac)
{
	if (dev->r.rx_mode & SF_RX_MODE_PROMISC)
		return true;
	if (mac == dev->r.mac || mac == SF_MAC_BROADCAST)
		return true;
	if ((mac & SF_MAC_GROUP) != 0 && (dev->r.rx_mode & SF_RX_MODE_ALLMULTI) != 0)
		return true;
	return mac_in_table(dev, mac);
}

/* Entries behind the last valid one need not be looked at. */
void
sf_filter_mac_written(struct sf_dev *dev)
{
	dev->nb_macs = SF_MAC_TABLE_SIZE;
	while (dev->nb_macs > 0 && (dev->r.macs[dev->nb_macs - 1] & SF_MAC_TABLE_VALID) == 0)
		dev->nb_macs--;
}

bool
sf_filter_vlan(const struct sf_dev *dev, const struct sf_headers *hdrs)
{
	const uint16_t id = hdrs->vlan_tci & VLAN_ID_MASK;

	if (!hdrs->tagged)
		return true;
	return (dev->r.vlans[id / 32] >> id % 32 & 1) != 0;
}
