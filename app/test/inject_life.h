/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef INJECT_LIFE_H
#define INJECT_LIFE_H

#include <errno.h>
#include <stdbool.h>

/*
 * What a test has fail, again and again: something from its beginning to its end.
 */

/** Give up at the first thing that fails. */
#define DO(call) do { \
	int do_ret = (call); \
	if (do_ret != 0) \
		return do_ret; \
} while (0)

/** What failed did so on another thread, which does not say how. */
#define LIFE_GOES_WRONG_ELSEWHERE (-ECHILD)

/** For what another thread does: more if nothing is to fail. */
extern unsigned int inject_patience_ms;

/** Take the time for what comes from outside as well. */
extern bool inject_is_thorough;

struct inject_life {
	const char *name;
	int (*setup)(void); /* once, with a directory that is test_dir() */
	void (*teardown)(void);
	int (*live)(void); /* 0 or a negative errno */
	void (*die)(void); /* whatever is left, when nothing fails any more */
};

/** Ports, from scan to removal. */
extern const struct inject_life inject_life_of_ports;
/** A PCI device as a driver of common/vfio has it, without bus or port. */
extern const struct inject_life inject_life_of_device;
/** The kernel's, which it has in the life of ports as well; comes and goes. */
#define INJECT_KERNELS "/sys/bus/auxiliary/devices"
#define INJECT_THIRD "sf_sim.sf.2"
void inject_third_comes(void);
void inject_third_goes(void);

/** "user", "group" or "cdev": the environment's SF_TRANSPORT. */
const char *inject_transport(void);

#endif /* INJECT_LIFE_H */
