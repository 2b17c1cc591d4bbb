/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_interrupts.h>

#include "auxiliary_monitor.h"

/*
 * EAL's own monitor knows PCI devices, and does not tell a bus whether the
 * application has started it.  So this one listens as soon as the bus has been
 * probed, and hands what it hears to EAL, who tells the application if that
 * has asked: without a callback, all it costs is a file descriptor.
 */

static bool is_started;

/* Only of devices that some driver may want: others are nobody's business. */
static bool
is_of_interest(const char *name)
{
	const struct rte_auxiliary_driver *drv;

	FOREACH_DRIVER_ON_AUXILIARY_BUS(drv) {
		if (auxiliary_match_name(drv, name))
			return true;
	}
	return false;
}

/*
 * What has been told, by name of an entry or of a device.  An mdev that is a
 * sub-function's node is an entry of its own, but no device.
 */
struct told {
	bool is_there;
	char name[];
};

static struct auxiliary_index tolds;
static pthread_mutex_t told_lock = PTHREAD_MUTEX_INITIALIZER;

static void
told_set(const char *name, bool is_there)
{
	struct told *told = auxiliary_index_find(&tolds, name);

	if (told == NULL) {
		told = calloc(1, sizeof(*told) + strlen(name) + 1);
		if (told == NULL)
			return; /* it may be told twice */
		memcpy(told->name, name, strlen(name) + 1);
		if (auxiliary_index_add(&tolds, told->name, told) < 0) {
			free(told);
			return;
		}
	}
	told->is_there = is_there;
}

static void
told_forget(const char *name)
{
	struct told *told = auxiliary_index_find(&tolds, name);

	if (told == NULL)
		return;
	auxiliary_index_remove(&tolds, name);
	free(told);
}

/* Of what is never heard of, every end is news. */
static bool
told_is_gone(const char *name)
{
	const struct told *told = auxiliary_index_find(&tolds, name);

	return told != NULL && !told->is_there;
}

static bool
told_is_there(const char *name)
{
	const struct told *told = auxiliary_index_find(&tolds, name);

	return told != NULL && told->is_there;
}

/*
 * Whether a change is to be told.  A device has gone with the first of its
 * entries, and what comes of another one is news of it.  That a sub-function has
 * gone is remembered, as its mdev may follow; there are not many names of them.
 */
static bool
told_change(const char *entry, const char *device, enum auxiliary_change change)
{
	bool is_news = false;

	pthread_mutex_lock(&told_lock);
	if (change == AUXILIARY_CHANGE_READY)
		is_news = !told_is_there(entry);
	else if (change != AUXILIARY_CHANGE_NEW)
		is_news = !told_is_gone(entry) && !told_is_gone(device);
	if (is_news)
		told_set(device, change == AUXILIARY_CHANGE_READY);
	if (change == AUXILIARY_CHANGE_GONE && auxiliary_is_uuid(entry))
		told_forget(entry);
	else
		told_set(entry, change == AUXILIARY_CHANGE_READY);
	pthread_mutex_unlock(&told_lock);
	return is_news;
}

void
auxiliary_monitor_forget(void)
{
	pthread_mutex_lock(&told_lock);
	auxiliary_index_free_objects(&tolds);
	pthread_mutex_unlock(&told_lock);
}

void
auxiliary_monitor_news(enum rte_auxiliary_kind kind, const char *entry, const char *device,
		enum auxiliary_change change)
{
	bool is_there = change == AUXILIARY_CHANGE_READY;

	if (!auxiliary_name_is_valid(kind, device) || !is_of_interest(device) ||
			!told_change(entry, device, change))
		return;
	AUXILIARY_LOG(INFO, "device %s: has %s", device, is_there ? "come" : "gone");
	rte_dev_event_callback_process(device,
		is_there ? RTE_DEV_EVENT_ADD : RTE_DEV_EVENT_REMOVE);
	auxiliary_hotplug_news(device, is_there);
}

struct rte_intr_handle *
auxiliary_monitor_serve(int fd, void (*callback)(void *arg))
{
	struct rte_intr_handle *handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	int ret = -ENOMEM;

	if (handle == NULL || rte_intr_fd_set(handle, fd) != 0 ||
			rte_intr_type_set(handle, RTE_INTR_HANDLE_DEV_EVENT) != 0)
		goto fail;
	ret = rte_intr_callback_register(handle, callback, NULL);
	if (ret == 0)
		return handle;
fail:
	AUXILIARY_LOG(WARNING, "cannot listen for devices that come and go: %s", strerror(-ret));
	rte_intr_instance_free(handle);
	return NULL;
}

void
auxiliary_monitor_unserve(struct rte_intr_handle *handle, void (*callback)(void *arg))
{
	if (handle == NULL)
		return;
	rte_intr_callback_unregister_sync(handle, callback, NULL);
	rte_intr_instance_free(handle);
}

void
auxiliary_monitor_update(const struct auxiliary_roots *roots)
{
	unsigned int i;

	if (!is_started)
		return;
	for (i = 0; i < roots->nb; i++) {
		if (auxiliary_root_is_kernels(&roots->root[i])) {
			auxiliary_uevent_start();
			break;
		}
	}
	auxiliary_inotify_watch(roots);
}

void
auxiliary_monitor_start(void)
{
	struct auxiliary_roots roots;

	is_started = true;
	if (auxiliary_roots_get(&roots) == 0)
		auxiliary_monitor_update(&roots);
	auxiliary_roots_put(&roots);
}

void
auxiliary_monitor_stop(void)
{
	is_started = false;
	auxiliary_uevent_stop();
	auxiliary_inotify_stop();
	auxiliary_monitor_forget();
}
