/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <inttypes.h>
#include <stdio.h>

#include "stats.h"

static const struct {
	const char *title;
	unsigned int stat;
} columns[] = {
	{ "rx packets", SF_STAT_RX_PACKETS },
	{ "no desc", SF_STAT_RX_NO_DESC },
	{ "too long", SF_STAT_RX_TOO_LONG },
	{ "filtered", SF_STAT_RX_FILTERED },
	{ "tx packets", SF_STAT_TX_PACKETS },
	{ "too long", SF_STAT_TX_TOO_LONG },
	{ "no link", SF_STAT_TX_NO_LINK },
	{ "halts", SF_STAT_HALTS },
};

#define NB_COLUMNS (sizeof(columns) / sizeof(columns[0]))

void
stats_print(const struct sf *sfs, unsigned int nb_sfs)
{
	unsigned int i, c;

	printf("%-16s %4s", "device", "link");
	for (c = 0; c < NB_COLUMNS; c++)
		printf(" %14s", columns[c].title);
	printf("\n");
	for (i = 0; i < nb_sfs; i++) {
		printf("%-16s %4s", sfs[i].name, sfs[i].dev.r.link_up ? "up" : "down");
		for (c = 0; c < NB_COLUMNS; c++)
			printf(" %14" PRIu64, sf_dev_total(&sfs[i].dev, columns[c].stat));
		printf("\n");
	}
	fflush(stdout);
}
