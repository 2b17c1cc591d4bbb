/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <dlfcn.h>
#include <string.h>

#include <rte_common.h>

#include "../private.h"

/*
 * DPDK brings a bus library of the same name as this one.  If an application
 * is linked with one and EAL then loads the other from its plugin directory,
 * both are in the process.  The linker binds drivers to the one that came
 * first, so that one has to serve and the other has to stay out of the way.
 */

static const char *
bus_library(const struct rte_bus *bus)
{
	Dl_info info;

	/* The scan function is in the bus's own library. */
	if (dladdr((const void *)(uintptr_t)bus->scan, &info) == 0 || info.dli_fname == NULL)
		return "unknown library";
	return info.dli_fname;
}

static int
other_bus_cmp(const struct rte_bus *bus, const void *name)
{
	return bus == AUXILIARY_EAL_BUS ? 1 : strcmp(bus->name, name);
}

/* EAL scans after it has loaded all plugins. */
void
auxiliary_only_claim(void)
{
	struct rte_bus *other;

	while ((other = rte_bus_find(NULL, other_bus_cmp, RTE_BUS_AUXILIARY_NAME)) != NULL) {
		rte_bus_unregister(other);
		/* To find out whose it is takes longer than the rest. */
		if (!rte_log_can_log(auxiliary_bus_logtype, RTE_LOG_NOTICE))
			continue;
		AUXILIARY_LOG(NOTICE, "another bus named " RTE_BUS_AUXILIARY_NAME
			" was loaded (%s): unregistered, this one serves all auxiliary drivers",
			bus_library(other));
	}
}

RTE_INIT_PRIO(auxiliary_bus_init, BUS)
{
	struct rte_bus *first = rte_bus_find_by_name(RTE_BUS_AUXILIARY_NAME);

	if (first == NULL) {
		auxiliary_bus_register();
		return;
	}
	/* The log type of this bus does not exist yet. */
	RTE_LOG(WARNING, EAL, "auxiliary bus: %s was loaded first and serves all auxiliary drivers, "
		"%s is not used; put it first on the library path\n",
		bus_library(first), bus_library(AUXILIARY_EAL_BUS));
}
