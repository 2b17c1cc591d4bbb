/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Registers: bring-up, and the settings that concern the whole port.
 *
 * The device's registers are the only place where these settings are kept;
 * what ethdev wants to know is read from there.  A reset brings them back to their defaults:
 * sf_hw_init() does one, and so does the close of a port.
 */

#include <errno.h>
#include <stdio.h>

#include <rte_cycles.h>

#include "sf_example.h"

#define KNOWN_FEATURES	(SF_F_RSS | SF_F_PAUSE | SF_F_WAKE | SF_F_CSUM | SF_F_VLAN | SF_F_SEGS | \
	SF_F_TSO | SF_F_MAC_TABLE | SF_F_FLOW)

#define LINK_WAIT_MS		1000
#define LINK_POLL_MS		20

/* --- Access ---------------------------------------------------------------- */

/* Whether all octets that were read are ones, and those of the ID register too. */
static bool
reads_ones(const struct sf_port *port, const uint8_t *octets, size_t len)
{
	uint32_t id = UINT32_MAX;

	while (len > 0 && octets[len - 1] == UINT8_MAX)
		len--;
	return len == 0 && rte_vfio_region_read(sf_vfio(port), SF_BAR_REGS, SF_REG_ID, &id,
		sizeof(id)) == 0 && id == UINT32_MAX;
}

/*
 * Reads of a PCI device that does not answer return ones. A virtual machine's device does so
 * when the process that serves it on the host has died, and VFIO in the guest does not know.
 */
int
sf_read(const struct sf_port *port, uint32_t reg, void *buf, size_t len)
{
	int ret = rte_vfio_region_read(sf_vfio(port), SF_BAR_REGS, reg, buf, len);

	if (ret == 0 && reads_ones(port, buf, len))
		ret = -EIO;
	if (ret < 0 && ret != -ENODEV)
		SF_LOG(ERR, driver, port, "cannot read register 0x%04x: %s", reg, strerror(-ret));
	return ret;
}

int
sf_write(const struct sf_port *port, uint32_t reg, const void *buf, size_t len)
{
	int ret = rte_vfio_region_write(sf_vfio(port), SF_BAR_REGS, reg, buf, len);

	if (ret < 0 && ret != -ENODEV)
		SF_LOG(ERR, driver, port, "cannot write register 0x%04x: %s", reg, strerror(-ret));
	return ret;
}

static int
update32(const struct sf_port *port, uint32_t reg, uint32_t clear, uint32_t set)
{
	uint32_t value;
	int ret;

	ret = sf_read32(port, reg, &value);
	return ret < 0 ? ret : sf_write32(port, reg, (value & ~clear) | set);
}

const char *
sf_err_text(uint32_t code)
{
	static const char * const texts[] = {
		[SF_ERR_NONE] = "no reason given",
		[SF_ERR_SIZE] = "illegal ring size",
		[SF_ERR_ALIGN] = "ring not aligned",
		[SF_ERR_RING_DMA] = "ring in memory not mapped for the device",
		[SF_ERR_BUF_SIZE] = "illegal Rx buffer size",
		[SF_ERR_DOORBELL] = "doorbell outside the ring",
		[SF_ERR_DESC_DMA] = "buffer in memory not mapped for the device",
		[SF_ERR_DESC_LEN] = "illegal length in Tx descriptor",
		[SF_ERR_DESC_FLAGS] = "illegal flags in Tx descriptor",
		[SF_ERR_RESET] = "reset, or loss of the ring's memory",
		[SF_ERR_DESC_CHAIN] = "too many Tx segments, or a context out of place",
		[SF_ERR_DESC_HDR] = "illegal header lengths in Tx descriptor",
		[SF_ERR_DESC_MSS] = "illegal segment size in Tx context",
	};

	return code < RTE_DIM(texts) ? texts[code] : "unknown code";
}

/* --- Bring-up -------------------------------------------------------------- */

/* The registers that say what the device is, read in one access. */
struct hw_regs {
	uint32_t word[SF_REG_LINK_SPEED / sizeof(uint32_t) + 1];
};

static int
hw_read(const struct sf_port *port, struct hw_regs *regs)
{
	return sf_read(port, 0, regs->word, sizeof(regs->word));
}

static uint32_t
hw_reg(const struct hw_regs *regs, uint32_t reg)
{
	return regs->word[reg / sizeof(regs->word[0])];
}

static int
hw_identify(const struct sf_port *port, const struct hw_regs *regs)
{
	const uint32_t id = hw_reg(regs, SF_REG_ID), version = hw_reg(regs, SF_REG_VERSION);

	if (id != SF_ID_MAGIC) {
		SF_LOG(ERR, init, port, "id register is 0x%08x, not 0x%08x", id, SF_ID_MAGIC);
		return -ENODEV;
	}
	if (version >> 16 != SF_VERSION_MAJOR || (version & UINT16_MAX) < SF_VERSION_MINOR) {
		SF_LOG(ERR, init, port, "interface version is %u.%u, this driver needs %u.%u",
			version >> 16, version & UINT16_MAX, SF_VERSION_MAJOR, SF_VERSION_MINOR);
		return -ENOTSUP;
	}
	return 0;
}

/* Reset, and read the registers as that has left them. */
static int
hw_reset(const struct sf_port *port, struct hw_regs *regs)
{
	int ret;

	ret = sf_write32(port, SF_REG_CTRL, SF_CTRL_RESET);
	if (ret == 0)
		ret = hw_read(port, regs);
	if (ret < 0)
		return ret;
	if ((hw_reg(regs, SF_REG_STATUS) & SF_STATUS_READY) == 0) {
		SF_LOG(ERR, init, port, "not ready after reset, status is 0x%x",
			hw_reg(regs, SF_REG_STATUS));
		return -EIO;
	}
	return 0;
}

static int
hw_negotiate(struct sf_port *port, const struct hw_regs *regs)
{
	port->features = hw_reg(regs, SF_REG_FEATURES) & KNOWN_FEATURES;
	return sf_write32(port, SF_REG_DRV_FEATURES, port->features);
}

/* Limits that make no sense would come back as trouble far from here. */
static int
hw_take_limits(struct sf_port *port, const struct hw_regs *regs)
{
	const uint32_t queues = hw_reg(regs, SF_REG_QUEUES);
	const uint32_t rings = hw_reg(regs, SF_REG_RING_LIMITS);
	const uint32_t mtu = hw_reg(regs, SF_REG_MTU_MAX);
	uint32_t min, max;

	if (queues < 1 || queues > SF_MAX_QUEUE_PAIRS) {
		SF_LOG(ERR, init, port, "%u queue pairs, not 1..%u", queues, SF_MAX_QUEUE_PAIRS);
		return -EINVAL;
	}
	min = RTE_ALIGN_CEIL(rings & UINT16_MAX, SF_RING_ALIGN);
	min = RTE_MAX(min, (uint32_t)SF_RING_SMALLEST);
	max = RTE_ALIGN_FLOOR(rings >> 16, SF_RING_ALIGN);
	if (min > max) {
		SF_LOG(ERR, init, port, "ring sizes %u..%u, need one of %u or more",
			rings & UINT16_MAX, rings >> 16, SF_RING_SMALLEST);
		return -EINVAL;
	}
	if (mtu < SF_MTU_MIN || mtu > SF_MAX_FRAME - SF_L2_OVERHEAD) {
		SF_LOG(ERR, init, port, "largest MTU is %u, not %u..%u", mtu, SF_MTU_MIN,
			(unsigned int)(SF_MAX_FRAME - SF_L2_OVERHEAD));
		return -EINVAL;
	}
	port->max_queues = queues;
	port->ring_min = min;
	port->ring_max = max;
	port->mtu_max = mtu;
	port->speed = hw_reg(regs, SF_REG_LINK_SPEED);
	return 0;
}

static int
hw_take_mac(struct sf_port *port, const struct hw_regs *regs)
{
	char text[RTE_ETHER_ADDR_FMT_SIZE];
	const uint32_t words[] = {
		hw_reg(regs, SF_REG_PERM_MAC_LO), hw_reg(regs, SF_REG_PERM_MAC_HI),
	};

	memcpy(port->perm_mac.addr_bytes, words, RTE_ETHER_ADDR_LEN);
	if (!rte_is_valid_assigned_ether_addr(&port->perm_mac)) {
		rte_ether_format_addr(text, sizeof(text), &port->perm_mac);
		SF_LOG(ERR, init, port, "factory MAC address is %s", text);
		return -EINVAL;
	}
	return 0;
}

int
sf_hw_init(struct sf_port *port)
{
	struct hw_regs regs;
	int ret;

	ret = hw_read(port, &regs);
	if (ret == 0)
		ret = hw_identify(port, &regs);
	if (ret == 0)
		ret = hw_reset(port, &regs);
	if (ret == 0)
		ret = hw_negotiate(port, &regs);
	if (ret == 0)
		ret = hw_take_limits(port, &regs);
	if (ret == 0)
		ret = hw_take_mac(port, &regs);
	if (ret < 0)
		return ret;
	SF_LOG(DEBUG, init, port, "features 0x%x, %u queue pairs, rings %u..%u, MTU up to %u",
		port->features, port->max_queues, port->ring_min, port->ring_max, port->mtu_max);
	return 0;
}

int
sf_hw_enable(const struct sf_port *port, bool enable)
{
	return update32(port, SF_REG_RX_MODE, SF_RX_MODE_ENABLE,
		enable ? SF_RX_MODE_ENABLE : 0);
}

/* --- What the port lets in -------------------------------------------------- */

int
sf_mtu_set(struct rte_eth_dev *dev, uint16_t mtu)
{
	int ret;

	ret = sf_queues_check_mtu(dev, mtu);
	return ret < 0 ? ret : sf_write32(sf_port(dev), SF_REG_MTU, mtu);
}

int
sf_promiscuous_enable(struct rte_eth_dev *dev)
{
	return update32(sf_port(dev), SF_REG_RX_MODE, 0, SF_RX_MODE_PROMISC);
}

int
sf_promiscuous_disable(struct rte_eth_dev *dev)
{
	return update32(sf_port(dev), SF_REG_RX_MODE, SF_RX_MODE_PROMISC, 0);
}

int
sf_allmulticast_enable(struct rte_eth_dev *dev)
{
	return update32(sf_port(dev), SF_REG_RX_MODE, 0, SF_RX_MODE_ALLMULTI);
}

int
sf_allmulticast_disable(struct rte_eth_dev *dev)
{
	return update32(sf_port(dev), SF_REG_RX_MODE, SF_RX_MODE_ALLMULTI, 0);
}

/* --- Link ------------------------------------------------------------------- */

static int
link_is_up(const struct sf_port *port, bool *up)
{
	uint32_t status;
	int ret;

	ret = sf_read32(port, SF_REG_STATUS, &status);
	*up = ret == 0 && (status & SF_STATUS_LINK_UP) != 0;
	return ret;
}

int
sf_link_clear(struct rte_eth_dev *dev)
{
	const struct rte_eth_link link = {
		.link_speed = RTE_ETH_SPEED_NUM_NONE,
		.link_duplex = RTE_ETH_LINK_FULL_DUPLEX,
		.link_autoneg = RTE_ETH_LINK_AUTONEG,
		.link_status = RTE_ETH_LINK_DOWN,
	};

	return rte_eth_linkstatus_set(dev, &link);
}

/* 0 if the link is not as it was, -1 if it is, as ethdev has it. */
int
sf_link_update(struct rte_eth_dev *dev, int wait_to_complete)
{
	const struct sf_port *port = sf_port(dev);
	struct rte_eth_link link = {
		.link_speed = RTE_ETH_SPEED_NUM_NONE,
		.link_duplex = RTE_ETH_LINK_FULL_DUPLEX,
		.link_autoneg = RTE_ETH_LINK_AUTONEG,
	};
	int left_ms = wait_to_complete && dev->data->dev_started ? LINK_WAIT_MS : 0;
	bool up;

	/* A device that cannot be asked has no link. */
	while (link_is_up(port, &up) == 0 && !up && left_ms > 0) {
		rte_delay_us_sleep(LINK_POLL_MS * 1000);
		left_ms -= LINK_POLL_MS;
	}
	if (up) {
		link.link_speed = port->speed;
		link.link_status = RTE_ETH_LINK_UP;
	}
	return rte_eth_linkstatus_set(dev, &link);
}

int
sf_set_link_up(struct rte_eth_dev *dev)
{
	return dev->data->dev_started ? sf_hw_enable(sf_port(dev), true) : -EINVAL;
}

int
sf_set_link_down(struct rte_eth_dev *dev)
{
	return sf_hw_enable(sf_port(dev), false);
}

/* --- Pause ------------------------------------------------------------------ */

int
sf_pause_set(const struct sf_port *port, bool on)
{
	if ((port->features & SF_F_PAUSE) == 0)
		return on ? -ENOTSUP : 0;
	return sf_write32(port, SF_REG_FLOW_CTRL, on ? SF_FLOW_CTRL_PAUSE : 0);
}

/* Short of Rx descriptors the device holds the sender: it sends pauses. */
int
sf_flow_ctrl_get(struct rte_eth_dev *dev, struct rte_eth_fc_conf *conf)
{
	const struct sf_port *port = sf_port(dev);
	uint32_t value;
	int ret;

	if ((port->features & SF_F_PAUSE) == 0)
		return -ENOTSUP;
	ret = sf_read32(port, SF_REG_FLOW_CTRL, &value);
	if (ret < 0)
		return ret;
	*conf = (struct rte_eth_fc_conf) {
		.mode = (value & SF_FLOW_CTRL_PAUSE) != 0 ?
			RTE_ETH_FC_TX_PAUSE : RTE_ETH_FC_NONE,
	};
	return 0;
}

int
sf_flow_ctrl_set(struct rte_eth_dev *dev, struct rte_eth_fc_conf *conf)
{
	const struct sf_port *port = sf_port(dev);

	if ((port->features & SF_F_PAUSE) == 0)
		return -ENOTSUP;
	if (conf->mode != RTE_ETH_FC_NONE && conf->mode != RTE_ETH_FC_TX_PAUSE) {
		SF_LOG(ERR, driver, port, "flow control mode %d: only none and Tx pause are there",
			conf->mode);
		return -ENOTSUP;
	}
	if (conf->high_water != 0 || conf->low_water != 0 || conf->pause_time != 0 ||
			conf->send_xon != 0 || conf->mac_ctrl_frame_fwd != 0 ||
			conf->autoneg != 0) {
		SF_LOG(ERR, driver, port, "flow control: marks, times, forwarding of pause frames "
			"and autonegotiation cannot be set");
		return -ENOTSUP;
	}
	return sf_pause_set(port, conf->mode == RTE_ETH_FC_TX_PAUSE);
}

/* --- Firmware --------------------------------------------------------------- */

int
sf_fw_version_get(struct rte_eth_dev *dev, char *buf, size_t size)
{
	uint32_t v;
	int ret;

	ret = sf_read32(sf_port(dev), SF_REG_FW_VERSION, &v);
	if (ret < 0)
		return ret;
	ret = snprintf(buf, size, "%u.%u.%u", v >> 16, (v >> 8) & UINT8_MAX, v & UINT8_MAX);
	if (ret < 0)
		return -EINVAL;
	ret++; /* the terminating zero */
	return size < (size_t)ret ? ret : 0;
}
