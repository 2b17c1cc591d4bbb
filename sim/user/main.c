/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"
#include "irqfd.h"
#include "publish.h"
#include "server.h"
#include "stats.h"
#include "tap.h"

#define MAX_SFS 4096
/* Queues served between looks at the clock. */
#define SERVED_PER_CLOCK 512
/* How long to go on polling after the last work, before going to sleep. */
#define LINGER_NS 100000
/*
 * How often to look at the sockets while queues run.  A packet waits for that
 * system call, so it is to be one in thousands that does; but whoever has asked
 * for something mostly goes on to ask, and has an answer at once.  Who has not
 * for some time waits for an eighth of that time, up to a limit.
 */
#define LOOK_SHARE 8
#define LOOK_NS 4000000
#define NAP_MS 1
#define MAX_EVENTS 64

static struct {
	const char *dir;
	const char *ctl;
	const char *tap;
	unsigned int nb_sfs;
	unsigned int nb_queues;
	enum sf_wire_type wire;
	bool poll;
	bool stats;
	bool reset;
	int cpu;
} options = { .nb_sfs = 1, .nb_queues = SF_MAX_QUEUE_PAIRS, .cpu = -1 };

static const char *const wire_names[] = {
	[SF_WIRE_PAIR] = "pair",
	[SF_WIRE_LOOP] = "loop",
	[SF_WIRE_SWITCH] = "switch",
};

static struct sf_wire wire;
static struct sf *sfs;
static struct publish publish;
static struct ctl ctl = { .fd = -1 };
static struct tap tap = { .fd = -1 };
static int epoll_fd = -1;
static int signal_fd = -1;
static bool stop;
static volatile sig_atomic_t faulted; /* some client's memory has gone */
static uint64_t last_request; /* when there was something on a socket */

static void
usage(FILE *out)
{
	fprintf(out,
		"usage: dpdk-sf-sim --dir DIR [options]\n"
		"  Serve simulated sub-functions over vfio-user sockets in DIR.\n"
		"  --sfs N             number of sub-functions (1)\n"
		"  --wire TYPE         pair: 0 to 1, 2 to 3 and so on (default)\n"
		"                      loop: each to itself\n"
		"                      switch: all to one Ethernet switch\n"
		"  --tap NAME          a TAP device on the switch\n"
		"  --queues N          queue pairs of each (16)\n"
		"  --poll              never sleep while a queue runs\n"
		"  --cpu N             run on this processor\n"
		"  --reset             reset a device when its client leaves\n"
		"  --stats             print statistics at the end\n"
		"  --ctl FIFO          read commands there: remove N takes a sub-function away,\n"
		"                      add N brings it back\n"
		"  --help              this text\n"
		"  Signals: USR1 prints statistics, TERM and INT remove DIR's contents and end.\n");
}

static unsigned int
parse_number(const char *name, const char *text, unsigned int min, unsigned int max)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || end == text || text[0] == '-' ||
			value < min || value > max) {
		fprintf(stderr, "dpdk-sf-sim: --%s %s: not a number from %u to %u\n",
			name, text, min, max);
		exit(2);
	}
	return (unsigned int)value;
}

static enum sf_wire_type
parse_wire(const char *text)
{
	unsigned int i;

	for (i = 0; i < sizeof(wire_names) / sizeof(wire_names[0]); i++)
		if (strcmp(text, wire_names[i]) == 0)
			return (enum sf_wire_type)i;
	fprintf(stderr, "dpdk-sf-sim: --wire %s: not pair, loop or switch\n", text);
	exit(2);
}

static void
parse_options(int argc, char **argv)
{
	static const struct option known[] = {
		{ "dir", required_argument, NULL, 'd' },
		{ "sfs", required_argument, NULL, 'n' },
		{ "wire", required_argument, NULL, 'w' },
		{ "tap", required_argument, NULL, 't' },
		{ "queues", required_argument, NULL, 'q' },
		{ "poll", no_argument, NULL, 'p' },
		{ "cpu", required_argument, NULL, 'c' },
		{ "reset", no_argument, NULL, 'r' },
		{ "stats", no_argument, NULL, 's' },
		{ "ctl", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'd':
			options.dir = optarg;
			break;
		case 'n':
			options.nb_sfs = parse_number("sfs", optarg, 1, MAX_SFS);
			break;
		case 'w':
			options.wire = parse_wire(optarg);
			break;
		case 't':
			options.tap = optarg;
			break;
		case 'q':
			options.nb_queues = parse_number("queues", optarg, 1, SF_MAX_QUEUE_PAIRS);
			break;
		case 'p':
			options.poll = true;
			break;
		case 'c':
			options.cpu = (int)parse_number("cpu", optarg, 0, CPU_SETSIZE - 1);
			break;
		case 'r':
			options.reset = true;
			break;
		case 's':
			options.stats = true;
			break;
		case 'f':
			options.ctl = optarg;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			usage(stderr);
			exit(2);
		}
	}
	if (options.tap != NULL && options.wire != SF_WIRE_SWITCH) {
		fprintf(stderr, "dpdk-sf-sim: --tap %s: needs --wire switch\n", options.tap);
		exit(2);
	}
	if (options.dir == NULL || optind != argc) {
		usage(stderr);
		exit(2);
	}
}

/* A client's memory has gone under a packet: go on with zeroes, end it later. */
static void
on_sigbus(int sig, siginfo_t *info, void *context)
{
	unsigned int i;

	(void)context;
	for (i = 0; i < options.nb_sfs; i++)
		if (dma_fault(&sfs[i].plat.dma, info->si_addr)) {
			faulted = 1;
			return;
		}
	/* Our own fault, then. */
	signal(sig, SIG_DFL);
}

static int
setup_signals(void)
{
	struct sigaction action = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO };
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || sigaction(SIGBUS, &action, NULL) < 0)
		return -errno;
	/* Whoever reads our log may leave: a client can make us write to it. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -errno;
	signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (signal_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, signal_fd, &event) < 0)
		return -errno;
	return 0;
}

static void
on_signal(void)
{
	struct signalfd_siginfo info;

	while (read(signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGUSR1)
			stats_print(sfs, options.nb_sfs);
		else
			stop = true;
	}
}

/* A client may send a descriptor for every hugepage it has. */
static void
raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int
pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return 0;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) < 0 ? -errno : 0;
}

static int
open_device(unsigned int index)
{
	int listener, ret;

	listener = publish_device(&publish, index);
	if (listener < 0)
		return listener;
	ret = sf_open(&sfs[index], &wire, index, options.nb_queues, listener, epoll_fd);
	if (ret < 0) {
		fprintf(stderr, "dpdk-sf-sim: %s: %s\n", sfs[index].name, strerror(-ret));
		publish_remove(&publish, index);
		return ret;
	}
	sfs[index].resets_at_end = options.reset;
	return 0;
}

static int
open_devices(void)
{
	unsigned int i;
	int ret;

	sf_wire_init(&wire, options.wire, !options.poll);
	for (i = 0; i < options.nb_sfs; i++) {
		ret = open_device(i);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static void
on_command(enum ctl_command command, unsigned int index)
{
	bool is_open;

	if (index >= options.nb_sfs) {
		fprintf(stderr, "dpdk-sf-sim: sf_sim.sf.%u: there are %u\n", index, options.nb_sfs);
		return;
	}
	is_open = sf_is_open(&sfs[index]);
	if (is_open == (command == CTL_ADD)) {
		fprintf(stderr, "dpdk-sf-sim: sf_sim.sf.%u: already %s\n", index,
			is_open ? "there" : "removed");
	} else if (command == CTL_ADD) {
		open_device(index);
	} else {
		publish_remove(&publish, index);
		sf_close(&sfs[index]);
	}
}

static int
open_ctl(void)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = &ctl };
	int ret;

	if (options.ctl == NULL)
		return 0;
	ret = ctl_open(&ctl, options.ctl);
	if (ret == 0 && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, ctl.fd, &event) < 0)
		ret = -errno;
	return ret;
}

static int
open_tap(void)
{
	int ret;

	if (options.tap == NULL)
		return 0;
	ret = tap_open(&tap, options.tap, &wire, epoll_fd);
	if (ret < 0)
		fprintf(stderr, "dpdk-sf-sim: --tap %s: %s\n", options.tap, strerror(-ret));
	return ret;
}

/* An event names an sf by its listener, or by a connection inside it. */
static void
on_event(const struct epoll_event *event)
{
	char *at = event->data.ptr;
	struct sf *sf;

	if (at == NULL) {
		on_signal();
		return;
	}
	if (at == (char *)&tap) {
		tap_serve(&tap);
		return;
	}
	if (at == (char *)&ctl) {
		ctl_serve(&ctl, on_command);
		return;
	}
	sf = &sfs[(size_t)(at - (char *)sfs) / sizeof(*sfs)];
	if (!sf_is_open(sf)) /* removed by a command since */
		return;
	sf_event(sf, at);
}

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void
serve_sockets(int timeout_ms)
{
	struct epoll_event events[MAX_EVENTS];
	int i, n;

	n = epoll_wait(epoll_fd, events, MAX_EVENTS, timeout_ms);
	for (i = 0; i < n; i++)
		on_event(&events[i]);
	if (n > 0)
		last_request = now_ns();
}

static void
check_faults(void)
{
	unsigned int i;

	if (!faulted)
		return;
	faulted = 0;
	for (i = 0; i < options.nb_sfs; i++)
		sf_check_fault(&sfs[i]);
}

static unsigned int
poll_wire(void)
{
	const unsigned int running = sf_wire_running(&wire);
	unsigned int served, done = 0;

	for (served = 0; served < SERVED_PER_CLOCK; served += running)
		done += sf_wire_poll(&wire);
	return done;
}

/* Nothing has moved for a while: sleep until a register is accessed.  Whether there was work. */
static bool
rest(void)
{
	enum sf_rest how = sf_wire_doze(&wire);

	if (how == SF_REST_NONE)
		return true;
	serve_sockets(how == SF_REST_NAP ? NAP_MS : -1);
	sf_wire_wake(&wire);
	return false;
}

/* After a rest, a driver that found us asleep may still be calling. */
static bool
must_look(uint64_t now, uint64_t last_look, uint64_t last_rest)
{
	const uint64_t last = last_rest > last_request ? last_rest : last_request;

	return now - last_look >= LOOK_NS || now - last_look >= (now - last) / LOOK_SHARE;
}

static void
run(void)
{
	uint64_t last_work = now_ns(), last_look = last_work, last_rest = last_work, now;

	last_request = last_work;
	while (!stop) {
		now = now_ns();
		if (sf_wire_running(&wire) == 0) {
			serve_sockets(now - last_request < LINGER_NS ? 0 : -1);
			continue;
		}
		if (poll_wire() != 0)
			last_work = now;
		check_faults();
		if (!options.poll && now - last_work > LINGER_NS && now - last_request > LINGER_NS) {
			if (rest())
				last_work = now;
			last_rest = now_ns();
		} else if (must_look(now, last_look, last_rest)) {
			serve_sockets(0);
			last_look = now;
		}
	}
}

int
main(int argc, char **argv)
{
	unsigned int i;
	int ret;

	parse_options(argc, argv);
	raise_fd_limit();
	ret = pin(options.cpu);
	if (ret < 0) {
		fprintf(stderr, "dpdk-sf-sim: --cpu %d: %s\n", options.cpu, strerror(-ret));
		return EXIT_FAILURE;
	}
	sfs = calloc(options.nb_sfs, sizeof(*sfs));
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (sfs == NULL || epoll_fd < 0 || publish_open(&publish, options.dir) < 0)
		return EXIT_FAILURE;
	ret = irqfd_open();
	if (ret < 0)
		fprintf(stderr, "dpdk-sf-sim: no asynchronous I/O, an eventfd can block: %s\n",
			strerror(-ret));
	ret = setup_signals();
	if (ret == 0)
		ret = open_ctl();
	if (ret == 0)
		ret = open_devices();
	if (ret == 0)
		ret = open_tap();
	if (ret < 0) {
		ctl_close(&ctl);
		publish_close(&publish);
		return EXIT_FAILURE;
	}
	printf("dpdk-sf-sim: ready, %u sub-functions in %s, wire %s, %s\n", options.nb_sfs,
		options.dir, wire_names[options.wire], options.poll ? "polling" : "event-driven");
	fflush(stdout);
	run();
	if (options.stats)
		stats_print(sfs, options.nb_sfs);
	for (i = 0; i < options.nb_sfs; i++)
		if (sf_is_open(&sfs[i]))
			sf_close(&sfs[i]);
	tap_close(&tap);
	ctl_close(&ctl);
	publish_close(&publish);
	irqfd_close();
	close(signal_fd);
	close(epoll_fd);
	free(sfs);
	return EXIT_SUCCESS;
}
