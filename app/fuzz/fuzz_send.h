/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef FUZZ_SEND_H
#define FUZZ_SEND_H

#include <stddef.h>
#include <stdint.h>

#include "vfio_user_proto.h"

/** More than either side of vfio-user takes. */
#define FUZZ_MAX_FDS 33

/** Send a vfio-user message with one descriptor so many times; whoever is gone gets none. */
void fuzz_send(int sock, struct vfio_user_header *header, const void *payload, size_t len, int fd,
	size_t nb_fds, int flags);

#endif /* FUZZ_SEND_H */
