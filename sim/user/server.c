/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "irqfd.h"
#include "server.h"

/* Messages of one client before others have their turn. */
#define SERVE_BUDGET 16

__attribute__((format(printf, 2, 0)))
static void
vlog(const char *name, const char *fmt, va_list ap)
{
	char line[512];

	vsnprintf(line, sizeof(line), fmt, ap);
	fprintf(stderr, "dpdk-sf-sim: %s: %s\n", name, line);
}

void
sf_log(const struct sf *sf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(sf->name, fmt, ap);
	va_end(ap);
}

void
sf_plat_log(struct sf_plat *plat, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(plat->name, fmt, ap);
	va_end(ap);
}

void
sf_plat_irq(struct sf_plat *plat, unsigned int vector)
{
	if (plat->eventfds[vector] >= 0)
		irqfd_raise(plat->eventfds[vector]);
}

static void
conn_drop_fds(struct conn *conn)
{
	while (conn->nb_fds > 0)
		close(conn->fds[--conn->nb_fds]);
}

/*
 * The end of a connection: the client's memory and eventfds go, and the queues
 * whose rings were in that memory halt.  Registers stay as they are for the next
 * client, unless the device is to be reset.  The socket goes last: when the client
 * sees its end, nothing of the client's is in use any more.
 */
static void
conn_close(struct sf *sf)
{
	struct conn *conn = &sf->conn;
	unsigned int i;

	conn_drop_fds(conn);
	if (sf->resets_at_end)
		sf_dev_reset(&sf->dev);
	else
		sf_dev_dma_removed(&sf->dev, 0, UINT64_MAX);
	for (i = 0; i < SF_PLAT_VECTORS; i++) {
		if (sf->plat.eventfds[i] >= 0)
			close(sf->plat.eventfds[i]);
		sf->plat.eventfds[i] = -1;
	}
	dma_clear(&sf->plat.dma);
	close(conn->fd); /* leaves the epoll set by that */
	free(conn->in);
	free(conn->out);
	*conn = (struct conn) { .fd = -1, .out_fd = -1 };
}

static void
refused_close(struct sf *sf)
{
	if (sf->refused >= 0)
		close(sf->refused);
	sf->refused = -1;
}

/* A second client is told when it has asked for something; of several, the last. */
static void
refused_keep(struct sf *sf, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = &sf->refused };

	sf_log(sf, "in use: second client refused");
	refused_close(sf);
	if (epoll_ctl(sf->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		close(fd);
	else
		sf->refused = fd;
}

/* Refuse what a second client asks for, and end its connection. */
static void
refused_answer(struct sf *sf)
{
	char request[CONN_MAX_VERSION];
	struct vfio_user_header header;
	ssize_t got;

	got = recv(sf->refused, request, sizeof(request), MSG_DONTWAIT);
	if (got < 0 && errno == EAGAIN) /* the event was for one that has been closed since */
		return;
	if (got >= (ssize_t)sizeof(header)) {
		memcpy(&header, request, sizeof(header));
		header.msg_size = sizeof(header);
		header.flags = VFIO_USER_F_REPLY | VFIO_USER_F_ERROR;
		header.error = EBUSY;
		(void)!send(sf->refused, &header, sizeof(header), MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	refused_close(sf);
}

void
sf_event(struct sf *sf, const void *at)
{
	if (at == sf)
		sf_accept(sf);
	else if (at != &sf->refused)
		sf_serve(sf);
	else if (sf->refused >= 0)
		refused_answer(sf);
}

/* Whether the client has left, whatever it has sent before. */
static bool
has_left(const struct conn *conn)
{
	struct pollfd pollfd = { .fd = conn->fd };

	return conn->fd >= 0 && poll(&pollfd, 1, 0) > 0 && (pollfd.revents & POLLHUP) != 0;
}

void
sf_accept(struct sf *sf)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = &sf->conn };
	int fd;

	fd = accept4(sf->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	/* One that has left may not have been served to its end yet. */
	while (has_left(&sf->conn))
		sf_serve(sf);
	if (sf->conn.fd >= 0) {
		refused_keep(sf, fd);
		return;
	}
	if (epoll_ctl(sf->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
		sf_log(sf, "client refused: %s", strerror(errno));
		close(fd);
		return;
	}
	sf->conn.fd = fd;
}

static bool
take_fds(struct sf *sf, struct msghdr *msg)
{
	struct conn *conn = &sf->conn;
	bool fits = (msg->msg_flags & MSG_CTRUNC) == 0;
	struct cmsghdr *cmsg;
	unsigned int i, nb;
	int fd;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		nb = (unsigned int)((cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		for (i = 0; i < nb; i++) {
			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(int));
			if (conn->nb_fds < CONN_MAX_FDS) {
				conn->fds[conn->nb_fds++] = fd;
			} else {
				close(fd);
				fits = false;
			}
		}
	}
	if (!fits)
		sf_log(sf, "client sends more than %u file descriptors", CONN_MAX_FDS);
	return fits;
}

enum progress {
	PROGRESS_DONE,
	PROGRESS_LATER, /* nothing more without blocking */
	PROGRESS_END, /* of the connection */
};

static enum progress
receive_some(struct sf *sf, void *buf, size_t len)
{
	char control[CMSG_SPACE(CONN_MAX_FDS * sizeof(int))]
		__attribute__((aligned(__alignof__(struct cmsghdr))));
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t got = recvmsg(sf->conn.fd, &msg, MSG_CMSG_CLOEXEC);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? PROGRESS_LATER : PROGRESS_END;
	if (got == 0) {
		if (sf->conn.got != 0)
			sf_log(sf, "client gone in the middle of a message");
		return PROGRESS_END;
	}
	sf->conn.got += (size_t)got;
	return take_fds(sf, &msg) ? PROGRESS_DONE : PROGRESS_END;
}

/* The header is here: is there a payload we would take? */
static bool
header_check(struct sf *sf)
{
	struct conn *conn = &sf->conn;
	const struct vfio_user_header *header = &conn->header;
	size_t max = sizeof(*header) + sizeof(struct vfio_user_region_access) + CONN_MAX_XFER;

	if (header->msg_size < sizeof(*header) || header->msg_size > max) {
		sf_log(sf, "client sends a message of %u bytes", header->msg_size);
		return false;
	}
	/* We ask nothing, so there is nothing to reply to. */
	if ((header->flags & VFIO_USER_F_TYPE_MASK) != VFIO_USER_F_COMMAND) {
		sf_log(sf, "client sends a message that is no command, flags 0x%x", header->flags);
		return false;
	}
	/* The octet behind ends a text that does not end itself. */
	conn->in = calloc(1, header->msg_size - sizeof(*header) + 1);
	return conn->in != NULL;
}

static enum progress
receive_message(struct sf *sf)
{
	struct conn *conn = &sf->conn;
	enum progress progress;

	while (conn->got < sizeof(conn->header)) {
		progress = receive_some(sf, (uint8_t *)&conn->header + conn->got,
			sizeof(conn->header) - conn->got);
		if (progress != PROGRESS_DONE)
			return progress;
	}
	if (conn->in == NULL && !header_check(sf))
		return PROGRESS_END;
	while (conn->got < conn->header.msg_size) {
		progress = receive_some(sf, conn->in + conn->got - sizeof(conn->header),
			conn->header.msg_size - conn->got);
		if (progress != PROGRESS_DONE)
			return progress;
	}
	return PROGRESS_DONE;
}

void *
conn_reply(struct conn *conn, size_t len)
{
	size_t total = sizeof(struct vfio_user_header) + len;
	uint8_t *out;

	if (total > conn->out_max) {
		out = realloc(conn->out, total);
		if (out == NULL)
			return NULL;
		conn->out = out;
		conn->out_max = total;
	}
	conn->out_len = total;
	memset(conn->out, 0, total);
	return conn->out + sizeof(struct vfio_user_header);
}

static enum progress
send_reply(struct sf *sf)
{
	char control[CMSG_SPACE(sizeof(int))]
		__attribute__((aligned(__alignof__(struct cmsghdr)))) = { 0 };
	struct conn *conn = &sf->conn;
	struct cmsghdr *cmsg;
	ssize_t sent;

	while (conn->out_sent < conn->out_len) {
		struct iovec iov = {
			.iov_base = conn->out + conn->out_sent,
			.iov_len = conn->out_len - conn->out_sent,
		};
		struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

		if (conn->out_fd >= 0) {
			msg.msg_control = control;
			msg.msg_controllen = sizeof(control);
			cmsg = CMSG_FIRSTHDR(&msg);
			cmsg->cmsg_level = SOL_SOCKET;
			cmsg->cmsg_type = SCM_RIGHTS;
			cmsg->cmsg_len = CMSG_LEN(sizeof(int));
			memcpy(CMSG_DATA(cmsg), &conn->out_fd, sizeof(int));
		}
		sent = sendmsg(conn->fd, &msg, MSG_NOSIGNAL);
		if (sent < 0)
			return errno == EAGAIN || errno == EINTR ? PROGRESS_LATER : PROGRESS_END;
		conn->out_fd = -1;
		conn->out_sent += (size_t)sent;
	}
	conn->out_len = 0;
	conn->out_sent = 0;
	return conn->ending ? PROGRESS_END : PROGRESS_DONE;
}

/* One message from its first octet to the last of its reply. */
static enum progress
serve_one(struct sf *sf)
{
	struct conn *conn = &sf->conn;
	enum progress progress;
	bool good;

	if (conn->out_len != 0) {
		progress = send_reply(sf);
		if (progress != PROGRESS_DONE)
			return progress;
	}
	progress = receive_message(sf);
	if (progress != PROGRESS_DONE)
		return progress;
	good = proto_message(sf);
	conn_drop_fds(conn);
	free(conn->in);
	conn->in = NULL;
	conn->got = 0;
	return good ? send_reply(sf) : PROGRESS_END;
}

/* Wait for room while a reply is stuck, for messages otherwise. */
static void
set_interest(struct sf *sf)
{
	struct epoll_event event = {
		.events = sf->conn.out_len != 0 ? EPOLLOUT : EPOLLIN,
		.data.ptr = &sf->conn,
	};

	epoll_ctl(sf->epoll, EPOLL_CTL_MOD, sf->conn.fd, &event);
}

void
sf_serve(struct sf *sf)
{
	bool stuck = sf->conn.out_len != 0;
	enum progress progress = PROGRESS_DONE;
	unsigned int i;

	if (sf->conn.fd < 0)
		return;
	for (i = 0; i < SERVE_BUDGET && progress == PROGRESS_DONE; i++)
		progress = serve_one(sf);
	/* The event may be of the client before this one, so the socket is asked. */
	if (progress == PROGRESS_END || (progress == PROGRESS_LATER && has_left(&sf->conn)))
		conn_close(sf);
	else if (stuck != (sf->conn.out_len != 0))
		set_interest(sf);
}

bool
sf_check_fault(struct sf *sf)
{
	if (!sf->plat.dma.faulted)
		return false;
	sf_log(sf, "client took back memory that the device uses: disconnected");
	conn_close(sf);
	return true;
}

static int
doorbells_open(struct sf *sf, uint32_t nb_queues)
{
	size_t len = (size_t)nb_queues * SF_DB_STRIDE;
	int ret;

	sf->db_fd = memfd_create(sf->name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (sf->db_fd < 0)
		return -errno;
	if (ftruncate(sf->db_fd, SF_BAR_REGS_SIZE) == 0 &&
			fcntl(sf->db_fd, F_ADD_SEALS,
				F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
		sf->db = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, sf->db_fd,
			SF_DB_BASE);
		if (sf->db != MAP_FAILED)
			return 0;
	}
	ret = -errno;
	sf->db = NULL;
	close(sf->db_fd);
	return ret;
}

static void
doorbells_close(struct sf *sf, uint32_t nb_queues)
{
	munmap(sf->db, (size_t)nb_queues * SF_DB_STRIDE);
	sf->db = NULL;
	close(sf->db_fd);
}

int
sf_open(struct sf *sf, struct sf_wire *wire, uint32_t index, uint32_t nb_queues,
	int listener, int epoll)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = sf };
	unsigned int i;
	int ret;

	snprintf(sf->name, sizeof(sf->name), "sf_sim.sf.%u", index);
	sf->index = index;
	sf->listener = listener;
	sf->epoll = epoll;
	sf->conn.fd = -1;
	sf->conn.out_fd = -1;
	sf->refused = -1;
	sf->plat.name = sf->name;
	for (i = 0; i < SF_PLAT_VECTORS; i++)
		sf->plat.eventfds[i] = -1;
	ret = doorbells_open(sf, nb_queues);
	if (ret == 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0) {
		ret = -errno;
		doorbells_close(sf, nb_queues);
	}
	if (ret < 0) {
		close(listener);
		return ret;
	}
	sf_dev_init(&sf->dev, wire, &sf->plat, index, nb_queues);
	sf_dev_set_doorbells(&sf->dev, sf->db);
	return 0;
}

void
sf_close(struct sf *sf)
{
	if (sf->conn.fd >= 0)
		conn_close(sf);
	refused_close(sf);
	sf_dev_fini(&sf->dev);
	doorbells_close(sf, sf->dev.nb_queues);
	close(sf->listener);
}
