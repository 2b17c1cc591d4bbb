/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef AUX_EVENTS_H
#define AUX_EVENTS_H

/*
 * For tests of hotplug: an application that registers for EAL's device events,
 * or does not, and counts those it gets.
 */

#include "aux_mock.h"

/*
 * Device events that the application's callback has counted, for one device and for
 * all.  EAL's interrupt thread writes them, and the test's thread reads them.
 */
struct aux_told {
	const char *name; /* of the one; set by the test, may be NULL */
	unsigned int come, gone, all;
};

extern struct aux_told aux_told;

/* Case set-up and tear-down: a callback, but neither the bus nor EAL's monitor is started. */
int aux_events_setup(void);
void aux_events_teardown(void);

/* Start the bus as EAL does, with what the user has typed. */
int aux_start(const char *const *devargs, unsigned int nb);

/* Start EAL's monitor, as an application does that wants to be told. */
int aux_monitor_start(void);

/* Time for something that is not to happen. */
void aux_nothing_happens(void);

/* From here to there log lines for debugging, and how many of the bus have a text. */
void aux_log_debug_start(void);
unsigned int aux_log_debug_end(const char *text);

#define ASSERT_BECOMES(counter, value) \
	TEST_ASSERT(test_wait_for(&(counter), value), "%u", counter)

#endif /* AUX_EVENTS_H */
