/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Registers: BAR 0, the MSI-X BAR and configuration space.
 */

#include "sf_internal.h"

#define Q_BLOCK 0x100
#define Q_TX 0x80
#define WORD 4

static uint32_t
lo(uint64_t v)
{
	return (uint32_t)v;
}

static uint32_t
hi(uint64_t v)
{
	return (uint32_t)(v >> 32);
}

static void
set_lo(uint64_t *v, uint32_t word)
{
	*v = (*v & ~0xffffffffULL) | word;
}

static void
set_hi(uint64_t *v, uint32_t word)
{
	*v = (*v & 0xffffffffULL) | (uint64_t)word << 32;
}

/* The queue whose register block an offset lies in, or NULL. */
static struct sf_queue *
queue_at(struct sf_dev *dev, uint32_t offset)
{
	uint32_t index = (offset - SF_REG_RXQ(0)) / Q_BLOCK;

	if (offset < SF_REG_RXQ(0) || index >= dev->nb_queues)
		return NULL;
	return (offset & Q_TX) != 0 ? &dev->txq[index] : &dev->rxq[index];
}

static uint32_t
queue_read(const struct sf_queue *q, uint32_t reg)
{
	switch (reg) {
	case SF_Q_BASE:
		return lo(q->base);
	case SF_Q_BASE + WORD:
		return hi(q->base);
	case SF_Q_CPL_BASE:
		return lo(q->cpl_base);
	case SF_Q_CPL_BASE + WORD:
		return hi(q->cpl_base);
	case SF_Q_SIZE:
		return q->reg_size;
	case SF_Q_BUF_SIZE:
		return q->reg_buf_size;
	case SF_Q_CTRL:
		return q->running ? SF_Q_CTRL_ENABLE | (q->scatter ? SF_Q_CTRL_SCATTER : 0) : 0;
	case SF_Q_STATE:
		return (q->running ? SF_Q_STATE_RUNNING : 0) | (uint32_t)q->code << 8;
	case SF_Q_STAT_PACKETS:
		return lo(q->packets);
	case SF_Q_STAT_PACKETS + WORD:
		return hi(q->packets);
	case SF_Q_STAT_BYTES:
		return lo(q->bytes);
	case SF_Q_STAT_BYTES + WORD:
		return hi(q->bytes);
	case SF_Q_STAT_DROPS:
		return lo(q->drops);
	case SF_Q_STAT_DROPS + WORD:
		return hi(q->drops);
	default:
		return 0;
	}
}

static void
queue_write(struct sf_queue *q, uint32_t reg, uint32_t value)
{
	if (reg == SF_Q_CTRL) {
		sf_queue_control(q, value);
		return;
	}
	if (q->running) /* what a running queue uses stays as it is */
		return;
	switch (reg) {
	case SF_Q_BASE:
		set_lo(&q->base, value);
		break;
	case SF_Q_BASE + WORD:
		set_hi(&q->base, value);
		break;
	case SF_Q_CPL_BASE:
		set_lo(&q->cpl_base, value);
		break;
	case SF_Q_CPL_BASE + WORD:
		set_hi(&q->cpl_base, value);
		break;
	case SF_Q_SIZE:
		q->reg_size = value;
		break;
	case SF_Q_BUF_SIZE:
		q->reg_buf_size = value;
		break;
	default:
		break;
	}
}

static uint32_t
status_read(const struct sf_dev *dev)
{
	uint32_t status = SF_STATUS_READY;
	unsigned int q;

	if (dev->r.link_up)
		status |= SF_STATUS_LINK_UP;
	for (q = 0; q < dev->nb_queues; q++)
		if (dev->rxq[q].halted || dev->txq[q].halted)
			status |= SF_STATUS_ERROR;
	return status;
}

static uint32_t
stats_read(const struct sf_dev *dev, uint32_t offset)
{
	uint64_t value = dev->r.stats[offset / 8];

	return (offset & WORD) != 0 ? hi(value) : lo(value);
}

static uint32_t
flow_stats_read(const struct sf_dev *dev, uint32_t offset)
{
	uint64_t value = dev->flows[offset / 16].stats[offset / 8 % 2];

	return (offset & WORD) != 0 ? hi(value) : lo(value);
}

static uint32_t
table_read(const void *table, uint32_t offset)
{
	uint32_t word;

	memcpy(&word, (const uint8_t *)table + offset, sizeof(word));
	return word;
}

static uint32_t
reg_read(struct sf_dev *dev, uint32_t reg)
{
	const struct sf_queue *q = queue_at(dev, reg);

	if (q != NULL)
		return queue_read(q, reg & (Q_TX - 1));
	if (reg >= SF_REG_STATS && reg < SF_REG_STATS + SF_NUM_STATS * 8)
		return stats_read(dev, reg - SF_REG_STATS);
	if (reg >= SF_REG_MAC_TABLE && reg < SF_REG_MAC_TABLE + sizeof(dev->r.macs))
		return table_read(dev->r.macs, reg - SF_REG_MAC_TABLE);
	if (reg >= SF_REG_VLAN_TABLE && reg < SF_REG_VLAN_TABLE + sizeof(dev->r.vlans))
		return table_read(dev->r.vlans, reg - SF_REG_VLAN_TABLE);
	if (reg >= SF_REG_FLOW_RULE && reg < SF_REG_FLOW_RULE + sizeof(dev->r.flow_rule))
		return table_read(&dev->r.flow_rule, reg - SF_REG_FLOW_RULE);
	if (reg >= SF_REG_FLOW_STATS && reg < SF_REG_FLOW_STATS + SF_FLOW_RULES * 16)
		return flow_stats_read(dev, reg - SF_REG_FLOW_STATS);
	if (reg >= SF_REG_RSS_KEY && reg < SF_REG_RSS_KEY + SF_RSS_KEY_SIZE)
		return table_read(dev->r.rss_key, reg - SF_REG_RSS_KEY);
	if (reg >= SF_REG_RETA && reg < SF_REG_RETA + SF_RETA_SIZE)
		return table_read(dev->r.reta, reg - SF_REG_RETA);
	switch (reg) {
	case SF_REG_ID:
		return SF_ID_MAGIC;
	case SF_REG_VERSION:
		return SF_VERSION_MAJOR << 16 | SF_VERSION_MINOR;
	case SF_REG_FEATURES:
		return sf_dev_features(dev);
	case SF_REG_DRV_FEATURES:
		return dev->r.drv_features;
	case SF_REG_STATUS:
		return status_read(dev);
	case SF_REG_QUEUES:
		return dev->nb_queues;
	case SF_REG_RING_LIMITS:
		return SF_RING_MAX << 16 | SF_RING_MIN;
	case SF_REG_MTU:
		return dev->r.mtu;
	case SF_REG_MTU_MAX:
		return SF_MTU_LARGEST;
	case SF_REG_MAC_LO:
		return lo(dev->r.mac);
	case SF_REG_MAC_HI:
		return hi(dev->r.mac);
	case SF_REG_PERM_MAC_LO:
		return lo(dev->perm_mac);
	case SF_REG_PERM_MAC_HI:
		return hi(dev->perm_mac);
	case SF_REG_RX_MODE:
		return dev->r.rx_mode;
	case SF_REG_LINK_SPEED:
		return SF_LINK_SPEED;
	case SF_REG_INT_CAUSE:
		return dev->r.int_cause;
	case SF_REG_INT_MASK:
		return dev->r.int_mask;
	case SF_REG_ERROR_INFO:
		return dev->r.error_info;
	case SF_REG_FLOW_CTRL:
		return dev->r.flow_ctrl;
	case SF_REG_RX_OFFLOAD:
		return dev->r.rx_offload;
	case SF_REG_FLOW_STATUS:
		return dev->r.flow_status;
	case SF_REG_FW_VERSION:
		return SF_FW_VERSION;
	case SF_REG_RSS_CTRL:
		return dev->r.rss_ctrl;
	default:
		return 0;
	}
}

static void
rx_mode_write(struct sf_dev *dev, uint32_t value)
{
	dev->r.rx_mode = value &
		(SF_RX_MODE_ENABLE | SF_RX_MODE_PROMISC | SF_RX_MODE_ALLMULTI);
	sf_dev_update_link(dev);
	if (dev->peer != NULL && dev->peer != dev)
		sf_dev_update_link(dev->peer);
}

static uint32_t
rx_offloads(uint32_t features)
{
	return (features & SF_F_CSUM ? SF_RX_OFFLOAD_CSUM : 0) |
		(features & SF_F_VLAN ? SF_RX_OFFLOAD_STRIP | SF_RX_OFFLOAD_FILTER : 0);
}

/* The tables of words; false if the register is in none. */
static bool
table_write(struct sf_dev *dev, uint32_t reg, uint32_t value)
{
	if (reg >= SF_REG_MAC_TABLE && reg < SF_REG_MAC_TABLE + sizeof(dev->r.macs)) {
		memcpy((uint8_t *)dev->r.macs + (reg - SF_REG_MAC_TABLE), &value, sizeof(value));
		sf_filter_mac_written(dev);
		return true;
	}
	if (reg >= SF_REG_VLAN_TABLE && reg < SF_REG_VLAN_TABLE + sizeof(dev->r.vlans)) {
		dev->r.vlans[(reg - SF_REG_VLAN_TABLE) / WORD] = value;
		return true;
	}
	if (reg >= SF_REG_FLOW_RULE && reg < SF_REG_FLOW_RULE + sizeof(dev->r.flow_rule)) {
		memcpy((uint8_t *)&dev->r.flow_rule + (reg - SF_REG_FLOW_RULE), &value,
			sizeof(value));
		return true;
	}
	return false;
}

/* Registers that are not there, and values that make no sense, change nothing. */
static void
reg_write(struct sf_dev *dev, uint32_t reg, uint32_t value)
{
	struct sf_queue *q = queue_at(dev, reg);

	if (q != NULL) {
		queue_write(q, reg & (Q_TX - 1), value);
		return;
	}
	if (table_write(dev, reg, value))
		return;
	switch (reg) {
	case SF_REG_DRV_FEATURES:
		dev->r.drv_features = value & sf_dev_features(dev);
		break;
	case SF_REG_CTRL:
		if (value & SF_CTRL_RESET)
			sf_dev_soft_reset(dev);
		break;
	case SF_REG_MTU:
		if (value >= SF_MTU_MIN && value <= SF_MTU_LARGEST)
			dev->r.mtu = value;
		break;
	case SF_REG_MAC_LO:
		set_lo(&dev->r.mac, value);
		break;
	case SF_REG_MAC_HI:
		set_hi(&dev->r.mac, value & 0xffff);
		break;
	case SF_REG_RX_MODE:
		rx_mode_write(dev, value);
		break;
	case SF_REG_INT_CAUSE:
		dev->r.int_cause &= ~value;
		break;
	case SF_REG_INT_MASK:
		dev->r.int_mask = value & (SF_INT_LINK | SF_INT_ERROR);
		if (dev->r.int_cause & dev->r.int_mask)
			sf_plat_irq(dev->plat, SF_VEC_CONFIG);
		break;
	case SF_REG_FLOW_CTRL:
		if (sf_dev_features(dev) & SF_F_PAUSE)
			dev->r.flow_ctrl = value & SF_FLOW_CTRL_PAUSE;
		break;
	case SF_REG_RSS_CTRL:
		dev->r.rss_ctrl = value & SF_RSS_ALL;
		break;
	case SF_REG_RX_OFFLOAD:
		dev->r.rx_offload = value & rx_offloads(dev->r.drv_features);
		break;
	case SF_REG_FLOW_CMD:
		if (dev->r.drv_features & SF_F_FLOW)
			sf_flow_command(dev, value);
		break;
	default:
		break;
	}
}

/* A word in the doorbell pages, or NULL. */
static uint32_t *
doorbell_at(struct sf_dev *dev, uint64_t offset)
{
	if (dev->db == NULL || offset < SF_DB_BASE ||
			offset >= SF_DB_BASE + (uint64_t)dev->nb_queues * SF_DB_STRIDE)
		return NULL;
	return (uint32_t *)(dev->db + (offset - SF_DB_BASE));
}

static uint32_t
bar_word(struct sf_dev *dev, uint64_t offset)
{
	const uint32_t *db = doorbell_at(dev, offset);

	if (db != NULL)
		return sf_load(db);
	return offset < SF_DB_BASE ? reg_read(dev, (uint32_t)offset) : 0;
}

static void
bar_read(struct sf_dev *dev, uint64_t offset, uint8_t *buf, size_t len)
{
	while (len != 0) {
		uint32_t word = bar_word(dev, offset & ~3ULL);
		size_t skip = offset & 3, part = WORD - skip;

		if (part > len)
			part = len;
		memcpy(buf, (const uint8_t *)&word + skip, part);
		buf += part;
		offset += part;
		len -= part;
	}
}

/* The two tables of octets; false if the offset is in neither. */
static bool
octets_write(struct sf_dev *dev, uint64_t offset, const uint8_t *buf, size_t len)
{
	if (offset >= SF_REG_RSS_KEY && offset + len <= SF_REG_RSS_KEY + SF_RSS_KEY_SIZE) {
		memcpy(dev->r.rss_key + (offset - SF_REG_RSS_KEY), buf, len);
		sf_rss_build_table(dev);
		return true;
	}
	if (offset >= SF_REG_RETA && offset + len <= SF_REG_RETA + SF_RETA_SIZE) {
		memcpy(dev->r.reta + (offset - SF_REG_RETA), buf, len);
		return true;
	}
	return false;
}

static int
bar_write(struct sf_dev *dev, uint64_t offset, const uint8_t *buf, size_t len)
{
	uint32_t word, *db;

	if (octets_write(dev, offset, buf, len))
		return 0;
	if (offset % WORD != 0 || len % WORD != 0)
		return -EINVAL;
	for (; len != 0; len -= WORD, offset += WORD, buf += WORD) {
		memcpy(&word, buf, sizeof(word));
		db = doorbell_at(dev, offset);
		if (db != NULL)
			sf_store_release(db, word);
		else if (offset < SF_DB_BASE)
			reg_write(dev, (uint32_t)offset, word);
	}
	return 0;
}

uint64_t
sf_dev_region_size(uint32_t region)
{
	switch (region) {
	case SF_BAR_REGS:
		return SF_BAR_REGS_SIZE;
	case SF_BAR_MSIX:
		return SF_BAR_MSIX_SIZE;
	case SF_REGION_CONFIG:
		return SF_CONFIG_SIZE;
	default:
		return 0;
	}
}

static bool
in_region(uint32_t region, uint64_t offset, size_t len)
{
	uint64_t size = sf_dev_region_size(region);

	return len <= size && offset <= size - len;
}

int
sf_dev_read(struct sf_dev *dev, uint32_t region, uint64_t offset, void *buf, size_t len)
{
	size_t part;

	if (!in_region(region, offset, len))
		return -EINVAL;
	if (region == SF_BAR_REGS) {
		bar_read(dev, offset, buf, len);
		return 0;
	}
	if (region == SF_REGION_CONFIG) {
		memcpy(buf, dev->config + offset, len);
		return 0;
	}
	/* Pending bits, and what lies behind the table, read as 0. */
	memset(buf, 0, len);
	if (offset < sizeof(dev->msix_table)) {
		part = sizeof(dev->msix_table) - (size_t)offset;
		memcpy(buf, dev->msix_table + offset, part < len ? part : len);
	}
	return 0;
}

int
sf_dev_write(struct sf_dev *dev, uint32_t region, uint64_t offset, const void *buf, size_t len)
{
	size_t part;

	if (!in_region(region, offset, len))
		return -EINVAL;
	if (region == SF_BAR_REGS)
		return bar_write(dev, offset, buf, len);
	if (region == SF_REGION_CONFIG) {
		sf_pci_write(dev, (uint32_t)offset, buf, len);
		return 0;
	}
	if (offset < sizeof(dev->msix_table)) {
		part = sizeof(dev->msix_table) - (size_t)offset;
		memcpy(dev->msix_table + offset, buf, part < len ? part : len);
	}
	return 0;
}
