/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "fake_commands.h"

#define SLOW_MS 60
#define TRICKLE_MS 20
#define ERROR_PAYLOAD 10000
#define HUGE_PAGE (2 << 20)

struct fake_server fake = { .sock_lock = PTHREAD_MUTEX_INITIALIZER };

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

/* Send what may yet be sent, and hang up if that is not all. */
static void
send_cut(struct msghdr *msg)
{
	size_t i, left = __atomic_load_n(&fake.nb_left, __ATOMIC_RELAXED);

	for (i = 0; i < msg->msg_iovlen && msg->msg_iov[i].iov_len <= left; i++)
		left -= msg->msg_iov[i].iov_len;
	if (i < msg->msg_iovlen) {
		msg->msg_iov[i].iov_len = left;
		msg->msg_iovlen = i + 1;
		left = 0;
	}
	(void)!sendmsg(fake.sock, msg, MSG_NOSIGNAL);
	if (left == 0)
		shutdown(fake.sock, SHUT_RDWR);
	__atomic_store_n(&fake.nb_left, left, __ATOMIC_RELAXED);
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
	if (fake_fault_now() == FAKE_TRICKLE)
		trickle(&msg);
	else if (fake.nb_left != SIZE_MAX)
		send_cut(&msg);
	else
		(void)!sendmsg(fake.sock, &msg, MSG_NOSIGNAL);
}

void
fake_reply_fds(const struct fake_request *req, const void *payload, size_t len,
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

void
fake_reply(const struct fake_request *req, const void *payload, size_t len)
{
	fake_reply_fds(req, payload, len, NULL, 0);
}

void
fake_reply_error(const struct fake_request *req, int error)
{
	static const uint8_t payload[ERROR_PAYLOAD];
	const size_t len = fake_fault_now() == FAKE_ERROR_PAYLOAD ? sizeof(payload) : 0;
	struct vfio_user_header header = {
		.msg_id = req->header.msg_id,
		.command = req->header.command,
		.msg_size = sizeof(header) + len,
		.flags = VFIO_USER_F_REPLY | VFIO_USER_F_ERROR,
		.error = error,
	};

	if (fake_fault_now() == FAKE_ERROR_ENDLESS)
		header.msg_size = UINT32_MAX;
	send_message(&header, payload, len, NULL, 0);
}

static bool
receive(void *buf, size_t len, struct fake_request *req)
{
	char control[CMSG_SPACE(FAKE_MAX_FDS * sizeof(int))];
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
misbehave(const struct fake_request *req)
{
	static const uint64_t garbage[] = { 0x4242424242424242, 0x42424242424242, 42, 42 };
	const struct vfio_user_header command = {
		.msg_id = 77,
		.command = 11, /* read your memory */
		.msg_size = sizeof(command) + sizeof(garbage),
	};

	if (__atomic_exchange_n(&fake.asks, false, __ATOMIC_ACQUIRE))
		question_send();
	switch (fake_fault_now()) {
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
	struct fake_request req;
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
		fake_carry_out(&req);
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
		fake_eventfds_close(i);
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
		fake.region_fd = memfd_create("huge",
			MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB);
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
	fake.refusal = 0;
	fake.unmasked = 0;
	fake_config_fill();
	memset(fake.eventfds, 0xff, sizeof(fake.eventfds)); /* -1 */
	fake.asks = false;
	fake.torn = 0;
	fake.nb_left = SIZE_MAX;
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

void
fake_server_cut(size_t nb)
{
	__atomic_store_n(&fake.nb_left, nb, __ATOMIC_RELAXED);
}

void
fake_server_dma(bool write, uint64_t addr, uint64_t count, const void *data, bool now)
{
	size_t len = write ? RTE_MIN(count, (uint64_t)FAKE_MAX_QUESTION) : 0;

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

/* A command that is refused and wants no reply; of a size that no reader's buffer has. */
static const struct {
	struct vfio_user_header header;
	uint8_t payload[256 * 1024 + 1];
} remark = {
	.header = {
		.command = 99,
		.msg_size = sizeof(remark.header) + sizeof(remark.payload),
		.flags = VFIO_USER_F_NO_REPLY,
	},
};

void
fake_server_say(size_t from, size_t len)
{
	pthread_mutex_lock(&fake.sock_lock);
	(void)!send(fake.sock, RTE_PTR_ADD(&remark, from),
		RTE_MIN(len, remark.header.msg_size - from), MSG_NOSIGNAL);
	pthread_mutex_unlock(&fake.sock_lock);
}

int
fake_server_dma_result(void *data, size_t len)
{
	const struct fake_request *answer = &fake.answer;
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
			memcmp(answer->payload, &fake.question.access,
				sizeof(fake.question.access)) != 0)
		return -EBADMSG;
	if (len > 0)
		memcpy(data, answer->payload + sizeof(fake.question.access), len);
	return 0;
}
