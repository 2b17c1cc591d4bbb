/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/netlink.h>

#include <rte_interrupts.h>

#include "auxiliary_linux.h"

struct source {
	struct rte_intr_handle *handle; /* or NULL: not listened to */
	bool (*take)(const struct auxiliary_news *news); /* read it all; true: news for a look */
};

/* What is listened to; the lock is for those who start and stop. */
static struct {
	pthread_mutex_t lock;
	void (*ask)(void);
	struct auxiliary_news news;
	struct source uevents, inotify;
} listen_to = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.news = { .uevents = -1, .inotify = -1 },
	.uevents = { .take = auxiliary_news_take_uevents },
	.inotify = { .take = auxiliary_news_take_inotify },
};

/* On the interrupt thread. */
static void
heard(void *arg)
{
	const struct source *source = arg;

	if (source->take(&listen_to.news))
		listen_to.ask();
}

/* Have the interrupt thread call back when there is something to read. */
static void
serve(struct source *source, int fd)
{
	int ret = -ENOMEM;

	if (fd < 0 || source->handle != NULL)
		return;
	source->handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (source->handle != NULL && rte_intr_fd_set(source->handle, fd) == 0 &&
			rte_intr_type_set(source->handle, RTE_INTR_HANDLE_DEV_EVENT) == 0)
		ret = rte_intr_callback_register(source->handle, heard, source);
	if (ret == 0)
		return;
	AUXILIARY_LOG(WARNING, "cannot listen for devices that come and go: %s", strerror(-ret));
	rte_intr_instance_free(source->handle);
	source->handle = NULL;
}

static void
unserve(struct source *source)
{
	if (source->handle == NULL)
		return;
	rte_intr_callback_unregister_sync(source->handle, heard, source);
	rte_intr_instance_free(source->handle);
	source->handle = NULL;
}

int
auxiliary_listen(void (*ask)(void))
{
	const struct auxiliary_root **roots = auxiliary_roots_get();

	if (roots == NULL)
		return -ENOMEM;
	pthread_mutex_lock(&listen_to.lock);
	/* Before there is anything for the interrupt thread to ask for. */
	if (listen_to.uevents.handle == NULL && listen_to.inotify.handle == NULL)
		listen_to.ask = ask;
	auxiliary_news_listen(&listen_to.news, roots);
	serve(&listen_to.uevents, listen_to.news.uevents);
	serve(&listen_to.inotify, listen_to.news.inotify);
	pthread_mutex_unlock(&listen_to.lock);
	free(roots);
	return 0;
}

void
auxiliary_listen_stop(void)
{
	pthread_mutex_lock(&listen_to.lock);
	unserve(&listen_to.uevents);
	unserve(&listen_to.inotify);
	auxiliary_news_close(&listen_to.news);
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
