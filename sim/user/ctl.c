/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl.h"

int
ctl_open(struct ctl *ctl, const char *path)
{
	struct stat st;
	int ret = 0;

	*ctl = (struct ctl) { .path = path, .fd = -1 };
	if (mkfifo(path, 0600) == 0)
		ctl->created = true;
	else if (errno != EEXIST)
		ret = -errno;
	/* Open for writing as well, or it ends whenever a writer closes it. */
	if (ret == 0) {
		ctl->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
		ret = ctl->fd < 0 ? -errno : 0;
	}
	if (ret == 0 && (fstat(ctl->fd, &st) < 0 || !S_ISFIFO(st.st_mode))) {
		ret = -EEXIST;
		close(ctl->fd);
		ctl->fd = -1;
	}
	if (ret < 0)
		fprintf(stderr, "dpdk-sf-sim: %s: no FIFO for commands: %s\n", path,
			strerror(-ret));
	return ret;
}

static void
run_line(const char *line, ctl_run_t run)
{
	unsigned int index;
	char command[8], rest;

	if (sscanf(line, "%7s %u %c", command, &index, &rest) == 2) {
		if (strcmp(command, "add") == 0) {
			run(CTL_ADD, index);
			return;
		}
		if (strcmp(command, "remove") == 0) {
			run(CTL_REMOVE, index);
			return;
		}
	}
	fprintf(stderr, "dpdk-sf-sim: \"%s\": not \"add N\" or \"remove N\"\n", line);
}

/* A line that is too long ends where it is cut. */
static void
take_octet(struct ctl *ctl, char octet, ctl_run_t run)
{
	if (octet != '\n' && ctl->len < CTL_MAX_LINE - 1) {
		ctl->line[ctl->len++] = octet;
		return;
	}
	ctl->line[ctl->len] = '\0';
	ctl->len = 0;
	run_line(ctl->line, run);
}

void
ctl_serve(struct ctl *ctl, ctl_run_t run)
{
	char text[256];
	ssize_t i, len;

	while ((len = read(ctl->fd, text, sizeof(text))) > 0)
		for (i = 0; i < len; i++)
			take_octet(ctl, text[i], run);
}

void
ctl_close(struct ctl *ctl)
{
	if (ctl->fd < 0)
		return;
	close(ctl->fd);
	if (ctl->created)
		unlink(ctl->path);
}
