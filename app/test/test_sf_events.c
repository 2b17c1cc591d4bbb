/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * What an application may do in the callback of an event, and what it is told.
 */

#include <errno.h>

#include <rte_alarm.h>
#include <rte_cycles.h>

#include "sf_ports.h"

/* What a callback does with port 0, once. */
static int (*in_callback)(void);
static int result;
static unsigned int calls; /* that have returned */

static int
on_event(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	RTE_SET_USED(port);
	RTE_SET_USED(type);
	RTE_SET_USED(arg);
	RTE_SET_USED(ret);
	if (in_callback != NULL)
		result = in_callback();
	in_callback = NULL;
	__atomic_add_fetch(&calls, 1, __ATOMIC_RELEASE);
	return 0;
}

static int
do_stop(void)
{
	return rte_eth_dev_stop(ports[0]);
}

static int
do_close(void)
{
	int ret = rte_eth_dev_stop(ports[0]);

	return ret != 0 ? ret : rte_eth_dev_close(ports[0]);
}

static int
do_remove(void)
{
	return port_detach(0);
}

static int
do_reset(void)
{
	return rte_eth_dev_reset(ports[0]);
}

/* Start both ports, with a callback on the first for one kind of event. */
static int
start(enum rte_eth_event_type type, int (*action)(void))
{
	struct rte_eth_conf conf = { .intr_conf = { .lsc = 1, .rmv = 1 } };

	TEST_ASSERT_OK(ports_start(1, 64, &conf));
	rte_delay_us_sleep(20000); /* the link's way up has been told */
	calls = 0;
	result = -1;
	in_callback = action;
	return rte_eth_dev_callback_register(ports[0], type, on_event, NULL);
}

/* The callback has returned, and the interrupt thread is there for others. */
static int
returned(enum rte_eth_event_type type)
{
	TEST_ASSERT_OK(wait_event(&calls, 1));
	TEST_ASSERT_OK(result);
	if (rte_eth_dev_is_valid_port(ports[0]))
		TEST_ASSERT_OK(rte_eth_dev_callback_unregister(ports[0], type, on_event, NULL));
	return TEST_SUCCESS;
}

static void
halt(void)
{
	*sim_host_lock(0)->dev.txq[0].db = 64;
	sim_host_unlock();
}

static int
attach_again(void)
{
	if (rte_eth_dev_is_valid_port(ports[0]))
		return TEST_SUCCESS;
	port_detach(0);
	return port_attach(0, "");
}

/* A halted queue, and the port stopped, closed, removed or reset in the callback. */
static int
test_in_reset_callback(void)
{
	static int (*const actions[])(void) = { do_stop, do_close, do_remove, do_reset };
	unsigned int i;

	for (i = 0; i < RTE_DIM(actions); i++) {
		TEST_ASSERT_OK(start(RTE_ETH_EVENT_INTR_RESET, actions[i]));
		halt();
		TEST_ASSERT(returned(RTE_ETH_EVENT_INTR_RESET) == 0, "action %u", i);
		TEST_ASSERT_OK(attach_again());
		rte_eth_dev_stop(ports[0]);
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	}
	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	return ports_exchange(ports[0], ports[1], 64);
}

static int
test_in_link_callback(void)
{
	static int (*const actions[])(void) = { do_stop, do_close, do_remove, do_reset };
	unsigned int i;

	for (i = 0; i < RTE_DIM(actions); i++) {
		TEST_ASSERT_OK(start(RTE_ETH_EVENT_INTR_LSC, actions[i]));
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
		TEST_ASSERT(returned(RTE_ETH_EVENT_INTR_LSC) == 0, "action %u", i);
		TEST_ASSERT_OK(attach_again());
		rte_eth_dev_stop(ports[0]);
	}
	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	return ports_exchange(ports[0], ports[1], 64);
}

static void
forget_errno(void *arg)
{
	RTE_SET_USED(arg);
	errno = 0;
}

/* A change of the link is told, and is no error, whatever errno was of on EAL's thread. */
static int
test_link_event(void)
{
	TEST_ASSERT_OK(start(RTE_ETH_EVENT_INTR_LSC, NULL));
	TEST_ASSERT_OK(rte_eal_alarm_set(1, forget_errno, NULL));
	rte_delay_us_sleep(20000);
	test_log_start();
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_OK(wait_event(&calls, 1));
	TEST_ASSERT_EQUAL(test_log_count("sf_sim.sf.0"), 0);
	TEST_ASSERT_OK(rte_eth_dev_callback_unregister(ports[0], RTE_ETH_EVENT_INTR_LSC, on_event,
		NULL));
	return rte_eth_dev_stop(ports[0]);
}

/* A device that goes takes its link down, and that is told as any other change of it. */
static int
test_link_of_gone_device(void)
{
	struct rte_eth_link link;

	TEST_ASSERT_OK(start(RTE_ETH_EVENT_INTR_LSC, NULL));
	sim_host_stop();
	TEST_ASSERT_OK(wait_event(&calls, 1));
	TEST_ASSERT_OK(rte_eth_link_get_nowait(ports[0], &link));
	TEST_ASSERT_EQUAL(link.link_status, RTE_ETH_LINK_DOWN);
	rte_delay_us_sleep(20000);
	TEST_ASSERT_EQUAL(calls, 1);
	TEST_ASSERT_OK(rte_eth_dev_callback_unregister(ports[0], RTE_ETH_EVENT_INTR_LSC, on_event,
		NULL));
	return sim_host_start(devices, 2, SF_WIRE_PAIR);
}

static int
in_removal_callback(int (*action)(void))
{
	TEST_ASSERT_OK(start(RTE_ETH_EVENT_INTR_RMV, action));
	sim_host_stop();
	TEST_ASSERT_OK(returned(RTE_ETH_EVENT_INTR_RMV));
	port_detach(0);
	TEST_ASSERT_OK(port_detach(1));
	TEST_ASSERT_OK(sim_host_start(devices, 2, SF_WIRE_PAIR));
	TEST_ASSERT_OK(port_attach(0, ""));
	return port_attach(1, "");
}

/* The device has gone, and its port is stopped, closed or removed in the callback. */
static int
test_in_removal_callback(void)
{
	TEST_ASSERT_OK(in_removal_callback(do_stop));
	TEST_ASSERT_OK(in_removal_callback(do_close));
	TEST_ASSERT_OK(in_removal_callback(do_remove));
	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	return ports_exchange(ports[0], ports[1], 64);
}

/* A reset of the port is one of the device; one that has gone cannot be reset, and stays gone. */
static int
test_reset(void)
{
	struct rte_eth_dev_info info;
	unsigned int resets;

	TEST_ASSERT_OK(rte_eth_dev_info_get(ports[0], &info));
	TEST_ASSERT_EQUAL(info.err_handle_mode, RTE_ETH_ERROR_HANDLE_MODE_PASSIVE);
	TEST_ASSERT_OK(start(RTE_ETH_EVENT_INTR_RMV, NULL));
	resets = sim_host_lock(0)->resets;
	sim_host_unlock();
	TEST_ASSERT_OK(rte_eth_dev_reset(ports[0]));
	resets = sim_host_lock(0)->resets - resets;
	sim_host_unlock();
	TEST_ASSERT_EQUAL(resets, 1);
	sim_host_stop();
	TEST_ASSERT_OK(wait_event(&calls, 1));
	TEST_ASSERT(rte_eth_dev_reset(ports[0]) < 0, "a device that has gone");
	TEST_ASSERT_EQUAL(rte_eth_dev_is_removed(ports[0]), 1);
	TEST_ASSERT_OK(rte_eth_dev_callback_unregister(ports[0], RTE_ETH_EVENT_INTR_RMV, on_event,
		NULL));
	return sim_host_start(devices, 2, SF_WIRE_PAIR);
}

static const struct test_case cases[] = {
	TEST_CASE(test_reset),
	TEST_CASE(test_in_reset_callback),
	TEST_CASE(test_in_link_callback),
	TEST_CASE(test_link_event),
	TEST_CASE(test_link_of_gone_device),
	TEST_CASE(test_in_removal_callback),
	{ .name = NULL }
};

static struct test_suite suite = SF_SUITE("sf_events_autotest", cases);

TEST_REGISTER(suite);
