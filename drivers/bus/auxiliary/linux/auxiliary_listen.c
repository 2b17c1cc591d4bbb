/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/netlink.h>

#include <rte_interrupts.h>

#include "auxiliary_linux.h"

/* What is listened to; the lock is for those who start and stop. */
static struct {
	pthread_mutex_t lock;
	void (*ask)(void);
	struct auxiliary_news news;
	struct rte_intr_handle *uevents, *inotify; /* for its descriptors, or NULL */
} listen_to = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.news = { .uevents = -1, .inotify = -1 },
};

/* On the interrupt thread. */
static void
uevents_heard(void *arg __rte_unused)
{
	if (auxiliary_news_take_uevents(&listen_to.news))
		listen_to.ask();
}

/* On the interrupt thread. */
static void
inotify_heard(void *arg __rte_unused)
{
	if (auxiliary_news_take_inotify(&listen_to.news))
		listen_to.ask();
}

/* Have the interrupt thread call back when there is something to read. */
static void
serve(struct rte_intr_handle **handle, int fd, void (*callback)(void *arg))
{
	int ret = -ENOMEM;

	if (fd < 0 || *handle != NULL)
		return;
	*handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (*handle != NULL && rte_intr_fd_set(*handle, fd) == 0 &&
			rte_intr_type_set(*handle, RTE_INTR_HANDLE_DEV_EVENT) == 0)
		ret = rte_intr_callback_register(*handle, callback, NULL);
	if (ret == 0)
		return;
	AUXILIARY_LOG(WARNING, "cannot listen for devices that come and go: %s", strerror(-ret));
	rte_intr_instance_free(*handle);
	*handle = NULL;
}

static void
unserve(struct rte_intr_handle **handle, void (*callback)(void *arg))
{
	if (*handle == NULL)
		return;
	rte_intr_callback_unregister_sync(*handle, callback, NULL);
	rte_intr_instance_free(*handle);
	*handle = NULL;
}

void
auxiliary_listen(const struct auxiliary_root *const *roots, void (*ask)(void))
{
	pthread_mutex_lock(&listen_to.lock);
	/* Before there is anything for the interrupt thread to ask for. */
	if (listen_to.uevents == NULL && listen_to.inotify == NULL)
		listen_to.ask = ask;
	auxiliary_news_listen(&listen_to.news, roots);
	serve(&listen_to.uevents, listen_to.news.uevents, uevents_heard);
	serve(&listen_to.inotify, listen_to.news.inotify, inotify_heard);
	pthread_mutex_unlock(&listen_to.lock);
}

void
auxiliary_listen_stop(void)
{
	pthread_mutex_lock(&listen_to.lock);
	unserve(&listen_to.uevents, uevents_heard);
	unserve(&listen_to.inotify, inotify_heard);
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
