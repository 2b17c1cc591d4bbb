/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef INJECT_LIFE_H
#define INJECT_LIFE_H

#include <errno.h>
#include <stdbool.h>

/*
 * Lives for inject_autotest: what ports, or a device, go through from beginning to end.  In
 * each run of one, the test has one call fail that the drivers make.
 */

/** Call, and return from the life with the error if that fails. */
#define DO(call) do { \
	int do_ret = (call); \
	if (do_ret != 0) \
		return do_ret; \
} while (0)

/** Returned by a life when EAL's interrupt thread has not done its part: it gives no errno. */
#define LIFE_GOES_WRONG_ELSEWHERE (-ECHILD)

/** How long a life waits for EAL's interrupt thread: longer if nothing is to fail. */
extern unsigned int inject_patience_ms;

/** Whether a life also waits for links, halted queues and devices that come, which takes long. */
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
/** Of the kernel's devices the third, which comes and goes in both lives. */
#define INJECT_KERNELS "/sys/bus/auxiliary/devices"
#define INJECT_THIRD "sf_sim.sf.2"
void inject_third_comes(void);
void inject_third_goes(void);

/** "user", "group" or "cdev": the environment's SF_TRANSPORT. */
const char *inject_transport(void);
/** Whether that is "user": the devices are served by this process, and not by the kernel. */
bool inject_is_user(void);

#endif /* INJECT_LIFE_H */
