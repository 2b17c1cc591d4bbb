/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "fake_device.h"

struct rte_vfio_dev *fake_dev;
uint32_t fake_timeout_ms = RTE_VFIO_DEV_TIMEOUT_MS;

static char socket_path[256];

int
fake_suite_setup(void)
{
	const char *dir = test_dir_create();

	if (dir == NULL)
		return TEST_FAILED;
	snprintf(socket_path, sizeof(socket_path), "%s/vfio-user", dir);
	return TEST_SUCCESS;
}

void
fake_suite_teardown(void)
{
	test_dir_remove();
}

int
fake_start(enum fake_fault fault)
{
	return fake_server_start(socket_path, fault);
}

static int
node_open(const char *cdev, enum rte_vfio_transport transport)
{
	const struct rte_vfio_dev_node node = {
		.name = FAKE_DEVICE,
		.user_socket = socket_path,
		.cdev = cdev,
		.timeout_ms = fake_timeout_ms,
	};

	return rte_vfio_dev_open(&node, transport, &fake_dev);
}

int
fake_open(enum rte_vfio_transport transport)
{
	return node_open(NULL, transport);
}

int
fake_open_or(const char *cdev)
{
	return node_open(cdev, RTE_VFIO_TRANSPORT_ANY);
}

void
fake_close(void)
{
	rte_vfio_dev_close(fake_dev);
	fake_dev = NULL;
}

void
fake_stop(void)
{
	fake_server_stop();
	unlink(socket_path);
}

void
fake_case_teardown(void)
{
	fake_close();
	fake_stop();
	fake_timeout_ms = RTE_VFIO_DEV_TIMEOUT_MS;
}

static uint64_t started;

void
fake_clock_start(void)
{
	started = rte_get_timer_cycles();
}

unsigned int
fake_clock_ms(void)
{
	return (rte_get_timer_cycles() - started) * MS_PER_S / rte_get_timer_hz();
}

unsigned int fake_gone;

static void
count_gone(struct rte_vfio_dev *dev, enum rte_vfio_dev_event event, void *arg)
{
	if (dev == fake_dev && event == RTE_VFIO_DEV_EVENT_GONE && arg == &fake_gone)
		__atomic_add_fetch(&fake_gone, 1, __ATOMIC_RELEASE);
}

int
fake_watch(bool on)
{
	return rte_vfio_dev_event_set(fake_dev, on ? count_gone : NULL, on ? &fake_gone : NULL);
}

int
fake_start_watched(void)
{
	fake_gone = 0;
	TEST_ASSERT_OK(fake_start(FAKE_NONE));
	fake_timeout_ms = FAKE_TIMEOUT_MS;
	TEST_ASSERT_OK(fake_open(RTE_VFIO_TRANSPORT_ANY));
	return fake_watch(true);
}

int
fake_expect_gone(void)
{
	uint32_t v;

	TEST_ASSERT(test_wait_for(&fake_gone, 1), "told %u times", fake_gone);
	fake_clock_start();
	TEST_ASSERT_EQUAL(rte_vfio_region_read32(fake_dev, 1, 0, &v), -ENODEV);
	TEST_ASSERT_EQUAL(rte_vfio_dev_reset(fake_dev), -ENODEV);
	fake_close();
	TEST_ASSERT(fake_clock_ms() < FAKE_SLACK_MS, "%u ms", fake_clock_ms());
	TEST_ASSERT_EQUAL(fake_gone, 1);
	return TEST_SUCCESS;
}
