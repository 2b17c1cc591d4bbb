/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef FAKE_DEVICE_H
#define FAKE_DEVICE_H

/*
 * What suites on the fake server have in common: one device of it, opened
 * before each case and closed behind it.
 */

#include <rte_vfio_dev.h>

#include "fake_server.h"
#include "test.h"

#define FAKE_DEVICE "fake.sf.0"

extern struct rte_vfio_dev *fake_dev; /* NULL: not open */
extern uint32_t fake_timeout_ms; /* for fake_open(), until the end of the case */

/* For struct test_suite; what a case is to begin with is for the suite to say. */
int fake_suite_setup(void);
void fake_suite_teardown(void);
void fake_case_teardown(void);

/** Deadline of the device of fake_start_watched(). */
#define FAKE_TIMEOUT_MS 250
/* Between a deadline and those who wait for it, on a machine that does other things. */
#define FAKE_SLACK_MS 400

/** Start a clock, and what it says. */
void fake_clock_start(void);
unsigned int fake_clock_ms(void);

/** Start the server, and have it misbehave in this way. */
int fake_start(enum fake_fault fault);
/** Stop it, as if it had died. */
void fake_stop(void);
/** Open the device that it serves. */
int fake_open(enum rte_vfio_transport transport);
/** The same by any transport, of a character device besides. */
int fake_open_or(const char *cdev);
void fake_close(void);

/** Start an honest server, and open a device that is watched. */
int fake_start_watched(void);
/** Have the end of the device counted in fake_gone, or not. */
int fake_watch(bool on);
extern unsigned int fake_gone;
/** Its end is told once, and what is asked after it fails at once. */
int fake_expect_gone(void);

#endif /* FAKE_DEVICE_H */
