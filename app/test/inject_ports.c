/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The life of two ports, from scan to removal.  Beside them a third device comes, which the
 * bus plugs.
 *
 * The devices are simulated ones of this process, over vfio-user, or those that the kernel
 * has.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_flow.h>
#include <rte_interrupts.h>
#include <rte_memzone.h>

#include "inject_life.h"
#include "sf_ports.h"
#include "test_compat.h"

#define NB_DEVICES 3
#define NB_DESC 64
#define ROOT_NAMES 2000
#define THIRD INJECT_THIRD

/* --- The third device -------------------------------------------------------------- */

/* Over vfio-user: its directory, and where that is while the device is away. */
static char there[PATH_MAX], away[PATH_MAX];
/* With the kernel's devices: the sysfs directory of the third one's driver. */
static char driver[PATH_MAX];

/* Have its kernel driver "bind" or "unbind" it, so that it is offered over VFIO or not. */
static void
bind_third(const char *attribute)
{
	char path[PATH_MAX + 16];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", driver, attribute);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, THIRD, strlen(THIRD)) < 0)
		printf("# %s: %s\n", attribute, strerror(errno));
	close(fd);
}

void
inject_third_comes(void)
{
	if (!inject_is_user())
		bind_third("bind");
	else
		rename(away, there);
}

void
inject_third_goes(void)
{
	if (inject_is_user())
		rename(there, away);
	else if (access(INJECT_KERNELS "/" THIRD "/driver", F_OK) == 0)
		bind_third("unbind");
}

/* Whether EAL's interrupt thread, which hears of the device, has made a port of it. */
static int
third_is_plugged(void)
{
	unsigned int ms;
	uint16_t port;

	for (ms = 0; ms < inject_patience_ms; ms++) {
		if (rte_eth_dev_get_port_by_name(THIRD, &port) == 0 &&
				rte_eth_dev_is_valid_port(port))
			return 0;
		rte_delay_us_sleep(1000);
	}
	return LIFE_GOES_WRONG_ELSEWHERE;
}

/* Its server hangs up.  The kernel instead would wait until the device is closed. */
static int
third_is_lost(void)
{
	unsigned int ms;
	uint16_t port;

	if (!inject_is_user())
		return 0;
	shutdown(sim_host_lock(2)->conn.fd, SHUT_RDWR);
	sim_host_unlock();
	DO(rte_eth_dev_get_port_by_name(THIRD, &port));
	for (ms = 0; ms < inject_patience_ms; ms++) {
		if (rte_eth_dev_is_removed(port) == 1)
			return 0;
		rte_delay_us_sleep(1000);
	}
	return LIFE_GOES_WRONG_ELSEWHERE;
}

/* The third device is a port before its probe is over, and busy until then. */
static int
third_is_removed(void)
{
	unsigned int ms;
	int ret = -EBUSY;

	for (ms = 0; ms < inject_patience_ms && ret == -EBUSY; ms++) {
		ret = port_detach(2);
		rte_delay_us_sleep(1000);
	}
	return ret;
}

/* --- A life ------------------------------------------------------------------------ */

static int
attach(unsigned int index)
{
	char text[160], name[32];

	snprintf(text, sizeof(text), "bus=auxiliary,name=sf_sim.sf.%u,vfio=%s,timeout=1000"
		"/class=eth/driver=net_sf_example,pause=0", index, inject_transport());
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

/* Have the bus plug the third device when it comes. */
static int
wish_for_third(void)
{
	char text[128];

	snprintf(text, sizeof(text), "bus=auxiliary,name=" THIRD ",vfio=%s,hotplug=full",
		inject_transport());
	DO(rte_devargs_add(RTE_DEVTYPE_ALLOWED, text));
	return rte_bus_find_by_name("auxiliary")->scan();
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
		DO(port_configure(ports[i], 2, NB_DESC, &conf));
		DO(rte_eth_dev_start(ports[i]));
		DO(rte_eth_promiscuous_enable(ports[i]));
	}
	for (i = 0; i < 2; i++)
		DO(port_wait_link(ports[i], true));
	return 0;
}

static unsigned int nb_told;

static int
count_told(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	RTE_SET_USED(port);
	RTE_SET_USED(type);
	RTE_SET_USED(arg);
	RTE_SET_USED(ret);
	__atomic_add_fetch(&nb_told, 1, __ATOMIC_RELEASE);
	return 0;
}

/* Ring port 0's doorbell with a number that no ring has: the device halts, and says so. */
static void
halt(void)
{
	if (!inject_is_user())
		return;
	*sim_host_lock(0)->dev.txq[0].db = NB_DESC;
	sim_host_unlock();
	rte_delay_us_sleep(5000);
}

/* A link that goes, a queue that halts, and a device that comes and is lost. */
static int
be_surprised(void)
{
	__atomic_store_n(&nb_told, 0, __ATOMIC_RELAXED);
	DO(rte_eth_dev_callback_register(ports[0], RTE_ETH_EVENT_INTR_LSC, count_told, NULL));
	DO(rte_eth_dev_stop(ports[1]));
	wait_event(&nb_told, 1); /* port 0 need not be told of its link if something fails */
	DO(rte_eth_dev_start(ports[1]));
	halt();
	DO(wish_for_third());
	inject_third_comes();
	DO(third_is_plugged());
	DO(third_is_lost());
	return third_is_removed();
}

static int
live(void)
{
	DO(attach_both());
	DO(start_both());
	DO(control(ports[1]));
	DO(traffic());
	DO(sleep_on(1));
	if (inject_is_thorough)
		DO(be_surprised());
	DO(rte_eth_dev_stop(ports[1]));
	DO(rte_eth_dev_start(ports[1]));
	DO(rte_eth_dev_reset(ports[0]));
	DO(rte_eth_dev_stop(ports[1]));
	DO(port_detach(0));
	return port_detach(1);
}

static void
devargs_forget(void)
{
	struct rte_devargs *devargs;

	while ((devargs = rte_devargs_next("auxiliary", NULL)) != NULL)
		rte_devargs_remove(devargs);
}

/*
 * Have the bus probe none of the kernel's devices but those that devargs name: the third one
 * has no VFIO node at first, and probing it would be an error.
 */
static int
devargs_begin(void)
{
	devargs_forget();
	return !inject_is_user() ? rte_devargs_add(RTE_DEVTYPE_ALLOWED,
		"bus=auxiliary,name=sf_sim.none,hotplug=plug") : 0;
}

/* Another name for the directory of devices each time, as if nobody had read it before. */
static void
root_name(const char *dir)
{
	static unsigned int nb;
	char name[PATH_MAX];
	int len;

	len = snprintf(name, sizeof(name), "%s", dir);
	memset(name + len, '/', ++nb % ROOT_NAMES);
	strlcpy(name + len + nb % ROOT_NAMES, "/devices", sizeof(name) - len - nb % ROOT_NAMES);
	setenv("SYSFS_AUXILIARY_DEVICES", name, 1);
}

static void
die(void)
{
	struct rte_bus *bus = rte_bus_find_by_name("auxiliary");
	unsigned int i;
	uint16_t port;
	char name[32];

	devargs_begin();
	bus->scan(); /* nothing is to be plugged any more */
	compat_bus_cleanup(bus);
	for (i = 0; i < NB_DEVICES; i++) {
		snprintf(name, sizeof(name), "sf_sim.sf.%u", i);
		if (rte_eth_dev_get_port_by_name(name, &port) == 0)
			rte_eth_dev_stop(port);
		port_detach(i);
		/* As in a process that has had no such port. */
		snprintf(name, sizeof(name), "sf_gates_%u", i);
		rte_memzone_free(rte_memzone_lookup(name));
	}
	inject_third_goes();
	if (inject_is_user())
		root_name(test_dir());
}

static int
setup(void)
{
	const char *dir = test_dir();

	compat_bus_cleanup(rte_bus_find_by_name("auxiliary")); /* as before EAL has probed it */
	DO(devargs_begin());
	if (!inject_is_user()) {
		if (realpath(INJECT_KERNELS "/" THIRD "/driver", driver) == NULL)
			return -errno;
	} else {
		snprintf(devices, sizeof(devices), "%s/devices", dir);
		root_name(dir);
		snprintf(there, sizeof(there), "%s/" THIRD, devices);
		snprintf(away, sizeof(away), "%s/away", dir);
		DO(sim_host_start(devices, NB_DEVICES, SF_WIRE_PAIR));
	}
	inject_third_goes();
	return 0;
}

static void
teardown(void)
{
	if (!inject_is_user())
		inject_third_comes();
	else
		sim_host_stop();
}

const struct inject_life inject_life_of_ports = {
	.name = "ports", .setup = setup, .teardown = teardown, .live = live, .die = die,
};
