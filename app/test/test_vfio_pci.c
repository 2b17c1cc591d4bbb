/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * QEMU's PCI devices bound to vfio-pci, opened by their address as a PCI bus
 * would: edu, whose registers are there to be tried, and e1000e, a network
 * card with MSI-X and descriptor rings.  Their DMA goes through an IOMMU.
 */

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include <rte_cycles.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#include "test.h"
#include "test_vfio_kernel.h"

#define PCI_BASE "/sys/bus/pci/devices"

#define BAR0 VFIO_PCI_BAR0_REGION_INDEX

#define OPEN(variable) do { \
	int open_ret = vfio_kernel_open(variable, PCI_BASE); \
	if (open_ret != TEST_SUCCESS) \
		return open_ret; \
	TEST_ASSERT_OK(rte_vfio_region_map(vfio_kernel_dev, BAR0)); \
	TEST_ASSERT_OK(rte_vfio_pci_set_bus_master(vfio_kernel_dev, true)); \
} while (0)

static uint32_t
reg_read(uint32_t offset)
{
	uint32_t value;

	return rte_vfio_region_read32(vfio_kernel_dev, BAR0, offset, &value) == 0 ?
		value : UINT32_MAX;
}

static void
reg_write(uint32_t offset, uint32_t value)
{
	rte_vfio_region_write32(vfio_kernel_dev, BAR0, offset, value);
}

/* Wait until some bits of a register have a value. */
static bool
reg_wait(uint32_t offset, uint32_t mask, uint32_t value)
{
	unsigned int i;

	for (i = 0; i < 2000 && (reg_read(offset) & mask) != value; i++)
		rte_delay_us_sleep(1000);
	return (reg_read(offset) & mask) == value;
}

/* The device's own view of itself is the kernel's. */
static int
check_identity(uint32_t size)
{
	static const struct {
		const char *file;
		unsigned int offset;
	} ids[] = {
		{ "vendor", PCI_VENDOR_ID },
		{ "device", PCI_DEVICE_ID },
		{ "subsystem_vendor", PCI_SUBSYSTEM_VENDOR_ID },
		{ "subsystem_device", PCI_SUBSYSTEM_ID },
	};
	const struct rte_vfio_region *bar = rte_vfio_region_get(vfio_kernel_dev, BAR0);
	unsigned int i;
	uint16_t id;

	for (i = 0; i < RTE_DIM(ids); i++) {
		TEST_ASSERT_OK(rte_vfio_region_read16(vfio_kernel_dev,
			VFIO_PCI_CONFIG_REGION_INDEX, ids[i].offset, &id));
		TEST_ASSERT_EQUAL(id, vfio_kernel_attribute(ids[i].file));
	}
	TEST_ASSERT_EQUAL(bar->size, size);
	TEST_ASSERT_EQUAL(bar->nb_areas, 1);
	TEST_ASSERT(rte_vfio_region_ptr(vfio_kernel_dev, BAR0, 0, size) != NULL, "not mapped");
	return TEST_SUCCESS;
}

#define EDU_BAR_SIZE (1u << 20)
#define EDU_ID 0x00
#define EDU_ID_VALUE 0x010000ed
#define EDU_LIVE 0x04
#define EDU_FACTORIAL 0x08
#define EDU_STATUS 0x20
#define EDU_STATUS_BUSY 0x01
#define EDU_IRQ_STATUS 0x24
#define EDU_IRQ_RAISE 0x60
#define EDU_IRQ_ACK 0x64
#define EDU_DMA_SRC 0x80
#define EDU_DMA_DST 0x88
#define EDU_DMA_COUNT 0x90
#define EDU_DMA_COMMAND 0x98
#define EDU_DMA_START 0x01
#define EDU_DMA_TO_MEMORY 0x02
#define EDU_BUFFER 0x40000 /* what the device calls its own memory */
#define EDU_IOVA 0x100000 /* it reaches 28 bits only */

int
test_edu_identity(void)
{
	OPEN("TEST_VFIO_EDU");
	TEST_ASSERT_EQUAL(vfio_kernel_attribute("device"), 0x11e8);
	TEST_ASSERT_OK(check_identity(EDU_BAR_SIZE));
	TEST_ASSERT_EQUAL(reg_read(EDU_ID), EDU_ID_VALUE);
	return TEST_SUCCESS;
}

int
test_edu_registers(void)
{
	OPEN("TEST_VFIO_EDU");
	reg_write(EDU_LIVE, 0x12345678);
	TEST_ASSERT_EQUAL(reg_read(EDU_LIVE), ~0x12345678u);
	reg_write(EDU_FACTORIAL, 10);
	TEST_ASSERT(reg_wait(EDU_STATUS, EDU_STATUS_BUSY, 0), "still busy");
	TEST_ASSERT_EQUAL(reg_read(EDU_FACTORIAL), 3628800);
	return TEST_SUCCESS;
}

int
test_edu_interrupt(void)
{
	struct vfio_kernel_irq irq;
	uint32_t status;
	bool once, twice;

	OPEN("TEST_VFIO_EDU");
	TEST_ASSERT_EQUAL(rte_vfio_irq_count(vfio_kernel_dev, VFIO_PCI_MSI_IRQ_INDEX), 1);
	TEST_ASSERT_OK(vfio_kernel_irq_enable(&irq, VFIO_PCI_MSI_IRQ_INDEX));
	reg_write(EDU_IRQ_RAISE, 0x40);
	once = vfio_kernel_irq_wait(&irq, 1);
	status = reg_read(EDU_IRQ_STATUS);
	reg_write(EDU_IRQ_ACK, 0x40);
	reg_write(EDU_IRQ_RAISE, 0x2);
	twice = vfio_kernel_irq_wait(&irq, 2);
	reg_write(EDU_IRQ_ACK, 0x2);
	vfio_kernel_irq_disable(&irq);
	TEST_ASSERT(once && twice, "%u interrupts", irq.count);
	TEST_ASSERT_EQUAL(status, 0x40);
	TEST_ASSERT_EQUAL(reg_read(EDU_IRQ_STATUS), 0);
	return TEST_SUCCESS;
}

/* INTx stays masked until it is acknowledged; if the line is still up, it comes at once. */
int
test_edu_intx(void)
{
	struct vfio_kernel_irq irq;
	bool once, masked, again;
	int ack;

	OPEN("TEST_VFIO_EDU");
	TEST_ASSERT_EQUAL(rte_vfio_irq_count(vfio_kernel_dev, VFIO_PCI_INTX_IRQ_INDEX), 1);
	TEST_ASSERT_OK(vfio_kernel_irq_enable(&irq, VFIO_PCI_INTX_IRQ_INDEX));
	reg_write(EDU_IRQ_RAISE, 0x1);
	once = vfio_kernel_irq_wait(&irq, 1);
	reg_write(EDU_IRQ_ACK, 0x1);
	reg_write(EDU_IRQ_RAISE, 0x2);
	masked = vfio_kernel_irq_wait(&irq, 1);
	ack = rte_vfio_irq_ack(vfio_kernel_dev, VFIO_PCI_INTX_IRQ_INDEX);
	again = vfio_kernel_irq_wait(&irq, 2);
	reg_write(EDU_IRQ_ACK, 0x2);
	vfio_kernel_irq_disable(&irq);
	TEST_ASSERT_OK(ack);
	TEST_ASSERT(once, "raised, and nothing came");
	TEST_ASSERT(masked, "came again without being acknowledged");
	TEST_ASSERT(again, "%u interrupts after it was acknowledged", irq.count);
	return TEST_SUCCESS;
}

static bool
edu_dma(uint32_t from, uint32_t to, uint32_t len, uint32_t direction)
{
	reg_write(EDU_DMA_SRC, from);
	reg_write(EDU_DMA_DST, to);
	reg_write(EDU_DMA_COUNT, len);
	reg_write(EDU_DMA_COMMAND, EDU_DMA_START | direction);
	return reg_wait(EDU_DMA_COMMAND, EDU_DMA_START, 0);
}

/* Into the device and out again, and not at all once the memory is unmapped. */
int
test_edu_dma(void)
{
	static const char text[] = "through the device and back";
	char *memory, *copy;
	void *page;

	OPEN("TEST_VFIO_EDU");
	TEST_ASSERT_OK(posix_memalign(&page, 4096, 4096));
	memory = memset(page, 0, 4096);
	copy = memory + 2048;
	TEST_ASSERT_OK(rte_vfio_dev_dma_map(vfio_kernel_dev, page, EDU_IOVA, 4096));
	TEST_ASSERT_EQUAL(rte_vfio_dev_dma_map(vfio_kernel_dev, page, EDU_IOVA, 4096), -EEXIST);
	memcpy(memory, text, sizeof(text));
	TEST_ASSERT(edu_dma(EDU_IOVA, EDU_BUFFER, sizeof(text), 0), "no end of reading");
	TEST_ASSERT(edu_dma(EDU_BUFFER, EDU_IOVA + 2048, sizeof(text), EDU_DMA_TO_MEMORY),
		"no end of writing");
	TEST_ASSERT(memcmp(copy, text, sizeof(text)) == 0, "got '%.27s'", copy);
	memset(copy, 0, sizeof(text));
	TEST_ASSERT_OK(rte_vfio_dev_dma_unmap(vfio_kernel_dev, page, EDU_IOVA, 4096));
	TEST_ASSERT(edu_dma(EDU_BUFFER, EDU_IOVA + 2048, sizeof(text), EDU_DMA_TO_MEMORY),
		"no end of writing");
	TEST_ASSERT_EQUAL(copy[0], 0);
	free(page);
	return TEST_SUCCESS;
}

#define E1000E_BAR_SIZE (128u << 10)
#define E1000E_CTRL 0x0000
#define E1000E_CTRL_SLU 0x40
#define E1000E_STATUS 0x0008
#define E1000E_STATUS_LU 0x02
#define E1000E_ICS 0x00c8
#define E1000E_IMS 0x00d0
#define E1000E_IMC 0x00d8
#define E1000E_IVAR 0x00e4
#define E1000E_IVAR_OTHER(vector) ((0x8u | (vector)) << 16)
#define E1000E_IR_LSC 0x04
#define E1000E_IR_OTHER 0x01000000
#define E1000E_RCTL 0x0100
#define E1000E_RCTL_EN 0x02
#define E1000E_RCTL_UPE 0x08
#define E1000E_RCTL_MPE 0x10
#define E1000E_RCTL_LBM 0x40 /* what is sent is received */
#define E1000E_RCTL_BAM 0x8000
#define E1000E_TCTL 0x0400
#define E1000E_TCTL_EN 0x02
#define E1000E_TCTL_PSP 0x08
/* Base low, base high, length, head and tail of a ring. */
#define E1000E_RX 0x2800
#define E1000E_TX 0x3800
#define E1000E_RAL 0x5400
#define E1000E_RAH 0x5404

#define E1000E_RING 8 /* the least that it takes */

struct e1000e_rx_desc {
	uint64_t addr;
	uint16_t length;
	uint16_t checksum;
	uint8_t status;
	uint8_t errors;
	uint16_t vlan;
};

struct e1000e_tx_desc {
	uint64_t addr;
	uint16_t length;
	uint8_t checksum_offset;
	uint8_t command;
	uint8_t status;
	uint8_t checksum_start;
	uint16_t vlan;
};

#define E1000E_DONE 0x01
#define E1000E_TX_EOP_IFCS_RS 0x0b

int
test_e1000e_identity(void)
{
	const char *mac = getenv("TEST_VFIO_E1000E_MAC");
	uint32_t low, high;
	char text[18];

	OPEN("TEST_VFIO_E1000E");
	TEST_ASSERT_EQUAL(vfio_kernel_attribute("device"), 0x10d3);
	TEST_ASSERT_OK(check_identity(E1000E_BAR_SIZE));
	low = reg_read(E1000E_RAL);
	high = reg_read(E1000E_RAH);
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", low & 0xff, low >> 8 & 0xff,
		low >> 16 & 0xff, low >> 24, high & 0xff, high >> 8 & 0xff);
	TEST_ASSERT(mac != NULL && strcmp(text, mac) == 0, "%s, QEMU was told %s", text, mac);
	return TEST_SUCCESS;
}

int
test_e1000e_interrupt(void)
{
	struct vfio_kernel_irq irq;
	bool masked, once;

	OPEN("TEST_VFIO_E1000E");
	TEST_ASSERT_EQUAL(rte_vfio_irq_count(vfio_kernel_dev, VFIO_PCI_MSIX_IRQ_INDEX), 5);
	TEST_ASSERT_OK(rte_vfio_dev_reset(vfio_kernel_dev));
	TEST_ASSERT_OK(rte_vfio_pci_set_bus_master(vfio_kernel_dev, true));
	TEST_ASSERT_OK(vfio_kernel_irq_enable(&irq, VFIO_PCI_MSIX_IRQ_INDEX));
	reg_write(E1000E_IVAR, E1000E_IVAR_OTHER(0));
	reg_write(E1000E_IMC, UINT32_MAX);
	reg_write(E1000E_ICS, E1000E_IR_LSC);
	masked = vfio_kernel_irq_wait(&irq, 0);
	reg_write(E1000E_IMS, E1000E_IR_OTHER | E1000E_IR_LSC);
	reg_write(E1000E_ICS, E1000E_IR_OTHER | E1000E_IR_LSC);
	once = vfio_kernel_irq_wait(&irq, 1) || irq.count == 2; /* unmasking may raise it, too */
	reg_write(E1000E_IMC, UINT32_MAX);
	vfio_kernel_irq_disable(&irq);
	TEST_ASSERT(masked, "raised while masked");
	TEST_ASSERT(once, "raised %u times", irq.count);
	return TEST_SUCCESS;
}

static void
e1000e_ring(uint32_t ring, uint64_t iova, uint32_t tail)
{
	reg_write(ring + 0x00, (uint32_t)iova);
	reg_write(ring + 0x04, iova >> 32);
	reg_write(ring + 0x08, E1000E_RING * 16);
	reg_write(ring + 0x10, 0);
	reg_write(ring + 0x18, tail);
}

/* Memory of EAL's, which open has mapped, for two rings and two packets. */
struct e1000e_memory {
	struct e1000e_rx_desc rx[E1000E_RING];
	struct e1000e_tx_desc tx[E1000E_RING];
	alignas(128) uint8_t sent[128];
	alignas(2048) uint8_t received[2048];
};

int
test_e1000e_dma(void)
{
	struct e1000e_memory *memory;
	uint64_t iova;
	unsigned int i;

	OPEN("TEST_VFIO_E1000E");
	TEST_ASSERT_OK(rte_vfio_dev_reset(vfio_kernel_dev));
	TEST_ASSERT_OK(rte_vfio_pci_set_bus_master(vfio_kernel_dev, true));
	memory = rte_zmalloc(NULL, sizeof(*memory), 4096);
	TEST_ASSERT(memory != NULL, "no memory");
	iova = rte_malloc_virt2iova(memory);
	for (i = 0; i < sizeof(memory->sent); i++)
		memory->sent[i] = i < 6 ? 0xff : i;
	memory->rx[0].addr = iova + offsetof(struct e1000e_memory, received);
	memory->tx[0] = (struct e1000e_tx_desc) {
		.addr = iova + offsetof(struct e1000e_memory, sent),
		.length = sizeof(memory->sent),
		.command = E1000E_TX_EOP_IFCS_RS,
	};
	reg_write(E1000E_CTRL, reg_read(E1000E_CTRL) | E1000E_CTRL_SLU);
	TEST_ASSERT(reg_wait(E1000E_STATUS, E1000E_STATUS_LU, E1000E_STATUS_LU), "no link");
	e1000e_ring(E1000E_RX, iova + offsetof(struct e1000e_memory, rx), 0);
	reg_write(E1000E_RCTL, E1000E_RCTL_EN | E1000E_RCTL_UPE | E1000E_RCTL_MPE |
		E1000E_RCTL_LBM | E1000E_RCTL_BAM);
	reg_write(E1000E_RX + 0x18, 1);
	e1000e_ring(E1000E_TX, iova + offsetof(struct e1000e_memory, tx), 0);
	reg_write(E1000E_TCTL, E1000E_TCTL_EN | E1000E_TCTL_PSP);
	reg_write(E1000E_TX + 0x18, 1);
	for (i = 0; i < 2000; i++) {
		if ((__atomic_load_n(&memory->rx[0].status, __ATOMIC_ACQUIRE) & E1000E_DONE) != 0)
			break;
		rte_delay_us_sleep(1000);
	}
	TEST_ASSERT_EQUAL(memory->tx[0].status & E1000E_DONE, E1000E_DONE);
	TEST_ASSERT_EQUAL(memory->rx[0].status & E1000E_DONE, E1000E_DONE);
	TEST_ASSERT_EQUAL(memory->rx[0].length, sizeof(memory->sent));
	TEST_ASSERT(memcmp(memory->received, memory->sent, sizeof(memory->sent)) == 0,
		"not what was sent");
	rte_free(memory);
	return TEST_SUCCESS;
}
