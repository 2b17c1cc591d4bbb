/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
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

void
auxiliary_monitor_news(enum rte_auxiliary_kind kind, const char *name, bool is_there)
{
	if (!auxiliary_name_is_valid(kind, name) || !is_of_interest(name))
		return;
	AUXILIARY_LOG(INFO, "device %s: has %s", name, is_there ? "come" : "gone");
	rte_dev_event_callback_process(name, is_there ? RTE_DEV_EVENT_ADD : RTE_DEV_EVENT_REMOVE);
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
}
