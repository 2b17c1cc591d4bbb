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

/* Linked in, they are no libraries that could be watched, and none has this name. */
#ifndef TEST_SO_VERSION
#define TEST_SO_VERSION "none"
#endif

/* In DPDK's tree the bus has the file name of DPDK's own. */
#ifndef TEST_BUS_LIBRARY
#define TEST_BUS_LIBRARY "librte_bus_auxiliary.so." TEST_SO_VERSION
#endif

/** Those of this project. */
#define INJECT_LIBRARIES \
	TEST_BUS_LIBRARY, \
	"librte_common_vfio.so." TEST_SO_VERSION, \
	"librte_common_auxiliary.so." TEST_SO_VERSION, \
	"librte_net_sf_example.so." TEST_SO_VERSION

/** Have the next call fail whose point has not failed yet. */
void inject_next(void);
/** The same of calls of one function, whose name stays; NULL: of any. */
void inject_next_of(const char *function);
/** Have every call of a point fail, of inject_points(). */
void inject_always(unsigned int point);
/** Have one call of a point fail, after others of its calls. */
void inject_after(unsigned int point, unsigned int nb);
/** Have the point fail that had when this one was met first, and then this one. */
void inject_again(unsigned int point);
/** Have sendmsg() fail, when it does, as on a socket without room, for which its caller waits. */
void inject_full(bool full);
/** Have none fail.  The point that has failed first, or -1. */
int inject_end(void);

/** Whether a point is a call of this function. */
bool inject_is(unsigned int point, const char *function);

/** Points that are in the libraries' code or, but for x86, that have been met. */
unsigned int inject_points(void);

#ifdef __x86_64__
#define INJECT_KNOWS_PLACES 1
#else
#define INJECT_KNOWS_PLACES 0
#endif

enum inject_state {
	INJECT_UNMET,
	INJECT_MET,
	INJECT_MET_AFTER_FAILURE, /* only, at first */
	INJECT_FAILED,
};
enum inject_state inject_state(unsigned int point);

/** "openat in librte_common_vfio.so.23 at 0x1234", where addr2line finds the place. */
const char *inject_name(unsigned int point, char *buf, size_t size);

/** Write a line for each point to a file: "failed", "met" or "unmet", and its name. */
void inject_save(const char *path);

#endif /* INJECT_H */
