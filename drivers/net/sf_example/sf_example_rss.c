/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Receive side scaling: the device hashes addresses and ports (Toeplitz), and
 * the low bits of the hash pick a queue from the redirection table.
 */

#include <errno.h>

#include "sf_example.h"

static const struct {
	uint64_t rss_hf;
	uint32_t type;
} rss_types[] = {
	{ RTE_ETH_RSS_IPV4, SF_RSS_IPV4 },
	{ RTE_ETH_RSS_NONFRAG_IPV4_TCP, SF_RSS_IPV4_TCP },
	{ RTE_ETH_RSS_NONFRAG_IPV4_UDP, SF_RSS_IPV4_UDP },
	{ RTE_ETH_RSS_IPV6, SF_RSS_IPV6 },
	{ RTE_ETH_RSS_NONFRAG_IPV6_TCP, SF_RSS_IPV6_TCP },
	{ RTE_ETH_RSS_NONFRAG_IPV6_UDP, SF_RSS_IPV6_UDP },
};

/* The key that RSS was published with, and that everybody's tests expect. */
static const uint8_t default_key[SF_RSS_KEY_SIZE] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
	0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
	0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
	0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static bool
has_rss(const struct sf_port *port)
{
	return (port->features & SF_F_RSS) != 0;
}

uint64_t
sf_rss_capa(const struct sf_port *port)
{
	uint64_t rss_hf = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(rss_types) && has_rss(port); i++)
		rss_hf |= rss_types[i].rss_hf;
	return rss_hf;
}

static uint32_t
types_to_device(uint64_t rss_hf)
{
	uint32_t types = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(rss_types); i++)
		if ((rss_hf & rss_types[i].rss_hf) != 0)
			types |= rss_types[i].type;
	return types;
}

static uint64_t
types_from_device(uint32_t types)
{
	uint64_t rss_hf = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(rss_types); i++)
		if ((types & rss_types[i].type) != 0)
			rss_hf |= rss_types[i].rss_hf;
	return rss_hf;
}

static int
check_key(const struct sf_port *port, uint8_t len)
{
	if (len == SF_RSS_KEY_SIZE)
		return 0;
	SF_LOG(ERR, driver, port, "RSS key of %u bytes, not %u", len, SF_RSS_KEY_SIZE);
	return -EINVAL;
}

static bool
spreads(const struct rte_eth_dev *dev)
{
	return (dev->data->dev_conf.rxmode.mq_mode & RTE_ETH_MQ_RX_RSS_FLAG) != 0;
}

int
sf_rss_check(const struct rte_eth_dev *dev)
{
	const struct rte_eth_rss_conf *rss = &dev->data->dev_conf.rx_adv_conf.rss_conf;
	const struct sf_port *port = sf_port(dev);

	if (!spreads(dev))
		return 0;
	if (!has_rss(port) && dev->data->nb_rx_queues > 1) {
		SF_LOG(ERR, driver, port, "%u Rx queues with RSS: the device has none",
			dev->data->nb_rx_queues);
		return -ENOTSUP;
	}
	return rss->rss_key != NULL ? check_key(port, rss->rss_key_len) : 0;
}

int
sf_rss_configure(struct rte_eth_dev *dev)
{
	const struct rte_eth_rss_conf *rss = &dev->data->dev_conf.rx_adv_conf.rss_conf;
	const struct sf_port *port = sf_port(dev);
	const bool spread = spreads(dev);
	const uint8_t *key = spread && rss->rss_key != NULL ? rss->rss_key : default_key;
	uint8_t reta[SF_RETA_SIZE] = { 0 };
	unsigned int i;
	int ret;

	if (!has_rss(port))
		return 0;
	for (i = 0; i < RTE_DIM(reta) && spread && dev->data->nb_rx_queues != 0; i++)
		reta[i] = i % dev->data->nb_rx_queues;
	ret = sf_write(port, SF_REG_RSS_KEY, key, SF_RSS_KEY_SIZE);
	if (ret == 0)
		ret = sf_write(port, SF_REG_RETA, reta, sizeof(reta));
	if (ret < 0)
		return ret;
	return sf_write32(port, SF_REG_RSS_CTRL, spread ? types_to_device(rss->rss_hf) : 0);
}

int
sf_rss_hash_update(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf)
{
	const struct sf_port *port = sf_port(dev);
	int ret;

	if (!has_rss(port))
		return -ENOTSUP;
	if (conf->rss_key != NULL) {
		ret = check_key(port, conf->rss_key_len);
		if (ret == 0)
			ret = sf_write(port, SF_REG_RSS_KEY, conf->rss_key, SF_RSS_KEY_SIZE);
		if (ret < 0)
			return ret;
	}
	return sf_write32(port, SF_REG_RSS_CTRL, types_to_device(conf->rss_hf));
}

int
sf_rss_hash_conf_get(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf)
{
	const struct sf_port *port = sf_port(dev);
	uint32_t types;
	int ret;

	if (!has_rss(port))
		return -ENOTSUP;
	if (conf->rss_key != NULL && conf->rss_key_len >= SF_RSS_KEY_SIZE) {
		ret = sf_read(port, SF_REG_RSS_KEY, conf->rss_key, SF_RSS_KEY_SIZE);
		if (ret < 0)
			return ret;
	}
	conf->rss_key_len = SF_RSS_KEY_SIZE;
	ret = sf_read32(port, SF_REG_RSS_CTRL, &types);
	if (ret == 0)
		conf->rss_hf = types_from_device(types);
	return ret;
}

/* The redirection table, for one that has the size of ours. */
static int
read_reta(const struct sf_port *port, uint16_t size, uint8_t *reta)
{
	if (!has_rss(port))
		return -ENOTSUP;
	if (size != SF_RETA_SIZE) {
		SF_LOG(ERR, driver, port, "redirection table of %u entries, not %u", size,
			SF_RETA_SIZE);
		return -EINVAL;
	}
	return sf_read(port, SF_REG_RETA, reta, SF_RETA_SIZE);
}

/* The entry of ethdev's table for one of ours, or NULL if it is not selected. */
static uint16_t *
reta_entry(struct rte_eth_rss_reta_entry64 *conf, unsigned int i)
{
	struct rte_eth_rss_reta_entry64 *group = &conf[i / RTE_ETH_RETA_GROUP_SIZE];
	const unsigned int bit = i % RTE_ETH_RETA_GROUP_SIZE;

	return (group->mask & RTE_BIT64(bit)) != 0 ? &group->reta[bit] : NULL;
}

int
sf_rss_reta_update(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *conf,
	uint16_t size)
{
	const struct sf_port *port = sf_port(dev);
	uint8_t reta[SF_RETA_SIZE];
	const uint16_t *entry;
	unsigned int i;
	int ret;

	ret = read_reta(port, size, reta);
	if (ret < 0)
		return ret;
	for (i = 0; i < SF_RETA_SIZE; i++) {
		entry = reta_entry(conf, i);
		if (entry == NULL)
			continue;
		if (*entry >= dev->data->nb_rx_queues) {
			SF_LOG(ERR, driver, port, "redirection table entry %u is queue %u of %u",
				i, *entry, dev->data->nb_rx_queues);
			return -EINVAL;
		}
		reta[i] = *entry;
	}
	return sf_write(port, SF_REG_RETA, reta, sizeof(reta));
}

int
sf_rss_reta_query(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *conf,
	uint16_t size)
{
	uint8_t reta[SF_RETA_SIZE];
	uint16_t *entry;
	unsigned int i;
	int ret;

	ret = read_reta(sf_port(dev), size, reta);
	for (i = 0; i < SF_RETA_SIZE && ret == 0; i++) {
		entry = reta_entry(conf, i);
		if (entry != NULL)
			*entry = reta[i];
	}
	return ret;
}
