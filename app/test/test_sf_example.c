/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The driver, through ethdev, on simulated devices in this process.
 */

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <bus_driver.h>
#include <rte_bus.h>
#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "sim_host.h"
#include "test.h"

#define NB_MBUFS 12287
#define BURST 32

static struct rte_mempool *pool;
static char devices[300];
static uint16_t ports[2];

static int
setup(void)
{
	if (dlopen("librte_net_sf_example.so." TEST_SO_VERSION, RTLD_NOW | RTLD_NOLOAD) == NULL &&
			dlopen("librte_net_sf_example.so." TEST_SO_VERSION, RTLD_NOW) == NULL) {
		printf("# %s\n", dlerror());
		return TEST_FAILED;
	}
	pool = rte_pktmbuf_pool_create("sf_test", NB_MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
		SOCKET_ID_ANY);
	TEST_ASSERT(pool != NULL, "no mbufs: %s", rte_strerror(rte_errno));
	return TEST_SUCCESS;
}

static void
teardown(void)
{
	rte_mempool_free(pool);
}

static int
attach(unsigned int index, const char *args)
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

static int
detach(unsigned int index)
{
	char name[32];

	snprintf(name, sizeof(name), "sf_sim.sf.%u", index);
	return rte_eal_hotplug_remove("auxiliary", name);
}

static int
start_devices(enum sf_wire_type wire, unsigned int nb)
{
	const char *dir = test_dir_create();
	unsigned int i;

	TEST_ASSERT(dir != NULL, "no directory");
	snprintf(devices, sizeof(devices), "%s/devices", dir);
	setenv("SYSFS_AUXILIARY_DEVICES", devices, 1);
	TEST_ASSERT_OK(sim_host_start(devices, nb, wire));
	for (i = 0; i < nb; i++)
		TEST_ASSERT_OK(attach(i, ""));
	return TEST_SUCCESS;
}

static int
case_setup(void)
{
	return start_devices(SF_WIRE_PAIR, 2);
}

static void
case_teardown(void)
{
	detach(0);
	detach(1);
	sim_host_stop();
	test_dir_remove();
	rte_bus_find_by_name("auxiliary")->scan();
}

static int
configure(uint16_t port, uint16_t nb_queues, uint16_t nb_desc, struct rte_eth_conf *conf)
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

static int
wait_link(uint16_t port, bool up)
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
static int
start_pair(uint16_t nb_queues, uint16_t nb_desc, struct rte_eth_conf *conf)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		TEST_ASSERT_OK(configure(ports[i], nb_queues, nb_desc, conf));
		TEST_ASSERT_OK(rte_eth_dev_start(ports[i]));
		TEST_ASSERT_OK(rte_eth_promiscuous_enable(ports[i]));
	}
	TEST_ASSERT_OK(wait_link(ports[0], true));
	return wait_link(ports[1], true);
}

static const uint8_t broadcast[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const uint8_t station[] = { 2, 0, 0, 0, 0, 9 };

static struct rte_mbuf *
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
static struct rte_mbuf *
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

static int
send_all(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t nb)
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

static uint16_t
receive(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t nb, unsigned int ms)
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
static int
exchange(uint16_t from, uint16_t to, unsigned int nb)
{
	struct rte_mbuf *out[BURST], *in[BURST], *expected;
	uint32_t seed = 0;
	uint16_t i, len;

	for (; nb > 0; nb -= RTE_MIN(nb, (unsigned int)BURST)) {
		for (i = 0; i < BURST; i++) {
			out[i] = make_frame(60 + (seed + i) * 7 % 1455, station, seed + i);
			TEST_ASSERT(out[i] != NULL, "out of mbufs");
		}
		TEST_ASSERT_OK(send_all(from, 0, out, BURST));
		TEST_ASSERT_EQUAL(receive(to, 0, in, BURST, 1000), BURST);
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

/* --- Control path --------------------------------------------------------- */

static int
test_dev_info(void)
{
	struct rte_eth_dev_info info;
	char version[32];

	TEST_ASSERT_OK(rte_eth_dev_info_get(ports[0], &info));
	TEST_ASSERT(strcmp(info.driver_name, "net_sf_example") == 0, "%s", info.driver_name);
	TEST_ASSERT_EQUAL(info.max_rx_queues, SF_MAX_QUEUE_PAIRS);
	TEST_ASSERT_EQUAL(info.max_tx_queues, SF_MAX_QUEUE_PAIRS);
	TEST_ASSERT_EQUAL(info.rx_desc_lim.nb_max, SF_RING_MAX);
	TEST_ASSERT_EQUAL(info.rx_desc_lim.nb_align, SF_RING_ALIGN);
	TEST_ASSERT_EQUAL(info.max_mtu, SF_MTU_LARGEST);
	TEST_ASSERT_EQUAL(info.reta_size, SF_RETA_SIZE);
	TEST_ASSERT_EQUAL(info.speed_capa, RTE_ETH_LINK_SPEED_100G);
	TEST_ASSERT_OK(rte_eth_dev_fw_version_get(ports[0], version, sizeof(version)));
	TEST_ASSERT(strcmp(version, "1.1.0") == 0, "%s", version);
	return TEST_SUCCESS;
}

static int
test_bad_queues(void)
{
	static const uint16_t bad_sizes[] = { 1, 32 + 1, 63, 1000, SF_RING_MAX + SF_RING_ALIGN };
	const struct rte_eth_conf conf = { 0 };
	unsigned int i;

	TEST_ASSERT(rte_eth_dev_configure(ports[0], SF_MAX_QUEUE_PAIRS + 1, 1, &conf) < 0,
		"too many queues");
	TEST_ASSERT_OK(rte_eth_dev_configure(ports[0], 1, 1, &conf));
	for (i = 0; i < RTE_DIM(bad_sizes); i++) {
		TEST_ASSERT(rte_eth_rx_queue_setup(ports[0], 0, bad_sizes[i], SOCKET_ID_ANY, NULL,
			pool) < 0, "Rx ring of %u", bad_sizes[i]);
		TEST_ASSERT(rte_eth_tx_queue_setup(ports[0], 0, bad_sizes[i], SOCKET_ID_ANY,
			NULL) < 0, "Tx ring of %u", bad_sizes[i]);
	}
	TEST_ASSERT(rte_eth_rx_queue_setup(ports[0], 1, 64, SOCKET_ID_ANY, NULL, pool) < 0,
		"queue out of range");
	return TEST_SUCCESS;
}

static int
test_bad_devargs(void)
{
	static const char *const bad[] = {
		",colour=red", ",pause", ",pause=2", ",mac=banana", ",mac=01:00:00:00:00:01",
	};
	struct test_resources before;
	unsigned int i;

	TEST_ASSERT_OK(detach(0));
	rte_delay_us_sleep(5000);
	before = test_resources_now();
	for (i = 0; i < RTE_DIM(bad); i++) {
		TEST_ASSERT_EQUAL(attach(0, bad[i]), -EINVAL);
		rte_delay_us_sleep(5000); /* the device's side of the connection */
		TEST_ASSERT_OK(test_resources_same(&before));
	}
	return attach(0, ",mac=02:00:00:00:00:77,pause=0");
}

static int
test_mac(void)
{
	struct rte_ether_addr mac, other = { .addr_bytes = { 2, 0, 0, 0, 0, 0x42 } };
	struct rte_mbuf *out, *in;
	unsigned int i;

	TEST_ASSERT_OK(start_pair(1, 128, NULL));
	TEST_ASSERT_OK(rte_eth_macaddr_get(ports[1], &mac));
	TEST_ASSERT(rte_is_local_admin_ether_addr(&mac), "factory address");
	TEST_ASSERT_OK(rte_eth_promiscuous_disable(ports[1]));
	TEST_ASSERT_OK(rte_eth_dev_default_mac_addr_set(ports[1], &other));
	for (i = 0; i < 4; i++) {
		const struct {
			struct rte_ether_addr to;
			bool wanted;
		} tries[] = {
			{ other, true },
			{ mac, false },
			{ { .addr_bytes = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } }, true },
			{ { .addr_bytes = { 1, 0, 0x5e, 0, 0, 1 } }, false },
		};

		out = make_frame(60, tries[i].to.addr_bytes, i);
		TEST_ASSERT_OK(send_all(ports[0], 0, &out, 1));
		TEST_ASSERT_EQUAL(receive(ports[1], 0, &in, 1, tries[i].wanted ? 1000 : 20),
			tries[i].wanted);
		if (tries[i].wanted)
			rte_pktmbuf_free(in);
	}
	TEST_ASSERT_OK(rte_eth_allmulticast_enable(ports[1]));
	out = make_frame(60, (const uint8_t[]) { 1, 0, 0x5e, 0, 0, 1 }, 0);
	TEST_ASSERT_OK(send_all(ports[0], 0, &out, 1));
	TEST_ASSERT_EQUAL(receive(ports[1], 0, &in, 1, 1000), 1);
	rte_pktmbuf_free(in);
	return TEST_SUCCESS;
}

static int
test_mtu(void)
{
	struct rte_eth_stats stats;
	struct rte_mbuf *out, *in;

	TEST_ASSERT_OK(start_pair(1, 128, NULL));
	TEST_ASSERT(rte_eth_dev_set_mtu(ports[1], SF_MTU_LARGEST + 1) < 0, "over the limit");
	TEST_ASSERT(rte_eth_dev_set_mtu(ports[1], SF_MTU_MIN - 1) < 0, "below the limit");
	/* Larger than the mbufs, and no scatter. */
	TEST_ASSERT(rte_eth_dev_set_mtu(ports[1], 4000) < 0, "larger than a buffer");
	TEST_ASSERT_OK(rte_eth_dev_set_mtu(ports[1], 1000));
	out = make_frame(1018, station, 0);
	TEST_ASSERT_OK(send_all(ports[0], 0, &out, 1));
	TEST_ASSERT_EQUAL(receive(ports[1], 0, &in, 1, 1000), 1);
	rte_pktmbuf_free(in);
	out = make_frame(1019, station, 0);
	TEST_ASSERT_OK(send_all(ports[0], 0, &out, 1));
	TEST_ASSERT_EQUAL(receive(ports[1], 0, &in, 1, 20), 0);
	TEST_ASSERT_OK(rte_eth_stats_get(ports[1], &stats));
	TEST_ASSERT_EQUAL(stats.ierrors, 1);
	return TEST_SUCCESS;
}

static unsigned int lsc_events;

static int
on_lsc(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	RTE_SET_USED(port);
	RTE_SET_USED(type);
	RTE_SET_USED(arg);
	RTE_SET_USED(ret);
	__atomic_add_fetch(&lsc_events, 1, __ATOMIC_RELEASE);
	return 0;
}

static int
wait_event(const unsigned int *counter, unsigned int value)
{
	unsigned int i;

	for (i = 0; i < 1000 && __atomic_load_n(counter, __ATOMIC_ACQUIRE) < value; i++)
		rte_delay_us_sleep(1000);
	return __atomic_load_n(counter, __ATOMIC_ACQUIRE) >= value ? 0 : -ETIMEDOUT;
}

static int
test_link_events(void)
{
	struct rte_eth_conf conf = { .intr_conf.lsc = 1 };

	lsc_events = 0;
	TEST_ASSERT_OK(rte_eth_dev_callback_register(ports[0], RTE_ETH_EVENT_INTR_LSC, on_lsc,
		NULL));
	TEST_ASSERT_OK(start_pair(1, 64, &conf));
	TEST_ASSERT_OK(wait_event(&lsc_events, 1));
	lsc_events = 0;
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_OK(wait_event(&lsc_events, 1));
	TEST_ASSERT_OK(wait_link(ports[0], false));
	TEST_ASSERT_OK(rte_eth_dev_start(ports[1]));
	TEST_ASSERT_OK(wait_link(ports[0], true));
	return rte_eth_dev_callback_unregister(ports[0], RTE_ETH_EVENT_INTR_LSC, on_lsc, NULL);
}

/* --- Packets ----------------------------------------------------------------- */

static int
test_ring_sizes(void)
{
	static const uint16_t sizes[] = { 64, 96, 160, 512, 4064, 4096 };
	unsigned int i;

	for (i = 0; i < RTE_DIM(sizes); i++) {
		TEST_ASSERT_OK(start_pair(1, sizes[i], NULL));
		/* More than once round the ring. */
		TEST_ASSERT_OK(exchange(ports[0], ports[1], RTE_MIN(3u * sizes[i], 6000u)));
		TEST_ASSERT_OK(exchange(ports[1], ports[0], 64));
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	}
	return TEST_SUCCESS;
}

static int
test_restart(void)
{
	unsigned int i, before;

	TEST_ASSERT_OK(start_pair(2, 256, NULL));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	before = rte_mempool_avail_count(pool);
	TEST_ASSERT_EQUAL(before, NB_MBUFS);
	for (i = 0; i < 20; i++) {
		TEST_ASSERT_OK(rte_eth_dev_start(ports[0]));
		TEST_ASSERT_OK(rte_eth_dev_start(ports[1]));
		TEST_ASSERT_OK(wait_link(ports[0], true));
		TEST_ASSERT_OK(exchange(ports[0], ports[1], 128));
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
		TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), before);
	}
	return TEST_SUCCESS;
}

static int
test_close_and_attach(void)
{
	struct test_resources before;
	unsigned int i;

	TEST_ASSERT_OK(detach(0));
	TEST_ASSERT_OK(attach(0, ""));
	rte_delay_us_sleep(5000); /* the device's side of the connection */
	before = test_resources_now();
	for (i = 0; i < 5; i++) {
		TEST_ASSERT_OK(start_pair(4, 128, NULL));
		TEST_ASSERT_OK(exchange(ports[0], ports[1], 64));
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
		TEST_ASSERT_OK(rte_eth_dev_close(ports[0]));
		TEST_ASSERT_OK(detach(0));
		TEST_ASSERT_OK(attach(0, ""));
		rte_delay_us_sleep(5000);
		TEST_ASSERT_OK(test_resources_same(&before));
	}
	TEST_ASSERT_OK(rte_eth_dev_close(ports[1]));
	TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), NB_MBUFS);
	return TEST_SUCCESS;
}

static int
test_reset(void)
{
	TEST_ASSERT_OK(start_pair(1, 128, NULL));
	TEST_ASSERT_OK(rte_eth_dev_reset(ports[0]));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_OK(start_pair(2, 256, NULL));
	return exchange(ports[0], ports[1], 256);
}

static int
test_rss(void)
{
	struct rte_eth_conf conf = {
		.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS,
		.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP,
	};
	const uint16_t nb_queues = SF_MAX_QUEUE_PAIRS;
	struct rte_mbuf *out[256], *in[256];
	uint16_t q, i, n, total = 0, used = 0;
	struct rte_eth_dev_info info;

	TEST_ASSERT_OK(rte_eth_dev_info_get(ports[0], &info));
	conf.rx_adv_conf.rss_conf.rss_hf &= info.flow_type_rss_offloads;
	TEST_ASSERT(conf.rx_adv_conf.rss_conf.rss_hf != 0, "no hash types");
	TEST_ASSERT_OK(start_pair(nb_queues, 256, &conf));
	for (i = 0; i < 256; i++) {
		out[i] = make_udp(i);
		TEST_ASSERT(out[i] != NULL, "out of mbufs");
	}
	TEST_ASSERT_OK(send_all(ports[0], 3, out, 256));
	for (q = 0; q < nb_queues; q++) {
		n = receive(ports[1], q, in, 256, 20);
		used += n > 0;
		total += n;
		for (i = 0; i < n; i++) {
			TEST_ASSERT((in[i]->ol_flags & RTE_MBUF_F_RX_RSS_HASH) != 0, "no hash");
			TEST_ASSERT_EQUAL(in[i]->hash.rss % SF_RETA_SIZE % nb_queues, q);
			TEST_ASSERT_EQUAL(in[i]->packet_type & RTE_PTYPE_L4_MASK,
				RTE_PTYPE_L4_UDP);
			rte_pktmbuf_free(in[i]);
		}
	}
	TEST_ASSERT_EQUAL(total, 256);
	TEST_ASSERT(used > nb_queues / 2, "only %u queues used", used);
	return TEST_SUCCESS;
}

static int
test_stats(void)
{
	struct rte_eth_xstat_name names[300];
	struct rte_eth_xstat values[300];
	struct rte_eth_stats tx, rx;
	struct sf *sf;
	int n;

	TEST_ASSERT_OK(start_pair(1, 128, NULL));
	TEST_ASSERT_OK(exchange(ports[0], ports[1], 320));
	TEST_ASSERT_OK(rte_eth_stats_get(ports[0], &tx));
	TEST_ASSERT_OK(rte_eth_stats_get(ports[1], &rx));
	TEST_ASSERT_EQUAL(tx.opackets, 320);
	TEST_ASSERT_EQUAL(rx.ipackets, 320);
	TEST_ASSERT_EQUAL(rx.ibytes, tx.obytes);
	TEST_ASSERT_EQUAL(rx.q_ipackets[0], 320);
	TEST_ASSERT_EQUAL(tx.q_opackets[0], 320);
	sf = sim_host_lock(1);
	n = sf->dev.r.stats[SF_STAT_RX_BYTES] == rx.ibytes;
	sim_host_unlock();
	TEST_ASSERT(n, "the device counts otherwise");
	TEST_ASSERT_OK(rte_eth_stats_reset(ports[1]));
	TEST_ASSERT_OK(rte_eth_stats_get(ports[1], &rx));
	TEST_ASSERT_EQUAL(rx.ipackets + rx.ibytes + rx.q_ipackets[0], 0);
	n = rte_eth_xstats_get(ports[0], values, RTE_DIM(values));
	TEST_ASSERT(n > 10 && n == rte_eth_xstats_get_names(ports[0], names, RTE_DIM(names)),
		"%d extended statistics", n);
	return TEST_SUCCESS;
}

/* What the device cannot send is dropped and counted, and halts nothing. */
static int
test_bad_mbufs(void)
{
	struct rte_mbuf *bad[3], *tail;
	struct rte_eth_stats stats;
	unsigned int i;

	TEST_ASSERT_OK(start_pair(1, 128, NULL));
	for (i = 0; i < RTE_DIM(bad); i++)
		bad[i] = make_frame(60, station, 0);
	rte_pktmbuf_trim(bad[0], 60 - 13);
	tail = make_frame(60, station, 0);
	TEST_ASSERT_OK(rte_pktmbuf_chain(bad[1], tail));
	rte_pktmbuf_trim(bad[2], 60);
	TEST_ASSERT_OK(send_all(ports[0], 0, bad, RTE_DIM(bad)));
	TEST_ASSERT_OK(exchange(ports[0], ports[1], 64));
	TEST_ASSERT_OK(rte_eth_stats_get(ports[0], &stats));
	TEST_ASSERT_EQUAL(stats.oerrors, RTE_DIM(bad));
	return TEST_SUCCESS;
}

/* No room at the receiver: with pause nothing is lost, without it is counted. */
static int
test_pause(void)
{
	struct rte_eth_fc_conf fc = { 0 };
	struct rte_mbuf *out[300], *in[300];
	struct rte_eth_stats stats;
	uint16_t i, got;

	TEST_ASSERT_OK(start_pair(1, 128, NULL));
	for (i = 0; i < 200; i++)
		out[i] = make_frame(60, station, i);
	TEST_ASSERT_OK(send_all(ports[0], 0, out, 200));
	rte_delay_us_sleep(20000);
	TEST_ASSERT_EQUAL(receive(ports[1], 0, in, 200, 1000), 200);
	rte_pktmbuf_free_bulk(in, 200);
	TEST_ASSERT_OK(rte_eth_dev_flow_ctrl_get(ports[1], &fc));
	TEST_ASSERT(fc.mode != RTE_ETH_FC_NONE, "pause is off");
	fc.mode = RTE_ETH_FC_NONE;
	TEST_ASSERT_OK(rte_eth_dev_flow_ctrl_set(ports[1], &fc));
	TEST_ASSERT_OK(rte_eth_stats_reset(ports[1]));
	for (i = 0; i < 300; i++)
		out[i] = make_frame(60, station, i);
	TEST_ASSERT_OK(send_all(ports[0], 0, out, 300));
	rte_delay_us_sleep(20000);
	TEST_ASSERT_OK(rte_eth_stats_get(ports[1], &stats));
	got = receive(ports[1], 0, in, 300, 20);
	rte_pktmbuf_free_bulk(in, got);
	TEST_ASSERT(stats.imissed > 0, "nothing missed");
	TEST_ASSERT_EQUAL(got + stats.imissed, 300);
	return TEST_SUCCESS;
}

static int
test_rx_interrupt(void)
{
	struct rte_eth_conf conf = { .intr_conf.rxq = 1 };
	struct rte_epoll_event event;
	struct rte_mbuf *out, *in;
	unsigned int i;

	TEST_ASSERT_OK(start_pair(2, 64, &conf));
	TEST_ASSERT_OK(rte_eth_dev_rx_intr_ctl_q(ports[1], 0, RTE_EPOLL_PER_THREAD,
		RTE_INTR_EVENT_ADD, NULL));
	for (i = 0; i < 100; i++) {
		TEST_ASSERT_OK(rte_eth_dev_rx_intr_enable(ports[1], 0));
		TEST_ASSERT_EQUAL(rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, 0), 0);
		out = make_frame(60, station, i);
		TEST_ASSERT_OK(send_all(ports[0], 0, &out, 1));
		TEST_ASSERT_EQUAL(rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, 1000), 1);
		TEST_ASSERT_OK(rte_eth_dev_rx_intr_disable(ports[1], 0));
		TEST_ASSERT_EQUAL(receive(ports[1], 0, &in, 1, 1000), 1);
		rte_pktmbuf_free(in);
	}
	/* Armed after the packet has come. */
	out = make_frame(60, station, 0);
	TEST_ASSERT_OK(send_all(ports[0], 0, &out, 1));
	rte_delay_us_sleep(5000);
	TEST_ASSERT_OK(rte_eth_dev_rx_intr_enable(ports[1], 0));
	TEST_ASSERT_EQUAL(rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, 1000), 1);
	return rte_eth_dev_rx_intr_ctl_q(ports[1], 0, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_DEL,
		NULL);
}

/* --- Devices that misbehave --------------------------------------------------- */

/* A completion that was never earned: counted, its buffer is not handed out. */
static int
test_hostile_completions(void)
{
	static const struct sf_rx_cpl lies[] = {
		{ .index = 0, .len = UINT16_MAX, .info = SF_RX_CPL_EOP, .gen = 1 },
		{ .index = 77, .len = 60, .info = SF_RX_CPL_EOP, .gen = 1 },
		{ .index = 2, .len = 0, .info = SF_RX_CPL_EOP, .gen = 1 },
		{ .index = 3, .len = 60, .gen = 1 }, /* no end, and no scatter */
	};
	struct rte_mbuf *in[8];
	struct rte_eth_stats stats;
	struct sf_rx_cpl *ring;
	struct sf *sf;
	unsigned int i;

	TEST_ASSERT_OK(start_pair(1, 64, NULL));
	sim_host_freeze(true);
	sf = sim_host_lock(1);
	ring = sf->dev.rxq[0].cpl;
	for (i = 0; i < RTE_DIM(lies); i++)
		ring[i] = lies[i];
	sim_host_unlock();
	TEST_ASSERT_EQUAL(receive(ports[1], 0, in, 8, 10), 0);
	TEST_ASSERT_OK(rte_eth_stats_get(ports[1], &stats));
	TEST_ASSERT_EQUAL(stats.ierrors, RTE_DIM(lies));
	sim_host_freeze(false);
	return TEST_SUCCESS;
}

/* All completions at once, over and over: never more mbufs than were posted. */
static int
test_hostile_generation(void)
{
	struct rte_mbuf *in[256];
	struct sf_rx_cpl *ring;
	unsigned int i, round;
	struct sf *sf;
	uint16_t n;

	TEST_ASSERT_OK(start_pair(1, 64, NULL));
	sim_host_freeze(true);
	for (round = 0; round < 8; round++) {
		sf = sim_host_lock(1);
		ring = sf->dev.rxq[0].cpl;
		for (i = 0; i < 64; i++)
			ring[i] = (struct sf_rx_cpl) {
				.index = i, .len = 60, .info = SF_RX_CPL_EOP,
				.gen = (round & 1) == 0,
			};
		sim_host_unlock();
		n = rte_eth_rx_burst(ports[1], 0, in, 256);
		TEST_ASSERT(n < 64, "%u packets from 63 buffers", n);
		for (i = 0; i < n; i++)
			TEST_ASSERT_EQUAL(rte_mbuf_refcnt_read(in[i]), 1);
		rte_pktmbuf_free_bulk(in, n);
	}
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), NB_MBUFS);
	sim_host_freeze(false);
	return TEST_SUCCESS;
}

static int
hostile_head(uint32_t head)
{
	struct rte_mbuf *out[BURST];
	unsigned int i, round;
	struct sf *sf;

	TEST_ASSERT_OK(start_pair(1, 64, NULL));
	sim_host_freeze(true);
	sf = sim_host_lock(0);
	((struct sf_tx_status *)sf->dev.txq[0].cpl)->head = head;
	sim_host_unlock();
	test_log_start();
	for (round = 0; round < 8; round++) {
		for (i = 0; i < BURST; i++)
			out[i] = make_frame(60, station, i);
		i = rte_eth_tx_burst(ports[0], 0, out, BURST);
		rte_pktmbuf_free_bulk(out + i, BURST - i);
	}
	TEST_ASSERT_EQUAL(test_log_count("head"), 1);
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), NB_MBUFS);
	sim_host_freeze(false);
	/* Stopping and starting mends it. */
	TEST_ASSERT_OK(start_pair(1, 64, NULL));
	return exchange(ports[0], ports[1], 64);
}

static int
test_hostile_head(void)
{
	return hostile_head(0xdeadbeef);
}

/* A ring index, but of packets that were never sent. */
static int
test_hostile_head_in_ring(void)
{
	return hostile_head(63);
}

/* The device halts a queue over a doorbell that makes no sense. */
static unsigned int resets;

static int
on_reset(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	RTE_SET_USED(port);
	RTE_SET_USED(type);
	RTE_SET_USED(arg);
	RTE_SET_USED(ret);
	__atomic_add_fetch(&resets, 1, __ATOMIC_RELEASE);
	return 0;
}

static int
test_queue_halt(void)
{
	struct sf *sf;

	resets = 0;
	TEST_ASSERT_OK(rte_eth_dev_callback_register(ports[0], RTE_ETH_EVENT_INTR_RESET, on_reset,
		NULL));
	TEST_ASSERT_OK(start_pair(1, 64, NULL));
	sf = sim_host_lock(0);
	*sf->dev.txq[0].db = 64;
	sim_host_unlock();
	TEST_ASSERT_OK(wait_event(&resets, 1));
	TEST_ASSERT_OK(rte_eth_dev_callback_unregister(ports[0], RTE_ETH_EVENT_INTR_RESET,
		on_reset, NULL));
	TEST_ASSERT_OK(rte_eth_dev_reset(ports[0]));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_OK(start_pair(1, 64, NULL));
	return exchange(ports[0], ports[1], 64);
}

static unsigned int removals;

static int
on_removal(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	RTE_SET_USED(port);
	RTE_SET_USED(type);
	RTE_SET_USED(arg);
	RTE_SET_USED(ret);
	__atomic_add_fetch(&removals, 1, __ATOMIC_RELEASE);
	return 0;
}

/* The device dies under traffic: an event, no crash, and nothing is left. */
static int
test_device_dies(void)
{
	struct rte_eth_conf conf = { .intr_conf.rmv = 1 };
	struct rte_mbuf *out[BURST], *in[BURST];
	struct rte_eth_stats stats;
	unsigned int i, round;

	removals = 0;
	TEST_ASSERT_OK(rte_eth_dev_callback_register(ports[0], RTE_ETH_EVENT_INTR_RMV, on_removal,
		NULL));
	TEST_ASSERT_OK(start_pair(2, 64, &conf));
	TEST_ASSERT_OK(exchange(ports[0], ports[1], 64));
	sim_host_stop();
	for (round = 0; round < 10; round++) {
		for (i = 0; i < BURST; i++)
			out[i] = make_frame(60, station, i);
		i = rte_eth_tx_burst(ports[0], 0, out, BURST);
		rte_pktmbuf_free_bulk(out + i, BURST - i);
		rte_pktmbuf_free_bulk(in, rte_eth_rx_burst(ports[1], 0, in, BURST));
	}
	TEST_ASSERT_OK(wait_event(&removals, 1));
	TEST_ASSERT_EQUAL(rte_eth_dev_is_removed(ports[0]), 1);
	TEST_ASSERT(rte_eth_stats_get(ports[0], &stats) < 0, "statistics of a device that is gone");
	TEST_ASSERT_OK(rte_eth_dev_callback_unregister(ports[0], RTE_ETH_EVENT_INTR_RMV,
		on_removal, NULL));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_OK(rte_eth_dev_close(ports[0]));
	TEST_ASSERT_OK(rte_eth_dev_close(ports[1]));
	TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), NB_MBUFS);
	TEST_ASSERT_OK(detach(0));
	TEST_ASSERT_OK(detach(1));
	TEST_ASSERT_OK(sim_host_start(devices, 2, SF_WIRE_PAIR));
	TEST_ASSERT_OK(attach(0, ""));
	TEST_ASSERT_OK(attach(1, ""));
	TEST_ASSERT_OK(start_pair(1, 64, NULL));
	return exchange(ports[0], ports[1], 64);
}

static const struct test_case cases[] = {
	TEST_CASE(test_dev_info),
	TEST_CASE(test_bad_queues),
	TEST_CASE(test_bad_devargs),
	TEST_CASE(test_mac),
	TEST_CASE(test_mtu),
	TEST_CASE(test_link_events),
	TEST_CASE(test_ring_sizes),
	TEST_CASE(test_restart),
	TEST_CASE(test_close_and_attach),
	TEST_CASE(test_reset),
	TEST_CASE(test_rss),
	TEST_CASE(test_stats),
	TEST_CASE(test_bad_mbufs),
	TEST_CASE(test_pause),
	TEST_CASE(test_rx_interrupt),
	TEST_CASE(test_hostile_completions),
	TEST_CASE(test_hostile_generation),
	TEST_CASE(test_hostile_head),
	TEST_CASE(test_hostile_head_in_ring),
	TEST_CASE(test_queue_halt),
	TEST_CASE(test_device_dies),
	{ .name = NULL }
};

static struct test_suite sf_example_suite = {
	.name = "sf_example_autotest",
	.setup = setup,
	.teardown = teardown,
	.case_setup = case_setup,
	.case_teardown = case_teardown,
	.cases = cases,
};

TEST_REGISTER(sf_example_suite);
