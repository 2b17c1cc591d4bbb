/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <unistd.h>

#include <rte_log.h>

#include "aux_events.h"

#define LOG_TYPE "bus.auxiliary"

struct aux_told aux_told;

static bool is_monitored;

static void
on_event(const char *name, enum rte_dev_event_type type, void *arg)
{
	RTE_SET_USED(arg);
	__atomic_add_fetch(&aux_told.all, 1, __ATOMIC_RELEASE);
	if (aux_told.name != NULL && strcmp(name, aux_told.name) == 0)
		__atomic_add_fetch(type == RTE_DEV_EVENT_ADD ? &aux_told.come : &aux_told.gone, 1,
			__ATOMIC_RELEASE);
}

int
aux_events_setup(void)
{
	int ret = aux_setup();

	memset(&aux_told, 0, sizeof(aux_told));
	return ret == TEST_SUCCESS ? rte_dev_event_callback_register(NULL, on_event, NULL) : ret;
}

void
aux_events_teardown(void)
{
	if (is_monitored)
		rte_dev_event_monitor_stop();
	is_monitored = false;
	rte_dev_event_callback_unregister(NULL, on_event, NULL);
	aux_teardown();
}

int
aux_start(const char *const *devargs, unsigned int nb)
{
	unsigned int i;

	for (i = 0; i < nb; i++)
		TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_ALLOWED, devargs[i]));
	TEST_ASSERT_OK(aux_scan());
	return aux_probe();
}

int
aux_monitor_start(void)
{
	int ret = rte_dev_event_monitor_start();

	is_monitored = ret == 0;
	return ret;
}

void
aux_nothing_happens(void)
{
	usleep(100000);
}

void
aux_log_debug_start(void)
{
	rte_log_set_level_pattern(LOG_TYPE, RTE_LOG_DEBUG);
	test_log_start();
}

unsigned int
aux_log_debug_end(const char *text)
{
	rte_log_set_level_pattern(LOG_TYPE, RTE_LOG_NOTICE);
	return test_log_count_both("auxiliary bus: ", text);
}
