/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef INJECT_H
#define INJECT_H

/*
 * Failures of what shared libraries call: system calls, allocations, and what EAL
 * does for them.  A point is one place in the code that calls one such function.
 * Nothing is built into the libraries: their tables of functions are changed.
 */

#include <stdbool.h>
#include <stddef.h>

/** Watch the calls of a library that is loaded.  0 or a negative errno. */
int inject_watch(const char *library);

/** Have the next call fail whose point has not failed yet. */
void inject_next(void);
/** Have every call of a point fail, of inject_points(). */
void inject_always(unsigned int point);
/** Have one call of a point fail, after others of its calls. */
void inject_after(unsigned int point, unsigned int nb);
/** Have none fail.  The point that has failed, or -1. */
int inject_end(void);

/** Whether a point is a call of this function. */
bool inject_is(unsigned int point, const char *function);

/** Points met so far; how many of them have not failed. */
unsigned int inject_points(void);
unsigned int inject_spared(void);

/** "openat in librte_common_vfio.so.23 at 0x1234", where addr2line finds the place. */
const char *inject_name(unsigned int point, char *buf, size_t size);

#endif /* INJECT_H */
