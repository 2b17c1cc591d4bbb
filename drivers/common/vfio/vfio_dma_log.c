/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * DMA: what is said of memory that cannot be mapped or unmapped.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <rte_eal.h>
#include <rte_memory.h>

#include "vfio_private.h"

/* What may help against an error, or nothing. */
static void
advice_write(const struct vfio_dma *dma, const void *addr, uint64_t iova, uint64_t len,
	int error, char *advice, size_t size)
{
	const struct rte_memseg_list *msl = rte_mem_virt2memseg_list(addr);
	const struct vfio_range *near;
	struct rlimit limit;

	advice[0] = '\0';
	if (error == -ERANGE && dma->allowed.nb != 0) {
		near = vfio_ranges_overlap(&dma->allowed, iova, UINT64_MAX);
		if (near == NULL)
			near = &dma->allowed.range[dma->allowed.nb - 1];
		snprintf(advice, size, ", the IOMMU allows 0x%" PRIx64 "-0x%" PRIx64 "%s",
			near->first, near->last, msl == NULL || msl->external ? "" :
			rte_eal_iova_mode() == RTE_IOVA_VA ?
			" (EAL's --base-virtaddr or --iova-mode=pa may help)" :
			" (EAL's --iova-mode=va may help)");
	} else if (error == -ENOMEM && !dma->ops->by_file &&
			getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
		snprintf(advice, size, " (RLIMIT_MEMLOCK is %ju KiB; ulimit -l raises it)",
			(uintmax_t)limit.rlim_cur / 1024);
	} else if (error == -ENOTSUP && dma->ops->by_file) {
		snprintf(advice, size, ", a server maps files, and none is behind this memory%s",
			msl == NULL || msl->external ? "; EAL's own mostly has one" : "");
	} else if (error == -EINVAL &&
			!vfio_dma_is_whole_pages(dma, (uintptr_t)addr | iova | len)) {
		/* Memory is aligned as its place in the file is. */
		snprintf(advice, size, ", the server maps whole pages of 0x%" PRIx64 " bytes",
			dma->page_size);
	} else if (dma->ops->refusal_hint != NULL && dma->mapped.nb != 0 &&
			(error == -ENOSPC || error == -ENOMEM || error == -EINVAL)) {
		snprintf(advice, size, ", after %u mappings; %s", dma->mapped.nb,
			dma->ops->refusal_hint);
	} else if (error == -ENOSPC) {
		snprintf(advice, size, ", after %u mappings; larger pages make fewer",
			dma->mapped.nb);
	}
}

void
vfio_dma_log(const struct vfio_dma *dma, const char *name, const char *what, const void *addr,
	uint64_t iova, uint64_t len, int error)
{
	const struct { const char *name; } who = { name };
	char advice[160];

	advice_write(dma, addr, iova, len, error, advice, sizeof(advice));
	VFIO_LOG(ERR, &who, "%s at %p, IOVA 0x%" PRIx64 ", 0x%" PRIx64 " bytes: %s%s",
		what, addr, iova, len, strerror(-error), advice);
}
