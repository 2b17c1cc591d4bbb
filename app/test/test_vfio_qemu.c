/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Two simulated sub-functions, wired as a pair, that QEMU gives to the guest in which
 * this runs as PCI devices.  They are opened by their address as a PCI bus would, by
 * group and by character device, and driven by the data sheet alone: what fails is not
 * the driver.
 */

#include <errno.h>
#include <stdalign.h>
#include <stddef.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include <rte_byteorder.h>
#include <rte_cycles.h>
#include <rte_epoll.h>
#include <rte_interrupts.h>
#include <rte_io.h>
#include <rte_malloc.h>

#include "sf_example_hw.h"
#include "test.h"
#include "test_vfio_kernel.h"

#define PCI_BASE "/sys/bus/pci/devices"
#define CONFIG VFIO_PCI_CONFIG_REGION_INDEX
#define MSIX VFIO_PCI_MSIX_IRQ_INDEX

#define RING 256
#define FRAME_LEN 64
#define NB_PACKETS 1000000
#define TIMEOUT_S 60
#define MTU_RESET 1500

/* A frame of the test: to a station that does not exist, with a sequence number. */
struct frame {
	uint8_t dst[6];
	uint8_t src[6];
	uint16_t type;
	uint16_t reserved;
	uint64_t number;
	uint8_t rest[FRAME_LEN - 24];
};

/* Memory of EAL's, which open has mapped. */
struct memory {
	struct sf_tx_desc tx[RING];
	alignas(64) struct sf_tx_status tx_status;
	alignas(64) struct sf_rx_desc rx[RING];
	alignas(64) struct sf_rx_cpl rx_cpl[RING];
	alignas(64) struct frame sent[RING];
	struct frame received[RING];
};

static enum rte_vfio_transport transport;
/* The first sends, the second receives. */
static struct rte_vfio_dev *devs[2];
static struct memory *memory;
static uint16_t tx_tail, rx_next;
static uint64_t nb_sent, nb_received;
static volatile uint32_t *tx_db, *rx_db, *arm_db;

static uint32_t
reg_read(unsigned int dev, uint32_t offset)
{
	uint32_t value;

	return rte_vfio_region_read32(devs[dev], SF_BAR_REGS, offset, &value) == 0 ?
		rte_le_to_cpu_32(value) : UINT32_MAX;
}

static void
reg_write(unsigned int dev, uint32_t offset, uint32_t value)
{
	rte_vfio_region_write32(devs[dev], SF_BAR_REGS, offset, rte_cpu_to_le_32(value));
}

static uint64_t
stat_read(unsigned int dev, unsigned int n)
{
	const uint32_t offset = SF_REG_STATS + 8 * n;

	return reg_read(dev, offset) | (uint64_t)reg_read(dev, offset + 4) << 32;
}

static int
open_both(void)
{
	static const char *const variables[] = { "TEST_VFIO_SF0", "TEST_VFIO_SF1" };
	unsigned int i;
	int ret;

	for (i = 0; i < RTE_DIM(devs); i++) {
		ret = vfio_kernel_open_by(variables[i], PCI_BASE, transport, NULL, &devs[i]);
		if (ret != TEST_SUCCESS)
			return ret;
		TEST_ASSERT_EQUAL(rte_vfio_dev_info(devs[i])->transport, transport);
		TEST_ASSERT_OK(rte_vfio_region_map(devs[i], SF_BAR_REGS));
		TEST_ASSERT_OK(rte_vfio_pci_set_bus_master(devs[i], true));
		reg_write(i, SF_REG_CTRL, SF_CTRL_RESET);
		TEST_ASSERT_EQUAL(reg_read(i, SF_REG_STATUS), SF_STATUS_READY);
	}
	vfio_kernel_dev = devs[0];
	return TEST_SUCCESS;
}

static void
case_teardown(void)
{
	unsigned int i;

	/* The reset stops the queues, as the memory of their rings is unmapped next. */
	for (i = 0; i < RTE_DIM(devs); i++) {
		if (devs[i] != NULL)
			reg_write(i, SF_REG_CTRL, SF_CTRL_RESET);
		rte_vfio_dev_close(devs[i]);
		devs[i] = NULL;
	}
	vfio_kernel_dev = NULL;
	rte_free(memory);
	memory = NULL;
}

static int
test_sf_pci_identity(void)
{
	const struct rte_vfio_region *bar;
	unsigned int i;
	uint16_t id;

	for (i = 0; i < RTE_DIM(devs); i++) {
		TEST_ASSERT_OK(rte_vfio_region_read16(devs[i], CONFIG, PCI_VENDOR_ID, &id));
		TEST_ASSERT_EQUAL(rte_le_to_cpu_16(id), SF_PCI_VENDOR_ID);
		TEST_ASSERT_OK(rte_vfio_region_read16(devs[i], CONFIG, PCI_DEVICE_ID, &id));
		TEST_ASSERT_EQUAL(rte_le_to_cpu_16(id), SF_PCI_DEVICE_ID);
		/* QEMU traps what it cannot map; to the guest all of the BAR is the same. */
		bar = rte_vfio_region_get(devs[i], SF_BAR_REGS);
		TEST_ASSERT_EQUAL(bar->size, SF_BAR_REGS_SIZE);
		TEST_ASSERT(rte_vfio_region_ptr(devs[i], SF_BAR_REGS, 0, bar->size) != NULL,
			"not mapped as a whole");
		TEST_ASSERT_EQUAL(rte_vfio_irq_count(devs[i], MSIX), SF_NUM_VECTORS);
		TEST_ASSERT_EQUAL(reg_read(i, SF_REG_ID), SF_ID_MAGIC);
		TEST_ASSERT_EQUAL(reg_read(i, SF_REG_VERSION),
			SF_VERSION_MAJOR << 16 | SF_VERSION_MINOR);
		TEST_ASSERT_EQUAL(reg_read(i, SF_REG_MAC_LO), reg_read(i, SF_REG_PERM_MAC_LO));
		TEST_ASSERT_EQUAL(reg_read(i, SF_REG_MAC_HI), reg_read(i, SF_REG_PERM_MAC_HI));
		/* Of one station, locally administered. */
		TEST_ASSERT_EQUAL(reg_read(i, SF_REG_MAC_LO) & 3, 2);
	}
	TEST_ASSERT(reg_read(0, SF_REG_MAC_HI) != reg_read(1, SF_REG_MAC_HI), "one MAC address");
	return TEST_SUCCESS;
}

/*
 * Resetting the first function, by VFIO_DEVICE_RESET and then by its CTRL register, clears the
 * registers of that function and leaves those of the second alone.  The simulated device has no
 * capability for a function-level reset, so for VFIO the guest's kernel resets the root port's
 * bus, which has this function alone; the kernel restores its configuration space.
 */
static int
test_sf_pci_reset(void)
{
	unsigned int i;

	reg_write(1, SF_REG_MTU, 4001);
	for (i = 0; i < 2; i++) {
		reg_write(0, SF_REG_MTU, 4000);
		TEST_ASSERT_EQUAL(reg_read(0, SF_REG_MTU), 4000);
		if (i == 0)
			TEST_ASSERT_OK(rte_vfio_dev_reset(devs[0]));
		else
			reg_write(0, SF_REG_CTRL, SF_CTRL_RESET);
		TEST_ASSERT_EQUAL(reg_read(0, SF_REG_STATUS), SF_STATUS_READY);
		TEST_ASSERT_EQUAL(reg_read(0, SF_REG_MTU), MTU_RESET);
	}
	TEST_ASSERT_EQUAL(reg_read(1, SF_REG_MTU), 4001);
	return TEST_SUCCESS;
}

static int
link_changes(struct vfio_kernel_irq *irq)
{
	unsigned int i;

	reg_write(0, SF_REG_RX_MODE, SF_RX_MODE_ENABLE);
	reg_write(0, SF_REG_INT_MASK, SF_INT_LINK);
	for (i = 1; i <= 10; i++) {
		reg_write(1, SF_REG_RX_MODE, i % 2 != 0 ? SF_RX_MODE_ENABLE : 0);
		TEST_ASSERT(vfio_kernel_irq_wait(irq, i), "raised %u times, not %u", irq->count, i);
		TEST_ASSERT_EQUAL(reg_read(0, SF_REG_INT_CAUSE), SF_INT_LINK);
		reg_write(0, SF_REG_INT_CAUSE, SF_INT_LINK);
		TEST_ASSERT_EQUAL(reg_read(0, SF_REG_STATUS),
			SF_STATUS_READY | (i % 2 != 0 ? SF_STATUS_LINK_UP : 0));
	}
	reg_write(0, SF_REG_INT_MASK, 0);
	reg_write(1, SF_REG_RX_MODE, SF_RX_MODE_ENABLE);
	TEST_ASSERT_EQUAL(reg_read(0, SF_REG_INT_CAUSE), SF_INT_LINK);
	TEST_ASSERT(vfio_kernel_irq_wait(irq, i - 1), "raised while masked");
	return TEST_SUCCESS;
}

static int
test_sf_pci_link_interrupt(void)
{
	struct vfio_kernel_irq irq;
	int ret;

	TEST_ASSERT_OK(vfio_kernel_irq_enable(&irq, MSIX));
	ret = link_changes(&irq);
	vfio_kernel_irq_disable(&irq);
	return ret;
}

static uint64_t
iova_of(size_t offset)
{
	return rte_malloc_virt2iova(memory) + offset;
}

static int
queue_start(unsigned int dev, uint32_t block, size_t ring, size_t cpl)
{
	reg_write(dev, block + SF_Q_BASE, (uint32_t)iova_of(ring));
	reg_write(dev, block + SF_Q_BASE + 4, iova_of(ring) >> 32);
	reg_write(dev, block + SF_Q_CPL_BASE, (uint32_t)iova_of(cpl));
	reg_write(dev, block + SF_Q_CPL_BASE + 4, iova_of(cpl) >> 32);
	reg_write(dev, block + SF_Q_SIZE, RING);
	reg_write(dev, block + SF_Q_BUF_SIZE, FRAME_LEN);
	reg_write(dev, block + SF_Q_CTRL, SF_Q_CTRL_ENABLE);
	TEST_ASSERT_EQUAL(reg_read(dev, block + SF_Q_STATE), SF_Q_STATE_RUNNING);
	return TEST_SUCCESS;
}

static volatile uint32_t *
doorbell(unsigned int dev, uint32_t offset)
{
	volatile uint32_t *db = rte_vfio_region_ptr(devs[dev], SF_BAR_REGS, SF_DB(0) + offset, 4);

	if (db != NULL)
		rte_write32(0, db);
	return db;
}

static void
post(uint16_t tail)
{
	rte_write32(rte_cpu_to_le_32(tail), rx_db);
}

/* A Tx queue of the first, an Rx queue of the second, and link. */
static int
queues_start(void)
{
	unsigned int i;

	memory = rte_zmalloc("vfio_qemu", sizeof(*memory), 4096);
	TEST_ASSERT(memory != NULL, "no memory");
	tx_db = doorbell(0, SF_DB_TX_TAIL);
	rx_db = doorbell(1, SF_DB_RX_TAIL);
	arm_db = doorbell(1, SF_DB_RX_ARM);
	TEST_ASSERT(tx_db != NULL && rx_db != NULL && arm_db != NULL, "no doorbells");
	tx_tail = rx_next = 0;
	nb_sent = nb_received = 0;
	for (i = 0; i < RING; i++)
		memory->rx[i].addr =
			rte_cpu_to_le_64(iova_of(offsetof(struct memory, received[i])));
	TEST_ASSERT_OK(queue_start(0, SF_REG_TXQ(0), offsetof(struct memory, tx),
		offsetof(struct memory, tx_status)));
	TEST_ASSERT_OK(queue_start(1, SF_REG_RXQ(0), offsetof(struct memory, rx),
		offsetof(struct memory, rx_cpl)));
	post(RING - 1);
	reg_write(0, SF_REG_RX_MODE, SF_RX_MODE_ENABLE);
	reg_write(1, SF_REG_RX_MODE, SF_RX_MODE_ENABLE | SF_RX_MODE_PROMISC);
	TEST_ASSERT_EQUAL(reg_read(0, SF_REG_STATUS), SF_STATUS_READY | SF_STATUS_LINK_UP);
	return TEST_SUCCESS;
}

/* Fill the ring as far as it has room, up to so many packets in all. */
static void
send_some(uint64_t nb)
{
	uint32_t head = rte_le_to_cpu_32(__atomic_load_n(&memory->tx_status.head,
		__ATOMIC_ACQUIRE));
	struct frame *frame;

	while (nb_sent < nb && (tx_tail + 1u) % RING != head) {
		frame = &memory->sent[tx_tail];
		*frame = (struct frame) {
			.dst = { 2, 0, 0, 0, 0, 9 },
			.src = { 2, 0, 0, 0, 0, 8 },
			.type = RTE_BE16(0x88b5), /* experimental */
			.number = nb_sent++,
		};
		memory->tx[tx_tail] = (struct sf_tx_desc) {
			.addr = rte_cpu_to_le_64(iova_of(offsetof(struct memory, sent[tx_tail]))),
			.len = RTE_LE16(FRAME_LEN),
			.flags = RTE_LE16(SF_TX_DESC_EOP),
		};
		tx_tail = (tx_tail + 1) % RING;
	}
	rte_write32(rte_cpu_to_le_32(tx_tail), tx_db);
}

/* Take what has come, which must be the packets in their order. */
static int
receive_some(void)
{
	const struct sf_rx_cpl *cpl;
	unsigned int taken;

	for (taken = 0; taken < RING / 2; taken++) {
		cpl = &memory->rx_cpl[rx_next];
		if ((rte_le_to_cpu_16(__atomic_load_n(&cpl->gen, __ATOMIC_ACQUIRE)) & 1) !=
				(nb_received / RING + 1) % 2)
			break;
		TEST_ASSERT_EQUAL(rte_le_to_cpu_16(cpl->index), rx_next);
		TEST_ASSERT_EQUAL(rte_le_to_cpu_16(cpl->len), FRAME_LEN);
		TEST_ASSERT_EQUAL(memory->received[rx_next].number, nb_received);
		nb_received++;
		rx_next = (rx_next + 1) % RING;
	}
	if (taken != 0)
		post((rx_next + RING - 1) % RING);
	return TEST_SUCCESS;
}

static int
test_sf_pci_packets(void)
{
	uint64_t start = rte_get_timer_cycles(), end = start + TIMEOUT_S * rte_get_timer_hz();

	TEST_ASSERT_OK(queues_start());
	while (nb_received < NB_PACKETS && rte_get_timer_cycles() < end) {
		send_some(NB_PACKETS);
		TEST_ASSERT_OK(receive_some());
	}
	TEST_ASSERT_EQUAL(nb_received, NB_PACKETS);
	TEST_ASSERT_EQUAL(stat_read(0, SF_STAT_TX_PACKETS), NB_PACKETS);
	TEST_ASSERT_EQUAL(stat_read(1, SF_STAT_RX_PACKETS), NB_PACKETS);
	TEST_ASSERT_EQUAL(stat_read(1, SF_STAT_RX_BYTES), (uint64_t)NB_PACKETS * FRAME_LEN);
	TEST_ASSERT_EQUAL(stat_read(1, SF_STAT_RX_NO_DESC), 0);
	TEST_ASSERT_EQUAL(stat_read(0, SF_STAT_HALTS) + stat_read(1, SF_STAT_HALTS), 0);
	printf("# %u packets in order, %.1f s\n", NB_PACKETS,
		(double)(rte_get_timer_cycles() - start) / rte_get_timer_hz());
	return TEST_SUCCESS;
}

/* Sleep for a packet, on the vector of the queue; each arms for the next only. */
static int
packets_slept_for(void)
{
	struct rte_epoll_event event;
	uint32_t i;

	for (i = 1; i <= 100; i++) {
		rte_write32(rte_cpu_to_le_32(i << 16 | rx_next), arm_db);
		TEST_ASSERT_EQUAL(rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, 1), 0);
		send_some(i);
		TEST_ASSERT_EQUAL(rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, 5000), 1);
		TEST_ASSERT_OK(receive_some());
		TEST_ASSERT_EQUAL(nb_received, i);
	}
	return TEST_SUCCESS;
}

static int
test_sf_pci_rx_interrupt(void)
{
	struct rte_intr_handle *handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	int ret;

	TEST_ASSERT(handle != NULL, "no memory");
	ret = rte_vfio_irq_enable(devs[1], MSIX, handle, 1);
	if (ret == 0) {
		ret = rte_intr_rx_ctl(handle, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_ADD,
			RTE_INTR_VEC_RXTX_OFFSET, NULL);
		if (ret == 0)
			ret = queues_start();
		if (ret == TEST_SUCCESS)
			ret = packets_slept_for();
		rte_intr_rx_ctl(handle, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_DEL,
			RTE_INTR_VEC_RXTX_OFFSET, NULL);
		rte_vfio_irq_disable(devs[1], MSIX, handle);
	}
	rte_intr_instance_free(handle);
	TEST_ASSERT_OK(ret);
	return TEST_SUCCESS;
}

static int
setup_group(void)
{
	transport = RTE_VFIO_TRANSPORT_GROUP;
	return TEST_SUCCESS;
}

static int
setup_cdev(void)
{
	transport = RTE_VFIO_TRANSPORT_CDEV;
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_sf_pci_identity),
	TEST_CASE(test_sf_pci_reset),
	TEST_CASE(test_sf_pci_link_interrupt),
	TEST_CASE(test_sf_pci_rx_interrupt),
	TEST_CASE(test_sf_pci_packets),
	{ NULL, NULL },
};

static struct test_suite group_suite = {
	.name = "vfio_qemu_group_autotest",
	.setup = setup_group,
	.case_setup = open_both,
	.case_teardown = case_teardown,
	.cases = cases,
};

static struct test_suite cdev_suite = {
	.name = "vfio_qemu_cdev_autotest",
	.setup = setup_cdev,
	.case_setup = open_both,
	.case_teardown = case_teardown,
	.cases = cases,
};

TEST_REGISTER(group_suite);
TEST_REGISTER(cdev_suite);
