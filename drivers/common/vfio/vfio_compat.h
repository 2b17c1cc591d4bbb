/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef VFIO_COMPAT_H
#define VFIO_COMPAT_H

/*
 * What differs between versions of DPDK.  The code is written for the newest; here
 * is what older ones lack.
 */

#include <rte_pci.h>
#include <rte_version.h>

/* What a library exports is in version.map before 25.07. */
#if __has_include("eal_export.h")
#include <eal_export.h>
#else
#define RTE_EXPORT_INTERNAL_SYMBOL(symbol)
#endif

/* Atomic types and operations, since 23.11; before that they are those of C11. */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
#include <rte_stdatomic.h>
#else
#include <stdatomic.h>
#define __rte_atomic _Atomic
#define RTE_ATOMIC(type) _Atomic(type)
#define rte_atomic_load_explicit atomic_load_explicit
#define rte_atomic_store_explicit atomic_store_explicit
#define rte_memory_order_relaxed memory_order_relaxed
#define rte_memory_order_acquire memory_order_acquire
#define rte_memory_order_release memory_order_release
#endif

/* Telemetry's unsigned numbers have another name since 23.03. */
#if RTE_VERSION < RTE_VERSION_NUM(23, 3, 0, 0)
#define RTE_TEL_UINT_VAL RTE_TEL_U64_VAL
#define rte_tel_data_add_dict_uint rte_tel_data_add_dict_u64
#define rte_tel_data_add_array_uint rte_tel_data_add_array_u64
#endif

/* More of the configuration space, since 23.11. */
#ifndef RTE_PCI_COMMAND_MEMORY
#define RTE_PCI_COMMAND_MEMORY 0x2
#endif
#ifndef RTE_PCI_STD_HEADER_SIZEOF
#define RTE_PCI_STD_HEADER_SIZEOF 64
#define RTE_PCI_STATUS 0x06
#define RTE_PCI_STATUS_CAP_LIST 0x10
#define RTE_PCI_CAPABILITY_LIST 0x34
#define RTE_PCI_CAP_ID_MSIX 0x11
#define RTE_PCI_MSIX_FLAGS 2
#define RTE_PCI_MSIX_FLAGS_QSIZE 0x07ff
#define RTE_PCI_MSIX_TABLE 4
#define RTE_PCI_MSIX_TABLE_BIR 0x00000007
#define RTE_PCI_MSIX_TABLE_OFFSET 0xfffffff8
#endif

/* No version of DPDK has it. */
#define VFIO_PCI_MSIX_ENTRY_SIZE 16

#endif /* VFIO_COMPAT_H */
