/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/if.h>
#include <linux/if_tun.h>

#include "tap.h"

/* Packets before others have their turn. */
#define SERVE_BUDGET 64

static void
tap_deliver(struct sf_tap *port, const struct sf_frame *frame)
{
	struct tap *tap = (struct tap *)port;
	uint8_t data[SF_MAX_FRAME];

	/* What the kernel has no room for is lost, as on any wire. */
	if (sf_tap_read(frame, data) == 0)
		(void)!write(tap->fd, data, frame->len);
}

int
tap_open(struct tap *tap, const char *name, struct sf_wire *wire, int epoll)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = tap };
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int ret;

	if (strlen(name) >= sizeof(request.ifr_name))
		return -ENAMETOOLONG;
	memcpy(request.ifr_name, name, strlen(name));
	tap->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tap->fd < 0)
		return -errno;
	if (ioctl(tap->fd, TUNSETIFF, &request) < 0 ||
			epoll_ctl(epoll, EPOLL_CTL_ADD, tap->fd, &event) < 0) {
		ret = -errno;
		close(tap->fd);
		tap->fd = -1;
		return ret;
	}
	tap->port.represents = false;
	tap->port.deliver = tap_deliver;
	sf_tap_join(&tap->port, wire);
	return 0;
}

void
tap_close(struct tap *tap)
{
	if (tap->fd < 0)
		return;
	sf_tap_leave(&tap->port);
	close(tap->fd);
	tap->fd = -1;
}

void
tap_serve(struct tap *tap)
{
	uint8_t data[SF_MAX_FRAME];
	unsigned int i;
	ssize_t len;

	for (i = 0; i < SERVE_BUDGET; i++) {
		len = read(tap->fd, data, sizeof(data));
		if (len <= 0)
			return;
		sf_tap_send(&tap->port, data, (uint32_t)len);
	}
}
