/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
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
#include <rte_string_fns.h>

#include "auxiliary_walk.h"

/* The kernel's own uevents, which are not those that udev sends. */
#define GROUP_KERNEL 1
#define SOCKET_BUFFER (512 * 1024)
/* Messages taken at once; the caller's thread has other things to do. */
#define TAKEN_MAX 256
/* Longest "add@/devices/..." that the filter looks through. */
#define HEADER_MAX 128

#define WATCH_TRIES 8 /* somebody may go on making and removing a directory */
#define WATCH_MASK (IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE_SELF | \
	IN_MOVE_SELF | IN_ONLYDIR)

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

/* Uevents that were lost may have told of a change as well. */
RTE_EXPORT_INTERNAL_SYMBOL(auxiliary_news_take_uevents)
bool
auxiliary_news_take_uevents(const struct auxiliary_news *news)
{
	static const char key[] = "\0SUBSYSTEM=";
	char text[4096], *at;
	bool is_news = false;
	unsigned int i;
	ssize_t len;

	for (i = 0; i < TAKEN_MAX; i++) {
		len = recv(news->uevents, text, sizeof(text) - 1, MSG_DONTWAIT);
		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		text[len < 0 ? 0 : len] = '\0';
		at = len < 0 ? NULL : memmem(text, (size_t)len, key, sizeof(key) - 1);
		if (at != NULL)
			at += sizeof(key) - 1;
		is_news |= len < 0 || (at != NULL && (strcmp(at, "auxiliary") == 0 ||
			strcmp(at, "mdev") == 0 || strncmp(at, "vfio", 4) == 0));
	}
	return is_news;
}

/*
 * The events themselves do not matter, as the bus reads the directories.  So a failed read is
 * news too: events may have been lost.
 */
RTE_EXPORT_INTERNAL_SYMBOL(auxiliary_news_take_inotify)
bool
auxiliary_news_take_inotify(const struct auxiliary_news *news)
{
	char events[4096];
	ssize_t len = read(news->inotify, events, sizeof(events));

	return len >= 0 || (errno != EAGAIN && errno != EINTR);
}

/*
 * EAL's own monitor has the process id as its port, and cannot start if another
 * socket has it; libnl would take that port as well, once in a while.
 */
static void
uevents_open(struct auxiliary_news *news)
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
	news->sock = sock;
	news->uevents = nl_socket_get_fd(sock);
}

/*
 * Watch a directory, or what is there of the way to it; a watch that is there
 * stays.  What comes on the way before that is watched is seen by looking again.
 */
static void
directory_watch(int inotify, const char *path)
{
	char at[PATH_MAX], missing[PATH_MAX], *slash;
	unsigned int tries = 0;

	do {
		missing[0] = '\0';
		strlcpy(at, path, sizeof(at));
		while (inotify_add_watch(inotify, at, WATCH_MASK) < 0) {
			slash = strrchr(at, '/');
			if (slash == NULL || at[1] == '\0') {
				AUXILIARY_LOG(WARNING, "cannot watch directory %s: %s", path,
					strerror(errno));
				return;
			}
			strlcpy(missing, at, sizeof(missing));
			slash[slash == at ? 1 : 0] = '\0';
		}
	} while (missing[0] != '\0' && access(missing, F_OK) == 0 && ++tries < WATCH_TRIES);
}

RTE_EXPORT_INTERNAL_SYMBOL(auxiliary_news_listen)
void
auxiliary_news_listen(struct auxiliary_news *news, const struct auxiliary_root *const *roots)
{
	for (; *roots != NULL; roots++) {
		if (auxiliary_root_is_kernels(*roots)) {
			if (news->sock == NULL)
				uevents_open(news);
			continue;
		}
		if (news->inotify < 0)
			news->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
		if (news->inotify < 0)
			AUXILIARY_LOG(WARNING, "cannot watch directories of devices: %s",
				strerror(errno));
		else
			directory_watch(news->inotify, (*roots)->path);
	}
}

RTE_EXPORT_INTERNAL_SYMBOL(auxiliary_news_close)
void
auxiliary_news_close(struct auxiliary_news *news)
{
	nl_socket_free(news->sock);
	if (news->inotify >= 0)
		close(news->inotify);
	*news = AUXILIARY_NEWS_NONE;
}
