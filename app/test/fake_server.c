/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "fake_server.h"
#include "vfio_user_proto.h"

#define MAX_MAPS 65536
#define MAX_PAYLOAD 4096
#define MAX_FDS 16
#define MAX_QUESTION 16384
#define SLOW_MS 60
#define TRICKLE_MS 20
#define HUGE_PAGE (2 << 20)

struct request {
	struct vfio_user_header header;
	uint8_t payload[MAX_PAYLOAD];
	int fds[MAX_FDS];
	unsigned int nb_fds;
};

static struct {
	enum fake_fault fault;
	bool runs; /* the test's own: thread, listener and memory are there */
	pthread_t thread;
	int listener;
	pthread_mutex_t sock_lock; /* the number of a closed socket may be another's by now */
	int sock;
	int memfd;
	int region_fd; /* what a client gets of region 0, if it is not memfd */
	uint8_t *region0;
	uint8_t region1[FAKE_REGION1_SIZE];
	uint8_t config[PCI_CFG_SPACE_SIZE];
	int eventfds[VFIO_PCI_NUM_IRQS][FAKE_NUM_VECTORS];
	unsigned int unmasked;
	struct vfio_user_dma_unmap maps[MAX_MAPS];
	unsigned int nb_maps;
	unsigned int torn;
	/* A question of ours, asked before the next reply, and what came of it. */
	struct {
		struct vfio_user_header header;
		struct vfio_user_dma_access access;
		uint8_t data[MAX_QUESTION];
	} question;
	bool asks;
	struct request answer;
	unsigned int nb_answers;
	unsigned int nb_map_calls;
	bool keep_mapped;
} fake = { .sock_lock = PTHREAD_MUTEX_INITIALIZER };

/* Set by the test while the server runs. */
static enum fake_fault
fault_now(void)
{
	return __atomic_load_n(&fake.fault, __ATOMIC_RELAXED);
}

static bool
is_pci(void)
{
	return fake.fault >= FAKE_PCI;
}

/* Send the header octet by octet, and leave it at that. */
static void
trickle(struct msghdr *msg)
{
	struct iovec *iov = msg->msg_iov;
	size_t left = iov->iov_len;

	msg->msg_iovlen = 1;
	for (iov->iov_len = 1; left > 0; left--) {
		if (sendmsg(fake.sock, msg, MSG_NOSIGNAL) < 0)
			return;
		msg->msg_controllen = 0;
		iov->iov_base = RTE_PTR_ADD(iov->iov_base, 1);
		rte_delay_us_sleep(TRICKLE_MS * 1000);
	}
}

static void
send_message(const struct vfio_user_header *header, const void *payload, size_t len,
	const int *fds, unsigned int nb_fds)
{
	char control[CMSG_SPACE(8 * sizeof(int))] = { 0 };
	struct iovec iov[] = {
		{ .iov_base = (void *)(uintptr_t)header, .iov_len = sizeof(*header) },
		{ .iov_base = (void *)(uintptr_t)payload, .iov_len = len },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = RTE_DIM(iov) };
	struct cmsghdr *cmsg;

	if (nb_fds > 0) {
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(nb_fds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(nb_fds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, nb_fds * sizeof(int));
	}
	if (fault_now() == FAKE_TRICKLE)
		trickle(&msg);
	else
		(void)!sendmsg(fake.sock, &msg, MSG_NOSIGNAL);
}

static void
reply_fds(const struct request *req, const void *payload, size_t len,
	const int *fds, unsigned int nb_fds)
{
	struct vfio_user_header header = {
		.msg_id = req->header.msg_id,
		.command = req->header.command,
		.msg_size = sizeof(header) + len,
		.flags = VFIO_USER_F_REPLY,
	};
	int stray[] = { fake.memfd, fake.memfd };

	if (fake.fault == FAKE_WRONG_ID)
		header.msg_id ^= 0x5555;
	if (fake.fault == FAKE_SIZE_SMALL)
		header.msg_size = 3;
	if (fake.fault == FAKE_SIZE_LARGE)
		header.msg_size = UINT32_MAX;
	if (fake.fault == FAKE_ERROR_ZERO) {
		header.flags |= VFIO_USER_F_ERROR;
		header.msg_size = sizeof(header);
		len = 0;
	}
	if (fake.fault == FAKE_FDS && req->header.command != VFIO_USER_VERSION)
		send_message(&header, payload, len, stray, RTE_DIM(stray));
	else
		send_message(&header, payload, len, fds, nb_fds);
}

static void
reply(const struct request *req, const void *payload, size_t len)
{
	reply_fds(req, payload, len, NULL, 0);
}

static void
reply_error(const struct request *req, int error)
{
	struct vfio_user_header header = {
		.msg_id = req->header.msg_id,
		.command = req->header.command,
		.msg_size = sizeof(header),
		.flags = VFIO_USER_F_REPLY | VFIO_USER_F_ERROR,
		.error = error,
	};

	send_message(&header, NULL, 0, NULL, 0);
}

static void
do_version(const struct request *req)
{
	static const char good[] = "{\"capabilities\":{\"max_msg_fds\":3,\"max_data_xfer_size\":64}}";
	static const char odd[] = "{\"capabilities\":{\"max_msg_fds\":3,\"max_data_xfer_size\":13}}";
	static const char broken[] = "{\"capabilities\":";
	static const char limit[] = "{\"capabilities\":{\"max_msg_fds\":-1}}";
	const char *text = fake.fault == FAKE_JSON ? broken :
		fake.fault == FAKE_JSON_LIMIT ? limit :
		fake.fault == FAKE_XFER_ODD ? odd : good;
	struct vfio_user_version version = {
		.major = fake.fault == FAKE_VERSION ? 9 : 0,
		.minor = 1,
	};
	char buf[sizeof(version) + sizeof(good)];

	memcpy(buf, &version, sizeof(version));
	memcpy(buf + sizeof(version), text, strlen(text) + 1);
	reply(req, buf, sizeof(version) + strlen(text) + 1);
}

static void
do_get_info(const struct request *req)
{
	const struct {
		uint32_t argsz, flags, num_regions, num_irqs;
	} info = {
		.argsz = sizeof(info),
		.flags = VFIO_DEVICE_FLAGS_RESET | (is_pci() ? VFIO_DEVICE_FLAGS_PCI : 0) |
			(fake.fault == FAKE_UNKNOWN ? 1u << 30 : 0),
		.num_regions = fake.fault == FAKE_MANY_REGIONS ? 1u << 31 :
			fake.fault == FAKE_UNKNOWN ? VFIO_PCI_NUM_REGIONS + 1 :
			is_pci() ? VFIO_PCI_NUM_REGIONS : FAKE_NUM_REGIONS,
		.num_irqs = fake.fault == FAKE_UNKNOWN ? UINT32_MAX :
			is_pci() ? VFIO_PCI_NUM_IRQS : FAKE_NUM_IRQS,
	};

	reply(req, &info, sizeof(info));
}

/* Region 0's description, spoilt as the fault asks. */
static void
do_sparse_region(const struct request *req, uint32_t room)
{
	struct {
		struct vfio_region_info info;
		struct vfio_region_info_cap_type filler;
		struct vfio_region_info_cap_sparse_mmap sparse;
		struct vfio_region_sparse_mmap_area areas[2];
	} d = {
		.info = {
			.argsz = sizeof(d),
			.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
				VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS,
			.cap_offset = offsetof(typeof(d), filler),
			.size = FAKE_REGION0_SIZE,
		},
		.filler.header = {
			.id = VFIO_REGION_INFO_CAP_TYPE,
			.version = 1,
			.next = offsetof(typeof(d), sparse),
		},
		.sparse = {
			.header = { .id = VFIO_REGION_INFO_CAP_SPARSE_MMAP, .version = 1 },
			.nr_areas = 2,
		},
		/* Not in order, which is no fault. */
		.areas = {
			{ .offset = FAKE_AREA1_OFFSET, .size = FAKE_AREA1_SIZE },
			{ .offset = FAKE_AREA0_OFFSET, .size = FAKE_AREA0_SIZE },
		},
	};

	switch (fake.fault) {
	case FAKE_REGION_INDEX:
		d.info.index = 7;
		break;
	case FAKE_REGION_HUGE:
		d.info.size = UINT64_C(1) << 63;
		break;
	case FAKE_REGION_OFFSET:
		d.info.offset = UINT64_MAX - 0xfff;
		break;
	case FAKE_REGION_ARGSZ:
		d.info.argsz = 1u << 31;
		break;
	case FAKE_REGION_PART:
	case FAKE_REGION_SMALL:
		d.info.flags &= ~VFIO_REGION_INFO_FLAG_CAPS;
		d.info.size = fake.fault == FAKE_REGION_PART ? FAKE_PART_SIZE : FAKE_SMALL_SIZE;
		break;
	case FAKE_UNKNOWN:
		d.info.flags |= 1u << 30;
		d.filler.header.id = 0x7777;
		break;
	case FAKE_READ_ONLY:
		d.info.flags &= ~VFIO_REGION_INFO_FLAG_WRITE;
		break;
	case FAKE_AREA_OUTSIDE:
		d.areas[0].offset = FAKE_REGION0_SIZE;
		break;
	case FAKE_AREA_UNALIGNED:
		d.areas[0].offset += 8;
		break;
	case FAKE_AREA_OVERLAP:
		d.areas[0].offset = FAKE_AREA0_OFFSET + 0x1000;
		break;
	case FAKE_AREA_NO_MEMORY:
		d.info.offset = FAKE_REGION0_SIZE;
		break;
	case FAKE_AREA_COUNT:
		d.sparse.nr_areas = UINT32_MAX;
		break;
	case FAKE_CAP_LOOP:
		d.filler.header.next = offsetof(typeof(d), filler);
		break;
	case FAKE_CAP_OUTSIDE:
		d.filler.header.next = 0x8000;
		break;
	case FAKE_PCI_MAPPABLE:
		d.filler.header.id = VFIO_REGION_INFO_CAP_MSIX_MAPPABLE;
		break;
	default:
		break;
	}
	reply_fds(req, &d, RTE_MIN((size_t)room, sizeof(d)) < sizeof(d) ?
		sizeof(d.info) : sizeof(d), fake.region_fd >= 0 ? &fake.region_fd : &fake.memfd, 1);
}

static void
do_region_info(const struct request *req)
{
	struct vfio_region_info info;

	memcpy(&info, req->payload, sizeof(info));
	if (info.index == 0) {
		do_sparse_region(req, info.argsz);
		return;
	}
	if (info.index == VFIO_PCI_NUM_REGIONS && is_pci()) {
		reply_error(req, EOPNOTSUPP);
		return;
	}
	info.argsz = sizeof(info);
	info.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	info.size = info.index == 1 ? FAKE_REGION1_SIZE :
		info.index == VFIO_PCI_CONFIG_REGION_INDEX ? sizeof(fake.config) : 0;
	reply(req, &info, sizeof(info));
}

static void
do_irq_info(const struct request *req)
{
	struct vfio_irq_info info;

	memcpy(&info, req->payload, sizeof(info));
	info.flags = VFIO_IRQ_INFO_EVENTFD;
	info.count = is_pci() && info.index != VFIO_PCI_MSI_IRQ_INDEX ? 1 : 0;
	if (info.index == FAKE_IRQ_INDEX)
		info.count = fake.fault == FAKE_IRQ_MANY ? 1u << 31 : FAKE_NUM_VECTORS;
	if (fake.fault == FAKE_UNKNOWN)
		info.flags |= 1u << 30;
	if (info.index == VFIO_PCI_INTX_IRQ_INDEX)
		info.flags |= VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	reply(req, &info, sizeof(info));
}

bool
fake_server_raise(unsigned int index, unsigned int vector)
{
	int fd = fake.eventfds[index][vector];

	return fd >= 0 && eventfd_write(fd, 1) == 0;
}

unsigned int
fake_server_unmasked(void)
{
	return fake.unmasked;
}

static void
eventfds_close(unsigned int index)
{
	unsigned int i;

	for (i = 0; i < FAKE_NUM_VECTORS; i++) {
		if (fake.eventfds[index][i] >= 0)
			close(fake.eventfds[index][i]);
		fake.eventfds[index][i] = -1;
	}
}

static void
do_set_irqs(struct request *req)
{
	struct vfio_irq_set set;
	unsigned int i;

	memcpy(&set, req->payload, sizeof(set));
	if (set.flags & VFIO_IRQ_SET_ACTION_UNMASK) {
		fake.unmasked++;
	} else if (set.flags & VFIO_IRQ_SET_DATA_EVENTFD) {
		for (i = 0; i < req->nb_fds && set.start + i < FAKE_NUM_VECTORS; i++)
			fake.eventfds[set.index][set.start + i] = req->fds[i];
		req->nb_fds = 0;
	} else if (set.count == 0) {
		eventfds_close(set.index);
	} else {
		fake_server_raise(set.index, set.start);
	}
	reply(req, NULL, 0);
}

static void
do_region_access(const struct request *req)
{
	struct vfio_user_region_access access;
	uint8_t buf[sizeof(access) + 64], *reg;

	memcpy(&access, req->payload, sizeof(access));
	if ((access.region > 1 && access.region != VFIO_PCI_CONFIG_REGION_INDEX) ||
			access.count > 64) {
		reply_error(req, EINVAL);
		return;
	}
	reg = fake_server_region(access.region) + access.offset;
	/* A message that ends in a word, with more of the word to come. */
	if ((access.offset + access.count) % 8 != 0)
		fake.torn++;
	memcpy(buf, &access, sizeof(access));
	if (req->header.command == VFIO_USER_REGION_WRITE) {
		memcpy(reg, req->payload + sizeof(access), access.count);
		reply(req, buf, sizeof(access));
	} else {
		memcpy(buf + sizeof(access), reg, access.count);
		reply(req, buf, sizeof(access) + access.count);
	}
}

static void
do_dma_map(const struct request *req)
{
	struct vfio_user_dma_map map;
	struct stat st;

	memcpy(&map, req->payload, sizeof(map));
	fake.nb_map_calls++;
	if (fake.fault == FAKE_DMA_REFUSED || (fake.fault == FAKE_DMA_FEW && fake.nb_maps == 1) ||
			req->nb_fds != 1 || fake.nb_maps == MAX_MAPS) {
		reply_error(req, ENOMEM);
		return;
	}
	/* Memory that its file does not have cannot be mapped. */
	if (fstat(req->fds[0], &st) < 0 || map.offset > (uint64_t)st.st_size ||
			map.size > (uint64_t)st.st_size - map.offset) {
		reply_error(req, EINVAL);
		return;
	}
	fake.maps[fake.nb_maps++] = (struct vfio_user_dma_unmap) {
		.addr = map.addr,
		.size = map.size,
	};
	reply(req, NULL, 0);
}

static void
do_dma_unmap(const struct request *req)
{
	struct vfio_user_dma_unmap unmap;
	unsigned int i;

	memcpy(&unmap, req->payload, sizeof(unmap));
	for (i = 0; i < fake.nb_maps; i++)
		if (fake.maps[i].addr == unmap.addr && fake.maps[i].size == unmap.size)
			break;
	if (fake.keep_mapped) {
		reply_error(req, EBUSY);
		return;
	}
	if (i == fake.nb_maps) {
		reply_error(req, ENOENT);
		return;
	}
	fake.maps[i] = fake.maps[--fake.nb_maps];
	reply(req, &unmap, sizeof(unmap));
}

static void
carry_out(struct request *req)
{
	switch (req->header.command) {
	case VFIO_USER_VERSION:
		do_version(req);
		break;
	case VFIO_USER_DEVICE_GET_INFO:
		do_get_info(req);
		break;
	case VFIO_USER_DEVICE_GET_REGION_INFO:
		do_region_info(req);
		break;
	case VFIO_USER_DEVICE_GET_IRQ_INFO:
		do_irq_info(req);
		break;
	case VFIO_USER_DEVICE_SET_IRQS:
		do_set_irqs(req);
		break;
	case VFIO_USER_REGION_READ:
	case VFIO_USER_REGION_WRITE:
		do_region_access(req);
		break;
	case VFIO_USER_DMA_MAP:
		do_dma_map(req);
		break;
	case VFIO_USER_DMA_UNMAP:
		do_dma_unmap(req);
		break;
	case VFIO_USER_DEVICE_RESET:
		memset(fake.region1, 0, sizeof(fake.region1));
		reply(req, NULL, 0);
		break;
	default:
		reply_error(req, ENOTSUP);
	}
}

static bool
receive(void *buf, size_t len, struct request *req)
{
	char control[CMSG_SPACE(MAX_FDS * sizeof(int))];
	struct cmsghdr *cmsg;
	ssize_t got;

	while (len > 0) {
		struct iovec iov = { .iov_base = buf, .iov_len = len };
		struct msghdr msg = {
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};

		got = recvmsg(fake.sock, &msg, MSG_CMSG_CLOEXEC);
		if (got <= 0)
			return false;
		cmsg = CMSG_FIRSTHDR(&msg);
		if (cmsg != NULL) {
			req->nb_fds = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
			memcpy(req->fds, CMSG_DATA(cmsg), req->nb_fds * sizeof(int));
		}
		buf = RTE_PTR_ADD(buf, got);
		len -= got;
	}
	return true;
}

/* Commands without end, which a client has to refuse, or to wait with. */
static void
chatter(uint32_t flags)
{
	const struct vfio_user_header command = {
		.command = 99,
		.msg_size = sizeof(command),
		.flags = flags,
	};

	while (send(fake.sock, &command, sizeof(command), MSG_NOSIGNAL) > 0)
		;
}

static void
question_send(void)
{
	(void)!send(fake.sock, &fake.question, fake.question.header.msg_size, MSG_NOSIGNAL);
}

/* What is not even a reply; true if the connection goes on. */
static bool
misbehave(const struct request *req)
{
	static const uint64_t garbage[] = { 0x4242424242424242, 0x42424242424242, 42, 42 };
	const struct vfio_user_header command = {
		.msg_id = 77,
		.command = 11, /* read your memory */
		.msg_size = sizeof(command) + sizeof(garbage),
	};

	if (__atomic_exchange_n(&fake.asks, false, __ATOMIC_ACQUIRE))
		question_send();
	switch (fault_now()) {
	case FAKE_SLOW:
		rte_delay_us_sleep(SLOW_MS * 1000);
		return true;
	case FAKE_CHATTER:
		chatter(VFIO_USER_F_NO_REPLY);
		return false;
	case FAKE_QUESTIONS:
		chatter(0);
		return false;
	case FAKE_GARBAGE:
		(void)!send(fake.sock, garbage, sizeof(garbage), MSG_NOSIGNAL);
		return false;
	case FAKE_HANG:
		(void)!recv(fake.sock, (char[1]) { 0 }, 1, 0);
		return false;
	case FAKE_CLOSE_MID:
		(void)!send(fake.sock, &req->header, sizeof(req->header) / 2, MSG_NOSIGNAL);
		return false;
	case FAKE_COMMAND:
		send_message(&command, garbage, sizeof(garbage), NULL, 0);
		return true;
	default:
		return true;
	}
}

static void
serve(void)
{
	struct request req;
	size_t len;

	for (;;) {
		req.nb_fds = 0;
		if (!receive(&req.header, sizeof(req.header), &req))
			return;
		len = req.header.msg_size - sizeof(req.header);
		if (len > sizeof(req.payload) || !receive(req.payload, len, &req))
			return;
		if ((req.header.flags & VFIO_USER_F_TYPE_MASK) == VFIO_USER_F_REPLY) {
			/* To what FAKE_COMMAND asked, or a test. */
			fake.answer = req;
			__atomic_add_fetch(&fake.nb_answers, 1, __ATOMIC_RELEASE);
			continue;
		}
		if (!misbehave(&req))
			return;
		carry_out(&req);
		while (req.nb_fds > 0)
			close(req.fds[--req.nb_fds]);
	}
}

static void
forget_client(void)
{
	unsigned int i;

	pthread_mutex_lock(&fake.sock_lock);
	close(fake.sock);
	fake.sock = -1;
	pthread_mutex_unlock(&fake.sock_lock);
	__atomic_store_n(&fake.nb_maps, 0, __ATOMIC_RELAXED);
	for (i = 0; i < VFIO_PCI_NUM_IRQS; i++)
		eventfds_close(i);
}

static void *
server_main(void *arg)
{
	int sock;

	RTE_SET_USED(arg);
	for (;;) {
		sock = accept(fake.listener, NULL, NULL);
		pthread_mutex_lock(&fake.sock_lock);
		fake.sock = sock;
		pthread_mutex_unlock(&fake.sock_lock);
		if (sock < 0)
			return NULL;
		serve();
		forget_client();
	}
}

/* A capability of another kind, then MSI-X, with as many vectors as a page of table holds. */
static void
config_fill(void)
{
	uint8_t *cfg = fake.config;
	const uint16_t ids[] = { FAKE_PCI_VENDOR, FAKE_PCI_DEVICE };
	uint16_t flags = 4096 / PCI_MSIX_ENTRY_SIZE - 2;
	uint32_t table = FAKE_MSIX_TABLE & PCI_MSIX_TABLE_OFFSET;

	if (fake.fault == FAKE_PCI_TABLE_OUTSIDE)
		table = FAKE_REGION0_SIZE - 16;
	if (fake.fault == FAKE_PCI_TABLE_REGION)
		table |= VFIO_PCI_CONFIG_REGION_INDEX;
	memset(cfg, 0, sizeof(fake.config));
	memcpy(cfg + PCI_VENDOR_ID, ids, sizeof(ids));
	cfg[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	cfg[PCI_CAPABILITY_LIST] = fake.fault == FAKE_PCI_CAP_LOW ? PCI_BASE_ADDRESS_0 : 0x40;
	cfg[0x40] = PCI_CAP_ID_VNDR;
	cfg[0x41] = fake.fault == FAKE_PCI_CAP_LOOP ? 0x40 : 0x50;
	cfg[0x50] = PCI_CAP_ID_MSIX;
	memcpy(cfg + 0x50 + PCI_MSIX_FLAGS, &flags, sizeof(flags));
	memcpy(cfg + 0x50 + PCI_MSIX_TABLE, &table, sizeof(table));
}

/*
 * Make the memory behind region 0; with FAKE_FILE and FAKE_HUGE_FILE also the other
 * file, whose descriptor the server gives to its client in place of that memory's.
 */
static int
memory_open(void)
{
	fake.region_fd = -1;
	fake.memfd = memfd_create("fake", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (ftruncate(fake.memfd, FAKE_REGION0_SIZE) < 0)
		return -errno;
	if (fake.fault != FAKE_UNSEALED && fcntl(fake.memfd, F_ADD_SEALS, F_SEAL_SHRINK) < 0)
		return -errno;
	if (fake.fault == FAKE_FILE)
		fake.region_fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fake.fault == FAKE_HUGE_FILE)
		fake.region_fd = memfd_create("huge", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB);
	if (fake.region_fd >= 0 && (ftruncate(fake.region_fd, HUGE_PAGE) < 0 ||
			(fake.fault == FAKE_HUGE_FILE &&
			fcntl(fake.region_fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0)))
		return -errno;
	fake.region0 = mmap(NULL, FAKE_REGION0_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		fake.memfd, 0);
	return fake.region0 == MAP_FAILED ? -errno : 0;
}

static int
listener_open(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	fake.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (bind(fake.listener, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
			listen(fake.listener, 1) < 0)
		return -errno;
	return 0;
}

static void
files_close(void)
{
	close(fake.listener);
	munmap(fake.region0, FAKE_REGION0_SIZE);
	close(fake.memfd);
	if (fake.region_fd >= 0)
		close(fake.region_fd);
}

int
fake_server_start(const char *path, enum fake_fault fault)
{
	int ret;

	fake.fault = fault;
	fake.nb_maps = 0;
	fake.nb_map_calls = 0;
	fake.keep_mapped = false;
	fake.unmasked = 0;
	config_fill();
	memset(fake.eventfds, 0xff, sizeof(fake.eventfds)); /* -1 */
	fake.asks = false;
	fake.torn = 0;
	ret = memory_open();
	if (ret < 0)
		return ret;
	ret = listener_open(path);
	if (ret == 0)
		ret = -pthread_create(&fake.thread, NULL, server_main, NULL);
	fake.runs = ret == 0;
	if (ret < 0)
		files_close();
	return ret;
}

/* A case that was skipped has not started it. */
void
fake_server_stop(void)
{
	if (!fake.runs)
		return;
	fake.runs = false;
	shutdown(fake.listener, SHUT_RDWR);
	pthread_mutex_lock(&fake.sock_lock);
	if (fake.sock >= 0)
		shutdown(fake.sock, SHUT_RDWR);
	pthread_mutex_unlock(&fake.sock_lock);
	pthread_join(fake.thread, NULL);
	files_close();
}

void
fake_server_turn(enum fake_fault fault)
{
	__atomic_store_n(&fake.fault, fault, __ATOMIC_RELAXED);
}

unsigned int
fake_server_torn(void)
{
	return fake.torn;
}

void
fake_server_dma(bool write, uint64_t addr, uint64_t count, const void *data, bool now)
{
	size_t len = write ? RTE_MIN(count, (uint64_t)MAX_QUESTION) : 0;

	fake.question.header = (struct vfio_user_header) {
		.msg_id = 4711,
		.command = write ? VFIO_USER_DMA_WRITE : VFIO_USER_DMA_READ,
		.msg_size = sizeof(fake.question.header) + sizeof(fake.question.access) + len,
	};
	fake.question.access = (struct vfio_user_dma_access) { .addr = addr, .count = count };
	if (len > 0)
		memcpy(fake.question.data, data, len);
	fake.nb_answers = 0;
	if (now)
		question_send();
	else
		__atomic_store_n(&fake.asks, true, __ATOMIC_RELEASE);
}

void
fake_server_say_half(void)
{
	(void)!send(fake.sock, &fake.question.header, sizeof(fake.question.header) / 2,
		MSG_NOSIGNAL);
}

int
fake_server_dma_result(void *data, size_t len)
{
	const struct request *answer = &fake.answer;
	const size_t head = sizeof(answer->header) + sizeof(struct vfio_user_dma_access);
	unsigned int i;

	for (i = 0; i < 2000 && __atomic_load_n(&fake.nb_answers, __ATOMIC_ACQUIRE) == 0; i++)
		rte_delay_us_sleep(1000);
	if (i == 2000)
		return -ETIMEDOUT;
	if (answer->header.msg_id != 4711 || answer->header.command != fake.question.header.command)
		return -EPROTO;
	if ((answer->header.flags & VFIO_USER_F_ERROR) != 0)
		return -(int)answer->header.error;
	if (answer->header.msg_size != head + len ||
			memcmp(answer->payload, &fake.question.access, sizeof(fake.question.access)) != 0)
		return -EBADMSG;
	if (len > 0)
		memcpy(data, answer->payload + sizeof(fake.question.access), len);
	return 0;
}

uint8_t *
fake_server_region(unsigned int index)
{
	return index == 0 ? fake.region0 : index == 1 ? fake.region1 : fake.config;
}

unsigned int
fake_server_dma_maps(void)
{
	return __atomic_load_n(&fake.nb_maps, __ATOMIC_RELAXED);
}

unsigned int
fake_server_dma_calls(void)
{
	return fake.nb_map_calls;
}

void
fake_server_keep_mapped(bool on)
{
	fake.keep_mapped = on;
}

uint64_t
fake_server_dma_bytes(void)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < fake.nb_maps; i++)
		sum += fake.maps[i].size;
	return sum;
}
