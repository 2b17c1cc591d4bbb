/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Every failure once: whatever the bus, common/vfio and the driver call fails, one
 * call after the other, in what inject_life.h has.  Nothing hangs or is left behind, the
 * log has a line, and the next life is a good one.
 */

#include <errno.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_interrupts.h>

#include "fake_device.h"
#include "inject.h"
#include "inject_life.h"
#include "sf_ports.h"

static const char *const libraries[] = { INJECT_LIBRARIES };

static const struct inject_life *const lives[] = {
	&inject_life_of_ports,
	&inject_life_of_device,
};

unsigned int inject_patience_ms;
bool inject_is_thorough;

static const struct inject_life *life; /* the one that something fails in */

const char *
inject_transport(void)
{
	const char *name = getenv("SF_TRANSPORT");

	return name == NULL ? "user" : name;
}

bool
inject_is_user(void)
{
	return strcmp(inject_transport(), "user") == 0;
}

static unsigned int nb_good, nb_bad; /* lives that went on in spite of a failure; bad ones */
static struct test_resources before; /* any life */

/* With fewer, the libraries are not being watched. */
#define MIN_POINTS 60
#define MIN_REQUESTS 50

/* --- Failures ---------------------------------------------------------------- */

/* Mbufs that a device may still write are kept, and the log says so. */
static int
mbufs_same(unsigned int avail)
{
	unsigned int i, kept = test_log_count_so_far("kept", "");

	for (i = 0; i < 100 && rte_mempool_avail_count(pool) != avail; i++)
		rte_delay_us_sleep(1000);
	if (kept == 0)
		TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), avail);
	return TEST_SUCCESS;
}

static int
good_life(void)
{
	unsigned int mbufs = rte_mempool_avail_count(pool);
	int ret;

	inject_patience_ms = 5000;
	ret = life->live();
	inject_patience_ms = 1000;
	life->die();
	TEST_ASSERT_EQUAL(ret, 0);
	TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), mbufs);
	return TEST_SUCCESS;
}

/* Lines about a device, or of a bus that could not even look for one; EAL always has some. */
static unsigned int
lines_of_ours(void)
{
	return test_log_count_so_far("sf_sim.sf", "") -
		test_log_count_so_far("sf_sim.sf", "EAL: ") +
		test_log_count_so_far(FAKE_DEVICE, "") +
		test_log_count_so_far("device 0000:", "") +
		test_log_count_so_far("auxiliary bus: ", "");
}

/* Whether a point is a request for memory. */
static bool
is_memory(unsigned int point)
{
	return inject_is(point, "calloc") || inject_is(point, "malloc") ||
		inject_is(point, "realloc") || inject_is(point, "strdup");
}

/* A life that something has failed in, and one after that. */
static int
life_judged(int ret, unsigned int mbufs, unsigned int failed)
{
	TEST_ASSERT_OK(test_resources_same(&before));
	TEST_ASSERT_OK(mbufs_same(mbufs));
	TEST_ASSERT(ret == 0 || lines_of_ours() > 0, "nothing is said of %d", ret);
	TEST_ASSERT(ret == 0 || ret == -ENOMEM || ret == LIFE_GOES_WRONG_ELSEWHERE ||
		!is_memory(failed), "no memory is %d", ret);
	nb_good += ret == 0;
	return good_life();
}

/* With a log that is read, as when a life is judged. */
static void
resources_measure(void)
{
	test_log_start();
	before = test_resources_now();
	test_log_drop();
}

/* Judge a life in which something was made to fail.  False if nothing has. */
static bool
life_end(int ret, unsigned int mbufs)
{
	char name[128];
	int failed;

	if (ret != 0)
		rte_delay_us_sleep(2000); /* other threads may have to do with it */
	failed = inject_end();
	life->die();
	if (failed < 0 || life_judged(ret, mbufs, failed) == TEST_SUCCESS) {
		test_log_drop();
		return failed >= 0;
	}
	test_log_end();
	printf("# this was %s\n", inject_name(failed, name, sizeof(name)));
	nb_bad++;
	resources_measure();
	return true;
}

/* A life, with what fails in it. */
#define LIFE(injection) ({ \
	unsigned int life_mbufs = rte_mempool_avail_count(pool); \
	test_log_start(); \
	injection; \
	life_end(life->live(), life_mbufs); \
})

static unsigned int
points_in(enum inject_state state)
{
	unsigned int i, nb = 0;

	for (i = 0; i < inject_points(); i++)
		nb += inject_state(i) == state;
	return nb;
}

/* Those that have not failed and are only met after a failure, after that failure. */
static void
fail_after(void)
{
	unsigned int i, nb;

	do {
		nb = points_in(INJECT_FAILED);
		for (i = 0; i < inject_points(); i++)
			if (inject_state(i) == INJECT_MET_AFTER_FAILURE)
				LIFE(inject_again(i));
	} while (points_in(INJECT_FAILED) > nb);
}

/* A socket has no room for the first message of each place that sends, and no wait for room. */
static void
fail_full(void)
{
	unsigned int i;

	inject_full(true);
	for (i = 0; i < inject_points(); i++)
		if (inject_is(i, "sendmsg"))
			LIFE(inject_after(i, 0));
	fail_after();
	inject_full(false);
}

/* The first call of each point, until there is none that has not failed. */
static int
fail_once(void)
{
	const unsigned int before_it = points_in(INJECT_FAILED);
	unsigned int nb;

	inject_is_thorough = true;
	while (LIFE(inject_next()))
		;
	nb = points_in(INJECT_FAILED);
	fail_after();
	fail_full();
	inject_is_thorough = false;
	printf("# %s: %u points have failed, and %u after another; %u lives went on\n", life->name,
		nb - before_it, points_in(INJECT_FAILED) - nb, nb_good);
	return TEST_SUCCESS;
}

/* All calls of each point. */
static int
fail_always(void)
{
	unsigned int i, nb = 0;

	TEST_ASSERT_OK(good_life()); /* which meets the points */
	for (i = 0; i < inject_points(); i++)
		if (inject_state(i) != INJECT_UNMET)
			nb += LIFE(inject_always(i));
	printf("# %s: %u points have failed all the time; %u lives went on\n", life->name, nb,
		nb_good);
	return TEST_SUCCESS;
}

/*
 * All requests to a device are sent by a few calls in common/vfio: have the first call of
 * such a place fail, in the next life the second, and so on.
 */
static int
fail_requests(void)
{
	const char *function = inject_is_user() ? "sendmsg" : "ioctl";
	unsigned int i, k, nb = 0;

	TEST_ASSERT_OK(good_life());
	for (i = 0; i < inject_points(); i++) {
		for (k = 0; inject_is(i, function) && LIFE(inject_after(i, k)); k++)
			nb++;
	}
	printf("# %s: %u requests have failed; %u lives went on\n", life->name, nb, nb_good);
	TEST_ASSERT(life != lives[0] || nb > MIN_REQUESTS, "%u requests", nb);
	return TEST_SUCCESS;
}

static int
in_life(const struct inject_life *one, int (*fail)(void))
{
	life = one;
	nb_good = nb_bad = 0;
	/* The kernel's VFIO leaves a container, after the first life of all. */
	inject_patience_ms = 1000;
	if (!inject_is_user())
		TEST_ASSERT_OK(good_life());
	resources_measure();
	TEST_ASSERT_OK(fail());
	TEST_ASSERT_EQUAL(nb_bad, 0);
	return TEST_SUCCESS;
}

/* In each of the lives that the transport has. */
static int
in_lives(int (*fail)(void))
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(lives); i++)
		TEST_ASSERT_OK(in_life(lives[i], fail));
	return TEST_SUCCESS;
}

static int
test_each_once(void)
{
	TEST_ASSERT_OK(in_lives(fail_once));
	printf("# of %u points %u have failed; %u were met and have not, %u were not met\n",
		inject_points(), points_in(INJECT_FAILED),
		points_in(INJECT_MET) + points_in(INJECT_MET_AFTER_FAILURE),
		points_in(INJECT_UNMET));
	TEST_ASSERT(points_in(INJECT_FAILED) > MIN_POINTS, "the libraries are not watched");
	return TEST_SUCCESS;
}

static int
test_each_always(void)
{
	return in_life(&inject_life_of_ports, fail_always);
}

static int
test_each_request(void)
{
	return in_lives(fail_requests);
}

static int
fail_epoll_ctl(void)
{
	unsigned int i, nb = 0;

	TEST_ASSERT_OK(good_life()); /* which meets the points */
	for (i = 0; i < inject_points(); i++)
		if (inject_is(i, "epoll_ctl") && LIFE(inject_always(i)))
			nb++;
	TEST_ASSERT(nb > 0, "no point");
	return TEST_SUCCESS;
}

/*
 * EAL's interrupt thread polls the sockets of vfio-user devices by an epoll set of
 * common/vfio, which names a device by its pointer.  Here epoll_ctl() fails to take a socket
 * out of the set when its device is closed: the thread must not use the pointer after
 * common/vfio has freed the device.  Only ThreadSanitizer notices if it does.
 */
static int
test_epoll_ctl(void)
{
	if (!inject_is_user())
		return test_skip("the kernel's VFIO has no sockets");
	return in_life(&inject_life_of_ports, fail_epoll_ctl);
}

/* --- Suite ------------------------------------------------------------------- */

static int
suite_setup(void)
{
	struct rte_epoll_event event;
	unsigned int i;
	int ret;

	TEST_ASSERT_OK(fake_suite_setup());
	TEST_ASSERT_OK(sf_suite_setup());
	rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, 0); /* EAL has it from the first use on */
	for (i = 0; i < RTE_DIM(libraries); i++) {
		ret = inject_watch(libraries[i]);
		if (ret == -ENOENT)
			return test_skip("the libraries are part of the program");
		TEST_ASSERT_EQUAL(ret, 0);
	}
	for (i = 0; i < RTE_DIM(lives); i++)
		TEST_ASSERT_OK(lives[i]->setup());
	return TEST_SUCCESS;
}

static void
suite_teardown(void)
{
	const char *path = getenv("SF_POINTS");
	unsigned int i;

	if (path != NULL)
		inject_save(path);
	for (i = 0; i < RTE_DIM(lives); i++)
		lives[i]->teardown();
	sf_suite_teardown();
	fake_suite_teardown();
}

static const struct test_case cases[] = {
	TEST_CASE(test_each_once),
	TEST_CASE(test_each_always),
	TEST_CASE(test_each_request),
	TEST_CASE(test_epoll_ctl),
	{ .name = NULL }
};

static struct test_suite inject_suite = {
	.name = "inject_autotest",
	.setup = suite_setup,
	.teardown = suite_teardown,
	.cases = cases,
};

TEST_REGISTER(inject_suite);
