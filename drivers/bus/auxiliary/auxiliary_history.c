/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <stdlib.h>
#include <string.h>

#include "private.h"

/*
 * What has been counted of devices that are not on the bus now.  Like devargs,
 * it waits for them until the bus is cleaned up.
 */

struct history {
	uint32_t nb_probes;
	uint32_t nb_failures;
	char name[];
};

static struct auxiliary_index histories;

static struct history *
history_new(const char *name)
{
	struct history *history = calloc(1, sizeof(*history) + strlen(name) + 1);

	if (history == NULL)
		return NULL;
	memcpy(history->name, name, strlen(name) + 1);
	if (auxiliary_index_add(&histories, history->name, history) == 0)
		return history;
	free(history);
	return NULL;
}

void
auxiliary_history_keep(const struct auxiliary_dev *dev)
{
	struct history *history;

	if (dev->nb_probes == 0)
		return;
	history = auxiliary_index_find(&histories, dev->pub.name);
	if (history == NULL)
		history = history_new(dev->pub.name);
	if (history == NULL)
		return; /* counted anew then */
	history->nb_probes = dev->nb_probes;
	history->nb_failures = dev->nb_failures;
}

void
auxiliary_history_recall(struct auxiliary_dev *dev)
{
	const struct history *history = auxiliary_index_find(&histories, dev->pub.name);

	if (history == NULL)
		return;
	dev->nb_probes = history->nb_probes;
	dev->nb_failures = history->nb_failures;
}

void
auxiliary_history_forget(void)
{
	auxiliary_index_free_objects(&histories);
}
