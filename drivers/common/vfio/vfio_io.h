/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef VFIO_IO_H
#define VFIO_IO_H

/*
 * Copies to and from memory that a device sees at the same time.
 *
 * Each access is the widest that is aligned, up to 64 bits, in order of
 * addresses: no register or descriptor word that both sides access in its own
 * width is ever seen half written.  Octets keep their order.
 */

#include <stddef.h>

/* No later load is done before these, as with rte_read32(). */
void vfio_io_read(const volatile void *addr, void *buf, size_t len);

/* Every earlier store is done before these, as with rte_write32(). */
void vfio_io_write(volatile void *addr, const void *buf, size_t len);

#endif /* VFIO_IO_H */
