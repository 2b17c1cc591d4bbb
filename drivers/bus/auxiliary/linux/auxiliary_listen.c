/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/netlink.h>

#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include <rte_common.h>
#include <rte_interrupts.h>
#include <rte_string_fns.h>

#include "auxiliary_linux.h"

/* The kernel's own uevents, which are not those that udev sends. */
#define GROUP_KERNEL 1
#define SOCKET_BUFFER (512 * 1024)
/* Messages taken at once; the interrupt thread has other things to do. */
#define DRAIN_MAX 256
/* Longest "add@/devices/..." that the filter looks through. */
#define HEADER_MAX 128

#define WATCH_TRIES 8 /* somebody may go on making and removing a directory */
#define WATCH_MASK (IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE_SELF | \
	IN_MOVE_SELF | IN_ONLYDIR)

/* What is listened to; the lock is for those who start and stop. */
static struct {
	pthread_mutex_t lock;
	void (*ask)(void);
	struct nl_sock *sock;
	struct rte_intr_handle *sock_handle;
	int inotify; /* or -1 */
	struct rte_intr_handle *inotify_handle;
} listen_to = { .lock = PTHREAD_MUTEX_INITIALIZER, .inotify = -1 };

/*
 * A uevent is "ACTION@DEVPATH", "ACTION=...", "DEVPATH=...", "SUBSYSTEM=...",
 * each with its terminating zero.  So the text behind "SUBSYSTEM=" begins at
 * 2 n + 27 if the first string has n octets; the filter looks for its end, and
 * lets pass "auxiliary", "mdev", "vfio" and "vfio-dev" by their first four
 * octets, and what is longer than it looks.
 */
static void
filter_attach(int fd)
{
	static const struct sock_filter tail[] = {
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x61757869, 3, 0), /* auxi */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x6d646576, 2, 0), /* mdev */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x7666696f, 1, 0), /* vfio */
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_filter code[4 * HEADER_MAX + RTE_DIM(tail)];
	struct sock_fprog prog = { .len = RTE_DIM(code), .filter = code };
	unsigned int i;

	for (i = 0; i < HEADER_MAX; i++) {
		const struct sock_filter octet[] = {
			BPF_STMT(BPF_LD | BPF_B | BPF_ABS, i),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2),
			BPF_STMT(BPF_LDX | BPF_IMM, 2 * i + 27),
			BPF_STMT(BPF_JMP | BPF_JA, 4 * (HEADER_MAX - 1 - i) + 1),
		};

		memcpy(&code[4 * i], octet, sizeof(octet));
	}
	memcpy(&code[4 * HEADER_MAX], tail, sizeof(tail));
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0)
		AUXILIARY_LOG(DEBUG, "no filter for uevents: %s", strerror(errno));
}

/* On the interrupt thread.  Uevents that were lost are a reason to look as well. */
static void
sock_drain(void *arg __rte_unused)
{
	static const char key[] = "\0SUBSYSTEM=";
	char text[4096], *at;
	bool is_news = false;
	unsigned int i;
	ssize_t len;

	for (i = 0; i < DRAIN_MAX; i++) {
		len = recv(nl_socket_get_fd(listen_to.sock), text, sizeof(text) - 1, MSG_DONTWAIT);
		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		text[len < 0 ? 0 : len] = '\0';
		at = len < 0 ? NULL : memmem(text, (size_t)len, key, sizeof(key) - 1);
		if (at != NULL)
			at += sizeof(key) - 1;
		is_news |= len < 0 || (at != NULL && (strcmp(at, "auxiliary") == 0 ||
			strcmp(at, "mdev") == 0 || strncmp(at, "vfio", 4) == 0));
	}
	if (is_news)
		listen_to.ask();
}

/* On the interrupt thread.  What happened is for the look to see. */
static void
inotify_drain(void *arg __rte_unused)
{
	char events[4096];

	if (read(listen_to.inotify, events, sizeof(events)) > 0)
		listen_to.ask();
}

static struct rte_intr_handle *
serve(int fd, void (*callback)(void *arg))
{
	struct rte_intr_handle *handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	int ret = -ENOMEM;

	if (handle != NULL && rte_intr_fd_set(handle, fd) == 0 &&
			rte_intr_type_set(handle, RTE_INTR_HANDLE_DEV_EVENT) == 0)
		ret = rte_intr_callback_register(handle, callback, NULL);
	if (ret == 0)
		return handle;
	AUXILIARY_LOG(WARNING, "cannot listen for devices that come and go: %s", strerror(-ret));
	rte_intr_instance_free(handle);
	return NULL;
}

static void
unserve(struct rte_intr_handle *handle, void (*callback)(void *arg))
{
	if (handle == NULL)
		return;
	rte_intr_callback_unregister_sync(handle, callback, NULL);
	rte_intr_instance_free(handle);
}

/*
 * EAL's own monitor has the process id as its port, and cannot start if another
 * socket has it; libnl would take that port as well, once in a while.
 */
static void
sock_open(void)
{
	struct nl_sock *sock = nl_socket_alloc();
	uint32_t pid = (uint32_t)getpid() & 0x3fffff, n;
	int ret = -NLE_NOMEM;

	if (sock != NULL)
		nl_join_groups(sock, GROUP_KERNEL);
	for (n = 1; sock != NULL && ret < 0 && n < 16; n++) {
		nl_socket_set_local_port(sock, pid + (n << 22));
		ret = nl_connect(sock, NETLINK_KOBJECT_UEVENT);
	}
	if (ret < 0) {
		AUXILIARY_LOG(INFO, "no uevents, so devices that come and go are found by scans only: %s",
			nl_geterror(ret));
		nl_socket_free(sock);
		return;
	}
	nl_socket_set_buffer_size(sock, SOCKET_BUFFER, 0);
	filter_attach(nl_socket_get_fd(sock));
	listen_to.sock = sock;
	listen_to.sock_handle = serve(nl_socket_get_fd(sock), sock_drain);
}

static void
inotify_open(void)
{
	listen_to.inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (listen_to.inotify < 0)
		AUXILIARY_LOG(WARNING, "cannot watch directories of devices: %s", strerror(errno));
	else
		listen_to.inotify_handle = serve(listen_to.inotify, inotify_drain);
}

/*
 * Watch a directory, or what is there of the way to it; a watch that is there
 * stays.  What comes on the way before that is watched is seen by looking again.
 */
static void
watch(const char *path)
{
	char at[PATH_MAX], missing[PATH_MAX], *slash;
	unsigned int tries = 0;

	do {
		missing[0] = '\0';
		strlcpy(at, path, sizeof(at));
		while (inotify_add_watch(listen_to.inotify, at, WATCH_MASK) < 0) {
			slash = strrchr(at, '/');
			if (slash == NULL || at[1] == '\0')
				return;
			strlcpy(missing, at, sizeof(missing));
			slash[slash == at ? 1 : 0] = '\0';
		}
	} while (missing[0] != '\0' && access(missing, F_OK) == 0 && ++tries < WATCH_TRIES);
}

void
auxiliary_listen(const struct auxiliary_root *const *roots, void (*ask)(void))
{
	pthread_mutex_lock(&listen_to.lock);
	/* Before there is anything for the interrupt thread to ask for. */
	if (listen_to.sock == NULL && listen_to.inotify < 0)
		listen_to.ask = ask;
	for (; *roots != NULL; roots++) {
		if (auxiliary_root_is_kernels(*roots)) {
			if (listen_to.sock == NULL)
				sock_open();
			continue;
		}
		if (listen_to.inotify < 0)
			inotify_open();
		if (listen_to.inotify >= 0)
			watch((*roots)->path);
	}
	pthread_mutex_unlock(&listen_to.lock);
}

void
auxiliary_listen_stop(void)
{
	pthread_mutex_lock(&listen_to.lock);
	unserve(listen_to.sock_handle, sock_drain);
	unserve(listen_to.inotify_handle, inotify_drain);
	nl_socket_free(listen_to.sock);
	if (listen_to.inotify >= 0)
		close(listen_to.inotify);
	listen_to.sock = NULL;
	listen_to.sock_handle = listen_to.inotify_handle = NULL;
	listen_to.inotify = -1;
	pthread_mutex_unlock(&listen_to.lock);
}

/* Whether the kernel lists a socket with all groups, and the process id as its port. */
static bool
monitor_is_listed(void)
{
	FILE *file = fopen("/proc/net/netlink", "re");
	unsigned int protocol, port, groups;
	bool is_found = file == NULL; /* not to be known, so take it that it runs */
	char line[256];

	while (!is_found && fgets(line, sizeof(line), file) != NULL)
		is_found = sscanf(line, "%*s %u %u %x", &protocol, &port, &groups) == 3 &&
			protocol == NETLINK_KOBJECT_UEVENT && port == (unsigned int)getpid() &&
			groups == UINT32_MAX;
	if (file != NULL)
		fclose(file);
	return is_found;
}

/*
 * EAL does not tell a bus whether its monitor runs, but that has a socket.  The
 * kernel's list may leave one out while its table of sockets grows.
 */
bool
auxiliary_listen_is_wanted(void)
{
	return monitor_is_listed() || monitor_is_listed();
}
