/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef SIM_HOST_H
#define SIM_HOST_H

/*
 * dpdk-sf-sim inside the test: the same devices behind the same sockets, but
 * on a thread of this process, so that a test can look at a device from the
 * inside, stop it, and have it do what no device should.
 */

#include <stdint.h>

#include "server.h"

/** Publish devices below a directory, and serve them.  0 or a negative errno. */
int sim_host_start(const char *dir, unsigned int nb_sfs, enum sf_wire_type wire);
void sim_host_stop(void);

/** Between these two the devices stand still, and may be looked at. */
struct sf *sim_host_lock(unsigned int index);
void sim_host_unlock(void);

/** Serve no packets, only sockets, until told otherwise. */
void sim_host_freeze(bool freeze);

/** Serve packets once, on the caller's thread, frozen or not: how many. */
unsigned int sim_host_poll(void);

#endif /* SIM_HOST_H */
