/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef AUXILIARY_LINUX_H
#define AUXILIARY_LINUX_H

#include "../private.h"

/* --- auxiliary_plug.c, _snapshot.c, _listen.c: devices that come and go ------- */

/*
 * Have EAL give a device to its driver; before the last try only if that would find its VFIO
 * node, and without a line for a failure.  0, -ENODEV also if it would not, or another errno.
 */
int auxiliary_plug(struct auxiliary_device *dev, const struct auxiliary_wish *wish, bool is_last);

/* An entry that a driver may want.  A sub-function and the mdev on it are one line. */
struct auxiliary_line {
	struct auxiliary_entry entry;
	uint64_t driver; /* identity of the kernel driver; 0: not bound, so no device yet */
	uint64_t node; /* identity of a VFIO node that may come later; 0: none */
	bool is_out; /* has lost its node, and was told to have gone */
	unsigned int nb_unplugs; /* tried since it has gone */
	struct {
		bool is_due; /* has come, and devargs may want it plugged */
		unsigned int tries;
		uint64_t try_at; /* microseconds of the monotonic clock */
		uint32_t nb_plugs; /* of the device, when the line became due */
	} plug;
};

struct auxiliary_snapshot {
	struct auxiliary_line *line; /* by name, then by root */
	size_t nb;
	uint64_t unread; /* roots that may have more, by auxiliary_order_bit() */
};

/* With room for more lines.  0 or a negative errno; the lines are to be freed in any case. */
int auxiliary_snapshot_take(struct auxiliary_snapshot *snapshot, size_t room);

/*
 * Listen for changes in the roots.  "ask" is called on the interrupt thread when something
 * may have changed.  Called again, it has watches follow directories.  0 or -ENOMEM.
 */
int auxiliary_listen(void (*ask)(void));
void auxiliary_listen_stop(void);

/* Whether the application has started EAL's monitor of device events. */
bool auxiliary_listen_is_wanted(void);

#endif /* AUXILIARY_LINUX_H */
