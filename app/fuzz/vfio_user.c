/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * A hostile vfio-user server, against common/vfio as its client: what the
 * server answers, one message after the other, whatever it is asked.  When its
 * answers are used up, it hangs up.
 */

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include <rte_common.h>
#include <rte_vfio_dev.h>

#include "fuzz.h"
#include "fuzz_device.h"
#include "fuzz_eal.h"
#include "fuzz_send.h"

#define SOCKET "fuzz-vfio-user" /* in the working directory */
#define EAL_MIB 1
#define MEMORY_SIZE FUZZ_SPARSE_SIZE /* behind regions */

/* An answer, as an input has it; its payload follows. */
struct answer {
	uint8_t spoil_at; /* an octet of the header, if there is one */
	uint8_t spoil_with;
	uint8_t error; /* errno; 0: none */
	uint8_t nb_fds; /* modulo FUZZ_MAX_FDS + 1 */
	uint16_t len;
};

static struct {
	struct fuzz_input *in;
	int listener;
	int sock; /* of the client, or -1 */
	int memory_fd;
	bool is_busy; /* with a request */
} server;

/* Take a request; its descriptors, for which there is no room, are closed. */
static bool
receive(int sock, struct vfio_user_header *header)
{
	uint8_t payload[8192];
	size_t len;

	if (recv(sock, header, sizeof(*header), MSG_WAITALL) != sizeof(*header))
		return false;
	len = header->msg_size - sizeof(*header);
	return len == 0 || (len <= sizeof(payload) &&
		recv(sock, payload, len, MSG_WAITALL) == (ssize_t)len);
}

/*
 * Send the next answer.  False if nobody knows who is to speak next: then the
 * end of the connection is better than to wait for each other.
 */
static bool
answer(int sock, const struct vfio_user_header *request)
{
	struct vfio_user_header header = {
		.msg_id = request->msg_id,
		.command = request->command,
		.flags = VFIO_USER_F_REPLY,
	};
	const uint8_t *payload;
	bool is_command, good;
	struct answer a;
	size_t len;

	do {
		fuzz_take(server.in, &a, sizeof(a));
		len = a.len;
		payload = fuzz_take_some(server.in, &len);
		header.msg_size = sizeof(header) + len;
		header.flags = VFIO_USER_F_REPLY | (a.error != 0 ? VFIO_USER_F_ERROR : 0);
		header.error = a.error;
		if (a.spoil_at < sizeof(header))
			((uint8_t *)&header)[a.spoil_at] ^= a.spoil_with;
		fuzz_send(sock, &header, payload, len, server.memory_fd,
			a.nb_fds % (FUZZ_MAX_FDS + 1), 0);
		good = header.msg_size == sizeof(header) + len;
		is_command = (header.flags & VFIO_USER_F_TYPE_MASK) == VFIO_USER_F_COMMAND;
		/* Behind a command of our own, the answer is still to come. */
	} while (good && is_command && server.in->len != 0);
	return good && !is_command;
}

static void
hang_up(void)
{
	if (server.sock >= 0)
		close(server.sock);
	server.sock = -1;
}

/* Take what the client has sent, and answer before it waits for that. */
static void
serve(void)
{
	struct vfio_user_header request;

	if (server.sock < 0)
		server.sock = accept4(server.listener, NULL, NULL, SOCK_CLOEXEC);
	if (server.sock < 0)
		return; /* it has been hung up on */
	if (!receive(server.sock, &request) ||
			((request.flags & VFIO_USER_F_TYPE_MASK) != VFIO_USER_F_REPLY &&
			 (server.in->len == 0 || !answer(server.sock, &request))))
		hang_up();
}

/*
 * The server's turn is when the client has sent a message: on the client's thread, as
 * two of them would spend their time on waiting for each other.  See meson.build.
 */
ssize_t __real_sendmsg(int sock, const struct msghdr *msg, int flags);
ssize_t __wrap_sendmsg(int sock, const struct msghdr *msg, int flags);

ssize_t
__wrap_sendmsg(int sock, const struct msghdr *msg, int flags)
{
	ssize_t len = __real_sendmsg(sock, msg, flags);

	/*
	 * The fake server answers only a message that common/vfio has sent.  After a sendmsg()
	 * that failed it does not run, as its own calls would replace the errno of that.
	 */
	if (len < 0 || server.is_busy)
		return len;
	server.is_busy = true;
	serve();
	server.is_busy = false;
	return len;
}

static void
server_start(void)
{
	const struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = SOCKET };

	server.sock = -1;
	server.memory_fd = memfd_create("regions", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	fuzz_need(server.memory_fd >= 0 && ftruncate(server.memory_fd, MEMORY_SIZE) == 0 &&
		fcntl(server.memory_fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0, "memory of regions");
	unlink(SOCKET);
	server.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	fuzz_need(bind(server.listener, (const struct sockaddr *)&addr, sizeof(addr)) == 0 &&
		listen(server.listener, 1) == 0, SOCKET);
}

void
fuzz_start(void)
{
	server_start();
	fuzz_eal_start(EAL_MIB);
	fuzz_device_start();
}

void
fuzz_run(struct fuzz_input *in)
{
	const struct rte_vfio_dev_node node = {
		.name = "fuzz",
		.user_socket = SOCKET,
		.timeout_ms = RTE_VFIO_DEV_TIMEOUT_MS,
	};
	struct rte_vfio_dev *dev;

	server.in = in;
	if (rte_vfio_dev_open(&node, RTE_VFIO_TRANSPORT_USER, &dev) == 0) {
		fuzz_device_use(dev);
		rte_vfio_dev_close(dev);
	}
	hang_up();
}

/* --- Servers that behave ------------------------------------------------------------- */

static void
add_fds(struct fuzz_seed *seed, const void *payload, size_t len, uint8_t nb_fds)
{
	const struct answer a = {
		.spoil_at = UINT8_MAX,
		.nb_fds = nb_fds,
		.len = len,
	};

	fuzz_seed_add(seed, &a, sizeof(a));
	fuzz_seed_add(seed, payload, len);
}

static void
add(struct fuzz_seed *seed, const void *payload, size_t len)
{
	add_fds(seed, payload, len, 0);
}

static void
add_start(struct fuzz_seed *seed, uint32_t flags, uint32_t num_regions, uint32_t num_irqs)
{
	static const struct {
		struct vfio_user_version version;
		char text[sizeof("{\"capabilities\":{\"max_msg_fds\":3,\"max_data_xfer_size\":64}}")];
	} hello = { { .minor = 1 },
		"{\"capabilities\":{\"max_msg_fds\":3,\"max_data_xfer_size\":64}}" };
	struct vfio_device_info info = fuzz_info(flags, num_regions, num_irqs);

	info.argsz = sizeof(struct vfio_user_device_info); /* the kernel's goes on behind */
	add(seed, &hello, sizeof(hello));
	add(seed, &info, info.argsz);
}

static void
add_sparse(struct fuzz_seed *seed)
{
	/* There is more than we were asked for. */
	add_fds(seed, &fuzz_sparse, sizeof(fuzz_sparse.info), 1);
	add_fds(seed, &fuzz_sparse, sizeof(fuzz_sparse), 1);
}

static void
add_region(struct fuzz_seed *seed, uint32_t index, uint64_t size)
{
	const struct vfio_region_info info = fuzz_region(index, size);

	add(seed, &info, sizeof(info));
}

static void
add_irq(struct fuzz_seed *seed, uint32_t index, uint32_t count)
{
	const struct vfio_irq_info info = fuzz_irq(index, count);

	add(seed, &info, sizeof(info));
}

/* To DMA_MAP, SET_IRQS and DEVICE_RESET. */
static void
add_done(struct fuzz_seed *seed, unsigned int times)
{
	while (times-- > 0)
		add(seed, NULL, 0);
}

/* To a read with its data, or to a write without any. */
static void
add_access(struct fuzz_seed *seed, uint32_t region, uint64_t offset, uint32_t count,
	const void *data)
{
	struct {
		struct vfio_user_region_access access;
		uint8_t data[64];
	} reply = { .access = { .offset = offset, .region = region, .count = count } };

	if (data != NULL)
		memcpy(reply.data, data, count);
	add(seed, &reply, sizeof(reply.access) + (data != NULL ? count : 0));
}

/* To what use_region() does, where nothing is mapped. */
static void
add_use(struct fuzz_seed *seed, uint32_t region, uint64_t size)
{
	static const uint8_t zeroes[64];

	add_access(seed, region, 0, 4, zeroes);
	add_access(seed, region, size - 128, 64, zeroes);
	add_access(seed, region, size - 64, 64, zeroes);
	add_access(seed, region, size - 128, 64, NULL);
	add_access(seed, region, size - 64, 64, NULL);
	add_access(seed, region, size / 2, 4, NULL);
}

static void
save_plain(struct fuzz_seed *seed)
{
	add_start(seed, 0, 2, 1);
	add_sparse(seed);
	add_region(seed, 1, 256);
	add_irq(seed, 0, FUZZ_MAX_VECTORS);
	add_done(seed, 2); /* DMA, reset */
	add_use(seed, 0, MEMORY_SIZE);
	add_use(seed, 1, 256);
	add_done(seed, 6); /* interrupts */
	fuzz_seed_save(seed, "plain");
}

/* A PCI device with an MSI-X table in what can be mapped. */
static void
save_pci(struct fuzz_seed *seed)
{
	static const uint8_t status[] = { PCI_STATUS_CAP_LIST, 0 }, list[] = { 0x40 },
		vendor[] = { PCI_CAP_ID_VNDR, 0x50 }, msix[] = { PCI_CAP_ID_MSIX, 0 },
		flags[] = { 15, 0 }, table[] = { 0, 0x10, 0, 0 }, command[] = { 0, 0 };
	uint32_t i;

	add_start(seed, VFIO_DEVICE_FLAGS_PCI, VFIO_PCI_NUM_REGIONS, VFIO_PCI_NUM_IRQS);
	add_sparse(seed);
	for (i = 1; i < VFIO_PCI_NUM_REGIONS; i++)
		add_region(seed, i, i == VFIO_PCI_CONFIG_REGION_INDEX ? PCI_CFG_SPACE_SIZE : 0);
	i = VFIO_PCI_CONFIG_REGION_INDEX;
	add_access(seed, i, PCI_STATUS, 2, status);
	add_access(seed, i, PCI_CAPABILITY_LIST, 1, list);
	add_access(seed, i, 0x40, 2, vendor);
	add_access(seed, i, 0x50, 2, msix);
	add_access(seed, i, 0x50 + PCI_MSIX_FLAGS, 2, flags);
	add_access(seed, i, 0x50 + PCI_MSIX_TABLE, 4, table);
	for (i = 0; i < VFIO_PCI_NUM_IRQS; i++)
		add_irq(seed, i, i == VFIO_PCI_MSIX_IRQ_INDEX ? 16 : 1);
	add_done(seed, 2); /* DMA, reset */
	add_access(seed, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, 2, command);
	add_access(seed, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, 2, NULL);
	add_use(seed, 0, MEMORY_SIZE);
	add_use(seed, VFIO_PCI_CONFIG_REGION_INDEX, PCI_CFG_SPACE_SIZE);
	add_done(seed, 21); /* interrupts */
	fuzz_seed_save(seed, "pci");
}

void
fuzz_seeds(void)
{
	struct fuzz_seed seed = { .len = 0 };

	save_plain(&seed);
	save_pci(&seed);
}
