/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * A hostile driver against the model of the device: registers, doorbells,
 * rings and buffers of two devices that share a wire, and what the host sends
 * on a port of the switch.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "sf_model.h"

#define NB_DEVS 2
#define NB_QUEUES 2

/* A driver's memory, from IOVA 0 on; the device may only read the second half. */
#define MEMORY_SIZE 0x20000
#define READ_ONLY 0x10000

enum op_kind {
	OP_WRITE, /* octets to a region */
	OP_READ,
	OP_MEMORY, /* octets to the driver's memory */
	OP_POLL,
	OP_DOZE,
	OP_UNMAP, /* one half of the memory, and map it again */
	OP_TAP, /* octets as a packet from the host */
	OP_NUM,
};

/*
 * One thing that is done to the two devices, as it stands in an input of libFuzzer's.  Behind
 * some kinds of it the input has octets, to be written to a region or to memory, or a packet.
 */
struct op {
	uint8_t kind; /* modulo OP_NUM */
	uint8_t where; /* device in bit 0, region above it */
	uint16_t len;
	uint32_t at;
};

static struct sf_wire wire;
static struct sf_dev devs[NB_DEVS];
static struct sf_plat plats[NB_DEVS];
static struct sf_tap tap;
static uint8_t *memory[NB_DEVS];
static int memory_fds[NB_DEVS];

static void
map_half(unsigned int d, bool second)
{
	uint64_t start = second ? READ_ONLY : 0;

	fuzz_need(dma_map(&plats[d].dma, start, READ_ONLY, memory_fds[d], start,
		second ? DMA_READ : DMA_READ | DMA_WRITE) == 0, "DMA mapping");
}

void
fuzz_start(void)
{
	unsigned int d;

	for (d = 0; d < NB_DEVS; d++) {
		memory_fds[d] = memfd_create("driver", MFD_CLOEXEC);
		fuzz_need(memory_fds[d] >= 0 && ftruncate(memory_fds[d], MEMORY_SIZE) == 0,
			"memory of a driver");
		memory[d] = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			memory_fds[d], 0);
		fuzz_need(memory[d] != MAP_FAILED, "memory of a driver");
	}
}

/* Hosts have room for the largest frame. */
static void
tap_deliver(struct sf_tap *to, const struct sf_frame *frame)
{
	uint8_t packet[SF_MAX_FRAME];

	(void)to;
	fuzz_need(sf_tap_read(frame, packet) == 0, "packet for the host");
}

static void
devices_open(uint8_t how)
{
	unsigned int i, d;

	sf_wire_init(&wire, how % 3, (how & 4) != 0);
	for (d = 0; d < NB_DEVS; d++) {
		memset(memory[d], 0, MEMORY_SIZE);
		plats[d] = (struct sf_plat) { .name = "fuzz" };
		for (i = 0; i < SF_PLAT_VECTORS; i++)
			plats[d].eventfds[i] = -1;
		map_half(d, false);
		map_half(d, true);
		sf_dev_init(&devs[d], &wire, &plats[d], d, NB_QUEUES);
		sf_dev_set_doorbells(&devs[d],
			aligned_alloc(SF_DB_STRIDE, NB_QUEUES * SF_DB_STRIDE));
	}
	if (wire.type != SF_WIRE_SWITCH)
		return;
	tap = (struct sf_tap) { .deliver = tap_deliver, .represents = (how & 8) != 0 };
	sf_tap_join(&tap, &wire);
	if (tap.represents)
		sf_tap_set_dev(&tap, &devs[0]);
}

static void
devices_close(void)
{
	unsigned int d;

	if (wire.type == SF_WIRE_SWITCH)
		sf_tap_leave(&tap);
	for (d = 0; d < NB_DEVS; d++) {
		void *db = devs[d].db;

		sf_dev_fini(&devs[d]);
		free(db);
		dma_clear(&plats[d].dma);
	}
}

static void
unmap_half(unsigned int d, bool second)
{
	uint64_t start = second ? READ_ONLY : 0;

	sf_dev_dma_removed(&devs[d], start, READ_ONLY);
	fuzz_need(dma_unmap(&plats[d].dma, start, READ_ONLY) == 0, "DMA unmapping");
	sf_wire_poll(&wire);
	map_half(d, second);
}

static void
doze(void)
{
	if (sf_wire_doze(&wire) != SF_REST_NONE)
		sf_wire_wake(&wire);
}

/* Octets of an input, where reading behind their end is found out. */
static void *
octets(struct fuzz_input *in, size_t *len)
{
	const uint8_t *from = fuzz_take_some(in, len);
	void *copy = malloc(*len);

	fuzz_need(copy != NULL, "memory");
	memcpy(copy, from, *len);
	return copy;
}

static void
op_run(const struct op *op, struct fuzz_input *in)
{
	unsigned int d = op->where % NB_DEVS, region = op->where / NB_DEVS;
	bool sends = op->kind % OP_NUM == OP_WRITE || op->kind % OP_NUM == OP_MEMORY ||
		op->kind % OP_NUM == OP_TAP;
	size_t len = op->len;
	void *data = sends ? octets(in, &len) : calloc(1, len);

	switch (op->kind % OP_NUM) {
	case OP_WRITE:
		sf_dev_write(&devs[d], region, op->at, data, len);
		break;
	case OP_READ:
		sf_dev_read(&devs[d], region, op->at, data, len);
		break;
	case OP_MEMORY:
		if (op->at <= MEMORY_SIZE - len)
			memcpy(memory[d] + op->at, data, len);
		break;
	case OP_POLL:
		sf_wire_poll(&wire);
		break;
	case OP_DOZE:
		doze();
		break;
	case OP_UNMAP:
		unmap_half(d, op->at & 1);
		break;
	default:
		if (wire.type == SF_WIRE_SWITCH && len >= SF_FRAME_MIN)
			sf_tap_send(&tap, data, (uint32_t)len);
	}
	free(data);
}

void
fuzz_run(struct fuzz_input *in)
{
	struct op op;
	uint8_t how;

	fuzz_take(in, &how, sizeof(how));
	devices_open(how);
	while (in->len != 0) {
		fuzz_take(in, &op, sizeof(op));
		op_run(&op, in);
	}
	sf_wire_poll(&wire);
	devices_close();
}

/* --- Drivers that behave ----------------------------------------------------- */

#define RX_RING 0x1000
#define RX_CPL 0x2000
#define TX_RING 0x3000
#define TX_STATUS 0x3800
#define RX_BUF 0x8000
#define TX_BUF READ_ONLY

/* TCP in IPv4, for everybody; its checksums are wrong. */
static const uint8_t packet[] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x08, 0x00,
	0x45, 0, 0, 200, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
	0x10, 0x00, 0x20, 0x00, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0,
};

static void
add(struct fuzz_seed *seed, enum op_kind kind, unsigned int d, uint32_t at, const void *data,
	size_t len)
{
	const struct op op = {
		.kind = kind, .where = d, .len = (uint16_t)len, .at = at,
	};

	fuzz_seed_add(seed, &op, sizeof(op));
	fuzz_seed_add(seed, data, data == NULL ? 0 : len);
}

static void
add_reg(struct fuzz_seed *seed, unsigned int d, uint32_t reg, uint32_t value)
{
	add(seed, OP_WRITE, d, reg, &value, sizeof(value));
}

static void
add_queue(struct fuzz_seed *seed, unsigned int d, uint32_t reg, uint32_t ring, uint32_t cpl,
	uint32_t ctrl)
{
	add_reg(seed, d, reg + SF_Q_BASE, ring);
	add_reg(seed, d, reg + SF_Q_CPL_BASE, cpl);
	add_reg(seed, d, reg + SF_Q_SIZE, SF_RING_MIN);
	add_reg(seed, d, reg + SF_Q_BUF_SIZE, 128);
	add_reg(seed, d, reg + SF_Q_CTRL, SF_Q_CTRL_ENABLE | ctrl);
}

static void
add_devices(struct fuzz_seed *seed, uint8_t how)
{
	struct sf_rx_desc descs[8];
	unsigned int i, d;

	fuzz_seed_add(seed, &how, sizeof(how));
	for (i = 0; i < 8; i++)
		descs[i].addr = RX_BUF + i * 128;
	for (d = 0; d < NB_DEVS; d++) {
		add_reg(seed, d, SF_REG_DRV_FEATURES, UINT32_MAX);
		add_reg(seed, d, SF_REG_RX_MODE, SF_RX_MODE_ENABLE | SF_RX_MODE_PROMISC);
		add_reg(seed, d, SF_REG_RX_OFFLOAD, SF_RX_OFFLOAD_CSUM | SF_RX_OFFLOAD_STRIP);
		add_reg(seed, d, SF_REG_RSS_CTRL, SF_RSS_ALL);
		add_reg(seed, d, SF_REG_INT_MASK, UINT32_MAX);
		add_queue(seed, d, SF_REG_RXQ(0), RX_RING, RX_CPL, SF_Q_CTRL_SCATTER);
		add_queue(seed, d, SF_REG_TXQ(0), TX_RING, TX_STATUS, 0);
		add(seed, OP_MEMORY, d, RX_RING, descs, sizeof(descs));
		add_reg(seed, d, SF_DB(0) + SF_DB_RX_TAIL, 8);
	}
	add(seed, OP_MEMORY, 0, TX_BUF, packet, sizeof(packet));
}

static void
add_send(struct fuzz_seed *seed, const struct sf_tx_desc *descs, unsigned int nb)
{
	add(seed, OP_MEMORY, 0, TX_RING, descs, nb * sizeof(*descs));
	add_reg(seed, 0, SF_DB(0) + SF_DB_TX_TAIL, nb);
	add(seed, OP_POLL, 0, 0, NULL, 0);
	add(seed, OP_READ, 1, SF_REG_STATS, NULL, SF_NUM_STATS * 8);
}

static void
add_flow(struct fuzz_seed *seed)
{
	const struct sf_flow_rule rule = {
		.action = SF_FLOW_RSS, .nb_queues = NB_QUEUES, .flags = SF_FLOW_F_MARK, .mark = 7,
		.ptype = SF_PTYPE_IPV4, .ptype_mask = SF_PTYPE_L3_MASK,
		.ip_dst = { 10, 0, 0, 2 }, .ip_dst_mask = { 255, 255, 255, 255 },
	};

	add(seed, OP_WRITE, 1, SF_REG_FLOW_RULE, &rule, sizeof(rule));
	add_reg(seed, 1, SF_REG_FLOW_CMD, SF_FLOW_CMD_SET << 16);
}

void
fuzz_seeds(void)
{
	static const struct sf_tx_ctx ctx = { .mss = 100, .flags = SF_TX_DESC_CTX };
	static const char *const names[] = { "pair", "loop", "switch" };
	const struct sf_tx_desc plain[] = {
		{ .addr = TX_BUF, .len = 40 },
		{ .addr = TX_BUF + 40, .len = 160, .flags = SF_TX_DESC_EOP },
	};
	struct sf_tx_desc offload[] = {
		{ .addr = 0 },
		{ .addr = TX_BUF, .len = 500, .vlan_tci = 5, .hdr = SF_TX_HDR(14, 20, 20),
			.flags = SF_TX_DESC_EOP | SF_TX_DESC_VLAN | SF_TX_DESC_L3 |
				SF_TX_DESC_TCP | SF_TX_DESC_TSO },
	};
	struct fuzz_seed seed = { .len = 0 };
	uint8_t how;

	memcpy(&offload[0], &ctx, sizeof(ctx));
	for (how = 0; how < 3; how++) {
		add_devices(&seed, how);
		add_flow(&seed);
		add_send(&seed, how == SF_WIRE_PAIR ? offload : plain, 2);
		add(&seed, OP_TAP, 0, 0, packet, sizeof(packet));
		add(&seed, OP_DOZE, 0, 0, NULL, 0);
		add(&seed, OP_UNMAP, 0, 0, NULL, 0);
		fuzz_seed_save(&seed, names[how]);
	}
}
