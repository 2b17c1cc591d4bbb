/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <rte_vect.h>

#include "sf_example.h"

#define VEC			__m512i
#define VEC_ITEMS		4
#define vec_load(p)		_mm512_loadu_si512(p)
#define vec_dup(p)		_mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(p)))
#define vec_all16(x)		_mm512_set1_epi16(x)
#define vec_all64(x)		_mm512_set1_epi64(x)
#define vec_and(a, b)		_mm512_and_si512(a, b)
#define vec_or(a, b)		_mm512_or_si512(a, b)
#define vec_add16(a, b)		_mm512_add_epi16(a, b)
#define vec_min16(a, b)		_mm512_min_epu16(a, b)
#define vec_max16(a, b)		_mm512_max_epu16(a, b)
#define vec_same16(a, b)	_mm512_movm_epi16(_mm512_cmpeq_epi16_mask(a, b))
#define vec_left16(a, n)	_mm512_slli_epi16(a, n)
#define vec_right16(a, n)	_mm512_srli_epi16(a, n)
#define vec_table(t, i)		_mm512_shuffle_epi8(t, i)
#define vec_all(a)		(_mm512_movepi16_mask(a) == UINT32_MAX)
#define vec_add64(a, b)		_mm512_add_epi64(a, b)
#define vec_put(p, a)		_mm512_storeu_si512(p, a)
#define load_128(m, at)		_mm_loadu_si128(RTE_PTR_ADD(m, at))

/* 64-bit words of two vectors: 0..7 of the first, 8..15 of the second. */
static __rte_always_inline void
vec_store(struct rte_mbuf **m, __m512i a, __m512i b)
{
	const __m512i first = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
	const __m512i second = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
	const __m512i ab0 = _mm512_permutex2var_epi64(a, first, b);
	const __m512i ab1 = _mm512_permutex2var_epi64(a, second, b);

	_mm256_storeu_si256((__m256i *)sf_rearm_data(m[0]), _mm512_castsi512_si256(ab0));
	_mm256_storeu_si256((__m256i *)sf_rearm_data(m[1]), _mm512_extracti64x4_epi64(ab0, 1));
	_mm256_storeu_si256((__m256i *)sf_rearm_data(m[2]), _mm512_castsi512_si256(ab1));
	_mm256_storeu_si256((__m256i *)sf_rearm_data(m[3]), _mm512_extracti64x4_epi64(ab1, 1));
}

static __rte_always_inline __m512i
vec_pick(struct rte_mbuf *const *m, size_t at)
{
	const __m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(load_128(m[0], at)),
		load_128(m[1], at), 1);
	const __m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(load_128(m[2], at)),
		load_128(m[3], at), 1);

	return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

#include "sf_example_rx_vec.h"
#include "sf_example_tx_vec.h"

RX_GROUPS_VEC(avx512)
TX_BURSTS_VEC(avx512)
