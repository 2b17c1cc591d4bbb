/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef SF_EXAMPLE_COMPAT_H
#define SF_EXAMPLE_COMPAT_H

/*
 * What differs between versions of DPDK.  Operations whose arguments differ between
 * those of ethdev are written for the newest; sf_compat_...() is what an older one calls.
 */

#include <ethdev_driver.h>
#include <rte_version.h>

/* Atomic types and operations, since 23.11; before that they are those of C11. */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
#include <rte_stdatomic.h>
#else
#include <stdatomic.h>
#define __rte_atomic _Atomic
#define RTE_ATOMIC(type) _Atomic(type)
#define rte_atomic_compare_exchange_strong_explicit atomic_compare_exchange_strong_explicit
#define rte_atomic_fetch_add_explicit atomic_fetch_add_explicit
#define rte_atomic_load_explicit atomic_load_explicit
#define rte_atomic_store_explicit atomic_store_explicit
#define rte_memory_order_relaxed memory_order_relaxed
#define rte_memory_order_acquire memory_order_acquire
#define rte_memory_order_release memory_order_release
#define rte_memory_order_seq_cst memory_order_seq_cst
#endif

/* Counters per queue were in struct rte_eth_stats, under the same names. */
#if RTE_VERSION < RTE_VERSION_NUM(25, 11, 0, 0)
#define eth_queue_stats rte_eth_stats
typedef uint32_t sf_queue_count_t;
#else
typedef int sf_queue_count_t;
#endif

/* --- sf_example_rx.c ------------------------------------------------------ */

int sf_rx_queue_count(void *queue);
/* The array ends with RTE_PTYPE_UNKNOWN, which is not counted. */
const uint32_t *sf_supported_ptypes_get(struct rte_eth_dev *dev, size_t *nb);

/* --- sf_example_stats.c --------------------------------------------------- */

/* The counters per queue are not asked for if qstats is NULL. */
int sf_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats,
	struct eth_queue_stats *qstats);

/* --- For ethdev ----------------------------------------------------------- */

#if RTE_VERSION < RTE_VERSION_NUM(24, 3, 0, 0)
static inline const uint32_t *
sf_compat_supported_ptypes_get(struct rte_eth_dev *dev)
{
	size_t nb;

	return sf_supported_ptypes_get(dev, &nb);
}
#else
#define sf_compat_supported_ptypes_get sf_supported_ptypes_get
#endif

#if RTE_VERSION < RTE_VERSION_NUM(25, 11, 0, 0)
static inline sf_queue_count_t
sf_compat_rx_queue_count(void *queue)
{
	return sf_rx_queue_count(queue);
}

static inline int
sf_compat_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats)
{
	return sf_stats_get(dev, stats, stats);
}
#else
#define sf_compat_rx_queue_count sf_rx_queue_count
#define sf_compat_stats_get sf_stats_get
#endif

#endif /* SF_EXAMPLE_COMPAT_H */
