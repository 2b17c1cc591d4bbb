/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The kernel's samples of mediated devices: a serial port with trapped
 * registers (mtty), a frame buffer that is mapped at once (mdpy) and one that
 * is mapped page by page as it is touched (mbochs).
 */

#include <errno.h>

#include <linux/pci_regs.h>
#include <linux/serial_reg.h>
#include <linux/vfio.h>

#include "test.h"
#include "test_vfio_kernel.h"

#define MDEV_BASE "/sys/bus/mdev/devices"

#define CONFIG VFIO_PCI_CONFIG_REGION_INDEX
#define BAR0 VFIO_PCI_BAR0_REGION_INDEX
#define BAR2 VFIO_PCI_BAR2_REGION_INDEX

#define OPEN(variable) do { \
	int open_ret = vfio_kernel_open(variable, MDEV_BASE); \
	if (open_ret != TEST_SUCCESS) \
		return open_ret; \
} while (0)

static int
check_config32(uint64_t offset, uint32_t expected)
{
	uint32_t value;

	TEST_ASSERT_OK(rte_vfio_region_read32(vfio_kernel_dev, CONFIG, offset, &value));
	TEST_ASSERT_EQUAL(value, expected);
	return TEST_SUCCESS;
}

#define MTTY_ID 0x32534348
#define MTTY_BAR_SIZE 8
#define MTTY_FIFO_SIZE 15 /* the 16th makes the sample take full for empty */

int
test_mtty_identity(void)
{
	const struct rte_vfio_region *bar;
	uint8_t octet;

	OPEN("TEST_VFIO_MTTY");
	TEST_ASSERT_OK(check_config32(PCI_VENDOR_ID, MTTY_ID));
	TEST_ASSERT_OK(check_config32(PCI_SUBSYSTEM_VENDOR_ID, MTTY_ID));
	TEST_ASSERT_OK(rte_vfio_region_read8(vfio_kernel_dev, CONFIG, PCI_CLASS_DEVICE + 1,
		&octet));
	TEST_ASSERT_EQUAL(octet, 0x07); /* simple communication controller */
	bar = rte_vfio_region_get(vfio_kernel_dev, BAR0);
	TEST_ASSERT_EQUAL(bar->size, MTTY_BAR_SIZE);
	TEST_ASSERT_EQUAL(bar->nb_areas, 0);
	TEST_ASSERT_EQUAL(rte_vfio_irq_count(vfio_kernel_dev, VFIO_PCI_INTX_IRQ_INDEX), 1);
	TEST_ASSERT_EQUAL(rte_vfio_irq_count(vfio_kernel_dev, VFIO_PCI_MSIX_IRQ_INDEX), 0);
	return TEST_SUCCESS;
}

static int
uart_write(unsigned int reg, uint8_t value)
{
	return rte_vfio_region_write8(vfio_kernel_dev, BAR0, reg, value);
}

static uint8_t
uart_read(unsigned int reg)
{
	uint8_t value = 0xa5;

	return rte_vfio_region_read8(vfio_kernel_dev, BAR0, reg, &value) == 0 ? value : 0xa5;
}

/* What is sent comes back in order: this port is looped. */
int
test_mtty_uart(void)
{
	unsigned int i;

	OPEN("TEST_VFIO_MTTY");
	TEST_ASSERT_OK(uart_write(UART_LCR, UART_LCR_WLEN8));
	TEST_ASSERT_OK(uart_write(UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_RCVR |
		UART_FCR_CLEAR_XMIT));
	TEST_ASSERT_EQUAL(uart_read(UART_LSR), UART_LSR_TEMT | UART_LSR_THRE);
	for (i = 0; i < MTTY_FIFO_SIZE; i++)
		TEST_ASSERT_OK(uart_write(UART_TX, 0x40 + i));
	for (i = 0; i < MTTY_FIFO_SIZE; i++) {
		TEST_ASSERT_EQUAL(uart_read(UART_LSR) & UART_LSR_DR, UART_LSR_DR);
		TEST_ASSERT_EQUAL(uart_read(UART_RX), 0x40 + i);
	}
	TEST_ASSERT_EQUAL(uart_read(UART_LSR) & UART_LSR_DR, 0);
	TEST_ASSERT_OK(uart_write(UART_SCR, 0x5a));
	TEST_ASSERT_EQUAL(uart_read(UART_SCR), 0x5a);
	TEST_ASSERT_EQUAL(uart_read(UART_LCR), UART_LCR_WLEN8);
	TEST_ASSERT_EQUAL(rte_vfio_region_write8(vfio_kernel_dev, BAR0, MTTY_BAR_SIZE, 0), -EINVAL);
	return TEST_SUCCESS;
}

/* "Received data" is raised when there is some, through INTx. */
int
test_mtty_interrupt(void)
{
	struct vfio_kernel_irq irq;
	bool early, once;

	OPEN("TEST_VFIO_MTTY");
	TEST_ASSERT_OK(uart_write(UART_LCR, UART_LCR_WLEN8));
	TEST_ASSERT_OK(uart_write(UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_RCVR |
		UART_FCR_CLEAR_XMIT));
	TEST_ASSERT_OK(uart_write(UART_IER, UART_IER_RDI));
	TEST_ASSERT_OK(vfio_kernel_irq_enable(&irq, VFIO_PCI_INTX_IRQ_INDEX));
	early = vfio_kernel_irq_wait(&irq, 0);
	uart_write(UART_TX, 'x');
	once = vfio_kernel_irq_wait(&irq, 1);
	vfio_kernel_irq_disable(&irq);
	TEST_ASSERT(early, "raised with nothing received");
	TEST_ASSERT(once, "raised %u times for one octet", irq.count);
	TEST_ASSERT_EQUAL(uart_read(UART_IIR) & UART_IIR_ID, UART_IIR_RDI);
	TEST_ASSERT_EQUAL(uart_read(UART_RX), 'x');
	TEST_ASSERT_OK(uart_write(UART_IER, 0));
	return TEST_SUCCESS;
}

/* Behind mdpy's vendor capability. */
#define MDPY_ID 0x000f1b36
#define MDPY_WIDTH 0x48
#define MDPY_HEIGHT 0x4c
#define MDPY_PIXEL 4

/* A new device shows rows that go from black to white, each of one value. */
static int
mdpy_check_rows(const uint8_t *frame, uint32_t width, uint32_t height)
{
	uint32_t row, stride = width * MDPY_PIXEL;

	for (row = 0; row < height; row++) {
		TEST_ASSERT_EQUAL(frame[row * stride], row * 255 / height);
		TEST_ASSERT_EQUAL(frame[(row + 1) * stride - 1], row * 255 / height);
	}
	return TEST_SUCCESS;
}

int
test_mdpy_mapped(void)
{
	const struct rte_vfio_region *bar;
	uint32_t width, height, trapped;
	uint8_t *frame;

	OPEN("TEST_VFIO_MDPY");
	TEST_ASSERT_OK(check_config32(PCI_VENDOR_ID, MDPY_ID));
	TEST_ASSERT_OK(rte_vfio_region_read32(vfio_kernel_dev, CONFIG, MDPY_WIDTH, &width));
	TEST_ASSERT_OK(rte_vfio_region_read32(vfio_kernel_dev, CONFIG, MDPY_HEIGHT, &height));
	TEST_ASSERT(width == 640 && height == 480, "%ux%u", width, height);
	bar = rte_vfio_region_get(vfio_kernel_dev, BAR0);
	TEST_ASSERT_EQUAL(bar->size, rte_align32pow2(width * height * MDPY_PIXEL));
	TEST_ASSERT_EQUAL(bar->nb_areas, 1);
	TEST_ASSERT_OK(rte_vfio_region_map(vfio_kernel_dev, BAR0));
	frame = rte_vfio_region_ptr(vfio_kernel_dev, BAR0, 0, bar->size);
	TEST_ASSERT(frame != NULL, "not mapped");
	TEST_ASSERT_OK(mdpy_check_rows(frame, width, height));
	/* It is memory: what goes in at one side comes out at the other. */
	frame[bar->size - 1] = 0x77;
	TEST_ASSERT_OK(rte_vfio_region_read32(vfio_kernel_dev, BAR0, bar->size - 4, &trapped));
	TEST_ASSERT_EQUAL(trapped >> 24, 0x77);
	return TEST_SUCCESS;
}

#define MBOCHS_ID 0x11111234
#define MBOCHS_MEMORY (4u << 20)
#define MBOCHS_VBE 0x500 /* registers of 16 bits in BAR 2 */
#define MBOCHS_VBE_ID 0
#define MBOCHS_VBE_XRES 1
#define MBOCHS_VBE_MEMORY_64K 10
#define MBOCHS_ID5 0xb0c5

/* Every page faults in by itself, and keeps what was written. */
int
test_mbochs_pages(void)
{
	const struct rte_vfio_region *bar;
	uint32_t *word, offset;

	OPEN("TEST_VFIO_MBOCHS");
	bar = rte_vfio_region_get(vfio_kernel_dev, BAR0);
	TEST_ASSERT_EQUAL(bar->size, MBOCHS_MEMORY);
	TEST_ASSERT_OK(rte_vfio_region_map(vfio_kernel_dev, BAR0));
	for (offset = 0; offset < MBOCHS_MEMORY; offset += 4096) {
		word = rte_vfio_region_ptr(vfio_kernel_dev, BAR0, offset, sizeof(*word));
		TEST_ASSERT(word != NULL, "nothing mapped at 0x%x", offset);
		TEST_ASSERT_EQUAL(*word, 0);
		*word = offset + 1;
	}
	for (offset = 0; offset < MBOCHS_MEMORY; offset += 4096) {
		word = rte_vfio_region_ptr(vfio_kernel_dev, BAR0, offset, sizeof(*word));
		TEST_ASSERT_EQUAL(*word, offset + 1);
	}
	return TEST_SUCCESS;
}

int
test_mbochs_registers(void)
{
	const struct rte_vfio_region *edid;
	uint16_t value;

	OPEN("TEST_VFIO_MBOCHS");
	TEST_ASSERT_OK(check_config32(PCI_VENDOR_ID, MBOCHS_ID));
	TEST_ASSERT_OK(rte_vfio_region_read16(vfio_kernel_dev, BAR2, MBOCHS_VBE +
		2 * MBOCHS_VBE_ID, &value));
	TEST_ASSERT_EQUAL(value, MBOCHS_ID5);
	TEST_ASSERT_OK(rte_vfio_region_read16(vfio_kernel_dev, BAR2, MBOCHS_VBE +
		2 * MBOCHS_VBE_MEMORY_64K, &value));
	TEST_ASSERT_EQUAL(value, MBOCHS_MEMORY >> 16);
	TEST_ASSERT_OK(rte_vfio_region_write16(vfio_kernel_dev, BAR2, MBOCHS_VBE +
		2 * MBOCHS_VBE_XRES, 1024));
	TEST_ASSERT_OK(rte_vfio_region_read16(vfio_kernel_dev, BAR2, MBOCHS_VBE +
		2 * MBOCHS_VBE_XRES, &value));
	TEST_ASSERT_EQUAL(value, 1024);
	/* A region behind those of PCI, whose description has a capability. */
	TEST_ASSERT_EQUAL(rte_vfio_dev_info(vfio_kernel_dev)->num_regions,
		VFIO_PCI_NUM_REGIONS + 1);
	edid = rte_vfio_region_get(vfio_kernel_dev, VFIO_PCI_NUM_REGIONS);
	TEST_ASSERT(edid != NULL && edid->size == 4096 && edid->nb_areas == 0, "EDID region");
	return TEST_SUCCESS;
}
