/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef VFIO_USER_H
#define VFIO_USER_H

/*
 * vfio-user, the client's side of the protocol in vfio_user_proto.h.
 *
 * One request is under way at a time; the connection is locked meanwhile (a flag
 * with a condition variable, for which a thread can wait by a deadline).  The
 * server is not trusted: a reply has to match its request and to come by the
 * deadline of the call, and every breach of the protocol ends the connection
 * for good.  A connection that is given up is shut down, whereupon the watcher
 * tells that the device has gone.
 *
 * Layers, each of which uses those below: vfio_user.c (VFIO requests),
 * vfio_user_watch.c (what comes unasked), vfio_user_msg.c (messages),
 * vfio_user_serve.c (commands of the server's), vfio_user_sock.c (octets).
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vfio_compat.h"
#include "vfio_dma.h"
#include "vfio_user_proto.h"

struct rte_vfio_dev;

/* File descriptors we send in one message at the most, and take in one. */
#define VFIO_USER_MAX_FDS 16

/* Octets of data that we take in one message, and send to a server that says it takes as many. */
#define VFIO_USER_MAX_XFER 1048576
/*
 * Octets of data that we ask for or send in one message unless the server states a
 * limit.  The specification's default is 1 MiB, which not every server has room for.
 */
#define VFIO_USER_DEF_XFER 32768

/* Octets of a payload that are skipped: of a command that is refused, of an error. */
#define VFIO_USER_SKIP_MAX (2 * VFIO_USER_MAX_XFER)

/* What the server said it can take. */
struct vfio_user_limits {
	uint32_t max_msg_fds;
	uint32_t max_data_xfer_size;
	uint32_t max_dma_maps;
	uint64_t pgsizes; /* a bit for each size of page that it maps, never 0 */
};

struct vfio_user {
	struct rte_vfio_dev *dev;
	struct vfio_dma dma; /* memory is mapped for this device alone */
	int sock;
	uint32_t timeout_ms; /* of a call; 0: none */
	RTE_ATOMIC(bool) broken; /* given up; set under busy_lock */
	struct vfio_user_limits limits;
	pthread_mutex_t busy_lock; /* of "busy" and "slow_until", and of setting "broken" */
	pthread_cond_t idle; /* "busy" has become false; waits by CLOCK_MONOTONIC */
	uint64_t slow_until; /* when a slow request is over, if "busy" is for one, or 0; likewise */
	bool busy; /* with one request at a time: a thread has what follows */
	uint64_t deadline; /* of the call that has locked it, see vfio_call.h */
	uint64_t limit_ms; /* the time that the deadline leaves to the call, for log lines */
	uint16_t next_id;
	struct vfio_ranges reach; /* memory that the server may access by message */
	bool refused; /* an access of the server's; that has been said */
	uint8_t in[1024]; /* received and, from in_at to in_end, not yet looked at */
	uint32_t in_at;
	uint32_t in_end;
	bool reads_ahead; /* more may be received than the present message: a reply is due */
	uint64_t held; /* nanoseconds that slow messages, unasked for, have taken */
	uint64_t held_at; /* when that was last counted */
	int watch_fd; /* epoll set that has the socket, or -1 */
	bool watched; /* the socket is in that set; under the watcher's lock */
	bool tells; /* its end is an event; under the watcher's lock */
};

/* A request and the room for its reply. */
struct vfio_user_call {
	enum vfio_user_command command;
	bool slow; /* the server may have to wait for the device, see vfio_call.h */
	const void *head; /* payload, first part */
	size_t head_len;
	const void *data; /* second part */
	size_t data_len;
	const int *send_fds;
	uint32_t nb_send_fds;
	void *reply; /* payload, first part */
	size_t reply_len; /* exactly, or at the most with reply_min */
	size_t reply_min; /* 0: reply_len exactly */
	bool reply_optional; /* a reply with no payload at all will do */
	void *reply_data; /* second part, then always all of it */
	size_t reply_data_len;
	int *recv_fd; /* NULL: none expected; -1 afterwards if none came */
	size_t got; /* out: payload bytes received */
};

/**
 * Send a request and receive its reply.
 *
 * @return
 *   0, the errno the server replied with as a negative value, -EPROTO if it
 *   broke the protocol, -ETIMEDOUT if it does not answer, or -ENODEV if the
 *   connection is no more.  One log line for all but the server's own errors,
 *   which are never these three, nor -EALREADY: such a reply is -EIO.
 */
int vfio_user_call(struct rte_vfio_dev *dev, struct vfio_user_call *call);

/**
 * Serve a message of the server's that was not asked for, if there is one, by a deadline
 * of its own.  The connection has been locked with vfio_user_trylock(); that ends here.
 */
void vfio_user_serve_idle(struct rte_vfio_dev *dev);

/**
 * Say and hear nothing more; whoever waits for the server is woken.  Any thread,
 * with or without the lock.
 *
 * @param ended
 *   Whether that is because the server has ended the connection; counts if nobody had
 *   given it up before.
 * @return
 *   Whether nobody had given the connection up before.
 */
bool vfio_user_give_up(struct rte_vfio_dev *dev, bool ended);

static inline bool
vfio_user_is_broken(const struct vfio_user *user)
{
	return rte_atomic_load_explicit(&user->broken, rte_memory_order_acquire);
}

/** Agree on version and limits; the first thing said on a connection. */
int vfio_user_negotiate(struct rte_vfio_dev *dev);

/** Have the interrupt thread serve what comes while no request is under way. */
int vfio_user_watch_join(struct rte_vfio_dev *dev);

/**
 * Close the connection, watched or not, which stays locked: the interrupt thread looks at
 * the device no more.
 */
void vfio_user_watch_close(struct rte_vfio_dev *dev);

/** Have the device told when the server goes away, see struct vfio_ops. */
int vfio_user_watch(struct rte_vfio_dev *dev, bool on);

#endif /* VFIO_USER_H */
