/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef IRQFD_H
#define IRQFD_H

/*
 * The eventfds that clients send for their vectors.
 *
 * A client shares the open file, so it can clear O_NONBLOCK and fill the counter
 * at any time: a write() could then wait until that client reads. The kernel itself
 * adds to a counter without waiting, and does so for a process at the end of an
 * asynchronous I/O request.
 */

#include <stdbool.h>

/*
 * Prepare such requests. 0 or a negative errno; without, eventfds are written to, and
 * a client can hold up all others.
 */
int irqfd_open(void);
void irqfd_close(void);

/* Whether a file from a client is an eventfd; it does not block from then on. */
bool irqfd_accept(int fd);

/* Add 1 to the counter, unless it is full: then it says already what there is to say. */
void irqfd_raise(int fd);

#endif /* IRQFD_H */
