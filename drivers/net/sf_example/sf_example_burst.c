/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Which of the burst functions a port gets.  That is decided when it is
 * started, by the offloads that are configured, by what the processor can do,
 * and by how wide a vector the application allows (--force-max-simd-bitwidth).
 */

#include <stdio.h>

#include <rte_cpuflags.h>
#include <rte_vect.h>

#include "sf_example.h"

/* --- Receiving --------------------------------------------------------------- */

static bool
always(void)
{
	return true;
}

#ifdef RTE_ARCH_X86
static bool
has_sse(void)
{
	return rte_cpu_get_flag_enabled(RTE_CPUFLAG_SSE4_2) > 0;
}

static bool
has_avx2(void)
{
	return rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX2) > 0;
}

static bool
has_avx512(void)
{
	return rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX512F) > 0 &&
		rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX512BW) > 0;
}
#endif

/* The best first. */
static const struct {
	eth_rx_burst_t burst;
	const char *info;
	uint16_t bits;
	bool (*runs)(void); /* on this processor */
} rx_variants[] = {
#ifdef RTE_ARCH_X86
	{ sf_rx_burst_avx512, "Vector AVX-512", 512, has_avx512 },
	{ sf_rx_burst_avx2, "Vector AVX2", 256, has_avx2 },
	{ sf_rx_burst_sse, "Vector SSE", 128, has_sse },
#endif
#ifdef RTE_ARCH_ARM64
	{ sf_rx_burst_neon, "Vector Neon", 128, always },
#endif
	{ sf_rx_burst, "Scalar", 0, always },
};

static unsigned int
rx_variant(void)
{
	const uint16_t bits = rte_vect_get_max_simd_bitwidth();
	unsigned int i;

	for (i = 0; rx_variants[i].bits > bits || !rx_variants[i].runs(); i++)
		;
	return i;
}

static bool
is_scattered(const struct rte_eth_dev *dev)
{
	return (dev->data->dev_conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_SCATTER) != 0;
}

eth_rx_burst_t
sf_rx_burst_select(const struct rte_eth_dev *dev)
{
	return is_scattered(dev) ? sf_rx_burst_scatter : rx_variants[rx_variant()].burst;
}

int
sf_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t id __rte_unused,
	struct rte_eth_burst_mode *mode)
{
	snprintf(mode->info, sizeof(mode->info), "%s",
		is_scattered(dev) ? "Scalar, scattered" : rx_variants[rx_variant()].info);
	return 0;
}

/* --- Sending ------------------------------------------------------------------ */

static const struct {
	eth_tx_burst_t burst;
	const char *info;
} tx_variants[][2] = { /* [][whether the device may sleep] */
	{
		{ sf_tx_burst, "Scalar" },
		{ sf_tx_burst_wake, "Scalar, wakes the device" },
	}, {
		{ sf_tx_burst_fast_free, "Scalar, fast free" },
		{ sf_tx_burst_fast_free_wake, "Scalar, fast free, wakes the device" },
	}, {
		{ sf_tx_burst_full, "Scalar, offloads" },
		{ sf_tx_burst_full_wake, "Scalar, offloads, wakes the device" },
	},
};

static unsigned int
tx_variant(const struct rte_eth_dev *dev)
{
	const uint64_t offloads = dev->data->dev_conf.txmode.offloads;

	if ((offloads & ~RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE) != 0)
		return 2;
	return offloads != 0 ? 1 : 0;
}

static bool
may_sleep(const struct rte_eth_dev *dev)
{
	return (sf_port(dev)->features & SF_F_WAKE) != 0;
}

eth_tx_burst_t
sf_tx_burst_select(const struct rte_eth_dev *dev)
{
	return tx_variants[tx_variant(dev)][may_sleep(dev)].burst;
}

int
sf_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t id __rte_unused,
	struct rte_eth_burst_mode *mode)
{
	snprintf(mode->info, sizeof(mode->info), "%s",
		tx_variants[tx_variant(dev)][may_sleep(dev)].info);
	return 0;
}
