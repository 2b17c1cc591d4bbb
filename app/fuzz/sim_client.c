/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * A hostile client of dpdk-sf-sim: messages of any kind over the socket of a
 * device, with the descriptors of any file, and memory that it takes back.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "fuzz.h"
#include "fuzz_send.h"
#include "server.h"

_Static_assert(FUZZ_MAX_FDS > CONN_MAX_FDS, "fewer than the server takes");

#define NB_QUEUES 4
#define MEMORY_SIZE 0x10000

/* A message, as an input has it; its payload follows. */
struct message {
	uint8_t command;
	uint8_t flags; /* of the header; MESSAGE_CUT */
	uint8_t nb_fds; /* modulo FUZZ_MAX_FDS + 1 */
	uint8_t fd; /* FD_*, modulo FD_NUM */
	uint8_t spoil_at; /* an octet of the header, if there is one */
	uint8_t spoil_with;
	uint16_t len;
};
#define MESSAGE_CUT 0x80 /* the client's memory is taken back before */

enum {
	FD_MEMORY,
	FD_EVENT,
	FD_NULL, /* not of use for anything */
	FD_NUM,
};

static struct sf_wire wire;
static struct sf sf;
static int client;
static int fds[FD_NUM];

/* As dpdk-sf-sim does it. */
static void
on_sigbus(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	if (!dma_fault(&sf.plat.dma, info->si_addr))
		abort();
}

void
fuzz_start(void)
{
	const struct sigaction action = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO };

	fuzz_need(sigaction(SIGBUS, &action, NULL) == 0, "SIGBUS");
	fds[FD_NULL] = open("/dev/null", O_RDWR | O_CLOEXEC);
}

/* On an address that the kernel picks, in no directory. */
static int
listener_open(struct sockaddr_un *addr, socklen_t *len)
{
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*addr = (struct sockaddr_un) { .sun_family = AF_UNIX };
	*len = sizeof(*addr);
	fuzz_need(bind(listener, (struct sockaddr *)addr, sizeof(addr->sun_family)) == 0 &&
		listen(listener, 1) == 0 &&
		getsockname(listener, (struct sockaddr *)addr, len) == 0, "listener");
	return listener;
}

static void
session_open(void)
{
	struct sockaddr_un addr;
	socklen_t len;

	sf_wire_init(&wire, SF_WIRE_LOOP, false);
	memset(&sf, 0, sizeof(sf));
	fuzz_need(sf_open(&sf, &wire, 0, NB_QUEUES, listener_open(&addr, &len),
		epoll_create1(EPOLL_CLOEXEC)) == 0, "device");
	client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fuzz_need(connect(client, (struct sockaddr *)&addr, len) == 0, "client");
	sf_accept(&sf);
	fds[FD_MEMORY] = memfd_create("client", MFD_CLOEXEC);
	fuzz_need(ftruncate(fds[FD_MEMORY], MEMORY_SIZE) == 0, "memory of the client");
	fds[FD_EVENT] = eventfd(0, EFD_CLOEXEC);
}

static void
session_close(void)
{
	int epoll = sf.epoll;

	close(client);
	while (sf.conn.fd >= 0)
		sf_serve(&sf);
	close(fds[FD_MEMORY]);
	close(fds[FD_EVENT]);
	sf_close(&sf);
	close(epoll);
}

static void
send_message(const struct message *m, const uint8_t *payload, size_t len)
{
	struct vfio_user_header header = {
		.command = m->command,
		.msg_size = (uint32_t)(sizeof(header) + len),
		.flags = m->flags & (uint8_t)~MESSAGE_CUT,
	};

	if (m->spoil_at < sizeof(header))
		((uint8_t *)&header)[m->spoil_at] ^= m->spoil_with;
	fuzz_send(client, &header, payload, len, fds[m->fd % FD_NUM],
		m->nb_fds % (FUZZ_MAX_FDS + 1), MSG_DONTWAIT);
}

/* Read all that there is; what comes with it is closed by the kernel. */
static void
drain(void)
{
	static uint8_t buf[65536];

	while (recv(client, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
}

/* The device's turn, until it waits for us. */
static void
serve(void)
{
	do {
		sf_serve(&sf);
		drain();
	} while (sf.conn.out_len != 0);
	sf_wire_poll(&wire);
	sf_check_fault(&sf);
}

void
fuzz_run(struct fuzz_input *in)
{
	const uint8_t *payload;
	struct message m;
	size_t len;

	session_open();
	while (in->len != 0 && sf.conn.fd >= 0) {
		fuzz_take(in, &m, sizeof(m));
		len = m.len;
		payload = fuzz_take_some(in, &len);
		if ((m.flags & MESSAGE_CUT) != 0)
			fuzz_need(ftruncate(fds[FD_MEMORY], 0) == 0, "memory of the client");
		send_message(&m, payload, len);
		serve();
	}
	session_close();
}

/* --- Clients that behave -------------------------------------------------------- */

static void
add(struct fuzz_seed *seed, uint8_t command, uint8_t flags, uint8_t fd, uint8_t nb_fds,
	const void *payload, size_t len)
{
	const struct message m = {
		.command = command,
		.flags = flags,
		.nb_fds = nb_fds,
		.fd = fd,
		.spoil_at = UINT8_MAX,
		.len = (uint16_t)len,
	};

	fuzz_seed_add(seed, &m, sizeof(m));
	fuzz_seed_add(seed, payload, len);
}

static void
add_version(struct fuzz_seed *seed)
{
	static const struct {
		struct vfio_user_version version;
		char text[sizeof("{\"capabilities\":{\"max_msg_fds\":8}}")];
	} hello = { { .minor = 1 }, "{\"capabilities\":{\"max_msg_fds\":8}}" };

	add(seed, VFIO_USER_VERSION, 0, 0, 0, &hello, sizeof(hello));
}

static void
add_information(struct fuzz_seed *seed)
{
	const struct vfio_user_device_info info = { .argsz = sizeof(info) };
	struct vfio_region_info region = { .argsz = sizeof(region) };
	struct vfio_irq_info irq = { .argsz = sizeof(irq) };

	add(seed, VFIO_USER_DEVICE_GET_INFO, 0, 0, 0, &info, sizeof(info));
	add(seed, VFIO_USER_DEVICE_GET_REGION_INFO, 0, 0, 0, &region, sizeof(region));
	region.argsz = 256;
	add(seed, VFIO_USER_DEVICE_GET_REGION_INFO, 0, 0, 0, &region, sizeof(region));
	irq.index = VFIO_PCI_MSIX_IRQ_INDEX;
	add(seed, VFIO_USER_DEVICE_GET_IRQ_INFO, 0, 0, 0, &irq, sizeof(irq));
}

static void
add_irqs(struct fuzz_seed *seed)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set),
		.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = VFIO_PCI_MSIX_IRQ_INDEX,
		.count = 2,
	};

	add(seed, VFIO_USER_DEVICE_SET_IRQS, 0, FD_EVENT, 2, &set, sizeof(set));
	set.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER;
	add(seed, VFIO_USER_DEVICE_SET_IRQS, 0, 0, 0, &set, sizeof(set));
	set.count = 0;
	add(seed, VFIO_USER_DEVICE_SET_IRQS, 0, 0, 0, &set, sizeof(set));
}

static void
add_map(struct fuzz_seed *seed, uint64_t iova, uint64_t len)
{
	const struct vfio_user_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_USER_DMA_READABLE | VFIO_USER_DMA_WRITEABLE,
		.addr = iova,
		.size = len,
	};

	add(seed, VFIO_USER_DMA_MAP, 0, FD_MEMORY, 1, &map, sizeof(map));
}

static void
add_unmap(struct fuzz_seed *seed, uint64_t iova, uint64_t len, uint32_t flags)
{
	const struct vfio_user_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.flags = flags,
		.addr = iova,
		.size = len,
	};

	add(seed, VFIO_USER_DMA_UNMAP, 0, 0, 0, &unmap, sizeof(unmap));
}

static void
add_reg(struct fuzz_seed *seed, uint8_t flags, uint64_t reg, uint32_t value)
{
	const struct {
		struct vfio_user_region_access access;
		uint32_t value;
	} write = { { .offset = reg, .region = SF_BAR_REGS, .count = sizeof(value) }, value };
	const size_t len = sizeof(write.access) + sizeof(value);

	add(seed, VFIO_USER_REGION_WRITE, flags, 0, 0, &write, len);
	add(seed, VFIO_USER_REGION_READ, 0, 0, 0, &write.access, sizeof(write.access));
}

static void
add_queue(struct fuzz_seed *seed, uint32_t reg, uint32_t base)
{
	add_reg(seed, 0, reg + SF_Q_BASE, base);
	add_reg(seed, 0, reg + SF_Q_CPL_BASE, base + 0x1000);
	add_reg(seed, 0, reg + SF_Q_SIZE, SF_RING_MIN);
	add_reg(seed, 0, reg + SF_Q_BUF_SIZE, 2048);
	add_reg(seed, VFIO_USER_F_NO_REPLY, reg + SF_Q_CTRL, SF_Q_CTRL_ENABLE);
}

void
fuzz_seeds(void)
{
	const uint64_t far = UINT64_C(1) << 40;
	struct fuzz_seed seed = { .len = 0 };

	add_version(&seed);
	add_information(&seed);
	add_irqs(&seed);
	add(&seed, VFIO_USER_DEVICE_RESET, 0, 0, 0, NULL, 0);
	fuzz_seed_save(&seed, "control");

	add_version(&seed);
	add_map(&seed, 0, MEMORY_SIZE);
	add_map(&seed, MEMORY_SIZE, MEMORY_SIZE);
	add_map(&seed, far - MEMORY_SIZE / 2, MEMORY_SIZE);
	add_unmap(&seed, 0, MEMORY_SIZE, 0);
	add_unmap(&seed, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL);
	fuzz_seed_save(&seed, "memory");

	add_version(&seed);
	add_map(&seed, 0, MEMORY_SIZE);
	add_queue(&seed, SF_REG_RXQ(0), 0);
	add_queue(&seed, SF_REG_TXQ(0), 0x2000);
	add_reg(&seed, 0, SF_REG_RX_MODE, SF_RX_MODE_ENABLE);
	add_reg(&seed, MESSAGE_CUT, SF_DB(0) + SF_DB_TX_TAIL, 1);
	fuzz_seed_save(&seed, "queues");
}
