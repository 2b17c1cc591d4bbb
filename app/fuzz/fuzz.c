/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_common.h>

#include "fuzz.h"

/* Called by libFuzzer, and declared nowhere. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *seed_dir;

void
fuzz_need(int true_or_die, const char *what)
{
	if (true_or_die)
		return;
	perror(what);
	exit(EXIT_FAILURE);
}

void
fuzz_take(struct fuzz_input *in, void *to, size_t len)
{
	size_t there = len;
	const uint8_t *from = fuzz_take_some(in, &there);

	memset(to, 0, len);
	if (there != 0)
		memcpy(to, from, there);
}

const uint8_t *
fuzz_take_some(struct fuzz_input *in, size_t *len)
{
	const uint8_t *from = in->at;

	if (*len > in->len)
		*len = in->len;
	in->at += *len;
	in->len -= *len;
	return from;
}

void
fuzz_seed_add(struct fuzz_seed *seed, const void *data, size_t len)
{
	fuzz_need(len <= sizeof(seed->data) - seed->len, "room for a seed");
	if (len != 0)
		memcpy(seed->data + seed->len, data, len);
	seed->len += len;
}

void
fuzz_seed_save(struct fuzz_seed *seed, const char *name)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/seed-%s", seed_dir, name);
	file = fopen(path, "we");
	fuzz_need(file != NULL && fwrite(seed->data, 1, seed->len, file) == seed->len &&
		fclose(file) == 0, path);
	seed->len = 0;
}

/* The lowest free descriptor is given first, so one that leaks at every turn gets below this. */
#define FDS_WATCHED 64

static unsigned int
nb_fds(void)
{
	static struct pollfd fds[FDS_WATCHED];
	unsigned int i, nb = 0;

	for (i = 0; i < FDS_WATCHED; i++)
		fds[i] = (struct pollfd) { .fd = (int)i };
	fuzz_need(poll(fds, FDS_WATCHED, 0) >= 0, "poll");
	for (i = 0; i < FDS_WATCHED; i++)
		nb += (fds[i].revents & POLLNVAL) == 0;
	return nb;
}

/* EAL's interrupt thread has one less, or one more, for a moment: when it is to watch others. */
static unsigned int
most_fds(void)
{
	unsigned int i, most = 0;

	for (i = 0; i < 100; i++) {
		most = RTE_MAX(most, nb_fds());
		usleep(1000);
	}
	return most;
}

static bool
has_more_fds(unsigned int than)
{
	unsigned int i;

	for (i = 0; i < 1000 && nb_fds() > than; i++)
		usleep(1000);
	return i == 1000;
}

bool
fuzz_is_replay(void)
{
	return seed_dir == NULL;
}

/* The first directory among the arguments is where libFuzzer keeps its inputs. */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct stat st;
	int i;

	for (i = 1; i < *argc && seed_dir == NULL; i++)
		if (stat((*argv)[i], &st) == 0 && S_ISDIR(st.st_mode))
			seed_dir = (*argv)[i];
	if (seed_dir != NULL)
		fuzz_seeds();
	fuzz_start();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { .at = data, .len = len };
	static unsigned int most; /* before any input */

	if (most == 0)
		most = most_fds();
	fuzz_run(&in);
	fuzz_assert(!has_more_fds(most));
	return 0;
}
