/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * One request out, one reply in, and commands of the server's served meanwhile.
 */

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <rte_common.h>

#include "vfio_call.h"
#include "vfio_private.h"
#include "vfio_user_serve.h"

/* A message that holds the interrupt thread for less is not counted. */
#define HELD_MIN (100 * NS_PER_MS)
/* The share of the time that a server may hold it with slow messages. */
#define HELD_SHARE 16

/*
 * Have the server's messages wake the interrupt thread, or leave them to the
 * caller, whose they are while it waits for a reply.  Its end always does.
 */
static void
input_watch(struct rte_vfio_dev *dev, bool on)
{
	const struct vfio_user *user = dev->user;
	struct epoll_event event = { .events = EPOLLRDHUP | (on ? EPOLLIN : 0), .data.ptr = dev };

	/* Fails if the server has gone and the socket has left the set. */
	if (user->watch_fd >= 0)
		epoll_ctl(user->watch_fd, EPOLL_CTL_MOD, user->sock, &event);
}

static int
receive_header(struct rte_vfio_dev *dev, struct vfio_user_header *header, struct vfio_user_fds *in)
{
	uint32_t type;
	int ret;

	ret = vfio_user_receive(dev, header, sizeof(*header), in);
	if (ret < 0)
		return ret;
	if (header->msg_size < sizeof(*header))
		return vfio_user_breach(dev, "sends a message of impossible size",
			header->msg_size);
	type = header->flags & VFIO_USER_F_TYPE_MASK;
	if (type != VFIO_USER_F_REPLY && type != VFIO_USER_F_COMMAND)
		return vfio_user_breach(dev, "sends a message of unknown type", type);
	return 0;
}

/* Receive a command of the server's and serve it, or a header that is a reply's. */
static int
receive_message(struct rte_vfio_dev *dev, struct vfio_user_header *header,
	struct vfio_user_fds *in, bool *is_reply)
{
	int ret;

	ret = receive_header(dev, header, in);
	*is_reply = ret == 0 && (header->flags & VFIO_USER_F_TYPE_MASK) == VFIO_USER_F_REPLY;
	if (ret < 0 || *is_reply)
		return ret;
	ret = vfio_user_serve(dev, header, in);
	vfio_user_fds_close(in);
	return ret;
}

/* The header of our reply, whatever else the server says before. */
static int
receive_reply_header(struct rte_vfio_dev *dev, const struct vfio_user_header *request,
	struct vfio_user_header *reply, struct vfio_user_fds *in)
{
	bool is_reply = false;
	int ret = 0;

	while (ret == 0 && !is_reply)
		ret = receive_message(dev, reply, in, &is_reply);
	if (ret == 0 && (reply->msg_id != request->msg_id || reply->command != request->command))
		ret = vfio_user_breach(dev, "replies to something not asked", reply->command);
	return ret;
}

/*
 * A server's errno as a negative value.  Values that are no errno would come out as success;
 * four others mean to callers of vfio_user_call() that the connection is lost, or that a
 * memory event has mapped a page, of which a server's reply says nothing.
 */
static int
error_of(const struct vfio_user_header *reply)
{
	switch (reply->error) {
	case 0:
	case ENODEV:
	case EPROTO:
	case ETIMEDOUT:
	case EALREADY:
		return -EIO;
	default:
		return reply->error > 4095 ? -EIO : -(int)reply->error;
	}
}

/* A server may send a payload with an error, which says nothing more. */
static int
receive_error(struct rte_vfio_dev *dev, const struct vfio_user_header *reply,
	struct vfio_user_fds *in)
{
	const size_t len = reply->msg_size - sizeof(*reply);
	int ret;

	if (len > VFIO_USER_SKIP_MAX)
		return vfio_user_breach(dev, "sends an error of absurd size", reply->msg_size);
	ret = vfio_user_skip(dev, len, in);
	return ret < 0 ? ret : error_of(reply);
}

static int
receive_reply(struct rte_vfio_dev *dev, const struct vfio_user_header *request,
	struct vfio_user_call *call, struct vfio_user_fds *in)
{
	size_t min = (call->reply_min != 0 ? call->reply_min : call->reply_len) +
		call->reply_data_len;
	size_t max = call->reply_len + call->reply_data_len;
	struct vfio_user_header reply;
	size_t len;
	int ret;

	ret = receive_reply_header(dev, request, &reply, in);
	if (ret < 0)
		return ret;
	len = reply.msg_size - sizeof(reply);
	if ((reply.flags & VFIO_USER_F_ERROR) != 0)
		return receive_error(dev, &reply, in);
	call->got = len;
	if (len == 0 && call->reply_optional)
		return 0;
	if (len < min || len > max)
		return vfio_user_breach(dev, "replies with a payload of wrong size", len);
	ret = vfio_user_receive(dev, call->reply, len - call->reply_data_len, in);
	if (ret == 0)
		ret = vfio_user_receive(dev, call->reply_data, call->reply_data_len, in);
	return ret;
}

/* Hand the one descriptor that was expected to the caller; others are an offence. */
static int
deliver_fds(struct rte_vfio_dev *dev, struct vfio_user_call *call, struct vfio_user_fds *in,
	int ret)
{
	uint32_t expected = call->recv_fd != NULL ? 1 : 0;

	if (ret == 0 && in->nb > expected)
		ret = vfio_user_breach(dev, "sends file descriptors nobody asked for", in->nb);
	if (ret == 0 && call->recv_fd != NULL && in->nb == 1) {
		*call->recv_fd = in->fds[0];
		in->nb = 0;
	}
	vfio_user_fds_close(in);
	return ret;
}

/* Serve the command that has come, and those of which there is something in user->in. */
static void
serve_commands(struct rte_vfio_dev *dev)
{
	const struct vfio_user *user = dev->user;
	struct vfio_user_fds in = { .nb = 0 };
	struct vfio_user_header header;
	bool is_reply;
	int ret;

	do {
		ret = receive_message(dev, &header, &in, &is_reply);
		if (is_reply)
			ret = vfio_user_breach(dev, "replies to something not asked",
				header.command);
	} while (ret == 0 && user->in_at != user->in_end);
	vfio_user_fds_close(&in);
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
	struct vfio_user_fds in = { .nb = 0 };
	int ret;

	if (call->recv_fd != NULL)
		*call->recv_fd = -1;
	ret = vfio_user_lock(dev, call->slow);
	if (ret < 0)
		return ret;
	input_watch(dev, false);
	request.msg_id = user->next_id++;
	ret = vfio_user_transmit(dev, iov, RTE_DIM(iov), call->send_fds, call->nb_send_fds);
	user->reads_ahead = true;
	if (ret == 0)
		ret = receive_reply(dev, &request, call, &in);
	user->reads_ahead = false;
	ret = deliver_fds(dev, call, &in, ret);
	/* What has been received already is nothing that wakes the watcher. */
	if (user->in_at != user->in_end && !vfio_user_is_broken(user))
		serve_commands(dev);
	input_watch(dev, true);
	vfio_user_unlock(user);
	return ret;
}

/*
 * The time that a server may hold the interrupt thread: as long as a call may take, less
 * what its slow messages have taken lately.
 */
static void
idle_deadline(struct vfio_user *user)
{
	const uint64_t now = vfio_call_now();

	user->deadline = vfio_call_deadline(user->timeout_ms, false);
	user->limit_ms = user->timeout_ms;
	user->held -= RTE_MIN(user->held, (now - user->held_at) / HELD_SHARE);
	user->held_at = now;
	if (user->deadline != VFIO_NO_DEADLINE) {
		user->deadline -= RTE_MIN(user->held, user->deadline - now);
		user->limit_ms = (user->deadline - now) / NS_PER_MS;
	}
}

/*
 * One message at a time, as others wait for the interrupt thread: the set stays readable.
 */
void
vfio_user_serve_idle(struct rte_vfio_dev *dev)
{
	struct vfio_user *user = dev->user;
	uint64_t took;
	char octet;

	idle_deadline(user);
	if (!vfio_user_is_broken(user) &&
			recv(user->sock, &octet, sizeof(octet), MSG_PEEK | MSG_DONTWAIT) > 0)
		serve_commands(dev);
	took = vfio_call_now() - user->held_at;
	if (took > HELD_MIN)
		user->held += took;
	vfio_user_unlock(user);
}
