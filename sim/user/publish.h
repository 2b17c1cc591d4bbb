/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef PUBLISH_H
#define PUBLISH_H

/*
 * The directory where the devices are found.  It is locked while it is in use;
 * what a process that was killed has left in it is cleaned up by the next.
 */

#include <stdbool.h>
#include <stdint.h>

struct publish {
	int dir; /* -1: not open */
	int lock;
	bool created; /* the directory is ours to remove */
	const char *path;
};

/* Open or create, and lock.  0 or a negative errno, after a message. */
int publish_open(struct publish *pub, const char *path);

/*
 * Publish a device, which is all there when its directory appears.  Returns its
 * listening socket or a negative errno, after a message.
 */
int publish_device(struct publish *pub, uint32_t index);

void publish_remove(struct publish *pub, uint32_t index);

/* Remove everything. */
void publish_close(struct publish *pub);

#endif /* PUBLISH_H */
