/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Servers that go away.
 *
 * EAL polls descriptors for input, which would wake its thread for every reply.
 * So the sockets are in an epoll set that only waits for their end, and that
 * set is what EAL polls.  There is one for all devices: EAL goes through all it
 * polls whenever there is one more.
 */

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <rte_interrupts.h>

#include "vfio_private.h"
#include "vfio_user.h"

/* Told in one go; the set stays readable while there are more. */
#define MAX_EVENTS 16

static struct {
	pthread_mutex_t control; /* of what follows, taken first */
	pthread_mutex_t lock; /* of the set's members, while they are told */
	struct rte_intr_handle *handle;
	int fd;
	unsigned int nb_devs;
} watch = {
	.control = PTHREAD_MUTEX_INITIALIZER,
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.fd = -1,
};

/* Each is told once: its socket leaves the set before. */
static void
watch_hangup(void *arg)
{
	struct epoll_event events[MAX_EVENTS];
	struct rte_vfio_dev *dev;
	int i, n;

	RTE_SET_USED(arg);
	pthread_mutex_lock(&watch.lock);
	n = epoll_wait(watch.fd, events, MAX_EVENTS, 0);
	for (i = 0; i < n; i++) {
		dev = events[i].data.ptr;
		epoll_ctl(watch.fd, EPOLL_CTL_DEL, dev->user->sock, NULL);
		VFIO_LOG(NOTICE, dev, "vfio-user server has gone");
		vfio_dev_event(dev, RTE_VFIO_DEV_EVENT_GONE);
	}
	pthread_mutex_unlock(&watch.lock);
}

static void
watch_close(void)
{
	close(watch.fd);
	watch.fd = -1;
	rte_intr_instance_free(watch.handle);
	watch.handle = NULL;
}

static int
watch_open(void)
{
	int ret;

	watch.handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (watch.handle == NULL)
		return -ENOMEM;
	watch.fd = epoll_create1(EPOLL_CLOEXEC);
	if (watch.fd < 0) {
		ret = -errno;
		rte_intr_instance_free(watch.handle);
		watch.handle = NULL;
		return ret;
	}
	rte_intr_type_set(watch.handle, RTE_INTR_HANDLE_VDEV);
	rte_intr_fd_set(watch.handle, watch.fd);
	ret = rte_intr_callback_register(watch.handle, watch_hangup, NULL);
	if (ret < 0)
		watch_close();
	return ret;
}

/* The last one ends it. */
static void
watch_leave(void)
{
	if (--watch.nb_devs != 0)
		return;
	rte_intr_callback_unregister_sync(watch.handle, watch_hangup, NULL);
	watch_close();
}

static int
watch_add(struct rte_vfio_dev *dev)
{
	struct epoll_event event = { .events = EPOLLRDHUP, .data.ptr = dev };
	int ret = 0;

	if (watch.nb_devs == 0)
		ret = watch_open();
	if (ret < 0)
		return ret;
	watch.nb_devs++;
	if (epoll_ctl(watch.fd, EPOLL_CTL_ADD, dev->user->sock, &event) == 0)
		return 0;
	ret = -errno;
	watch_leave();
	return ret;
}

/* From here on the device is not told any more, and is not being told. */
static void
watch_remove(struct rte_vfio_dev *dev)
{
	pthread_mutex_lock(&watch.lock);
	epoll_ctl(watch.fd, EPOLL_CTL_DEL, dev->user->sock, NULL);
	pthread_mutex_unlock(&watch.lock);
	watch_leave();
}

int
vfio_user_watch(struct rte_vfio_dev *dev, bool on)
{
	int ret = 0;

	pthread_mutex_lock(&watch.control);
	if (on)
		ret = watch_add(dev);
	else
		watch_remove(dev);
	pthread_mutex_unlock(&watch.control);
	if (ret < 0)
		VFIO_LOG(ERR, dev, "cannot watch the vfio-user socket: %s", strerror(-ret));
	return ret;
}
