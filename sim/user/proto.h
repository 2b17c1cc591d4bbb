/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef PROTO_H
#define PROTO_H

/*
 * What the files share that carry out vfio-user commands.  A function for a
 * command returns 0 with its reply made, or a negative errno that becomes the
 * reply's error.
 */

#include "server.h"

#define PROTO_NUM_IRQS 5 /* as a PCI device has: INTx, MSI, MSI-X, error, request */

static inline size_t
proto_payload_len(const struct sf *sf)
{
	return sf->conn.header.msg_size - sizeof(sf->conn.header);
}

/* A message's payload if it is at least so long, or NULL. */
static inline const void *
proto_payload(const struct sf *sf, size_t len)
{
	return proto_payload_len(sf) < len ? NULL : sf->conn.in;
}

/* Make a reply of these octets. */
int proto_reply(struct sf *sf, const void *data, size_t len);

/* irqs.c */
int proto_get_irq_info(struct sf *sf);
int proto_set_irqs(struct sf *sf);

#endif /* PROTO_H */
