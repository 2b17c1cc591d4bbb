/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <rte_vect.h>

#include "sf_example.h"

/* Memory is of any type: octets may alias all of them. */
#define VEC			uint16x8_t
#define VEC_ITEMS		1
#define vec_load(p)		vreinterpretq_u16_u8(vld1q_u8((const uint8_t *)(p)))
#define vec_dup(p)		vec_load(p)
#define vec_all16(x)		vdupq_n_u16(x)
#define vec_all64(x)		vreinterpretq_u16_u64(vdupq_n_u64(x))
#define vec_and(a, b)		vandq_u16(a, b)
#define vec_or(a, b)		vorrq_u16(a, b)
#define vec_add16(a, b)		vaddq_u16(a, b)
#define vec_min16(a, b)		vminq_u16(a, b)
#define vec_max16(a, b)		vmaxq_u16(a, b)
#define vec_same16(a, b)	vceqq_u16(a, b)
#define vec_left16(a, n)	vshlq_n_u16(a, n)
#define vec_right16(a, n)	vshrq_n_u16(a, n)
#define vec_table(t, i)		vreinterpretq_u16_u8(vqtbl1q_u8(vreinterpretq_u8_u16(t), \
					vreinterpretq_u8_u16(i)))
#define vec_all(a)		(vminvq_u16(a) == UINT16_MAX)
#define vec_add64(a, b)		vreinterpretq_u16_u64(vaddq_u64(vreinterpretq_u64_u16(a), \
					vreinterpretq_u64_u16(b)))
#define vec_put(p, a)		vst1q_u8((uint8_t *)(p), vreinterpretq_u8_u16(a))
#define vec_pick(m, at)		vec_load(RTE_PTR_ADD((m)[0], at))

static __rte_always_inline void
vec_store(struct rte_mbuf **m, uint16x8_t a, uint16x8_t b)
{
	void *to = sf_rearm_data(m[0]);

	vec_put(to, a);
	vec_put(RTE_PTR_ADD(to, sizeof(a)), b);
}

#include "sf_example_rx_vec.h"
#include "sf_example_tx_vec.h"

RX_GROUPS_VEC(neon)
TX_BURSTS_VEC(neon)
