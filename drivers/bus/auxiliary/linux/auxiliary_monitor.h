/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef AUXILIARY_MONITOR_H
#define AUXILIARY_MONITOR_H

/*
 * What the two sources of news about devices share: the kernel's uevents, and
 * for directories that are not the kernel's, inotify.  Both are served by
 * EAL's interrupt thread.  It touches no device: it passes on names.
 */

#include "auxiliary_scan.h"

struct rte_intr_handle;

/* What has become of an entry of a root. */
enum auxiliary_change {
	AUXILIARY_CHANGE_NEW, /* it is there, but cannot be used yet */
	AUXILIARY_CHANGE_READY, /* it can be used */
	AUXILIARY_CHANGE_UNUSABLE, /* it is there, but cannot be used any more */
	AUXILIARY_CHANGE_GONE,
};

/*
 * Tell of a device, if this is news of the entry: several sources may report
 * one change, and only the first is passed on.  The entry is the device, or an
 * mdev that is the device's node.
 */
void auxiliary_monitor_news(enum rte_auxiliary_kind kind, const char *entry, const char *device,
		enum auxiliary_change change);

/* Some news has been missed, or is not of interest any more: all that comes is new. */
void auxiliary_monitor_forget(void);

/* Have a file descriptor served.  NULL after a log line; on success it owns fd. */
struct rte_intr_handle *auxiliary_monitor_serve(int fd, void (*callback)(void *arg));

/* Stop that, and close the file descriptor if asked to.  Not from the callback. */
void auxiliary_monitor_unserve(struct rte_intr_handle *handle, void (*callback)(void *arg));

/* --- auxiliary_uevent.c -------------------------------------------------- */

/* 0 or a negative errno after a log line; once started, the same as done. */
int auxiliary_uevent_start(void);

void auxiliary_uevent_stop(void);

/* --- auxiliary_inotify.c -------------------------------------------------- */

/* Watch these roots, those that are not the kernel's, and no other. */
int auxiliary_inotify_watch(const struct auxiliary_roots *roots);

void auxiliary_inotify_stop(void);

#endif /* AUXILIARY_MONITOR_H */
