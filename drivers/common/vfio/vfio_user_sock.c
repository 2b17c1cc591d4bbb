/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Octets to and from a vfio-user server, by a deadline.
 */

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdalign.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_string_fns.h>
#include <rte_time.h>

#include "vfio_call.h"
#include "vfio_private.h"
#include "vfio_user_sock.h"

/*
 * How long to look for an answer before sleeping.  A server that polls takes
 * less than it takes to sleep and be woken.
 */
#define SPIN_US 50

#define NS_PER_US 1000

/*
 * Who is told that the connection is no more, be it as the second to find that out, may
 * ask at once whether the server has ended it: that is known before.
 */
bool
vfio_user_give_up(struct rte_vfio_dev *dev, bool ended)
{
	struct vfio_user *user = dev->user;
	bool first;

	pthread_mutex_lock(&user->busy_lock);
	first = !vfio_user_is_broken(user);
	if (first) {
		rte_atomic_store_explicit(&dev->ended, ended, rte_memory_order_relaxed);
		rte_atomic_store_explicit(&user->broken, true,
			rte_memory_order_release);
	}
	pthread_mutex_unlock(&user->busy_lock);
	if (first)
		shutdown(user->sock, SHUT_RDWR);
	return first;
}

int
vfio_user_breach(struct rte_vfio_dev *dev, const char *what, uint64_t value)
{
	VFIO_LOG(ERR, dev, "vfio-user server %s (%" PRIu64 "): connection given up",
		what, value);
	vfio_user_give_up(dev, false);
	return -EPROTO;
}

/* The server has not answered in time, or it or the socket has an error (0: its end). */
static int
lost_after(struct rte_vfio_dev *dev, const char *doing, int error, uint64_t limit_ms)
{
	const bool ended = error == 0 || error == EPIPE || error == ECONNRESET;

	if (!vfio_user_give_up(dev, ended)) /* another thread has said so */
		return -ENODEV;
	if (error == ETIMEDOUT) {
		VFIO_LOG(ERR, dev, "vfio-user server takes more than %" PRIu64
			" ms while %s: connection given up", limit_ms, doing);
		return -ETIMEDOUT;
	}
	if (ended)
		VFIO_LOG(ERR, dev, "vfio-user server has gone while %s", doing);
	else
		VFIO_LOG(ERR, dev, "vfio-user server lost while %s: %s", doing, strerror(error));
	return -ENODEV;
}

/* The same, while this thread has the connection locked. */
static int
lost(struct rte_vfio_dev *dev, const char *doing, int error)
{
	return lost_after(dev, doing, error, dev->user->limit_ms);
}

static bool
is_late(const struct vfio_user *user)
{
	return user->deadline != VFIO_NO_DEADLINE && vfio_call_now() >= user->deadline;
}

/* Sleep until the socket is ready for POLLIN or POLLOUT: 0, or an errno. */
static int
wait_ready(const struct vfio_user *user, short events)
{
	struct pollfd ready = { .fd = user->sock, .events = events };
	const bool forever = user->deadline == VFIO_NO_DEADLINE;
	struct timespec left;
	uint64_t now;

	now = vfio_call_now();
	if (now >= user->deadline)
		return ETIMEDOUT;
	left = rte_ns_to_timespec(user->deadline - now);
	/* The caller finds out what has happened, and whether it is late. */
	return ppoll(&ready, 1, forever ? NULL : &left, NULL) < 0 && errno != EINTR ? errno : 0;
}

/* The kernel bounds a wait for room among the clients that a server has not accepted yet. */
static int
connect_by(int sock, const struct sockaddr_un *addr, uint64_t deadline)
{
	struct timeval left = { 0 }; /* that is for ever */
	uint64_t now, us;

	do {
		now = vfio_call_now();
		if (now >= deadline)
			return -ETIMEDOUT;
		us = (deadline - now) / NS_PER_US + 1;
		if (deadline != VFIO_NO_DEADLINE)
			left = (struct timeval) { us / US_PER_S, us % US_PER_S };
		if (setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &left, sizeof(left)) < 0)
			return -errno;
		if (connect(sock, (const struct sockaddr *)addr, sizeof(*addr)) == 0)
			return 0;
	} while (errno == EINTR);
	return errno == EAGAIN ? -ETIMEDOUT : -errno;
}

int
vfio_user_connect(struct rte_vfio_dev *dev, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct vfio_user *user = dev->user;
	int ret;

	if (rte_strscpy(addr.sun_path, path, sizeof(addr.sun_path)) < 0) {
		VFIO_LOG_OPEN(dev, "path of vfio-user socket too long: %s", path);
		return -ENAMETOOLONG;
	}
	user->sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ret = user->sock < 0 ? -errno :
		connect_by(user->sock, &addr, vfio_call_deadline(user->timeout_ms, false));
	if (ret == 0)
		return 0;
	VFIO_LOG_OPEN(dev, "cannot connect to vfio-user socket %s: %s", path, strerror(-ret));
	if (user->sock >= 0)
		close(user->sock);
	return ret;
}

void
vfio_user_lock_init(struct vfio_user *user)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&user->idle, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&user->busy_lock, NULL);
}

void
vfio_user_lock_destroy(struct vfio_user *user)
{
	pthread_cond_destroy(&user->idle);
	pthread_mutex_destroy(&user->busy_lock);
}

/* Wait for who has it locked, or until a time; who waits looks again.  With busy_lock held. */
static void
wait_idle(struct vfio_user *user, uint64_t until)
{
	const struct timespec time = rte_ns_to_timespec(until);

	if (until == VFIO_NO_DEADLINE)
		pthread_cond_wait(&user->idle, &user->busy_lock);
	else
		pthread_cond_timedwait(&user->idle, &user->busy_lock, &time);
}

/*
 * 0, or ETIMEDOUT.  What it takes to wait for a slow request, this thread's call has
 * more time; *put_off says that this was so.
 */
static int
lock_by(struct vfio_user *user, uint64_t deadline, bool *put_off)
{
	const uint64_t began = vfio_call_now();
	uint64_t until;
	int ret = 0;

	*put_off = false;
	pthread_mutex_lock(&user->busy_lock);
	while (user->busy && ret == 0) {
		*put_off |= user->slow_until != 0;
		until = RTE_MAX(deadline, user->slow_until);
		if (vfio_call_now() >= until)
			ret = ETIMEDOUT;
		else
			wait_idle(user, until);
	}
	if (ret == 0)
		user->busy = true;
	pthread_mutex_unlock(&user->busy_lock);
	if (*put_off)
		vfio_call_put_off(vfio_call_now() - began);
	return ret;
}

void
vfio_user_lock_wait(struct vfio_user *user)
{
	bool put_off;

	lock_by(user, VFIO_NO_DEADLINE, &put_off);
}

bool
vfio_user_trylock(struct vfio_user *user)
{
	bool locked;

	pthread_mutex_lock(&user->busy_lock);
	locked = !user->busy;
	user->busy = true;
	pthread_mutex_unlock(&user->busy_lock);
	return locked;
}

void
vfio_user_unlock(struct vfio_user *user)
{
	pthread_mutex_lock(&user->busy_lock);
	user->busy = false;
	user->slow_until = 0;
	pthread_cond_signal(&user->idle);
	pthread_mutex_unlock(&user->busy_lock);
}

/* Have other threads know how long the request of this one may take. */
static void
slow_announce(struct vfio_user *user)
{
	pthread_mutex_lock(&user->busy_lock);
	user->slow_until = user->deadline;
	pthread_mutex_unlock(&user->busy_lock);
}

int
vfio_user_lock(struct rte_vfio_dev *dev, bool slow)
{
	struct vfio_user *user = dev->user;
	const uint64_t limit_ms = vfio_call_limit_ms(user->timeout_ms, slow);
	const uint64_t deadline = vfio_call_deadline(user->timeout_ms, slow);
	bool put_off;
	int ret;

	ret = lock_by(user, deadline, &put_off);
	if (ret != 0)
		return lost_after(dev, "serving another thread", ret, limit_ms);
	if (vfio_user_is_broken(user)) {
		vfio_user_unlock(user);
		return -ENODEV;
	}
	user->deadline = put_off ? vfio_call_deadline(user->timeout_ms, slow) : deadline;
	user->limit_ms = limit_ms;
	if (slow)
		slow_announce(user);
	return 0;
}

void
vfio_user_fds_close(struct vfio_user_fds *in)
{
	while (in->nb > 0)
		close(in->fds[--in->nb]);
}

/* Take over the descriptors of a message; false if not all of them found room. */
static bool
fds_take(struct msghdr *msg, struct vfio_user_fds *in)
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
 * Have more octets in user->in, of the len that are wanted, or all that there are: then
 * a reply mostly takes one system call.  Descriptors that come early are taken for the
 * present message; only a server that breaks the protocol sends any.
 */
static int
receive_more(struct rte_vfio_dev *dev, size_t len, struct vfio_user_fds *in)
{
	alignas(struct cmsghdr) char control[CMSG_SPACE(VFIO_USER_MAX_FDS * sizeof(int))];
	const uint64_t end = rte_rdtsc() + rte_get_tsc_hz() / US_PER_S * SPIN_US;
	struct vfio_user *user = dev->user;
	const size_t room = sizeof(user->in);
	struct iovec iov = { user->in, user->reads_ahead ? room : RTE_MIN(len, room) };
	ssize_t got = -1;
	int error = 0;

	while (got < 0 && error == 0) {
		struct msghdr msg = {
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};

		/* A server that never stops sending is late as well. */
		if (is_late(user))
			return lost(dev, "receiving", ETIMEDOUT);
		got = recvmsg(user->sock, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
		if (got > 0 && !fds_take(&msg, in)) {
			/* Where *in has room left, it is this process that may have no more. */
			if (in->nb < VFIO_USER_MAX_FDS)
				return lost(dev, "receiving", EMFILE);
			return vfio_user_breach(dev, "sends too many file descriptors", in->nb);
		}
		if (got >= 0 || errno == EINTR)
			continue;
		if (errno != EAGAIN)
			error = errno;
		else if (rte_rdtsc() < end)
			sched_yield();
		else
			error = wait_ready(user, POLLIN);
	}
	if (got <= 0)
		return lost(dev, "receiving", error);
	user->in_at = 0;
	user->in_end = got;
	return 0;
}

int
vfio_user_receive(struct rte_vfio_dev *dev, void *buf, size_t len, struct vfio_user_fds *in)
{
	struct vfio_user *user = dev->user;
	size_t part;
	int ret;

	for (; len > 0; len -= part) {
		if (user->in_at == user->in_end) {
			ret = receive_more(dev, len, in);
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

int
vfio_user_skip(struct rte_vfio_dev *dev, size_t len, struct vfio_user_fds *in)
{
	char buf[4096];
	size_t part;
	int ret = 0;

	for (; len > 0 && ret == 0; len -= part) {
		part = RTE_MIN(len, sizeof(buf));
		ret = vfio_user_receive(dev, buf, part, in);
	}
	return ret;
}

/* Drop what has been sent. */
static void
iov_advance(struct msghdr *msg, size_t sent)
{
	while (msg->msg_iovlen > 0 && sent >= msg->msg_iov->iov_len) {
		sent -= msg->msg_iov->iov_len;
		msg->msg_iov++;
		msg->msg_iovlen--;
	}
	if (msg->msg_iovlen > 0) {
		msg->msg_iov->iov_base = RTE_PTR_ADD(msg->msg_iov->iov_base, sent);
		msg->msg_iov->iov_len -= sent;
	}
}

int
vfio_user_transmit(struct rte_vfio_dev *dev, struct iovec *iov, size_t nb_iov,
	const int *fds, uint32_t nb_fds)
{
	alignas(struct cmsghdr) char control[CMSG_SPACE(VFIO_USER_MAX_FDS * sizeof(int))] = { 0 };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = nb_iov };
	struct cmsghdr *cmsg;
	ssize_t sent;
	int error = 0;

	if (nb_fds > 0) {
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(nb_fds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(nb_fds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, nb_fds * sizeof(int));
	}
	while (msg.msg_iovlen > 0 && error == 0) {
		if (is_late(dev->user)) {
			error = ETIMEDOUT;
			break;
		}
		sent = sendmsg(dev->user->sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent >= 0) {
			/* The descriptors went with the first octet. */
			msg.msg_control = NULL;
			msg.msg_controllen = 0;
			iov_advance(&msg, sent);
		} else if (errno == EAGAIN) {
			error = wait_ready(dev->user, POLLOUT);
		} else if (errno != EINTR) {
			error = errno;
		}
	}
	return error == 0 ? 0 : lost(dev, "sending", error);
}
