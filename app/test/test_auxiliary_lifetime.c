/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Devices are there as long as the bus is: whatever leaves, fails or is unplugged
 * on whatever thread, a pointer to a device is one.  A sanitizer sees most when
 * it is not; a name that has become another's shows some without one.
 */

#include <errno.h>
#include <unistd.h>
#include <stdio.h>

#include "aux_mock.h"

/* Devices that would be where one was that has been freed. */
static int
make_others(void)
{
	unsigned int i;
	char name[32];

	for (i = 100; i < 164; i++) {
		snprintf(name, sizeof(name), "mock.sf.%u", i);
		TEST_ASSERT_OK(aux_make_sf(name));
	}
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT(aux_count("bus=auxiliary") >= 64, "not found");
	return TEST_SUCCESS;
}

/* An unplugged device is on the bus while its entry is, and returns with that. */
static int
test_same_device(void)
{
	struct rte_device *dev;

	TEST_ASSERT_OK(aux_make_sf("mock.sf.0"));
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.0"));
	dev = aux_find("mock.sf.0");
	TEST_ASSERT_OK(rte_dev_remove(dev));
	TEST_ASSERT(aux_find("mock.sf.0") == dev, "unplugged and gone");
	TEST_ASSERT(!rte_dev_is_probed(dev), "has a driver");
	TEST_ASSERT_OK(aux_plug(dev));
	TEST_ASSERT_OK(aux_unplug(dev));
	TEST_ASSERT_OK(aux_remove("mock.sf.0"));
	TEST_ASSERT_OK(make_others());
	TEST_ASSERT(aux_find("mock.sf.0") == NULL, "not gone");
	TEST_ASSERT(strcmp(dev->name, "mock.sf.0") == 0, "%s", dev->name);
	TEST_ASSERT_OK(aux_make_sf("mock.sf.0"));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT(aux_find("mock.sf.0") == dev, "another device");
	return TEST_SUCCESS;
}

/* Another thread scans after a device was found and has left. */
static int
test_plug_left(void)
{
	struct rte_device *dev;

	TEST_ASSERT_OK(aux_make_sf("mock.sf.0"));
	TEST_ASSERT_OK(aux_scan());
	dev = aux_find("mock.sf.0");
	TEST_ASSERT_OK(aux_remove("mock.sf.0"));
	TEST_ASSERT_OK(make_others());
	TEST_ASSERT(strcmp(dev->name, "mock.sf.0") == 0, "%s", dev->name);
	TEST_ASSERT(aux_plug(dev) < 0, "plugged what has left");
	TEST_ASSERT_EQUAL(aux_mock.probes, 0);
	TEST_ASSERT_OK(aux_make_sf("mock.sf.0"));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(aux_plug(dev));
	TEST_ASSERT(aux_find("mock.sf.0") == dev, "another device");
	return TEST_SUCCESS;
}

static void
leave(const char *name)
{
	aux_remove(name);
}

/* It left while it was probed, which failed. */
static int
test_scan_after_failure(void)
{
	struct rte_device *dev;

	TEST_ASSERT_OK(aux_make_sf("mock.sf.0"));
	TEST_ASSERT_OK(aux_scan());
	dev = aux_find("mock.sf.0");
	aux_mock.on_probe = leave;
	aux_mock.probe_result = -EIO;
	TEST_ASSERT_EQUAL(aux_plug(dev), -EIO);
	TEST_ASSERT_OK(make_others());
	TEST_ASSERT(strcmp(dev->name, "mock.sf.0") == 0, "%s", dev->name);
	TEST_ASSERT(!rte_dev_is_probed(dev), "has a driver");
	return TEST_SUCCESS;
}

static int
unplug_left_step(unsigned int i)
{
	struct rte_device *dev;

	RTE_SET_USED(i);
	TEST_ASSERT_OK(aux_make_sf("mock.sf.0"));
	TEST_ASSERT_OK(aux_scan());
	dev = aux_find("mock.sf.0");
	TEST_ASSERT(dev != NULL, "not found");
	TEST_ASSERT_OK(aux_plug(dev));
	TEST_ASSERT_OK(aux_remove("mock.sf.0"));
	TEST_ASSERT_OK(rte_dev_remove(dev));
	return TEST_SUCCESS;
}

/* The scan finds that a device has left, while the application detaches it. */
static int
test_unplug_left_meanwhile(void)
{
	return aux_scan_meanwhile(unplug_left_step, 300);
}

/* EAL names the device in a log line after a probe that failed. */
static int
fail_step(unsigned int i)
{
	struct rte_device *dev;

	RTE_SET_USED(i);
	TEST_ASSERT_OK(aux_make_sf("mock.sf.0"));
	TEST_ASSERT_OK(aux_scan());
	dev = aux_find("mock.sf.0");
	TEST_ASSERT(dev != NULL, "not found");
	TEST_ASSERT_EQUAL(aux_plug(dev), -EIO);
	TEST_ASSERT(strcmp(dev->name, "mock.sf.0") == 0, "%s", dev->name);
	return TEST_SUCCESS;
}

static int
test_fail_meanwhile(void)
{
	aux_mock.on_probe = leave;
	aux_mock.probe_result = -EIO;
	return aux_scan_meanwhile(fail_step, 300);
}

/* A look, 10 ms after a scan, is under way when the bus is cleaned up: it listens no more. */
static int
test_cleanup_while_looking(void)
{
	struct test_resources before;
	unsigned int i;

	TEST_ASSERT_OK(make_others());
	TEST_ASSERT_OK(aux_cleanup());
	before = test_resources_now();
	for (i = 0; i < 50; i++) {
		TEST_ASSERT_OK(aux_scan());
		TEST_ASSERT_OK(aux_probe());
		TEST_ASSERT_OK(aux_scan());
		usleep(9900 + i * 10);
		TEST_ASSERT_OK(aux_cleanup());
		TEST_ASSERT(test_resources_same(&before) == TEST_SUCCESS, "round %u", i);
	}
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_same_device),
	TEST_CASE(test_plug_left),
	TEST_CASE(test_scan_after_failure),
	TEST_CASE(test_unplug_left_meanwhile),
	TEST_CASE(test_fail_meanwhile),
	TEST_CASE(test_cleanup_while_looking),
	{ .name = NULL }
};

static struct test_suite auxiliary_lifetime_suite = {
	.name = "auxiliary_lifetime_autotest",
	.case_setup = aux_setup,
	.case_teardown = aux_teardown,
	.cases = cases,
};

TEST_REGISTER(auxiliary_lifetime_suite);
