/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <ctype.h>
#include <sched.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>

#include <rte_alarm.h>
#include <rte_common.h>
#include <rte_eal.h>
#include <rte_log.h>

#include "fuzz.h"
#include "fuzz_eal.h"

static void
is_up(void *up)
{
	sem_post(up);
}

static bool log_is_checked;

void
fuzz_log_check(void)
{
	log_is_checked = true;
}

/* Log lines end here; one that has more than text in it may do anything to a terminal. */
static ssize_t
discard(void *cookie, const char *line, size_t len)
{
	size_t i;

	RTE_SET_USED(cookie);
	for (i = 0; log_is_checked && i < len; i++)
		fuzz_assert(isprint((unsigned char)line[i]) || i == len - 1);
	return (ssize_t)len;
}

/* A line that is formatted and not written costs no system call. */
void
fuzz_log_start(void)
{
	const cookie_io_functions_t functions = { .write = discard };
	FILE *stream = fuzz_is_replay() ? stderr : fopencookie(NULL, "w", functions);

	fuzz_need(stream != NULL && rte_openlog_stream(stream) == 0, "log");
}

void
fuzz_eal_start(unsigned int mib)
{
	static char args[][16] = {
		"fuzz", "--no-huge", "--no-shconf", "--no-pci", "--no-telemetry", "-l", "0",
		"-m", "",
	};
	char *argv[RTE_DIM(args) + 1] = { NULL };
	cpu_set_t cpus;
	unsigned int i;
	sem_t up;

	fuzz_need(sched_getaffinity(0, sizeof(cpus), &cpus) == 0, "affinity");
	snprintf(args[RTE_DIM(args) - 1], sizeof(args[0]), "%u", mib);
	for (i = 0; i < RTE_DIM(args); i++)
		argv[i] = args[i];
	fuzz_need(rte_eal_init(RTE_DIM(args), argv) >= 0, "rte_eal_init");
	/* EAL binds every target to the same processor, and several may run at a time. */
	sched_setaffinity(0, sizeof(cpus), &cpus);
	fuzz_log_start();
	/* EAL's interrupt thread may be late, and has descriptors that are no leak. */
	sem_init(&up, 0, 0);
	fuzz_need(rte_eal_alarm_set(1, is_up, &up) == 0, "alarm");
	while (sem_wait(&up) != 0)
		;
	sem_destroy(&up);
}
