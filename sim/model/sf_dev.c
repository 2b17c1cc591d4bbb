/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The device: life cycle, link, interrupts of vector 0.
 */

#include "sf_internal.h"

#define FEATURES_ALWAYS (SF_F_RSS | SF_F_CSUM | SF_F_VLAN | SF_F_SEGS | SF_F_TSO | \
	SF_F_MAC_TABLE | SF_F_FLOW)

uint32_t
sf_dev_features(const struct sf_dev *dev)
{
	uint32_t features = FEATURES_ALWAYS;

	if (dev->wire->type != SF_WIRE_SWITCH)
		features |= SF_F_PAUSE;
	if (dev->wire->may_sleep)
		features |= SF_F_WAKE;
	return features & ~dev->wire->lacking;
}

/* Note a cause; the interrupt is raised if the driver asked for it. */
void
sf_dev_raise(struct sf_dev *dev, uint32_t cause)
{
	dev->r.int_cause |= cause;
	if (dev->r.int_mask & cause)
		sf_plat_irq(dev->plat, SF_VEC_CONFIG);
}

/* A port has link while it and what is at the far end receive. */
void
sf_dev_update_link(struct sf_dev *dev)
{
	bool up = (dev->r.rx_mode & SF_RX_MODE_ENABLE) != 0;

	if (dev->wire->type == SF_WIRE_PAIR)
		up = up && dev->peer != NULL && (dev->peer->r.rx_mode & SF_RX_MODE_ENABLE) != 0;
	if (up == dev->r.link_up)
		return;
	dev->r.link_up = up;
	if (!up)
		sf_fdb_flush(dev->wire, (struct sf_station) { .dev = dev });
	sf_dev_raise(dev, SF_INT_LINK);
}

static void
regs_reset(struct sf_dev *dev)
{
	unsigned int i;

	for (i = 0; i < SF_NUM_STATS; i++)
		dev->stats_before[i] += dev->r.stats[i];
	memset(&dev->r, 0, sizeof(dev->r));
	dev->r.mtu = SF_MTU_DEFAULT;
	dev->r.mac = dev->perm_mac;
	if (dev->wire->type != SF_WIRE_SWITCH)
		dev->r.flow_ctrl = SF_FLOW_CTRL_PAUSE;
	memset(dev->rss_table, 0, sizeof(dev->rss_table)); /* that of the key, which is 0 */
	sf_filter_mac_written(dev);
	sf_flow_reset(dev);
}

void
sf_dev_soft_reset(struct sf_dev *dev)
{
	unsigned int q;

	for (q = 0; q < dev->nb_queues; q++) {
		sf_queue_reset(&dev->rxq[q]);
		sf_queue_reset(&dev->txq[q]);
	}
	sf_fdb_flush(dev->wire, (struct sf_station) { .dev = dev });
	regs_reset(dev);
	if (dev->db != NULL)
		memset(dev->db, 0, (size_t)dev->nb_queues * SF_DB_STRIDE);
	if (dev->peer != NULL && dev->peer != dev)
		sf_dev_update_link(dev->peer);
}

void
sf_dev_reset(struct sf_dev *dev)
{
	sf_dev_soft_reset(dev);
	memset(dev->msix_table, 0, sizeof(dev->msix_table));
	sf_pci_reset(dev);
}

void
sf_dev_set_doorbells(struct sf_dev *dev, void *db)
{
	unsigned int q;

	sf_dev_reset(dev);
	dev->db = db;
	for (q = 0; q < dev->nb_queues; q++) {
		uint8_t *page = db == NULL ? NULL : dev->db + q * SF_DB_STRIDE;

		dev->rxq[q].db = page == NULL ? NULL : (uint32_t *)(page + SF_DB_RX_TAIL);
		dev->rxq[q].db_arm = page == NULL ? NULL : (uint32_t *)(page + SF_DB_RX_ARM);
		dev->txq[q].db = page == NULL ? NULL : (uint32_t *)(page + SF_DB_TX_TAIL);
	}
	sf_dev_reset(dev);
}

/* Locally administered: 02:5f:00 and the index. */
uint64_t
sf_mac_make(uint32_t index)
{
	static const uint64_t prefix = 0x5f02;

	return prefix | (uint64_t)(index >> 16 & 0xff) << 24 |
		(uint64_t)(index >> 8 & 0xff) << 32 | (uint64_t)(index & 0xff) << 40;
}

void
sf_dev_set_perm_mac(struct sf_dev *dev, uint64_t mac)
{
	dev->perm_mac = mac;
	dev->r.mac = mac;
}

void
sf_dev_init(struct sf_dev *dev, struct sf_wire *wire, struct sf_plat *plat,
		uint32_t index, uint32_t nb_queues)
{
	unsigned int q;

	memset(dev, 0, sizeof(*dev));
	dev->plat = plat;
	dev->index = index;
	dev->nb_queues = nb_queues;
	dev->perm_mac = sf_mac_make(index);
	for (q = 0; q < SF_MAX_QUEUE_PAIRS; q++) {
		sf_queue_init(&dev->rxq[q], dev, false, (uint16_t)q);
		sf_queue_init(&dev->txq[q], dev, true, (uint16_t)q);
	}
	sf_wire_join(wire, dev);
	sf_dev_reset(dev);
}

void
sf_dev_fini(struct sf_dev *dev)
{
	sf_dev_reset(dev);
	sf_wire_leave(dev);
}

void
sf_dev_dma_removed(struct sf_dev *dev, uint64_t iova, uint64_t len)
{
	unsigned int q;

	for (q = 0; q < dev->nb_queues; q++) {
		sf_queue_dma_removed(&dev->rxq[q], iova, len);
		sf_queue_dma_removed(&dev->txq[q], iova, len);
	}
}

uint64_t
sf_dev_total(const struct sf_dev *dev, unsigned int stat)
{
	return dev->stats_before[stat] + dev->r.stats[stat];
}
