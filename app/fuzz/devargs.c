/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * An input is devargs that a user has typed, either the part that the bus parses or the part
 * that net/sf_example parses.  If the bus accepts its part, auxiliary_select_text() writes the
 * keys that select a device; parsed again, these keys have to give the same selection.
 */

#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_devargs.h>
#include <rte_ether.h>
#include <rte_log.h>

#include "fuzz.h"
#include "fuzz_eal.h"
#include "private.h"
#include "sf_example.h"

/* The first octet of an input; text follows. */
enum { PART_BUS, PART_DRIVER, PART_NUM };

static const struct sf_port port = { .name = "fuzz.sf.0" };

/* EAL is not needed for this. */
void
fuzz_start(void)
{
	fuzz_log_start();
}

static void
bus_run(char *text)
{
	struct rte_devargs devargs = { .bus_str = text };
	char keys[RTE_DEV_NAME_MAX_LEN];
	struct auxiliary_select select, again;

	auxiliary_devargs_parse(&devargs);
	fuzz_assert(memchr(devargs.name, '\0', sizeof(devargs.name)) != NULL);
	if (auxiliary_select_parse(text, &select) < 0 ||
			auxiliary_select_text(&select, keys, sizeof(keys)) < 0)
		return;
	fuzz_assert(memchr(keys, '\0', sizeof(keys)) != NULL);
	fuzz_assert(auxiliary_select_parse(keys, &again) == 0);
	fuzz_assert(again.sfnum == select.sfnum && strcmp(again.pf, select.pf) == 0 &&
		strcmp(again.type, select.type) == 0 &&
		(again.kind == select.kind || select.name[0] != '\0'));
}

static void
driver_run(char *text)
{
	const struct rte_devargs devargs = { .drv_str = text };
	struct sf_devargs args;

	if (sf_devargs_parse(&port, &devargs, &args) == 0 && args.has_mac)
		fuzz_assert(rte_is_valid_assigned_ether_addr(&args.mac));
}

void
fuzz_run(struct fuzz_input *in)
{
	uint8_t part;
	size_t len;
	char *text;

	fuzz_take(in, &part, sizeof(part));
	len = in->len;
	text = calloc(1, len + 1);
	fuzz_need(text != NULL, "memory");
	fuzz_take(in, text, len);
	if (part % PART_NUM == PART_BUS)
		bus_run(text);
	else
		driver_run(text);
	free(text);
}

/* --- What users type ---------------------------------------------------------------- */

void
fuzz_seeds(void)
{
	static const struct { uint8_t part; const char *text; } inputs[] = {
		{ PART_BUS, "bus=auxiliary,name=sf_sim.sf.0,vfio=user,iova=va,timeout=500" },
		{ PART_BUS, "bus=auxiliary,pf=0000:03:00.0,sfnum=88,hotplug=plug,vfio=cdev" },
		{ PART_BUS, "bus=auxiliary,pf=sf_sim,kind=sf,hotplug=full,vfio=group,iova=pa" },
		{ PART_BUS, "bus=auxiliary,kind=mdev,type=mtty-1,pf=mtty" },
		{ PART_BUS, "bus=auxiliary,uuid=83B8F4F2-509f-382f-3c1e-e6bfe0fa1001" },
		{ PART_DRIVER, "mac=02:00:00:00:00:01,pause=1,driver=net_sf_example" },
		{ PART_DRIVER, "mac=0200.0000.0001,pause=0" },
	};
	struct fuzz_seed seed = { .len = 0 };
	char name[16];
	unsigned int i;

	for (i = 0; i < RTE_DIM(inputs); i++) {
		fuzz_seed_add(&seed, &inputs[i].part, sizeof(inputs[i].part));
		fuzz_seed_add(&seed, inputs[i].text, strlen(inputs[i].text));
		snprintf(name, sizeof(name), "%u", i);
		fuzz_seed_save(&seed, name);
	}
}
