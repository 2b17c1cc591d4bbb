/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Uevents, of the kernel and of whoever else may send to the socket, for common/auxiliary:
 * its filter and what looks at what the filter lets pass.  The socket is a pair of UNIX
 * sockets in place of libnl's netlink socket; see meson.build.
 *
 * A message of the kernel's form is news if its subsystem is one that matters, and no other.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_common.h>

#include "auxiliary_sysfs.h"
#include "fuzz.h"
#include "fuzz_eal.h"

#define EVENTS_MAX 8 /* sent before they are taken, of which a socket holds 10 */
#define TEXT_MAX 2048 /* UEVENT_BUFFER_SIZE of the kernel */

/* An event, as an input has it; octets follow. */
struct event {
	uint8_t kind; /* index in subsystems[], or the octets are all of the message */
	uint8_t action_len; /* of the octets; the device's path are the others */
	uint16_t len; /* of the octets */
};

static const struct {
	const char *name;
	bool is_news;
} subsystems[] = {
	{ "auxiliary", true }, { "mdev", true }, { "vfio", true }, { "vfio-dev", true },
	{ "net", false }, { "auxiliary2", false }, { "mdevs", false }, { "", false },
};

static int sender;
static int receiver;

int __wrap_nl_connect(struct nl_sock *sock, int protocol);
int __wrap_nl_socket_get_fd(const struct nl_sock *sock);
int __wrap_nl_socket_set_buffer_size(struct nl_sock *sock, int rx, int tx);

int
__wrap_nl_connect(struct nl_sock *sock, int protocol)
{
	int fds[2];

	RTE_SET_USED(sock);
	RTE_SET_USED(protocol);
	fuzz_need(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds) == 0, "sockets");
	sender = fds[0];
	receiver = fds[1];
	return 0;
}

int
__wrap_nl_socket_get_fd(const struct nl_sock *sock)
{
	RTE_SET_USED(sock);
	return receiver;
}

int
__wrap_nl_socket_set_buffer_size(struct nl_sock *sock, int rx, int tx)
{
	RTE_SET_USED(sock);
	RTE_SET_USED(rx);
	RTE_SET_USED(tx);
	return 0;
}

static struct auxiliary_news news = { .uevents = -1, .inotify = -1 };

void
fuzz_start(void)
{
	static union {
		struct auxiliary_root root;
		char room[sizeof(struct auxiliary_root) + sizeof("/sys")];
	} kernels;
	const struct auxiliary_root *roots[] = { &kernels.root, NULL };

	fuzz_log_start();
	strcpy(kernels.root.path, "/sys");
	auxiliary_news_listen(&news, roots);
	fuzz_need(news.uevents >= 0, "uevents");
}

/* The next octets of the input, with no terminating zero among them. */
static size_t
text_take(struct fuzz_input *in, size_t len, char *text)
{
	const uint8_t *from = fuzz_take_some(in, &len);
	size_t i;

	for (i = 0; i < len && from[i] != '\0'; i++)
		text[i] = (char)from[i];
	text[i] = '\0';
	return i;
}

/* Make a message of an input; whether it has to be news, or -1 if nobody knows. */
static int
event_make(struct fuzz_input *in, const struct event *e, char *text, size_t *len)
{
	char action[UINT8_MAX + 1], path[TEXT_MAX];
	size_t all = RTE_MIN((size_t)e->len, (size_t)TEXT_MAX / 4), nb;

	if (e->kind >= RTE_DIM(subsystems)) {
		*len = RTE_MIN((size_t)e->len, (size_t)2 * TEXT_MAX);
		fuzz_take(in, text, *len);
		return -1;
	}
	nb = text_take(in, RTE_MIN((size_t)e->action_len, all), action);
	text_take(in, all - nb, path);
	*len = (size_t)snprintf(text, 2 * TEXT_MAX,
		"%s@%s%cACTION=%s%cDEVPATH=%s%cSUBSYSTEM=%s%cSEQNUM=1", action, path, 0, action, 0,
		path, 0, subsystems[e->kind].name, 0) + 1;
	return subsystems[e->kind].is_news;
}

void
fuzz_run(struct fuzz_input *in)
{
	char text[2 * TEXT_MAX];
	bool is_news = false, is_known = true, taken;
	unsigned int i;
	struct event e;
	size_t len;
	int one;

	for (i = 0; i < EVENTS_MAX && in->len != 0; i++) {
		fuzz_take(in, &e, sizeof(e));
		one = event_make(in, &e, text, &len);
		/* The filter drops one without an error, or a sender would know. */
		if (send(sender, text, len, MSG_DONTWAIT) < 0)
			fuzz_assert(errno == EPERM || errno == EAGAIN);
		is_news |= one > 0;
		is_known &= one >= 0;
	}
	taken = auxiliary_news_take_uevents(&news);
	fuzz_assert(!is_news || taken);
	fuzz_assert(!is_known || taken == is_news);
	fuzz_assert(!auxiliary_news_take_uevents(&news));
}

/* --- A kernel ------------------------------------------------------------------ */

static void
add(struct fuzz_seed *seed, uint8_t kind, const char *action, const char *path)
{
	const struct event e = {
		.kind = kind, .action_len = strlen(action), .len = strlen(action) + strlen(path),
	};

	fuzz_seed_add(seed, &e, sizeof(e));
	fuzz_seed_add(seed, action, strlen(action));
	fuzz_seed_add(seed, path, strlen(path));
}

void
fuzz_seeds(void)
{
	static const char raw[] = "add@/x\0ACTION=add\0DEVPATH=/x\0SUBSYSTEM=auxiliary";
	const struct event e = { .kind = UINT8_MAX, .len = sizeof(raw) };
	struct fuzz_seed seed = { .len = 0 };
	char longest[200];
	unsigned int i;

	for (i = 0; i < RTE_DIM(subsystems); i++)
		add(&seed, i, i % 2 == 0 ? "add" : "remove",
			"/devices/pci0000:00/0000:00:03.0/sf_sim.sf.0");
	fuzz_seed_save(&seed, "all");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	add(&seed, 0, "add", longest);
	add(&seed, 4, "change", longest);
	fuzz_seed_save(&seed, "long");
	fuzz_seed_add(&seed, &e, sizeof(e));
	fuzz_seed_add(&seed, raw, sizeof(raw));
	fuzz_seed_save(&seed, "raw");
}
