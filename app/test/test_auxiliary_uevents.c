/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Uevents, which the kernel is asked to spread: which of them the bus hears.
 */

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>

#include <rte_alarm.h>

#include "aux_events.h"

#define UEVENTS 200

/* The kernel spreads what root hands it, as if it were its own. */
static int
uevent_send(const char *subsystem, const char *path)
{
	struct {
		struct nlmsghdr header;
		char text[512];
	} msg = { .header = { .nlmsg_type = NLMSG_MIN_TYPE, .nlmsg_flags = NLM_F_REQUEST } };
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	ssize_t sent;
	int len;

	if (fd < 0)
		return -errno;
	len = snprintf(msg.text, sizeof(msg.text), "add@%s%cACTION=add%cDEVPATH=%s%cSUBSYSTEM=%s",
		path, '\0', '\0', path, '\0', subsystem);
	msg.header.nlmsg_len = NLMSG_LENGTH(len + 1);
	sent = sendto(fd, &msg, msg.header.nlmsg_len, 0, (struct sockaddr *)&kernel,
			sizeof(kernel));
	close(fd);
	return sent < 0 ? -errno : 0;
}

/* The kernel's devices, of which there need not be any, and those of the test. */
static int
start_on_uevents(void)
{
	char both[300];

	snprintf(both, sizeof(both), "/sys/bus/auxiliary/devices:%s", aux_root);
	setenv("SYSFS_AUXILIARY_DEVICES", both, 1);
	return aux_start(NULL, 0);
}

static void
tell_tid(void *arg)
{
	__atomic_store_n((pid_t *)arg, gettid(), __ATOMIC_RELEASE);
}

/* How often the interrupt thread has slept, or -1. */
static long
interrupt_sleeps(void)
{
	char path[64], line[128];
	long sleeps = -1;
	pid_t tid = 0;
	FILE *file;

	if (rte_eal_alarm_set(1, tell_tid, &tid) != 0)
		return -1;
	while (__atomic_load_n(&tid, __ATOMIC_ACQUIRE) == 0)
		usleep(100);
	snprintf(path, sizeof(path), "/proc/self/task/%d/status", tid);
	file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "voluntary_ctxt_switches: %ld", &sleeps) == 1)
			break;
	if (file != NULL)
		fclose(file);
	return sleeps;
}

/* What happens to the host's other devices does not wake the process. */
static int
test_other_uevents(void)
{
	unsigned int i;
	long before;

	if (getenv("SF_EMULATOR") != NULL)
		return test_skip("an emulated thread also sleeps when its emulator does");
	TEST_ASSERT_OK(start_on_uevents());
	if (uevent_send("net", "/devices/test/eth0") < 0)
		return test_skip("needs root to have the kernel spread a uevent");
	aux_nothing_happens();
	before = interrupt_sleeps();
	TEST_ASSERT(before >= 0, "no interrupt thread");
	for (i = 0; i < UEVENTS; i++) {
		TEST_ASSERT_OK(uevent_send(i % 2 == 0 ? "net" : "block", "/devices/test/other0"));
		usleep(200);
	}
	TEST_ASSERT(interrupt_sleeps() - before < UEVENTS / 10, "woken");
	return TEST_SUCCESS;
}

/* How often the bus looks after a uevent, and after others that the host may have. */
static int
looks_after(const char *subsystem, const char *path, bool expected, unsigned int *looks)
{
	aux_nothing_happens();
	aux_log_debug_start();
	TEST_ASSERT_OK(uevent_send(subsystem, path));
	/* A busy machine takes its time for what comes. */
	if (expected)
		test_log_wait("look:");
	else
		aux_nothing_happens();
	*looks = aux_log_debug_end("look:");
	return TEST_SUCCESS;
}

/* Each of the subsystems that a device or its node belongs to has the bus look. */
static int
test_uevents_that_matter(void)
{
	static const char *const subsystems[] = { "auxiliary", "mdev", "vfio", "vfio-dev" };
	char path[300];
	unsigned int i, looks;

	/* As long as a path may be that the filter looks through, and longer. */
	memset(path, 'x', sizeof(path) - 1);
	memcpy(path, "/devices/", 9);
	path[200] = '\0';
	TEST_ASSERT_OK(start_on_uevents());
	TEST_ASSERT_OK(aux_monitor_start());
	if (uevent_send("net", "/devices/test/eth0") < 0)
		return test_skip("needs root to have the kernel spread a uevent");
	for (i = 0; i < 2 * RTE_DIM(subsystems); i++) {
		TEST_ASSERT_OK(looks_after(subsystems[i / 2],
				i % 2 == 0 ? path : "/devices/test/mock.sf.0", true, &looks));
		TEST_ASSERT(looks > 0, "%s is not heard", subsystems[i / 2]);
	}
	for (i = 0, looks = 1; i < 5 && looks > 0; i++)
		TEST_ASSERT_OK(looks_after("net", path, false, &looks));
	TEST_ASSERT_EQUAL(looks, 0);
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_other_uevents),
	TEST_CASE(test_uevents_that_matter),
	{ .name = NULL }
};

static struct test_suite auxiliary_uevents_suite = {
	.name = "auxiliary_uevents_autotest",
	.case_setup = aux_events_setup,
	.case_teardown = aux_events_teardown,
	.cases = cases,
};

TEST_REGISTER(auxiliary_uevents_suite);
