/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/aio_abi.h>

#include "irqfd.h"

/* Requests between two clearances of their results. */
#define NB_REQUESTS 64

static struct {
	aio_context_t aio; /* 0: none */
	int null; /* to read nothing from */
} irqfd = { .null = -1 };

int
irqfd_open(void)
{
	int ret;

	irqfd.null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (irqfd.null < 0)
		return -errno;
	if (syscall(SYS_io_setup, NB_REQUESTS, &irqfd.aio) == 0)
		return 0;
	ret = -errno;
	irqfd_close();
	return ret;
}

void
irqfd_close(void)
{
	if (irqfd.aio != 0)
		syscall(SYS_io_destroy, irqfd.aio);
	if (irqfd.null >= 0)
		close(irqfd.null);
	irqfd.aio = 0;
	irqfd.null = -1;
}

/*
 * Other files could block the server, or be something else that is written to. A
 * file with a path has a target that begins with a slash.
 */
bool
irqfd_accept(int fd)
{
	char link[64], target[64];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, target, sizeof(target) - 1);
	if (len < 0)
		return false;
	target[len] = '\0';
	return strcmp(target, "anon_inode:[eventfd]") == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

/* Read nothing, which is done at once and raises the eventfd. */
static bool
request(int fd)
{
	struct iocb iocb = {
		.aio_lio_opcode = IOCB_CMD_PREAD,
		.aio_fildes = (uint32_t)irqfd.null,
		.aio_flags = IOCB_FLAG_RESFD,
		.aio_resfd = (uint32_t)fd,
	};
	struct iocb *iocbs[] = { &iocb };

	return syscall(SYS_io_submit, irqfd.aio, 1, iocbs) == 1;
}

static void
results_clear(void)
{
	struct io_event events[NB_REQUESTS];

	while (syscall(SYS_io_getevents, irqfd.aio, 0, NB_REQUESTS, events, NULL) == NB_REQUESTS)
		;
}

void
irqfd_raise(int fd)
{
	const uint64_t one = 1;

	if (irqfd.aio == 0) {
		(void)!write(fd, &one, sizeof(one));
	} else if (!request(fd) && errno == EAGAIN) {
		results_clear();
		request(fd);
	}
}
