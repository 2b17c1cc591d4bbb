/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <rte_vect.h>

#include "sf_example.h"

#define VEC			__m256i
#define VEC_ITEMS		2
#define vec_load(p)		_mm256_loadu_si256((const __m256i *)(p))
#define vec_dup(p)		_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(p)))
#define vec_all16(x)		_mm256_set1_epi16(x)
#define vec_all64(x)		_mm256_set1_epi64x(x)
#define vec_and(a, b)		_mm256_and_si256(a, b)
#define vec_or(a, b)		_mm256_or_si256(a, b)
#define vec_add16(a, b)		_mm256_add_epi16(a, b)
#define vec_min16(a, b)		_mm256_min_epu16(a, b)
#define vec_max16(a, b)		_mm256_max_epu16(a, b)
#define vec_same16(a, b)	_mm256_cmpeq_epi16(a, b)
#define vec_left16(a, n)	_mm256_slli_epi16(a, n)
#define vec_right16(a, n)	_mm256_srli_epi16(a, n)
#define vec_table(t, i)		_mm256_shuffle_epi8(t, i)
#define vec_all(a)		(_mm256_movemask_epi8(a) == -1)
#define vec_add64(a, b)		_mm256_add_epi64(a, b)
#define vec_put(p, a)		_mm256_storeu_si256((__m256i *)(p), a)
#define load_128(m, at)		_mm_loadu_si128(RTE_PTR_ADD(m, at))

static __rte_always_inline void
vec_store(struct rte_mbuf **m, __m256i a, __m256i b)
{
	_mm256_storeu_si256((__m256i *)sf_rearm_data(m[0]), _mm256_permute2x128_si256(a, b, 0x20));
	_mm256_storeu_si256((__m256i *)sf_rearm_data(m[1]), _mm256_permute2x128_si256(a, b, 0x31));
}

static __rte_always_inline __m256i
vec_pick(struct rte_mbuf *const *m, size_t at)
{
	return _mm256_inserti128_si256(_mm256_castsi128_si256(load_128(m[0], at)),
		load_128(m[1], at), 1);
}

#include "sf_example_rx_vec.h"
#include "sf_example_tx_vec.h"

RX_GROUPS_VEC(avx2)
TX_BURSTS_VEC(avx2)
