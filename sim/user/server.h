/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef SERVER_H
#define SERVER_H

/*
 * A sub-function and the client that uses it.
 *
 * All runs on one thread.  A connection is read and written without blocking,
 * so that no client can hold up another: what has come of a message waits in
 * "in", what is left of a reply waits in "out", and while a reply waits no
 * further message is read.
 *
 * One limit: files that are of no use are closed, and where a client serves the
 * file system itself, as with FUSE, that client can have close() wait.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sf_model.h"
#include "vfio_user_proto.h"

#define CONN_MAX_FDS 16 /* taken in one message; advertised, and some clients give up on more */
#define CONN_MAX_XFER (1024 * 1024)
#define CONN_MAX_VERSION 4096 /* read of the first message of a client that is refused */

struct conn {
	int fd; /* -1: nobody is connected */
	bool negotiated; /* versions have been exchanged */
	bool ending; /* with the reply that is being sent */
	struct vfio_user_header header; /* of the message in the making */
	uint8_t *in; /* its payload */
	size_t got; /* octets of header and payload that have come */
	int fds[CONN_MAX_FDS];
	unsigned int nb_fds;
	uint8_t *out; /* reply, header included */
	size_t out_max;
	size_t out_len;
	size_t out_sent;
	int out_fd; /* goes with the first octet; -1: none; not owned */
};

struct sf {
	struct sf_dev dev;
	struct sf_plat plat;
	char name[32];
	uint32_t index;
	int listener;
	int epoll;
	int db_fd; /* memfd of the size of BAR 0; the doorbell pages in it are used */
	void *db;
	unsigned int resets; /* VFIO_DEVICE_RESET so far */
	bool resets_at_end; /* of a connection; set behind sf_open() */
	bool reads_ones; /* as a PCI device that has been pulled out; set by tests */
	struct conn conn;
	int refused; /* socket of a second client, to be told that there is a first; -1: none */
};

/*
 * Give a model device its sockets; listener becomes the sf's, and is closed after a
 * failure.  0 or a negative errno.
 */
int sf_open(struct sf *sf, struct sf_wire *wire, uint32_t index, uint32_t nb_queues,
		int listener, int epoll);
void sf_close(struct sf *sf);

/* Whether sf_open() has succeeded, and sf_close() not been called since. */
static inline bool
sf_is_open(const struct sf *sf)
{
	return sf->db != NULL;
}

/* Something to do, on the listener, on the connection or for a second client: which, "at" says. */
void sf_event(struct sf *sf, const void *at);
void sf_accept(struct sf *sf);
void sf_serve(struct sf *sf);

/* Disconnect a client whose memory has gone; true if there was one. */
bool sf_check_fault(struct sf *sf);

/*
 * proto.c: carry out the message in conn, and put the reply, if there is to
 * be one, into conn->out.  False ends the connection.
 */
bool proto_message(struct sf *sf);

/* Room for a reply's payload, behind its header. */
void *conn_reply(struct conn *conn, size_t len);

/* One log line about a client. */
void sf_log(const struct sf *sf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif /* SERVER_H */
