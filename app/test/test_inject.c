/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Every failure once: whatever the bus, common/vfio and the driver call fails, one
 * call after the other, in the life of two ports from scan to removal.  Nothing
 * hangs or is left behind, the log has a line, and the next life is a good one.
 *
 * The devices are simulated ones of this process, over vfio-user, or where
 * SF_TRANSPORT says group or cdev, those that the kernel has.
 */

#include <errno.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_flow.h>
#include <rte_interrupts.h>

#include "inject.h"
#include "sf_ports.h"
#include "test_compat.h"

/* Linked in, they are no libraries that could be watched, and none has this name. */
#ifndef TEST_SO_VERSION
#define TEST_SO_VERSION "none"
#endif

/* In DPDK's tree the bus has the file name of DPDK's own. */
#ifndef TEST_BUS_LIBRARY
#define TEST_BUS_LIBRARY "librte_bus_auxiliary.so." TEST_SO_VERSION
#endif

static const char *const libraries[] = {
	TEST_BUS_LIBRARY,
	"librte_common_vfio.so." TEST_SO_VERSION,
	"librte_common_auxiliary.so." TEST_SO_VERSION,
	"librte_net_sf_example.so." TEST_SO_VERSION,
};

static const char *transport; /* NULL: vfio-user */
static unsigned int nb_good, nb_bad; /* lives that went on in spite of a failure; bad ones */
static struct test_resources before; /* any life */

/* With fewer, the libraries are not being watched. */
#define MIN_POINTS 60
#define MIN_REQUESTS 50

/* --- A life ------------------------------------------------------------------ */

/* Give up at the first thing that fails. */
#define DO(call) do { \
	int do_ret = (call); \
	if (do_ret != 0) \
		return do_ret; \
} while (0)

static int
attach(unsigned int index)
{
	char text[128], name[32];

	snprintf(text, sizeof(text), "bus=auxiliary,name=sf_sim.sf.%u,vfio=%s,timeout=300", index,
		transport == NULL ? "user" : transport);
	DO(rte_dev_probe(text));
	snprintf(name, sizeof(name), "sf_sim.sf.%u", index);
	return rte_eth_dev_get_port_by_name(name, &ports[index]);
}

static int
attach_both(void)
{
	struct rte_bus *bus = rte_bus_find_by_name("auxiliary");

	DO(bus->scan());
	DO(attach(0));
	DO(attach(1));
	return compat_bus_probe(bus); /* which starts to listen for hotplug */
}

static int
control(uint16_t port)
{
	struct rte_ether_addr mac = { .addr_bytes = { 2, 0, 0, 0, 0, 7 } };
	const struct rte_flow_attr attr = { .ingress = 1 };
	const struct rte_flow_item items[] = {
		{ .type = RTE_FLOW_ITEM_TYPE_ETH }, { .type = RTE_FLOW_ITEM_TYPE_END }
	};
	const struct rte_flow_action_queue queue = { .index = 1 };
	const struct rte_flow_action actions[] = {
		{ .type = RTE_FLOW_ACTION_TYPE_QUEUE, .conf = &queue },
		{ .type = RTE_FLOW_ACTION_TYPE_END }
	};
	struct rte_eth_xstat xstats[256];
	struct rte_eth_stats stats;
	struct rte_flow_error error;
	struct rte_flow *flow;

	DO(rte_eth_dev_mac_addr_add(port, &mac, 0));
	DO(rte_eth_dev_mac_addr_remove(port, &mac));
	DO(rte_eth_stats_get(port, &stats));
	if (rte_eth_xstats_get(port, xstats, RTE_DIM(xstats)) < 0)
		return -EIO;
	DO(rte_eth_stats_reset(port));
	DO(rte_eth_allmulticast_enable(port));
	flow = rte_flow_create(port, &attr, items, actions, &error);
	if (flow == NULL)
		return -EIO;
	return rte_flow_destroy(port, flow, &error);
}

/* Sleep on a queue of port 1, until a packet comes. */
static int
sleep_on(uint16_t queue)
{
	struct rte_epoll_event event;
	struct rte_mbuf *in[BURST];
	int ret;

	DO(rte_eth_dev_rx_intr_ctl_q(ports[1], queue, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_ADD,
		NULL));
	ret = rte_eth_dev_rx_intr_enable(ports[1], queue);
	if (ret == 0)
		rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, 0);
	ret |= rte_eth_dev_rx_intr_disable(ports[1], queue);
	rte_pktmbuf_free_bulk(in, rte_eth_rx_burst(ports[1], queue, in, BURST));
	ret |= rte_eth_dev_rx_intr_ctl_q(ports[1], queue, RTE_EPOLL_PER_THREAD,
		RTE_INTR_EVENT_DEL, NULL);
	return ret;
}

/* Packets may get lost where something fails, and no mbuf may. */
static int
traffic(void)
{
	struct rte_mbuf *out[BURST], *in[BURST];
	uint16_t i, nb;

	for (i = 0; i < BURST; i++)
		out[i] = make_frame(60 + i, station, i);
	nb = rte_eth_tx_burst(ports[0], 0, out, BURST);
	rte_pktmbuf_free_bulk(out + nb, BURST - nb);
	nb = port_receive(ports[1], 0, in, nb, 50);
	rte_pktmbuf_free_bulk(in, nb);
	return nb == BURST ? 0 : -EIO;
}

static int
start_both(void)
{
	struct rte_eth_conf conf = { .intr_conf = { .lsc = 1, .rmv = 1, .rxq = 1 } };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		DO(port_configure(ports[i], 2, 64, &conf));
		DO(rte_eth_dev_start(ports[i]));
		DO(rte_eth_promiscuous_enable(ports[i]));
	}
	for (i = 0; i < 2; i++)
		DO(port_wait_link(ports[i], true));
	return 0;
}

static int
live(void)
{
	DO(attach_both());
	DO(start_both());
	DO(control(ports[1]));
	DO(traffic());
	DO(sleep_on(1));
	DO(rte_eth_dev_stop(ports[1]));
	DO(rte_eth_dev_start(ports[1]));
	DO(rte_eth_dev_reset(ports[0]));
	rte_delay_us_sleep(15 * 1000); /* the bus looks what has come and gone */
	DO(rte_eth_dev_stop(ports[1]));
	DO(port_detach(0));
	return port_detach(1);
}

/* Whatever is left, when nothing fails any more. */
static void
die(void)
{
	unsigned int i;
	char name[32];

	for (i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "sf_sim.sf.%u", i);
		if (rte_eth_dev_get_port_by_name(name, &ports[i]) == 0)
			rte_eth_dev_stop(ports[i]);
		port_detach(i);
	}
	compat_bus_cleanup(rte_bus_find_by_name("auxiliary"));
}

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
	int ret = live();

	die();
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
	TEST_ASSERT(ret == 0 || ret == -ENOMEM || !is_memory(failed), "no memory is %d", ret);
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
	int failed = inject_end();
	char name[128];

	die();
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
	life_end(live(), life_mbufs); \
})

/* The first call of each point, until there is none that has not failed. */
static int
test_each_once(void)
{
	while (LIFE(inject_next()))
		;
	printf("# %u points; %u have failed once, %u are only met after a failure; %u lives went on\n",
		inject_points(), inject_points() - inject_spared(), inject_spared(), nb_good);
	TEST_ASSERT(inject_points() > MIN_POINTS, "%u points", inject_points());
	TEST_ASSERT_EQUAL(nb_bad, 0);
	return TEST_SUCCESS;
}

/* All calls of each point. */
static int
test_each_always(void)
{
	unsigned int i, nb = inject_points();

	for (i = 0; i < nb; i++)
		LIFE(inject_always(i));
	printf("# %u points have failed all the time; %u lives went on\n", nb, nb_good);
	TEST_ASSERT(nb > MIN_POINTS, "%u points", nb);
	TEST_ASSERT_EQUAL(nb_bad, 0);
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
	unsigned int i, nb = 0;

	if (transport != NULL)
		return test_skip("the kernel's VFIO has no sockets");
	TEST_ASSERT_OK(good_life()); /* which meets the points */
	for (i = 0; i < inject_points(); i++)
		if (inject_is(i, "epoll_ctl") && LIFE(inject_always(i)))
			nb++;
	TEST_ASSERT(nb > 0, "no point");
	TEST_ASSERT_EQUAL(nb_bad, 0);
	return TEST_SUCCESS;
}

/*
 * All requests to a device are sent by a few calls in common/vfio: have the first call of
 * such a place fail, in the next life the second, and so on.
 */
static int
test_each_request(void)
{
	const char *function = transport == NULL ? "sendmsg" : "ioctl";
	unsigned int i, k, nb = inject_points(), sum = 0;

	for (i = 0; i < nb; i++) {
		for (k = 0; inject_is(i, function) && LIFE(inject_after(i, k)); k++)
			sum++;
	}
	printf("# %u requests have failed; %u lives went on\n", sum, nb_good);
	TEST_ASSERT(sum > MIN_REQUESTS, "%u requests", sum);
	TEST_ASSERT_EQUAL(nb_bad, 0);
	return TEST_SUCCESS;
}

/* --- Suite ------------------------------------------------------------------- */

static int
suite_setup(void)
{
	const char *dir = test_dir_create();
	unsigned int i;
	int ret;

	TEST_ASSERT(dir != NULL, "no directory");
	TEST_ASSERT_OK(sf_suite_setup());
	for (i = 0; i < RTE_DIM(libraries); i++) {
		ret = inject_watch(libraries[i]);
		if (ret == -ENOENT)
			return test_skip("the libraries are part of the program");
		TEST_ASSERT_EQUAL(ret, 0);
	}
	compat_bus_cleanup(rte_bus_find_by_name("auxiliary")); /* as before EAL has probed it */
	transport = getenv("SF_TRANSPORT");
	if (transport != NULL)
		return TEST_SUCCESS;
	snprintf(devices, sizeof(devices), "%s/devices", dir);
	setenv("SYSFS_AUXILIARY_DEVICES", devices, 1);
	return sim_host_start(devices, 2, SF_WIRE_PAIR);
}

static int
case_setup(void)
{
	struct rte_epoll_event event;

	nb_good = nb_bad = 0;
	rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, 0); /* EAL has it from the first use on */
	/* The kernel's VFIO leaves a container, after the first life of all. */
	if (transport != NULL)
		TEST_ASSERT_OK(good_life());
	resources_measure();
	return TEST_SUCCESS;
}

static void
suite_teardown(void)
{
	sim_host_stop();
	test_dir_remove();
	sf_suite_teardown();
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
	.case_setup = case_setup,
	.cases = cases,
};

TEST_REGISTER(inject_suite);
