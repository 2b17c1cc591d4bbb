/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <rte_interrupts.h>
#include <rte_string_fns.h>

#include "auxiliary_monitor.h"
#include "auxiliary_sysfs.h"

/*
 * Directories of simulated devices.  A simulator completes a device under
 * another name and then renames it, so that what comes is all there.  It may
 * take the directory itself away and bring it back: then its parent is what
 * there is to watch.
 */

#define MASK_COME (IN_CREATE | IN_MOVED_TO)
#define MASK_GONE (IN_DELETE | IN_MOVED_FROM)
/* Added, as a parent may be a directory of devices as well. */
#define MASK_PARENT (MASK_COME | IN_ONLYDIR | IN_MASK_ADD)
#define MASK_ROOT (MASK_PARENT | MASK_GONE | IN_DELETE_SELF)

struct watch {
	char *path;
	enum rte_auxiliary_kind kind;
	int wd; /* of the directory, or -1 */
	int parent_wd; /* of its parent while it is not there, or -1 */
};

static struct {
	int fd; /* -1: not open */
	struct rte_intr_handle *handle;
	pthread_mutex_t lock; /* a scan against the interrupt thread */
	struct watch *watches;
	unsigned int nb;
} notify = { .fd = -1, .lock = PTHREAD_MUTEX_INITIALIZER };

static void
parent_watch(struct watch *watch)
{
	char parent[PATH_MAX];
	char *slash;

	if (strlcpy(parent, watch->path, sizeof(parent)) >= sizeof(parent))
		return;
	slash = strrchr(parent, '/');
	if (slash == NULL)
		strlcpy(parent, ".", sizeof(parent));
	else
		slash[slash == parent ? 1 : 0] = '\0';
	watch->parent_wd = inotify_add_watch(notify.fd, parent, MASK_PARENT);
}

/* Several directories may have one parent, or be one. */
static void
parent_unwatch(struct watch *watch)
{
	int wd = watch->parent_wd;
	unsigned int i;

	watch->parent_wd = -1;
	for (i = 0; i < notify.nb; i++) {
		if (notify.watches[i].parent_wd == wd || notify.watches[i].wd == wd)
			return;
	}
	if (wd >= 0)
		inotify_rm_watch(notify.fd, wd);
}

static void
watch_start(struct watch *watch)
{
	watch->wd = inotify_add_watch(notify.fd, watch->path, MASK_ROOT);
	if (watch->wd >= 0)
		return;
	parent_watch(watch);
	/* It may have come before its parent was watched. */
	watch->wd = inotify_add_watch(notify.fd, watch->path, MASK_ROOT);
	if (watch->wd >= 0)
		parent_unwatch(watch);
}

/* The watch that an event is about, which may be none any more. */
static struct watch *
watch_find(const struct inotify_event *event, bool *is_parent)
{
	struct watch *watch;
	unsigned int i;

	for (i = 0; i < notify.nb; i++) {
		watch = &notify.watches[i];
		*is_parent = watch->parent_wd == event->wd && event->len > 0 &&
			strcmp(event->name, auxiliary_sysfs_basename(watch->path)) == 0;
		if (*is_parent || watch->wd == event->wd)
			return watch;
	}
	return NULL;
}

/* What a directory that has come back brought with it. */
static void
root_news(enum rte_auxiliary_kind kind, const char *path)
{
	const struct dirent *entry;
	DIR *dir = opendir(path);

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		auxiliary_monitor_news(kind, entry->d_name, entry->d_name,
			AUXILIARY_CHANGE_READY);
	if (dir != NULL)
		closedir(dir);
}

/* What is told is told without the lock: who hears it may scan at once. */
static void
event_handle(const struct inotify_event *event)
{
	enum rte_auxiliary_kind kind = RTE_AUXILIARY_KIND_ANY;
	char path[PATH_MAX] = "";
	struct watch *watch;
	bool is_parent;

	pthread_mutex_lock(&notify.lock);
	watch = watch_find(event, &is_parent);
	if (watch != NULL) {
		kind = watch->kind;
		if (is_parent || (event->mask & IN_DELETE_SELF) != 0) {
			parent_unwatch(watch);
			watch_start(watch);
			/* It may be another by now, with devices that came before it was watched. */
			if (watch->wd >= 0)
				strlcpy(path, watch->path, sizeof(path));
		}
	}
	pthread_mutex_unlock(&notify.lock);
	if (path[0] != '\0')
		root_news(kind, path);
	else if (watch != NULL && !is_parent && event->len > 0)
		auxiliary_monitor_news(kind, event->name, event->name,
			(event->mask & MASK_COME) != 0 ? AUXILIARY_CHANGE_READY :
			AUXILIARY_CHANGE_GONE);
}

static void
notify_read(void *arg __rte_unused)
{
	char buf[4096] __rte_aligned(__alignof__(struct inotify_event));
	const struct inotify_event *event;
	ssize_t len, at;

	while ((len = read(notify.fd, buf, sizeof(buf))) > 0) {
		for (at = 0; at < len; at += sizeof(*event) + event->len) {
			event = (const struct inotify_event *)&buf[at];
			if ((event->mask & IN_Q_OVERFLOW) != 0) {
				AUXILIARY_LOG(WARNING,
					"news of devices lost, a scan finds what has come");
				auxiliary_monitor_forget();
			} else {
				event_handle(event);
			}
		}
	}
}

static void
watches_free(void)
{
	unsigned int i;

	for (i = 0; i < notify.nb; i++) {
		inotify_rm_watch(notify.fd, notify.watches[i].wd);
		inotify_rm_watch(notify.fd, notify.watches[i].parent_wd);
		free(notify.watches[i].path);
	}
	free(notify.watches);
	notify.watches = NULL;
	notify.nb = 0;
}

static int
watches_add(const struct auxiliary_roots *roots)
{
	struct watch *watch;
	unsigned int i;

	notify.watches = calloc(roots->nb + 1, sizeof(*notify.watches));
	if (notify.watches == NULL)
		return -ENOMEM;
	for (i = 0; i < roots->nb; i++) {
		if (auxiliary_root_is_kernels(&roots->root[i]))
			continue;
		watch = &notify.watches[notify.nb];
		*watch = (struct watch){
			.path = strdup(roots->root[i].dir->path),
			.kind = roots->root[i].kind,
			.wd = -1,
			.parent_wd = -1,
		};
		if (watch->path == NULL)
			return -ENOMEM;
		notify.nb++;
		watch_start(watch);
	}
	return 0;
}

/* Whether these roots are watched already; how many are to be watched. */
static bool
is_watched(const struct auxiliary_roots *roots, unsigned int *nb)
{
	bool same = true;
	unsigned int i;

	*nb = 0;
	for (i = 0; i < roots->nb; i++) {
		if (auxiliary_root_is_kernels(&roots->root[i]))
			continue;
		same = same && *nb < notify.nb &&
			strcmp(notify.watches[*nb].path, roots->root[i].dir->path) == 0;
		(*nb)++;
	}
	return same && *nb == notify.nb;
}

static int
notify_open(void)
{
	notify.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (notify.fd < 0) {
		AUXILIARY_LOG(WARNING, "cannot watch directories of devices: %s", strerror(errno));
		return -errno;
	}
	notify.handle = auxiliary_monitor_serve(notify.fd, notify_read);
	if (notify.handle != NULL)
		return 0;
	close(notify.fd);
	notify.fd = -1;
	return -ENOMEM;
}

int
auxiliary_inotify_watch(const struct auxiliary_roots *roots)
{
	unsigned int nb;
	int ret = 0;

	pthread_mutex_lock(&notify.lock);
	if (!is_watched(roots, &nb)) {
		watches_free();
		auxiliary_monitor_forget();
		if (nb > 0 && notify.fd < 0)
			ret = notify_open();
		if (nb > 0 && ret == 0)
			ret = watches_add(roots);
	}
	pthread_mutex_unlock(&notify.lock);
	return ret;
}

void
auxiliary_inotify_stop(void)
{
	auxiliary_monitor_unserve(notify.handle, notify_read);
	notify.handle = NULL;
	watches_free();
	if (notify.fd >= 0)
		close(notify.fd);
	notify.fd = -1;
}
