/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#include <bus_driver.h>
#include <rte_bus.h>
#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_malloc.h>

#include "sf_ports.h"

struct rte_mempool *pool;
char devices[300];
uint16_t ports[2];

/* A program that has the driver in it is built without the number. */
static int
driver_load(void)
{
#ifdef TEST_SO_VERSION
	const char *name = "librte_net_sf_example.so." TEST_SO_VERSION;

	if (dlopen(name, RTLD_NOW | RTLD_NOLOAD) == NULL && dlopen(name, RTLD_NOW) == NULL) {
		printf("# %s\n", dlerror());
		return TEST_FAILED;
	}
#endif
	return TEST_SUCCESS;
}

int
sf_suite_setup(void)
{
	if (driver_load() != TEST_SUCCESS)
		return TEST_FAILED;
	pool = rte_pktmbuf_pool_create("sf_test", NB_MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
		SOCKET_ID_ANY);
	TEST_ASSERT(pool != NULL, "no mbufs: %s", rte_strerror(rte_errno));
	return TEST_SUCCESS;
}

void
sf_suite_teardown(void)
{
	rte_mempool_free(pool);
}

int
port_attach(unsigned int index, const char *args)
{
	char devargs[200];
	int ret;

	snprintf(devargs, sizeof(devargs), "auxiliary:sf_sim.sf.%u%s", index, args);
	ret = rte_dev_probe(devargs);
	if (ret < 0)
		return ret;
	snprintf(devargs, sizeof(devargs), "sf_sim.sf.%u", index);
	return rte_eth_dev_get_port_by_name(devargs, &ports[index]);
}

int
port_detach(unsigned int index)
{
	char name[32];

	snprintf(name, sizeof(name), "sf_sim.sf.%u", index);
	return rte_eal_hotplug_remove("auxiliary", name);
}

int
ports_attach(enum sf_wire_type wire, unsigned int nb)
{
	const char *dir = test_dir_create();
	unsigned int i;

	TEST_ASSERT(dir != NULL, "no directory");
	snprintf(devices, sizeof(devices), "%s/devices", dir);
	setenv("SYSFS_AUXILIARY_DEVICES", devices, 1);
	TEST_ASSERT_OK(sim_host_start(devices, nb, wire));
	for (i = 0; i < nb; i++)
		TEST_ASSERT_OK(port_attach(i, ""));
	return TEST_SUCCESS;
}

int
ports_setup(void)
{
	return ports_attach(SF_WIRE_PAIR, 2);
}

void
ports_teardown(void)
{
	port_detach(0);
	port_detach(1);
	sim_host_stop();
	test_dir_remove();
	rte_bus_find_by_name("auxiliary")->scan();
}

int
port_configure(uint16_t port, uint16_t nb_queues, uint16_t nb_desc, struct rte_eth_conf *conf)
{
	struct rte_eth_conf plain = { 0 };
	uint16_t q;
	int ret;

	ret = rte_eth_dev_configure(port, nb_queues, nb_queues, conf != NULL ? conf : &plain);
	for (q = 0; ret == 0 && q < nb_queues; q++) {
		ret = rte_eth_rx_queue_setup(port, q, nb_desc, SOCKET_ID_ANY, NULL, pool);
		if (ret == 0)
			ret = rte_eth_tx_queue_setup(port, q, nb_desc, SOCKET_ID_ANY, NULL);
	}
	return ret;
}

int
port_wait_link(uint16_t port, bool up)
{
	struct rte_eth_link link;
	unsigned int i;

	for (i = 0; i < 500; i++) {
		if (rte_eth_link_get_nowait(port, &link) == 0 && link.link_status == up)
			return 0;
		rte_delay_us_sleep(2000);
	}
	return -ETIMEDOUT;
}

/* Both ports, promiscuous, with link. */
int
ports_start(uint16_t nb_queues, uint16_t nb_desc, struct rte_eth_conf *conf)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		TEST_ASSERT_OK(port_configure(ports[i], nb_queues, nb_desc, conf));
		TEST_ASSERT_OK(rte_eth_dev_start(ports[i]));
		TEST_ASSERT_OK(rte_eth_promiscuous_enable(ports[i]));
	}
	TEST_ASSERT_OK(port_wait_link(ports[0], true));
	return port_wait_link(ports[1], true);
}

const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
const uint8_t station[6] = { 2, 0, 0, 0, 0, 9 };

struct rte_mbuf *
make_frame(uint16_t len, const uint8_t *to, uint32_t seed)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	uint8_t *data;
	uint16_t i;

	if (m == NULL)
		return NULL;
	data = (uint8_t *)rte_pktmbuf_append(m, len);
	if (data == NULL) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	for (i = 0; i < len; i++)
		data[i] = (uint8_t)(seed + i * 13);
	memcpy(data, to, 6);
	memcpy(data + 6, station, 6);
	data[12] = 0x88; /* an experimental Ethertype */
	data[13] = 0xb5;
	return m;
}

/* An IPv4/UDP frame, of one flow. */
struct rte_mbuf *
make_udp(uint16_t flow)
{
	static const uint8_t ip[] = {
		0x08, 0x00, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
	};
	struct rte_mbuf *m = make_frame(60, broadcast, 0);
	uint8_t *data;

	if (m == NULL)
		return NULL;
	data = rte_pktmbuf_mtod(m, uint8_t *);
	memcpy(data + 12, ip, sizeof(ip));
	data[34] = flow >> 8;
	data[35] = flow & 0xff;
	return m;
}

int
port_send(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t nb)
{
	uint16_t sent = 0;
	unsigned int i;

	for (i = 0; sent < nb && i < 20000; i++) {
		sent += rte_eth_tx_burst(port, queue, pkts + sent, RTE_MIN(nb - sent, BURST));
		if (sent < nb)
			rte_delay_us_sleep(50);
	}
	return sent == nb ? 0 : -ETIMEDOUT;
}

int
port_wait_sent(uint16_t port, uint16_t queue, uint16_t nb_desc)
{
	unsigned int i;

	/* The last of the ring is what was sent last, or nothing if all has been reclaimed. */
	for (i = 0; i < 20000; i++) {
		if (rte_eth_tx_descriptor_status(port, queue, nb_desc - 1) != RTE_ETH_TX_DESC_FULL)
			return 0;
		rte_delay_us_sleep(50);
	}
	return -ETIMEDOUT;
}

uint16_t
port_receive(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t nb, unsigned int ms)
{
	uint16_t got = 0;
	unsigned int i;

	for (i = 0; got < nb && i < ms * 10; i++) {
		got += rte_eth_rx_burst(port, queue, pkts + got, RTE_MIN(nb - got, BURST));
		if (got < nb)
			rte_delay_us_sleep(100);
	}
	return got;
}

/* Send frames of many sizes from one port, and find them unchanged at the other. */
int
ports_exchange(uint16_t from, uint16_t to, unsigned int nb)
{
	struct rte_mbuf *out[BURST], *in[BURST], *expected;
	uint32_t seed = 0;
	uint16_t i, len;

	for (; nb > 0; nb -= RTE_MIN(nb, (unsigned int)BURST)) {
		for (i = 0; i < BURST; i++) {
			out[i] = make_frame(60 + (seed + i) * 7 % 1455, station, seed + i);
			TEST_ASSERT(out[i] != NULL, "out of mbufs");
		}
		TEST_ASSERT_OK(port_send(from, 0, out, BURST));
		TEST_ASSERT_EQUAL(port_receive(to, 0, in, BURST, 1000), BURST);
		for (i = 0; i < BURST; i++) {
			len = 60 + (seed + i) * 7 % 1455;
			expected = make_frame(len, station, seed + i);
			TEST_ASSERT_EQUAL(in[i]->pkt_len, len);
			TEST_ASSERT_EQUAL(in[i]->port, to);
			TEST_ASSERT_OK(memcmp(rte_pktmbuf_mtod(in[i], void *),
				rte_pktmbuf_mtod(expected, void *), len));
			rte_pktmbuf_free(expected);
			rte_pktmbuf_free(in[i]);
		}
		seed += BURST;
	}
	return TEST_SUCCESS;
}

int
wait_event(const unsigned int *counter, unsigned int value)
{
	unsigned int i;

	for (i = 0; i < 1000 && __atomic_load_n(counter, __ATOMIC_ACQUIRE) < value; i++)
		rte_delay_us_sleep(1000);
	return __atomic_load_n(counter, __ATOMIC_ACQUIRE) >= value ? 0 : -ETIMEDOUT;
}
