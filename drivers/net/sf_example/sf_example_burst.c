/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Which of the burst functions a port gets.  That is decided when it is
 * started, by the offloads that are configured, by whether packets fit into Rx buffers,
 * by what the processor can do, and by how wide a vector the application allows
 * (--force-max-simd-bitwidth).
 */

#include <stdio.h>

#include <rte_cpuflags.h>
#include <rte_vect.h>

#include "sf_example.h"

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

#define TX_BURSTS(name) { \
	{ name, name ## _wake }, \
	{ name ## _fast_free, name ## _fast_free_wake }, \
}
#define VECTOR(isa) .rx = sf_rx_burst_ ## isa, .tx = TX_BURSTS(sf_tx_burst_ ## isa)

/* The best first. */
static const struct variant {
	eth_rx_burst_t rx;
	eth_tx_burst_t tx[2][2]; /* [fast free][whether the device may sleep] */
	const char *info;
	uint16_t bits;
	bool (*runs)(void); /* on this processor */
} variants[] = {
#ifdef RTE_ARCH_X86
	{ VECTOR(avx512), "Vector AVX-512", 512, has_avx512 },
	{ VECTOR(avx2), "Vector AVX2", 256, has_avx2 },
	{ VECTOR(sse), "Vector SSE", 128, has_sse },
#endif
#ifdef RTE_ARCH_ARM64
	{ VECTOR(neon), "Vector Neon", 128, always },
#endif
	{ sf_rx_burst, TX_BURSTS(sf_tx_burst), "Scalar", 0, always },
};

static const struct variant *
variant(void)
{
	const uint16_t bits = rte_vect_get_max_simd_bitwidth();
	unsigned int i;

	for (i = 0; variants[i].bits > bits || !variants[i].runs(); i++)
		;
	return &variants[i];
}

/* --- Receiving --------------------------------------------------------------- */

eth_rx_burst_t
sf_rx_burst_select(const struct rte_eth_dev *dev)
{
	return dev->data->scattered_rx != 0 ? sf_rx_burst_scatter : variant()->rx;
}

int
sf_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t id __rte_unused,
	struct rte_eth_burst_mode *mode)
{
	snprintf(mode->info, sizeof(mode->info), "%s",
		dev->data->scattered_rx != 0 ? "Scalar, scattered" : variant()->info);
	return 0;
}

/* --- Sending ------------------------------------------------------------------ */

static bool
has_offloads(const struct rte_eth_dev *dev)
{
	return (dev->data->dev_conf.txmode.offloads & ~RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE) != 0;
}

static bool
frees_fast(const struct rte_eth_dev *dev)
{
	return dev->data->dev_conf.txmode.offloads == RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
}

static bool
may_sleep(const struct rte_eth_dev *dev)
{
	return (sf_port(dev)->features & SF_F_WAKE) != 0;
}

eth_tx_burst_t
sf_tx_burst_select(const struct rte_eth_dev *dev)
{
	if (has_offloads(dev))
		return may_sleep(dev) ? sf_tx_burst_full_wake : sf_tx_burst_full;
	return variant()->tx[frees_fast(dev)][may_sleep(dev)];
}

int
sf_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t id __rte_unused,
	struct rte_eth_burst_mode *mode)
{
	snprintf(mode->info, sizeof(mode->info), "%s%s%s",
		has_offloads(dev) ? "Scalar, offloads" : variant()->info,
		frees_fast(dev) ? ", fast free" : "",
		may_sleep(dev) ? ", wakes the device" : "");
	return 0;
}
