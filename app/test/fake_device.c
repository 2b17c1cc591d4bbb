/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <unistd.h>

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

int
fake_open(enum rte_vfio_transport transport)
{
	const struct rte_vfio_dev_node node = {
		.name = FAKE_DEVICE,
		.user_socket = socket_path,
		.timeout_ms = fake_timeout_ms,
	};

	return rte_vfio_dev_open(&node, transport, &fake_dev);
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
