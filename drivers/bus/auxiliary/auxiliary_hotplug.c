/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

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

struct news {
	TAILQ_ENTRY(news) next;
	bool is_there;
	char name[RTE_DEV_NAME_MAX_LEN];
};

TAILQ_HEAD(news_list, news);

static struct {
	pthread_mutex_t lock;
	bool is_wanted; /* by some devargs */
	struct news_list queue;
	/* Devices that left while a driver had them; "there": they are back, and it still has. */
	struct news_list left;
} hotplug = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.queue = TAILQ_HEAD_INITIALIZER(hotplug.queue),
	.left = TAILQ_HEAD_INITIALIZER(hotplug.left),
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

static void
device_came(const char *name)
{
	const struct auxiliary_dev *dev;
	struct news *left;
	int ret;

	/* Devargs that pick a device by what it is find it now. */
	if (auxiliary_bus.bus.scan() != 0)
		return;
	dev = auxiliary_dev_find(name);
	if (dev == NULL || (auxiliary_devargs_hotplug(dev->pub.device.devargs) &
				AUXILIARY_HOTPLUG_PLUG) == 0)
		return;
	if (dev->pub.driver != NULL) {
		pthread_mutex_lock(&hotplug.lock);
		left = news_find(&hotplug.left, name);
		if (left != NULL)
			left->is_there = true;
		pthread_mutex_unlock(&hotplug.lock);
		return;
	}
	ret = plug(dev->pub.device.devargs);
	if (ret < 0)
		AUXILIARY_LOG(ERR, "device %s: has come, but cannot be plugged: %s", name,
			strerror(-ret));
	else
		AUXILIARY_LOG(NOTICE, "device %s: has come, plugged", name);
}

static void
device_went(const char *name)
{
	struct auxiliary_dev *dev = auxiliary_dev_find(name);
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
		pthread_mutex_unlock(&hotplug.lock);
		if (news == NULL)
			break;
		if (news->is_there)
			device_came(news->name);
		else
			device_went(news->name);
		free(news);
	}
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
	left = news_find(&hotplug.left, name);
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
	pthread_mutex_lock(&hotplug.lock);
	list_clear(&hotplug.queue);
	list_clear(&hotplug.left);
	pthread_mutex_unlock(&hotplug.lock);
}
