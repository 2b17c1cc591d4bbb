/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <rte_vect.h>

#include "sf_example.h"

#define VEC			__m128i
#define VEC_ITEMS		1
#define vec_load(p)		_mm_loadu_si128((const __m128i *)(p))
#define vec_dup(p)		vec_load(p)
#define vec_all16(x)		_mm_set1_epi16(x)
#define vec_all64(x)		_mm_set1_epi64x(x)
#define vec_and(a, b)		_mm_and_si128(a, b)
#define vec_or(a, b)		_mm_or_si128(a, b)
#define vec_add16(a, b)		_mm_add_epi16(a, b)
#define vec_min16(a, b)		_mm_min_epu16(a, b)
#define vec_max16(a, b)		_mm_max_epu16(a, b)
#define vec_same16(a, b)	_mm_cmpeq_epi16(a, b)
#define vec_left16(a, n)	_mm_slli_epi16(a, n)
#define vec_right16(a, n)	_mm_srli_epi16(a, n)
#define vec_table(t, i)		_mm_shuffle_epi8(t, i)
#define vec_all(a)		(_mm_movemask_epi8(a) == UINT16_MAX)
#define vec_add64(a, b)		_mm_add_epi64(a, b)
#define vec_put(p, a)		_mm_storeu_si128((__m128i *)(p), a)
#define vec_pick(m, at)		vec_load(RTE_PTR_ADD((m)[0], at))

static __rte_always_inline void
vec_store(struct rte_mbuf **m, __m128i a, __m128i b)
{
	__m128i *to = (__m128i *)sf_rearm_data(m[0]);

	_mm_storeu_si128(to, a);
	_mm_storeu_si128(to + 1, b);
}

#include "sf_example_rx_vec.h"
#include "sf_example_tx_vec.h"

RX_GROUPS_VEC(sse)
TX_BURSTS_VEC(sse)
