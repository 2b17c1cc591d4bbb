/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef FAKE_SERVER_H
#define FAKE_SERVER_H

/*
 * A vfio-user server that does as it is told, wrong things above all.  What a
 * well-behaved device does is tested with dpdk-sf-sim; this one is for faults
 * that no honest device has.
 *
 * Its device: region 0 is sparse, two mapped areas and trapped registers
 * between them; region 1 is trapped; interrupt index 2 has four vectors.  From
 * FAKE_PCI on it is a PCI device besides: region 7 is its configuration space,
 * with an MSI-X table in the second page of region 0's first area, and it has
 * INTx, error and request interrupts.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vfio_user_proto.h"

#define FAKE_REGION0_SIZE 0x10000
#define FAKE_AREA0_OFFSET 0x1000
#define FAKE_AREA0_SIZE 0x2000
#define FAKE_AREA1_OFFSET 0x8000
#define FAKE_AREA1_SIZE 0x1000
#define FAKE_PART_SIZE 0x1180
#define FAKE_SMALL_SIZE 0x180
#define FAKE_REGION1_SIZE 0x100
#define FAKE_NUM_REGIONS 3
#define FAKE_NUM_IRQS 3
#define FAKE_MSIX_TABLE 0x2010
#define FAKE_MSIX_CAP 0x50 /* in configuration space */
#define FAKE_IRQ_INDEX 2
#define FAKE_PCI_VENDOR 0xfa4e
#define FAKE_PCI_DEVICE 0x5f01
#define FAKE_NUM_VECTORS 4
#define FAKE_PAGE_SIZE 0x10000 /* with FAKE_PGSIZES */

enum fake_fault {
	FAKE_NONE,
	FAKE_GARBAGE, /* octets that are no message */
	FAKE_HANG, /* no answer */
	FAKE_CLOSE_MID, /* half a header, then the end */
	FAKE_WRONG_ID,
	FAKE_SIZE_SMALL, /* a message shorter than its header */
	FAKE_SIZE_LARGE, /* a payload nobody has room for */
	FAKE_ERROR_ZERO, /* an error that is none */
	FAKE_VERSION, /* a major version of the future */
	FAKE_JSON, /* capabilities that do not parse */
	FAKE_JSON_LIMIT, /* a limit of -1 */
	FAKE_MANY_REGIONS,
	FAKE_FDS, /* descriptors nobody asked for */
	FAKE_REGION_INDEX, /* describes another region */
	FAKE_REGION_HUGE, /* a size of 2^63 */
	FAKE_REGION_OFFSET, /* an offset that overflows */
	FAKE_REGION_ARGSZ, /* a description of 2^31 octets */
	FAKE_AREA_OUTSIDE,
	FAKE_AREA_UNALIGNED,
	FAKE_AREA_OVERLAP,
	FAKE_AREA_NO_MEMORY, /* the file ends before the area */
	FAKE_AREA_COUNT, /* more areas than the capability holds */
	FAKE_CAP_LOOP,
	FAKE_CAP_OUTSIDE,
	FAKE_DMA_REFUSED,
	FAKE_IRQ_MANY, /* 2^31 vectors */
	FAKE_IRQ_REFUSED, /* no eventfd is taken */
	FAKE_READ_ONLY, /* no fault: region 0 cannot be written */
	FAKE_SLOW, /* 60 ms for each answer */
	FAKE_TRICKLE, /* an octet each 20 ms, and only of the header */
	FAKE_CHATTER, /* commands without end, to which no reply is wanted */
	FAKE_QUESTIONS, /* commands without end, whose replies are not read */
	FAKE_XFER_ODD, /* no fault: takes 13 octets in a message */
	FAKE_DMA_FEW, /* one mapping, and no more */
	FAKE_UNSEALED, /* region 0 is in a file that can be cut short */
	FAKE_FILE, /* region 0 is in a file that is no memory */
	FAKE_HUGE_FILE, /* region 0 is in hugepages */
	FAKE_REGION_PART, /* no fault: region 0 is one area that ends within a page */
	FAKE_REGION_SMALL, /* no fault: region 0 is smaller than a page */
	FAKE_COMMAND, /* asks us something before it replies */
	FAKE_ERROR_PAYLOAD, /* no fault: errors with a payload, and no reset */
	FAKE_ERROR_ENDLESS, /* an error whose payload takes for ever, and no reset */
	FAKE_UNMAP_BARE, /* no fault: says nothing of what it unmaps */
	FAKE_XFER_UNSAID, /* no fault: states no limit, and ends with more than 32 KiB */
	FAKE_SLOW_DEVICE, /* no fault: half a second to reset, or to unmap memory */
	FAKE_PGSIZES, /* no fault: maps pages of 64 KiB and 2 MiB */
	FAKE_SPARSE_NEWER, /* no fault: says what can be mapped in a version to come */
	FAKE_PCI, /* no fault: a PCI device */
	FAKE_UNKNOWN, /* no fault: has more, of everything, than anybody has heard of */
	FAKE_PCI_MAPPABLE, /* no fault: its MSI-X table may be mapped */
	FAKE_PCI_CAP_LOOP, /* a capability that is its own next */
	FAKE_PCI_CAP_LOW, /* a capability in the header */
	FAKE_PCI_TABLE_OUTSIDE, /* an MSI-X table behind its region */
	FAKE_PCI_TABLE_REGION, /* an MSI-X table in region 7 */
	FAKE_NUM_FAULTS,
};

/** Listen on a path, and misbehave in this way. */
int fake_server_start(const char *path, enum fake_fault fault);
void fake_server_stop(void);

/** Where region 0, 1 or 7 is kept. */
uint8_t *fake_server_region(unsigned int index);
/** Number and bytes of DMA mappings now. */
unsigned int fake_server_dma_maps(void);
uint64_t fake_server_dma_bytes(void);
/** How often memory has been mapped. */
unsigned int fake_server_dma_calls(void);
/** Refuse a command with this errno from now on; 0: none is refused. */
void fake_server_refuse(enum vfio_user_command command, int error);
/** Raise a vector of an interrupt index; false if it has no eventfd. */
bool fake_server_raise(unsigned int index, unsigned int vector);
/** How often INTx has been unmasked. */
unsigned int fake_server_unmasked(void);

/** Misbehave from now on, or no longer. */
void fake_server_turn(enum fake_fault fault);
/** Messages that ended in a word of a region. */
unsigned int fake_server_torn(void);
/**
 * Read or write the client's memory by message, of which up to 16,384 octets are
 * sent: at once, or when the next request comes, before the reply to it.
 */
void fake_server_dma(bool write, uint64_t addr, uint64_t count, const void *data, bool now);
/**
 * The client's answer, with what was read: 0, a negative errno of the client's, or
 * -ETIMEDOUT, -EPROTO or -EBADMSG for one that does not come or does not fit.
 */
int fake_server_dma_result(void *data, size_t len);
/** Hang up when so many more octets have been sent; SIZE_MAX: never. */
void fake_server_cut(size_t nb);
/** Send so much of a message that wants no reply, from an offset on; SIZE_MAX: to its end. */
void fake_server_say(size_t from, size_t len);

#endif /* FAKE_SERVER_H */
