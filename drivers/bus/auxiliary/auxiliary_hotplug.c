/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_alarm.h>
#include <rte_dev.h>
#include <rte_errno.h>

#include "private.h"

/*
 * Devargs with "hotplug" ask the bus itself to plug a device that comes, or
 * that comes back, as rte_dev_probe() does, and if they say so to unplug one
 * that goes.  Both may sleep and tell secondary processes, so neither is done
 * where the news is heard: as EAL does with what it is asked from outside, an
 * alarm does it a moment later, on the same thread.
 */

/*
 * What follows an arrival comes a moment later: a driver is bound, udev sets
 * the permissions of the VFIO node.  So a plug that fails for want of these is
 * tried again, after 20 ms and twice as long each time, for 1.3 s in all.  What
 * is wrong is said with the last try.  The device's next arrival or departure
 * ends this, and so does an application that has used it meanwhile.
 */
#define TRIES_MAX 6
#define TRY_AGAIN_US 20000

struct news {
	TAILQ_ENTRY(news) next;
	unsigned int tries;
	bool is_there;
	bool is_void; /* nothing is to come of it */
	char name[RTE_DEV_NAME_MAX_LEN];
};

TAILQ_HEAD(news_list, news);

static struct {
	pthread_mutex_t lock;
	bool is_wanted; /* by some devargs */
	struct news_list queue;
	/* Devices that left while a driver had them; "there": they are back, and it still has. */
	struct news_list left;
	struct news_list again; /* plugs that failed, each with an alarm of its own */
	struct news *served; /* what is being done now, or NULL */
} hotplug = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.queue = TAILQ_HEAD_INITIALIZER(hotplug.queue),
	.left = TAILQ_HEAD_INITIALIZER(hotplug.left),
	.again = TAILQ_HEAD_INITIALIZER(hotplug.again),
};

void
auxiliary_hotplug_want(void)
{
	pthread_mutex_lock(&hotplug.lock);
	hotplug.is_wanted = true;
	pthread_mutex_unlock(&hotplug.lock);
}

/* Under the lock, as all that touches a list. */
static struct news *
news_find(const struct news_list *list, const char *name)
{
	struct news *news;

	TAILQ_FOREACH(news, list, next) {
		if (strcmp(news->name, name) == 0)
			break;
	}
	return news;
}

static void
news_add(struct news_list *list, const char *name, bool is_there)
{
	struct news *news = calloc(1, sizeof(*news));

	if (news == NULL) {
		AUXILIARY_LOG(ERR, "device %s: no memory to %s it", name,
			is_there ? "plug" : "unplug");
		return;
	}
	news->is_there = is_there;
	snprintf(news->name, sizeof(news->name), "%s", name);
	TAILQ_INSERT_TAIL(list, news, next);
}

/* No more tries for this device. */
static void
again_end(const char *name)
{
	struct news *news;

	TAILQ_FOREACH(news, &hotplug.again, next) {
		if (strcmp(news->name, name) == 0)
			news->is_void = true;
	}
}

/* What rte_dev_probe() wants: only devargs with all their layers have the key. */
static int
plug(const struct rte_devargs *devargs)
{
	const char *class = devargs->cls_str, *driver = devargs->drv_str;
	char *text;
	int ret;

	ret = asprintf(&text, "%s%s%s%s%s", devargs->bus_str,
			class == NULL || class[0] == '\0' ? "" : "/", class == NULL ? "" : class,
			driver == NULL || driver[0] == '\0' ? "" : "/",
			driver == NULL ? "" : driver);
	if (ret < 0)
		return -ENOMEM;
	ret = rte_dev_probe(text);
	free(text);
	return ret;
}

static bool
may_pass(int error)
{
	return error == -EACCES || error == -EPERM || error == -ENOENT || error == -ENODEV ||
		error == -EBUSY;
}

/* Whether the driver that is to have a device would find its VFIO node. */
static bool
is_ready(const struct auxiliary_dev *dev)
{
	const struct rte_auxiliary_driver *drv;

	FOREACH_DRIVER_ON_AUXILIARY_BUS(drv) {
		if (auxiliary_match(drv, dev) &&
				auxiliary_devargs_driver(dev->pub.device.devargs, drv))
			return (drv->drv_flags & RTE_AUXILIARY_DRV_NEED_VFIO) == 0 ||
				auxiliary_node_check(dev) == 0;
	}
	return true;
}

/* EAL has something to say of each try, so what must fail is tried once. */
static int
plug_or_wait(const struct auxiliary_dev *dev, const struct news *news)
{
	bool is_last = news->tries == TRIES_MAX;
	bool is_void;
	int ret;

	if (!is_last && !is_ready(dev))
		return -ENODEV;
	pthread_mutex_lock(&hotplug.lock);
	is_void = news->is_void;
	pthread_mutex_unlock(&hotplug.lock);
	if (is_void)
		return -ECANCELED;
	auxiliary_probe_hush(!is_last);
	ret = plug(dev->pub.device.devargs);
	auxiliary_probe_hush(false);
	return ret;
}

static struct auxiliary_dev *
device_find(const char *name)
{
	struct auxiliary_dev *dev;

	auxiliary_list_lock();
	dev = auxiliary_dev_find(name);
	auxiliary_list_unlock();
	return dev;
}

/* False if it is to be tried again. */
static bool
device_came(const struct news *news)
{
	const char *name = news->name;
	const struct auxiliary_dev *dev;
	struct news *left;
	int ret;

	/* Devargs that pick a device by what it is find it now. */
	if (auxiliary_bus.bus.scan() != 0)
		return true;
	dev = device_find(name);
	if (dev == NULL || (auxiliary_devargs_hotplug(dev->pub.device.devargs) &
				AUXILIARY_HOTPLUG_PLUG) == 0)
		return true;
	if (dev->pub.driver != NULL) {
		pthread_mutex_lock(&hotplug.lock);
		left = news_find(&hotplug.left, name);
		if (left != NULL)
			left->is_there = true;
		pthread_mutex_unlock(&hotplug.lock);
		return true;
	}
	ret = plug_or_wait(dev, news);
	if (ret == -ECANCELED)
		return true;
	if (ret == 0) {
		AUXILIARY_LOG(NOTICE, "device %s: has come, plugged", name);
		return true;
	}
	if (may_pass(ret) && news->tries < TRIES_MAX) {
		AUXILIARY_LOG(DEBUG, "device %s: has come, is tried again: %s", name,
			strerror(-ret));
		return false;
	}
	AUXILIARY_LOG(ERR, "device %s: has come, but cannot be plugged: %s", name, strerror(-ret));
	return true;
}

static void
device_went(const char *name)
{
	struct auxiliary_dev *dev = device_find(name);
	struct news *left;
	unsigned int asked;
	int ret;

	if (dev == NULL || dev->pub.driver == NULL)
		return;
	asked = auxiliary_devargs_hotplug(dev->pub.device.devargs);
	if ((asked & AUXILIARY_HOTPLUG_UNPLUG) != 0) {
		ret = rte_dev_remove(&dev->pub.device);
		if (ret < 0)
			AUXILIARY_LOG(ERR, "device %s: has gone, but cannot be unplugged: %s",
				name, strerror(-ret));
		else
			AUXILIARY_LOG(NOTICE, "device %s: has gone, unplugged", name);
	} else if (asked != 0) {
		pthread_mutex_lock(&hotplug.lock);
		left = news_find(&hotplug.left, name);
		if (left != NULL)
			left->is_there = false;
		else
			news_add(&hotplug.left, name, false);
		pthread_mutex_unlock(&hotplug.lock);
	}
}

static void try_again(void *arg);

/* Whether it is kept for later. */
static bool
news_keep(struct news *news)
{
	int ret;

	pthread_mutex_lock(&hotplug.lock);
	hotplug.served = NULL;
	TAILQ_INSERT_TAIL(&hotplug.again, news, next);
	ret = rte_eal_alarm_set((uint64_t)TRY_AGAIN_US << news->tries++, try_again, news);
	if (ret != 0)
		TAILQ_REMOVE(&hotplug.again, news, next);
	pthread_mutex_unlock(&hotplug.lock);
	if (ret != 0)
		AUXILIARY_LOG(ERR, "device %s: no alarm, so it is not plugged", news->name);
	return ret == 0;
}

static void
news_done(struct news *news)
{
	pthread_mutex_lock(&hotplug.lock);
	hotplug.served = NULL;
	pthread_mutex_unlock(&hotplug.lock);
	free(news);
}

/* On the interrupt thread. */
static void
queue_serve(void *arg __rte_unused)
{
	struct news *news;

	for (;;) {
		pthread_mutex_lock(&hotplug.lock);
		news = TAILQ_FIRST(&hotplug.queue);
		if (news != NULL)
			TAILQ_REMOVE(&hotplug.queue, news, next);
		hotplug.served = news;
		pthread_mutex_unlock(&hotplug.lock);
		if (news == NULL)
			break;
		if (!news->is_there)
			device_went(news->name);
		else if (!device_came(news) && news_keep(news))
			continue;
		news_done(news);
	}
}

/* If the device has been plugged meanwhile, nothing comes of it. */
static void
try_again(void *arg)
{
	struct news *news = arg;
	bool is_void;

	pthread_mutex_lock(&hotplug.lock);
	TAILQ_REMOVE(&hotplug.again, news, next);
	is_void = news->is_void;
	if (!is_void)
		TAILQ_INSERT_TAIL(&hotplug.queue, news, next);
	pthread_mutex_unlock(&hotplug.lock);
	if (is_void)
		free(news);
	else
		queue_serve(NULL);
}

static void
queue_alarm(void)
{
	if (rte_eal_alarm_set(1, queue_serve, NULL) != 0)
		AUXILIARY_LOG(ERR, "no alarm, so devices are not plugged");
}

void
auxiliary_hotplug_news(const char *name, bool is_there)
{
	bool is_wanted;

	/* A secondary process is told by the primary. */
	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return;
	pthread_mutex_lock(&hotplug.lock);
	is_wanted = hotplug.is_wanted;
	again_end(name);
	if (is_wanted)
		news_add(&hotplug.queue, name, is_there);
	pthread_mutex_unlock(&hotplug.lock);
	if (is_wanted)
		queue_alarm();
}

void
auxiliary_hotplug_freed(const char *name)
{
	bool is_back = false;
	struct news *left;

	pthread_mutex_lock(&hotplug.lock);
	again_end(name);
	left = news_find(&hotplug.left, name);
	/* Not if it has left before, as then it may just be coming back. */
	if (left == NULL && hotplug.served != NULL && strcmp(hotplug.served->name, name) == 0)
		hotplug.served->is_void = true;
	if (left != NULL) {
		TAILQ_REMOVE(&hotplug.left, left, next);
		is_back = left->is_there;
		if (is_back)
			TAILQ_INSERT_TAIL(&hotplug.queue, left, next);
		else
			free(left);
	}
	pthread_mutex_unlock(&hotplug.lock);
	if (is_back)
		queue_alarm();
}

static void
list_clear(struct news_list *list)
{
	struct news *news;

	while ((news = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, news, next);
		free(news);
	}
}

void
auxiliary_hotplug_stop(void)
{
	rte_eal_alarm_cancel(queue_serve, (void *)-1);
	rte_eal_alarm_cancel(try_again, (void *)-1);
	pthread_mutex_lock(&hotplug.lock);
	list_clear(&hotplug.queue);
	list_clear(&hotplug.left);
	list_clear(&hotplug.again);
	pthread_mutex_unlock(&hotplug.lock);
}
