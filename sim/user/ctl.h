/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef CTL_H
#define CTL_H

/*
 * Commands while devices are served: lines of "add N" and "remove N", written
 * to a FIFO by whoever can write to it.
 */

#include <stdbool.h>

#define CTL_MAX_LINE 64

struct ctl {
	const char *path;
	int fd; /* -1: not open */
	bool created; /* the FIFO is ours to remove */
	char line[CTL_MAX_LINE];
	unsigned int len;
};

enum ctl_command {
	CTL_ADD,
	CTL_REMOVE,
};

typedef void (*ctl_run_t)(enum ctl_command command, unsigned int index);

/* Open or create.  0 or a negative errno, after a message. */
int ctl_open(struct ctl *ctl, const char *path);

/* Run what has been written; never blocks. */
void ctl_serve(struct ctl *ctl, ctl_run_t run);

void ctl_close(struct ctl *ctl);

#endif /* CTL_H */
