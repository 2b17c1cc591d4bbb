/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_alarm.h>
#include <rte_common.h>
#include <rte_dev.h>

#include "auxiliary_linux.h"

/*
 * Devices that come and go, by level and not by edge: whatever is heard says only
 * "look".  A look, always on EAL's interrupt thread, compares what is there with
 * what was there at the look before, tells EAL of the difference, and for devargs
 * with "hotplug" plugs what has come, unplugs what has gone, and tries again later
 * what could not be plugged.  What is lost, or heard twice, changes nothing.
 */

/* From the first news to the look, so that a burst costs one; looks take a fifth of the time. */
#define LOOK_DELAY_US 10000
#define LOOK_SHARE 4

/* Without memory, or a file descriptor, nothing is known of what is there. */
#define LOOK_AGAIN_US 100000

/*
 * What follows an arrival comes a moment later: a driver is bound, udev sets the
 * permissions of the node.  So a plug that fails for want of these is tried again
 * after 20 ms and twice as long each time, for 1.3 s in all.
 */
#define TRIES_MAX 6
#define TRY_AGAIN_US 20000

/* Guarded by the list's lock. */
static struct monitor {
	bool is_started;
	bool is_asked; /* an alarm is set */
	bool has_looked; /* since the start */
	uint64_t delay; /* us */
} monitor;

/* Of the last look; only the interrupt thread and whoever starts and stops it touch it. */
static struct auxiliary_snapshot before;

struct look {
	struct auxiliary_wish *wishes;
	int nb_wishes;
	bool is_told; /* to EAL's callbacks */
	bool is_first; /* since the start */
	uint64_t start; /* us of the thread's time */
};

static uint64_t
now_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* --- Alarms ------------------------------------------------------------------ */

static void look_run(void *arg);

static void
look_at(uint64_t us)
{
	if (rte_eal_alarm_set(us, look_run, NULL) == 0)
		return;
	AUXILIARY_LOG(ERR, "no alarm, so devices that come and go are not looked for");
	AUXILIARY_SET(monitor.is_asked, false);
}

/* --- Devices ----------------------------------------------------------------- */

/* The device of a line, and how far a driver has it. */
struct state {
	struct auxiliary_device *dev; /* NULL: never met */
	bool is_driven;
	bool is_open; /* by VFIO */
	uint32_t nb_plugs;
};

/* False if the device of this name is in use, and is another root's entry. */
static bool
line_state(const struct auxiliary_line *line, struct state *state)
{
	bool is_other = false;

	*state = (struct state){ .dev = auxiliary_list_find(line->entry.name) };
	if (state->dev == NULL)
		return true;
	auxiliary_lock();
	state->is_driven = state->dev->pub.device.driver != NULL;
	state->is_open = state->dev->pub.vfio_dev != NULL;
	state->nb_plugs = state->dev->nb_probes - state->dev->nb_failures;
	is_other = state->is_driven && state->dev->root != line->entry.root;
	auxiliary_unlock();
	return !is_other;
}

static const struct auxiliary_wish *
wish_find(const struct look *look, struct auxiliary_device *dev)
{
	int i;

	for (i = 0; i < look->nb_wishes; i++)
		if (auxiliary_attrs_fit(&look->wishes[i].select, dev))
			return &look->wishes[i];
	return NULL;
}

static void
line_plug(struct auxiliary_line *line, struct auxiliary_device *dev,
		const struct auxiliary_wish *wish)
{
	bool is_last = line->plug.tries == TRIES_MAX, may_pass;
	int ret = auxiliary_plug(dev, wish, is_last);

	may_pass = ret == -EACCES || ret == -EPERM || ret == -ENOENT || ret == -ENODEV ||
		ret == -EBUSY || auxiliary_is_shortage(ret);
	line->plug.is_due = may_pass && !is_last;
	if (ret >= 0)
		AUXILIARY_LOG(NOTICE, "device %s: has come, plugged", dev->pub.name);
	else if (line->plug.is_due)
		line->plug.try_at = now_us(CLOCK_MONOTONIC) +
			((uint64_t)TRY_AGAIN_US << line->plug.tries++);
	else
		AUXILIARY_LOG(ERR, "device %s: has come, but cannot be plugged: %s",
			dev->pub.name, strerror(-ret));
}

/* Plug what is due.  A device that its driver still has is due until that lets go of it. */
static void
line_serve(const struct look *look, struct auxiliary_line *line)
{
	const struct auxiliary_wish *wish;
	struct auxiliary_found found;
	struct state state;

	/* Whoever has plugged the device meanwhile has it in hand. */
	if (!line_state(line, &state) || state.nb_plugs != line->plug.nb_plugs) {
		line->plug.is_due = false;
		return;
	}
	if (state.is_driven || now_us(CLOCK_MONOTONIC) < line->plug.try_at)
		return;
	if (auxiliary_list_meet(&line->entry, 1, &found) < 0 ||
			auxiliary_is_shortage(auxiliary_attrs_load(found.dev))) {
		line->plug.try_at = now_us(CLOCK_MONOTONIC) + LOOK_AGAIN_US;
		return;
	}
	wish = wish_find(look, found.dev);
	if (wish != NULL)
		line_plug(line, found.dev, wish);
	else
		line->plug.is_due = false;
}

/* --- The difference ---------------------------------------------------------- */

static void
line_came(const struct look *look, struct auxiliary_line *line)
{
	struct state state;

	if (!line_state(line, &state))
		return;
	AUXILIARY_LOG(INFO, "device %s: has come", line->entry.name);
	/* At first, a device that has come is driven because EAL has found it as well. */
	line->plug.is_due = look->nb_wishes > 0 && !(look->is_first && state.is_driven);
	line->plug.nb_plugs = state.nb_plugs;
	if (look->is_told)
		rte_dev_event_callback_process(line->entry.name, RTE_DEV_EVENT_ADD);
}

/* False if its driver has the device as before, and is to be asked again. */
static bool
line_went(const struct look *look, struct auxiliary_line *line)
{
	bool is_last = line->nb_unplugs == TRIES_MAX;
	const struct auxiliary_wish *wish;
	struct state state;
	int ret;

	if (!line_state(line, &state))
		return true;
	if (line->nb_unplugs++ == 0) {
		AUXILIARY_LOG(INFO, "device %s: has gone", line->entry.name);
		if (look->is_told)
			rte_dev_event_callback_process(line->entry.name, RTE_DEV_EVENT_REMOVE);
	}
	/* The application may have let go of the device. */
	if (!line_state(line, &state) || !state.is_driven)
		return true;
	wish = wish_find(look, state.dev);
	if (wish == NULL || wish->select.hotplug != AUXILIARY_HOTPLUG_FULL)
		return true;
	AUXILIARY_SET(state.dev->is_hushed, !is_last);
	ret = rte_dev_remove(&state.dev->pub.device);
	AUXILIARY_SET(state.dev->is_hushed, false);
	if (ret == 0)
		AUXILIARY_LOG(NOTICE, "device %s: has gone, unplugged", line->entry.name);
	else if (is_last)
		AUXILIARY_LOG(ERR, "device %s: has gone, but cannot be unplugged: %s",
			line->entry.name, strerror(-ret));
	else
		look_at(LOOK_AGAIN_US);
	return ret == 0 || is_last;
}

/* One entry, as it was and as it is; either may be NULL.  False if it is to stay as it was. */
static bool
line_change(const struct look *look, struct auxiliary_line *old, struct auxiliary_line *new)
{
	bool was = old != NULL && old->driver != 0 && !old->is_out;
	bool is = new != NULL && new->driver != 0;
	bool is_same = old != NULL && is && old->driver == new->driver &&
		old->entry.ino == new->entry.ino;

	/* An entry that has lost its node is there, but is no device to use. */
	if (is_same && new->node == 0 && (old->is_out || old->node != 0)) {
		new->is_out = true;
		is = false;
	}
	if (was && is && is_same && old->node == new->node) {
		new->plug = old->plug;
		return true;
	}
	/* A node that comes later does not make another device. */
	if (was && !(is && is_same && old->node == 0) && !line_went(look, old))
		return false;
	if (is)
		line_came(look, new);
	return true;
}

/*
 * Whether a device is still there as it was: its directory could not be read; or when the
 * kernel has begun to unbind its driver or to delete it, it waits as long as VFIO has the
 * device open.
 */
static bool
line_stays(const struct auxiliary_snapshot *now, const struct auxiliary_line *old,
		const struct auxiliary_line *new)
{
	struct state state;

	if (new == NULL && (now->unread & auxiliary_order_bit(old->entry.order)) != 0)
		return true;
	return old->driver != 0 && (new == NULL || new->driver == 0) &&
		auxiliary_root_is_kernels(old->entry.root) && line_state(old, &state) &&
		state.is_open;
}

/* There is room for the lines that stay as they were. */
static void
compare(const struct look *look, struct auxiliary_snapshot *now)
{
	size_t i = 0, k = 0, nb = now->nb;
	struct auxiliary_line *old, *new;
	bool is_through;
	int ret;

	while (i < before.nb || k < nb) {
		ret = i == before.nb ? 1 : k == nb ? -1 :
			auxiliary_entry_cmp(&before.line[i], &now->line[k]);
		old = ret <= 0 ? &before.line[i++] : NULL;
		new = ret >= 0 ? &now->line[k++] : NULL;
		is_through = (old == NULL || !line_stays(now, old, new)) &&
			line_change(look, old, new);
		if (old == NULL || is_through)
			continue;
		if (new != NULL)
			*new = *old;
		else
			now->line[now->nb++] = *old;
	}
	if (now->nb > 0)
		qsort(now->line, now->nb, sizeof(*now->line), auxiliary_entry_cmp);
}

/* --- Looks ------------------------------------------------------------------- */

void
auxiliary_hotplug_ask(void)
{
	uint64_t delay;
	bool is_first;

	auxiliary_lock();
	is_first = monitor.is_started && !monitor.is_asked;
	monitor.is_asked |= is_first;
	delay = monitor.delay;
	auxiliary_unlock();
	if (is_first)
		look_at(delay);
}

/* Serve all that is due, and come back for what is still due then. */
static void
serve_due(const struct look *look, struct auxiliary_snapshot *now)
{
	uint64_t time, next = UINT64_MAX;
	struct auxiliary_line *line;
	size_t i;

	for (i = 0; i < now->nb; i++) {
		line = &now->line[i];
		/* Of two entries of one name, the first is the device. */
		if (!line->plug.is_due ||
				(i > 0 && strcmp(line[-1].entry.name, line->entry.name) == 0))
			continue;
		line_serve(look, line);
		if (line->plug.is_due && line->plug.try_at != 0)
			next = RTE_MIN(next, line->plug.try_at);
	}
	/*
	 * A device whose try is overdue is being probed by another thread.  Looks without a pause
	 * would keep EAL's interrupt thread from all other interrupts.
	 */
	time = now_us(CLOCK_MONOTONIC);
	if (next != UINT64_MAX)
		look_at(RTE_MAX(next, time + TRY_AGAIN_US) - time);
}

/*
 * Take a snapshot of the devices, and return 1; or 0 if neither EAL's callbacks nor devargs with
 * "hotplug" want one, or a negative errno.  On the interrupt thread; takes the list's lock.
 */
static int
look_take(struct look *look, struct auxiliary_snapshot *now)
{
	/* A secondary process is plugged by the primary. */
	const bool is_primary = rte_eal_process_type() == RTE_PROC_PRIMARY;
	int ret = auxiliary_listen(auxiliary_hotplug_ask);

	look->is_told = auxiliary_listen_is_wanted();
	if (ret < 0 || (!look->is_told && (!is_primary || auxiliary_scan_wishes(NULL) == 0)))
		return ret;
	ret = auxiliary_snapshot_take(now, before.nb);
	/* Behind the snapshot, as a device may come right after devargs that are for it. */
	if (ret == 0 && is_primary)
		ret = look->nb_wishes = auxiliary_scan_wishes(&look->wishes);
	return ret < 0 ? ret : 1;
}

static void
look_run(void *arg __rte_unused)
{
	struct look look = { .start = now_us(CLOCK_THREAD_CPUTIME_ID) };
	struct auxiliary_snapshot now = { .nb = 0 };
	bool is_started;
	int ret;

	/* One look stands for all that were to come. */
	rte_eal_alarm_cancel(look_run, NULL);
	auxiliary_lock();
	is_started = monitor.is_started;
	look.is_first = !monitor.has_looked;
	monitor.is_asked = false;
	auxiliary_unlock();
	if (!is_started)
		return;
	ret = look_take(&look, &now);
	if (ret == 1) {
		AUXILIARY_LOG(DEBUG, "look: %zu entries, %zu before", now.nb, before.nb);
		compare(&look, &now);
		serve_due(&look, &now);
		RTE_SWAP(before, now);
		AUXILIARY_SET(monitor.has_looked, true);
	} else if (ret < 0) {
		AUXILIARY_LOG(ERR, "cannot look for devices that come and go, tried again in %d ms: %s",
			LOOK_AGAIN_US / 1000, strerror(-ret));
		look_at(LOOK_AGAIN_US);
	}
	free(now.line);
	free(look.wishes);
	AUXILIARY_SET(monitor.delay, RTE_MAX((uint64_t)LOOK_DELAY_US, LOOK_SHARE *
		(now_us(CLOCK_THREAD_CPUTIME_ID) - look.start)));
}

bool
auxiliary_hotplug_begin(void)
{
	int ret = auxiliary_listen(auxiliary_hotplug_ask);
	bool is_first;

	auxiliary_lock();
	is_first = !monitor.is_started;
	auxiliary_unlock();
	if (ret == 0 && is_first)
		ret = auxiliary_snapshot_take(&before, 0);
	if (ret < 0)
		AUXILIARY_LOG(ERR, "devices that come and go are not looked for: %s",
			strerror(-ret));
	return ret == 0 && is_first;
}

void
auxiliary_hotplug_start(void)
{
	AUXILIARY_SET(monitor, ((struct monitor){ .is_started = true, .is_asked = true,
		.delay = LOOK_DELAY_US }));
	look_at(LOOK_DELAY_US);
}

void
auxiliary_hotplug_stop(void)
{
	AUXILIARY_SET(monitor.is_started, false);
	rte_eal_alarm_cancel(look_run, NULL); /* a look that is under way listens */
	auxiliary_listen_stop();
	free(before.line);
	before = (struct auxiliary_snapshot){ .nb = 0 };
}
