/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include "trap.h"

static rte_mempool_dequeue_t dequeue;
static rte_mempool_enqueue_t enqueue;
static volatile bool in_pool;

static int
dequeue_at_once(struct rte_mempool *mp, void **objs, unsigned int n)
{
	int ret;

	in_pool = true;
	ret = dequeue(mp, objs, n);
	in_pool = false;
	return ret;
}

static int
enqueue_at_once(struct rte_mempool *mp, void * const *objs, unsigned int n)
{
	int ret;

	in_pool = true;
	ret = enqueue(mp, objs, n);
	in_pool = false;
	return ret;
}

void
trap_watch_pool(const struct rte_mempool *mp)
{
	struct rte_mempool_ops *ops = rte_mempool_get_ops(mp->ops_index);

	dequeue = ops->dequeue;
	enqueue = ops->enqueue;
	ops->dequeue = dequeue_at_once;
	ops->enqueue = enqueue_at_once;
}

void
trap_leave_pool(const struct rte_mempool *mp)
{
	struct rte_mempool_ops *ops = rte_mempool_get_ops(mp->ops_index);

	ops->dequeue = dequeue;
	ops->enqueue = enqueue;
}

bool
trap_is_in_pool(void)
{
	return in_pool;
}
