/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * One message out, one message in.
 */

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "vfio_private.h"
#include "vfio_user.h"

/* Payload of a server's own command, which we refuse and skip. */
#define FOREIGN_COMMAND_MAX (2 * 1024 * 1024)

/*
 * How long to look for an answer before sleeping.  A server that polls takes
 * less than it takes to sleep and be woken.
 */
#define SPIN_US 50

/* Descriptors that came with a message. */
struct fd_set_in {
	int fds[VFIO_USER_MAX_FDS];
	uint32_t nb;
};

static int
broken(struct rte_vfio_dev *dev, int error, const char *what, uint64_t value)
{
	VFIO_LOG(ERR, dev, "vfio-user server %s (%" PRIu64 "): connection given up",
		what, value);
	dev->user->broken = true;
	return error;
}

static int
lost(struct rte_vfio_dev *dev, const char *doing, int error)
{
	dev->user->broken = true;
	if (error == EAGAIN || error == EWOULDBLOCK) {
		VFIO_LOG(ERR, dev, "vfio-user server does not answer while %s: connection given up",
			doing);
		return -ETIMEDOUT;
	}
	VFIO_LOG(ERR, dev, "vfio-user server lost while %s: %s", doing,
		error == 0 ? "connection closed" : strerror(error));
	return -ENODEV;
}

static void
fds_close(struct fd_set_in *in)
{
	while (in->nb > 0)
		close(in->fds[--in->nb]);
}

/* Take over the descriptors of a message; false if there are too many. */
static bool
fds_take(struct msghdr *msg, struct fd_set_in *in)
{
	struct cmsghdr *cmsg;
	bool fits = (msg->msg_flags & MSG_CTRUNC) == 0;
	uint32_t i, nb;
	int fd;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		nb = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < nb; i++) {
			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(int));
			if (in->nb < VFIO_USER_MAX_FDS) {
				in->fds[in->nb++] = fd;
			} else {
				close(fd);
				fits = false;
			}
		}
	}
	return fits;
}

/*
 * Have more octets in user->in, all that there are: a reply mostly takes one
 * system call.  Descriptors that come early, with what will be read later, are
 * taken for the present message; only a server that breaks the protocol sends any.
 */
static int
receive_more(struct rte_vfio_dev *dev, struct fd_set_in *in)
{
	char control[CMSG_SPACE(VFIO_USER_MAX_FDS * sizeof(int))]
		__attribute__((aligned(__alignof__(struct cmsghdr))));
	const uint64_t end = rte_rdtsc() + rte_get_tsc_hz() / US_PER_S * SPIN_US;
	struct vfio_user *user = dev->user;
	struct iovec iov = { .iov_base = user->in, .iov_len = sizeof(user->in) };
	ssize_t got;
	int flags;

	for (;;) {
		struct msghdr msg = {
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};

		flags = MSG_CMSG_CLOEXEC | (rte_rdtsc() < end ? MSG_DONTWAIT : 0);
		got = recvmsg(user->sock, &msg, flags);
		if (got < 0 && (errno == EINTR || (errno == EAGAIN && (flags & MSG_DONTWAIT) != 0))) {
			sched_yield();
			continue;
		}
		if (got <= 0)
			return lost(dev, "receiving", got == 0 ? 0 : errno);
		if (!fds_take(&msg, in))
			return broken(dev, -EPROTO, "sends too many file descriptors", in->nb);
		user->in_at = 0;
		user->in_end = got;
		return 0;
	}
}

static int
receive(struct rte_vfio_dev *dev, void *buf, size_t len, struct fd_set_in *in)
{
	struct vfio_user *user = dev->user;
	size_t part;
	int ret;

	for (; len > 0; len -= part) {
		if (user->in_at == user->in_end) {
			ret = receive_more(dev, in);
			if (ret < 0)
				return ret;
		}
		part = RTE_MIN(len, (size_t)(user->in_end - user->in_at));
		memcpy(buf, user->in + user->in_at, part);
		user->in_at += part;
		buf = RTE_PTR_ADD(buf, part);
	}
	return 0;
}

static int
skip(struct rte_vfio_dev *dev, size_t len, struct fd_set_in *in)
{
	char buf[4096];
	size_t part;
	int ret = 0;

	for (; len > 0 && ret == 0; len -= part) {
		part = RTE_MIN(len, sizeof(buf));
		ret = receive(dev, buf, part, in);
	}
	return ret;
}

static int
transmit(struct rte_vfio_dev *dev, struct iovec *iov, size_t nb_iov,
	const int *fds, uint32_t nb_fds)
{
	char control[CMSG_SPACE(VFIO_USER_MAX_FDS * sizeof(int))]
		__attribute__((aligned(__alignof__(struct cmsghdr)))) = { 0 };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = nb_iov };
	struct cmsghdr *cmsg;
	ssize_t sent;

	if (nb_fds > 0) {
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(nb_fds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(nb_fds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, nb_fds * sizeof(int));
	}
	for (;;) {
		sent = sendmsg(dev->user->sock, &msg, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return lost(dev, "sending", errno);
		/* The descriptors went with the first octet. */
		msg.msg_control = NULL;
		msg.msg_controllen = 0;
		while (msg.msg_iovlen > 0 && (size_t)sent >= msg.msg_iov->iov_len) {
			sent -= msg.msg_iov->iov_len;
			msg.msg_iov++;
			msg.msg_iovlen--;
		}
		if (msg.msg_iovlen == 0)
			return 0;
		msg.msg_iov->iov_base = RTE_PTR_ADD(msg.msg_iov->iov_base, sent);
		msg.msg_iov->iov_len -= sent;
	}
}

/* A command from the server: there is none that we offer to carry out. */
static int
refuse(struct rte_vfio_dev *dev, const struct vfio_user_header *command, struct fd_set_in *in)
{
	struct vfio_user_header reply = {
		.msg_id = command->msg_id,
		.command = command->command,
		.msg_size = sizeof(reply),
		.flags = VFIO_USER_F_REPLY | VFIO_USER_F_ERROR,
		.error = ENOTSUP,
	};
	struct iovec iov = { .iov_base = &reply, .iov_len = sizeof(reply) };
	int ret;

	if (command->msg_size > FOREIGN_COMMAND_MAX)
		return broken(dev, -EPROTO, "sends a command of absurd size", command->msg_size);
	ret = skip(dev, command->msg_size - sizeof(*command), in);
	if (ret == 0 && (command->flags & VFIO_USER_F_NO_REPLY) == 0)
		ret = transmit(dev, &iov, 1, NULL, 0);
	return ret;
}

/* The header of our reply, whatever else the server says before. */
static int
receive_header(struct rte_vfio_dev *dev, const struct vfio_user_header *request,
	struct vfio_user_header *reply, struct fd_set_in *in)
{
	uint32_t type;
	int ret;

	for (;;) {
		ret = receive(dev, reply, sizeof(*reply), in);
		if (ret < 0)
			return ret;
		if (reply->msg_size < sizeof(*reply))
			return broken(dev, -EPROTO, "sends a message of impossible size",
				reply->msg_size);
		type = reply->flags & VFIO_USER_F_TYPE_MASK;
		if (type == VFIO_USER_F_REPLY)
			break;
		if (type != VFIO_USER_F_COMMAND)
			return broken(dev, -EPROTO, "sends a message of unknown type", type);
		ret = refuse(dev, reply, in);
		fds_close(in);
		if (ret < 0)
			return ret;
	}
	if (reply->msg_id != request->msg_id || reply->command != request->command)
		return broken(dev, -EPROTO, "replies to something not asked", reply->command);
	return 0;
}

static int
receive_reply(struct rte_vfio_dev *dev, const struct vfio_user_header *request,
	struct vfio_user_call *call, struct fd_set_in *in)
{
	size_t min = (call->reply_min != 0 ? call->reply_min : call->reply_len) +
		call->reply_data_len;
	size_t max = call->reply_len + call->reply_data_len;
	struct vfio_user_header reply;
	size_t len;
	int ret;

	ret = receive_header(dev, request, &reply, in);
	if (ret < 0)
		return ret;
	len = reply.msg_size - sizeof(reply);
	if ((reply.flags & VFIO_USER_F_ERROR) != 0) {
		if (len != 0)
			return broken(dev, -EPROTO, "sends an error with a payload", len);
		/* errno values are small; anything else would come out as success. */
		return reply.error == 0 || reply.error > 4095 ? -EIO : -(int)reply.error;
	}
	if (len < min || len > max)
		return broken(dev, -EPROTO, "replies with a payload of wrong size", len);
	call->got = len;
	ret = receive(dev, call->reply, len - call->reply_data_len, in);
	if (ret == 0)
		ret = receive(dev, call->reply_data, call->reply_data_len, in);
	return ret;
}

/* Hand the one descriptor that was expected to the caller; others are an offence. */
static int
deliver_fds(struct rte_vfio_dev *dev, struct vfio_user_call *call, struct fd_set_in *in, int ret)
{
	uint32_t expected = call->recv_fd != NULL ? 1 : 0;

	if (ret == 0 && in->nb > expected)
		ret = broken(dev, -EPROTO, "sends file descriptors nobody asked for", in->nb);
	if (call->recv_fd != NULL) {
		*call->recv_fd = -1;
		if (ret == 0 && in->nb == 1) {
			*call->recv_fd = in->fds[0];
			in->nb = 0;
		}
	}
	fds_close(in);
	return ret;
}

int
vfio_user_call(struct rte_vfio_dev *dev, struct vfio_user_call *call)
{
	struct vfio_user *user = dev->user;
	struct vfio_user_header request = {
		.command = call->command,
		.msg_size = sizeof(request) + call->head_len + call->data_len,
		.flags = VFIO_USER_F_COMMAND,
	};
	struct iovec iov[] = {
		{ .iov_base = &request, .iov_len = sizeof(request) },
		{ .iov_base = (void *)(uintptr_t)call->head, .iov_len = call->head_len },
		{ .iov_base = (void *)(uintptr_t)call->data, .iov_len = call->data_len },
	};
	struct fd_set_in in = { .nb = 0 };
	int ret;

	pthread_mutex_lock(&user->lock);
	if (user->broken) {
		pthread_mutex_unlock(&user->lock);
		if (call->recv_fd != NULL)
			*call->recv_fd = -1;
		return -ENODEV;
	}
	request.msg_id = user->next_id++;
	ret = transmit(dev, iov, RTE_DIM(iov), call->send_fds, call->nb_send_fds);
	if (ret == 0)
		ret = receive_reply(dev, &request, call, &in);
	ret = deliver_fds(dev, call, &in, ret);
	pthread_mutex_unlock(&user->lock);
	return ret;
}
