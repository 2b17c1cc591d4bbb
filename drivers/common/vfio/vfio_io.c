/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <stdint.h>
#include <string.h>

#include <rte_common.h>
#include <rte_io.h>

#include "vfio_io.h"

/* Bytes of the widest access at an address that is no longer than len. */
static size_t
access_width(const volatile void *addr, size_t len)
{
	size_t width = sizeof(uint64_t);

	while (width > len || ((uintptr_t)addr & (width - 1)) != 0)
		width /= 2;
	return width;
}

static void
read_one(const volatile void *addr, void *buf, size_t width)
{
	uint64_t v64;
	uint32_t v32;
	uint16_t v16;

	switch (width) {
	case sizeof(v64):
		v64 = rte_read64_relaxed(addr);
		memcpy(buf, &v64, sizeof(v64));
		break;
	case sizeof(v32):
		v32 = rte_read32_relaxed(addr);
		memcpy(buf, &v32, sizeof(v32));
		break;
	case sizeof(v16):
		v16 = rte_read16_relaxed(addr);
		memcpy(buf, &v16, sizeof(v16));
		break;
	default:
		*(uint8_t *)buf = rte_read8_relaxed(addr);
	}
}

static void
write_one(volatile void *addr, const void *buf, size_t width)
{
	uint64_t v64;
	uint32_t v32;
	uint16_t v16;

	switch (width) {
	case sizeof(v64):
		memcpy(&v64, buf, sizeof(v64));
		rte_write64_relaxed(v64, addr);
		break;
	case sizeof(v32):
		memcpy(&v32, buf, sizeof(v32));
		rte_write32_relaxed(v32, addr);
		break;
	case sizeof(v16):
		memcpy(&v16, buf, sizeof(v16));
		rte_write16_relaxed(v16, addr);
		break;
	default:
		rte_write8_relaxed(*(const uint8_t *)buf, addr);
	}
}

void
vfio_io_read(const volatile void *addr, void *buf, size_t len)
{
	size_t width;

	for (; len > 0; len -= width) {
		width = access_width(addr, len);
		read_one(addr, buf, width);
		addr = (const volatile uint8_t *)addr + width;
		buf = RTE_PTR_ADD(buf, width);
	}
	rte_io_rmb();
}

void
vfio_io_write(volatile void *addr, const void *buf, size_t len)
{
	size_t width;

	rte_io_wmb();
	for (; len > 0; len -= width) {
		width = access_width(addr, len);
		write_one(addr, buf, width);
		addr = (volatile uint8_t *)addr + width;
		buf = RTE_PTR_ADD(buf, width);
	}
}
