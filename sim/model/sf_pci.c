/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * PCI configuration space: a type 0 header and the MSI-X capability.
 */

#include "sf_internal.h"

/* PCI Local Bus Specification 3.0, sections 6.1 and 6.8.2. */
#define CFG_VENDOR_ID	0x00
#define CFG_DEVICE_ID	0x02
#define CFG_COMMAND	0x04
#define CFG_STATUS	0x06
#define CFG_REVISION	0x08
#define CFG_CLASS	0x09
#define CFG_BAR(n)	(0x10 + 4 * (n))
#define CFG_SUBVENDOR	0x2c
#define CFG_SUBDEVICE	0x2e
#define CFG_CAP_PTR	0x34
#define CFG_MSIX	0x40
#define STATUS_CAP_LIST	0x10
#define COMMAND_BITS	0x0407 /* INTx disable, bus master, memory, I/O */
#define BAR_64		0x4
#define CAP_ID_MSIX	0x11
#define MSIX_CTRL_HI	(CFG_MSIX + 3)
#define MSIX_CTRL_BITS	0xc0 /* enable, function mask */
#define NUM_BARS	6

static void
put16(uint8_t *p, uint16_t v)
{
	memcpy(p, &v, sizeof(v));
}

static void
put32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v));
}

void
sf_pci_reset(struct sf_dev *dev)
{
	uint8_t *cfg = dev->config;

	memset(cfg, 0, sizeof(dev->config));
	put16(cfg + CFG_VENDOR_ID, SF_PCI_VENDOR_ID);
	put16(cfg + CFG_DEVICE_ID, SF_PCI_DEVICE_ID);
	put16(cfg + CFG_STATUS, STATUS_CAP_LIST);
	cfg[CFG_REVISION] = SF_VERSION_MAJOR;
	cfg[CFG_CLASS] = SF_PCI_CLASS & 0xff;
	put16(cfg + CFG_CLASS + 1, SF_PCI_CLASS >> 8);
	put32(cfg + CFG_BAR(SF_BAR_REGS), BAR_64);
	put32(cfg + CFG_BAR(SF_BAR_MSIX), BAR_64);
	put16(cfg + CFG_SUBVENDOR, SF_PCI_VENDOR_ID);
	put16(cfg + CFG_SUBDEVICE, SF_PCI_DEVICE_ID);
	cfg[CFG_CAP_PTR] = CFG_MSIX;
	cfg[CFG_MSIX] = CAP_ID_MSIX;
	put16(cfg + CFG_MSIX + 2, SF_NUM_VECTORS - 1);
	put32(cfg + CFG_MSIX + 4, SF_BAR_MSIX);
	put32(cfg + CFG_MSIX + 8, SF_BAR_MSIX_PBA | SF_BAR_MSIX);
}

/* Which bits of an octet can be written. */
static uint8_t
writable(uint32_t offset)
{
	uint64_t mask = 0;
	uint32_t bar;

	if (offset == CFG_COMMAND || offset == CFG_COMMAND + 1)
		return (uint8_t)(COMMAND_BITS >> 8 * (offset - CFG_COMMAND));
	if (offset == MSIX_CTRL_HI)
		return MSIX_CTRL_BITS;
	if (offset < CFG_BAR(0) || offset >= CFG_BAR(NUM_BARS))
		return 0;
	/* The address bits of a BAR are those at and above its size. */
	bar = (offset - CFG_BAR(0)) / 8 * 2;
	if (sf_dev_region_size(bar) != 0)
		mask = ~(sf_dev_region_size(bar) - 1);
	return (uint8_t)(mask >> 8 * ((offset - CFG_BAR(0)) % 8));
}

void
sf_pci_write(struct sf_dev *dev, uint32_t offset, const uint8_t *buf, size_t len)
{
	for (; len != 0; len--, offset++, buf++) {
		uint8_t bits = writable(offset);

		dev->config[offset] = (uint8_t)((dev->config[offset] & ~bits) | (*buf & bits));
	}
}
