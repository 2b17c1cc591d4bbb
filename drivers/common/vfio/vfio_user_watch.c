/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * What servers say and do unasked: commands while no request is under way, and
 * their end.
 *
 * The sockets are in an epoll set, which is what EAL polls.  There is one set for
 * all devices: EAL goes through all it polls whenever there is one more.  While
 * a request is under way, its socket is only watched for the end: each reply
 * would else wake EAL's thread.
 */

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <rte_interrupts.h>

#include "vfio_private.h"
#include "vfio_user_sock.h"

static struct {
	/*
	 * Guards the fields below, which sockets are in the epoll set, and the fields
	 * "watched" and "tells" of struct vfio_user.  A driver's event callback is called
	 * with it held, and may open and close other devices: so it is recursive.
	 */
	pthread_mutex_t lock;
	struct rte_intr_handle *handle;
	int fd;
	unsigned int nb_devs;
} watch = {
	.lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP,
	.fd = -1,
};

static int
set_add(struct rte_vfio_dev *dev)
{
	struct epoll_event event = { .events = EPOLLRDHUP | EPOLLIN, .data.ptr = dev };

	if (dev->user->watched)
		return 0;
	if (epoll_ctl(watch.fd, EPOLL_CTL_ADD, dev->user->sock, &event) < 0)
		return -errno;
	dev->user->watched = true;
	return 0;
}

static void
set_remove(struct rte_vfio_dev *dev)
{
	if (dev->user->watched)
		epoll_ctl(watch.fd, EPOLL_CTL_DEL, dev->user->sock, NULL);
	dev->user->watched = false;
}

/* The end of a connection is told once, as its socket leaves the set before. */
static void
hung_up(struct rte_vfio_dev *dev)
{
	set_remove(dev);
	if (vfio_user_give_up(dev, true))
		VFIO_LOG(NOTICE, dev, "vfio-user server has gone");
	if (dev->user->tells)
		vfio_dev_event(dev, RTE_VFIO_DEV_EVENT_GONE);
}

/*
 * On EAL's interrupt thread, which whoever has the lock may be waiting for: the set stays
 * readable.  One at a time, as another may be closed meanwhile.  A server that has begun a
 * message is waited for without the lock, which other devices need to be opened and closed:
 * who closes this one waits for its connection.
 */
static void
watch_ready(void *arg)
{
	struct rte_vfio_dev *dev = NULL;
	struct epoll_event event;

	RTE_SET_USED(arg);
	if (pthread_mutex_trylock(&watch.lock) != 0)
		return;
	if (epoll_wait(watch.fd, &event, 1, 0) == 1) {
		dev = event.data.ptr;
		if ((event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
			hung_up(dev);
			dev = NULL;
		} else if (!vfio_user_trylock(dev->user)) {
			/* Who has it locked takes what comes. */
			dev = NULL;
		}
	}
	pthread_mutex_unlock(&watch.lock);
	if (dev != NULL)
		vfio_user_serve_idle(dev);
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
	ret = rte_intr_callback_register(watch.handle, watch_ready, NULL);
	if (ret < 0)
		watch_close();
	return ret;
}

/* The last one ends it. */
static void
watch_put(void)
{
	if (--watch.nb_devs != 0)
		return;
	rte_intr_callback_unregister_sync(watch.handle, watch_ready, NULL);
	watch_close();
}

int
vfio_user_watch_join(struct rte_vfio_dev *dev)
{
	int ret = 0;

	pthread_mutex_lock(&watch.lock);
	if (watch.nb_devs == 0)
		ret = watch_open();
	if (ret == 0) {
		watch.nb_devs++;
		dev->user->watch_fd = watch.fd;
		ret = set_add(dev);
	}
	pthread_mutex_unlock(&watch.lock);
	if (ret < 0)
		VFIO_LOG_OPEN(dev, "cannot watch the vfio-user socket: %s", strerror(-ret));
	return ret;
}

void
vfio_user_watch_close(struct rte_vfio_dev *dev)
{
	struct vfio_user *user = dev->user;

	/* The interrupt thread may be serving it, and waits no longer for its server. */
	vfio_user_give_up(dev, false);
	vfio_user_lock_wait(user);
	pthread_mutex_lock(&watch.lock);
	set_remove(dev);
	close(user->sock); /* which takes it out of the epoll set even if epoll_ctl() failed */
	if (user->watch_fd >= 0)
		watch_put();
	pthread_mutex_unlock(&watch.lock);
}

/* Switched off, the device is not told any more, and is not being told. */
int
vfio_user_watch(struct rte_vfio_dev *dev, bool on)
{
	int ret = 0;

	pthread_mutex_lock(&watch.lock);
	dev->user->tells = on;
	if (on) /* also of an end that nobody wanted to hear of */
		ret = set_add(dev);
	pthread_mutex_unlock(&watch.lock);
	return ret;
}
