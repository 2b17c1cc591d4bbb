/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "publish.h"
#include "sim_host.h"

static struct {
	bool runs; /* the test's own: the thread and all that it serves are there */
	struct sf_wire wire;
	struct sf *sfs;
	unsigned int nb_sfs;
	struct publish publish;
	int epoll;
	pthread_t thread;
	pthread_mutex_t lock;
	bool stop;
	bool frozen;
} host = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
serve_sockets(void)
{
	struct epoll_event events[16];
	int i, n = epoll_wait(host.epoll, events, 16, 0);

	for (i = 0; i < n; i++) {
		char *at = events[i].data.ptr;
		struct sf *sf = &host.sfs[(size_t)(at - (char *)host.sfs) / sizeof(*sf)];

		sf_event(sf, at);
	}
}

static void *
host_main(void *arg)
{
	const struct timespec pause = { .tv_nsec = 20000 }, long_pause = { .tv_nsec = 1000000 };
	unsigned int done = 0;

	(void)arg;
	while (!__atomic_load_n(&host.stop, __ATOMIC_RELAXED)) {
		pthread_mutex_lock(&host.lock);
		serve_sockets();
		done = host.frozen ? 0 : sf_wire_poll(&host.wire);
		pthread_mutex_unlock(&host.lock);
		if (done == 0)
			nanosleep(host.frozen ? &long_pause : &pause, NULL);
	}
	return NULL;
}

static void
sfs_close(void)
{
	unsigned int i;

	for (i = 0; i < host.nb_sfs; i++)
		sf_close(&host.sfs[i]);
	publish_close(&host.publish);
	close(host.epoll);
	free(host.sfs);
}

int
sim_host_start(const char *dir, unsigned int nb_sfs, enum sf_wire_type wire)
{
	unsigned int i;
	int ret;

	host.nb_sfs = 0;
	host.stop = false;
	host.frozen = false;
	host.sfs = calloc(nb_sfs, sizeof(*host.sfs));
	host.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (host.sfs == NULL || host.epoll < 0)
		return -ENOMEM;
	sf_wire_init(&host.wire, wire, false);
	ret = publish_open(&host.publish, dir);
	for (i = 0; ret == 0 && i < nb_sfs; i++) {
		ret = publish_device(&host.publish, i);
		if (ret < 0)
			break;
		ret = sf_open(&host.sfs[i], &host.wire, i, SF_MAX_QUEUE_PAIRS, ret, host.epoll);
		host.nb_sfs += ret == 0;
	}
	if (ret == 0)
		ret = -pthread_create(&host.thread, NULL, host_main, NULL);
	host.runs = ret == 0;
	if (ret < 0)
		sfs_close();
	return ret;
}

/* A case may have stopped it itself, or failed before it ran. */
void
sim_host_stop(void)
{
	if (!host.runs)
		return;
	host.runs = false;
	__atomic_store_n(&host.stop, true, __ATOMIC_RELAXED);
	pthread_join(host.thread, NULL);
	sfs_close();
}

struct sf *
sim_host_lock(unsigned int index)
{
	pthread_mutex_lock(&host.lock);
	return &host.sfs[index];
}

void
sim_host_unlock(void)
{
	pthread_mutex_unlock(&host.lock);
}

void
sim_host_freeze(bool freeze)
{
	pthread_mutex_lock(&host.lock);
	host.frozen = freeze;
	pthread_mutex_unlock(&host.lock);
}

unsigned int
sim_host_poll(void)
{
	unsigned int done;

	pthread_mutex_lock(&host.lock);
	done = sf_wire_poll(&host.wire);
	pthread_mutex_unlock(&host.lock);
	return done;
}
