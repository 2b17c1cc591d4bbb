/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <stdio.h>
#include <string.h>

#include <rte_memory.h>
#include <rte_memzone.h>

#include "../private.h"

/*
 * Where the primary process looks for devices, written into a memzone when it has
 * probed one.  A secondary process that looks elsewhere does not find the devices,
 * and ethdev would only say that there are no ports.
 */
#define SHARE_ZONE "auxiliary_bus_roots"

/* Without memory for it, secondary processes are not warned. */
static void
roots_write(void)
{
	const struct rte_memzone *zone;
	char roots[PATH_MAX];

	auxiliary_roots_str(roots, sizeof(roots));
	zone = rte_memzone_reserve(SHARE_ZONE, strlen(roots) + 1, SOCKET_ID_ANY, 0);
	if (zone != NULL)
		memcpy(zone->addr, roots, strlen(roots) + 1);
}

void
auxiliary_share_roots(void)
{
	static bool is_done;

	if (is_done || rte_eal_process_type() != RTE_PROC_PRIMARY)
		return;
	is_done = true;
	roots_write();
}

void
auxiliary_share_check(void)
{
	const struct rte_memzone *zone;
	char roots[PATH_MAX];

	if (rte_eal_process_type() != RTE_PROC_SECONDARY)
		return;
	zone = rte_memzone_lookup(SHARE_ZONE);
	auxiliary_roots_str(roots, sizeof(roots));
	if (zone == NULL || strncmp(zone->addr, roots, zone->len) == 0)
		return;
	AUXILIARY_LOG(WARNING, "the primary process has devices of %.*s, and this one looks in %s: "
		"give it the primary's SYSFS_AUXILIARY_DEVICES and SYSFS_MDEV_DEVICES",
		(int)zone->len, (const char *)zone->addr, roots);
}
