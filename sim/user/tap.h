/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef TAP_H
#define TAP_H

/*
 * A TAP device as a port of the switch, so that the kernel's IP stack, ping
 * and iperf3 can be the far end of a driver.
 */

#include "sf_model.h"

struct tap {
	struct sf_tap port;
	int fd; /* -1: there is none */
};

/*
 * Create a TAP device, or take over one that is there, and join it to a
 * switch.  The epoll set tells with the struct tap as data when there is
 * something to do for tap_serve().  0 or a negative errno.
 */
int tap_open(struct tap *tap, const char *name, struct sf_wire *wire, int epoll);
void tap_close(struct tap *tap);

/* Send what the IP stack has, up to some packets. */
void tap_serve(struct tap *tap);

#endif /* TAP_H */
