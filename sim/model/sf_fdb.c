/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include "sf_internal.h"

/*
 * Forwarding database of the switch: set-associative, so that its size is
 * fixed and a driver that invents addresses can only push out others, whose
 * packets are then flooded.
 */

static unsigned int
fdb_set(uint64_t mac)
{
	return (unsigned int)((mac * 0x9e3779b97f4a7c15ULL) >> 56) % SF_FDB_SETS;
}

static bool
in_use(const struct sf_fdb_entry *entry)
{
	return entry->at.dev != NULL || entry->at.tap != NULL;
}

static struct sf_fdb_entry *
fdb_entry(struct sf_fdb_entry *set, uint64_t mac)
{
	unsigned int way;

	for (way = 0; way < SF_FDB_WAYS; way++) {
		if (in_use(&set[way]) && set[way].mac == mac)
			return &set[way];
	}
	return NULL;
}

static bool
represented(struct sf_station at)
{
	return at.tap != NULL && at.tap->represents;
}

/*
 * An address may move, but not between devices and representors: a driver that
 * forwards what came from a representor, or a bridge above representors, sends
 * with the addresses of others, which have not moved.
 */
void
sf_fdb_learn(struct sf_wire *wire, uint64_t mac, struct sf_station at)
{
	struct sf_fdb_entry *set = wire->fdb[fdb_set(mac)];
	struct sf_fdb_entry *entry;
	unsigned int way;

	if (mac & SF_MAC_GROUP)
		return;
	entry = fdb_entry(set, mac);
	if (entry != NULL) {
		if (represented(entry->at) == represented(at))
			entry->at = at;
		return;
	}
	/* Newest in front; an empty entry ends the move, else the oldest falls out. */
	for (way = 0; way < SF_FDB_WAYS - 1 && in_use(&set[way]); way++)
		;
	for (; way > 0; way--)
		set[way] = set[way - 1];
	set[0].mac = mac;
	set[0].at = at;
}

struct sf_station
sf_fdb_find(struct sf_wire *wire, uint64_t mac)
{
	const struct sf_fdb_entry *entry = fdb_entry(wire->fdb[fdb_set(mac)], mac);

	return entry == NULL ? (struct sf_station) { NULL, NULL } : entry->at;
}

void
sf_fdb_flush(struct sf_wire *wire, struct sf_station at)
{
	struct sf_fdb_entry *entry;
	unsigned int i;

	if (wire->type != SF_WIRE_SWITCH) /* which alone learns */
		return;
	for (i = 0; i < SF_FDB_SETS * SF_FDB_WAYS; i++) {
		entry = &wire->fdb[i / SF_FDB_WAYS][i % SF_FDB_WAYS];
		if (entry->at.dev == at.dev && entry->at.tap == at.tap)
			memset(entry, 0, sizeof(*entry));
	}
}
