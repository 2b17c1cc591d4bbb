/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * dpdk-sfctl: see, make and hand out sub-functions and mediated devices.  It starts
 * no EAL, and asks sysfs by the library that the auxiliary bus asks.
 */

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_log.h>

#include "sfctl.h"

/* Devlink tells of changes that are no uevents only to who asks; so watch looks this often. */
#define WATCH_MS 1000

static const char usage_text[] =
	"usage: dpdk-sfctl [list] [--all] [--json]\n"
	"       dpdk-sfctl doctor DEVICE [--json]\n"
	"       dpdk-sfctl create PF --sfnum N [--count K] [--mac M] [--bind DRIVER] [--wait] [--json]\n"
	"       dpdk-sfctl activate|deactivate|delete DEVICE\n"
	"       dpdk-sfctl delete PF --sfnum N [--count K]\n"
	"       dpdk-sfctl bind DEVICE DRIVER\n"
	"       dpdk-sfctl unbind DEVICE\n"
	"       dpdk-sfctl watch [--all] [--json]\n"
	"       dpdk-sfctl --help | --version\n"
	"DEVICE: sf_sim.sf.0, a UUID, pci/0000:03:00.0/32768, or pf=0000:03:00.0,sfnum=88\n"
	"PF: 0000:03:00.0, or with its bus, pci/0000:03:00.0\n"
	"exit: 0 done; 1 refused; 2 usage; 3 not found; 4 doctor found something; 5 created in part\n";

static int
usage(void)
{
	fputs(usage_text, stderr);
	return SFCTL_USAGE;
}

struct options {
	bool all;
	struct creation creation;
	uint8_t mac[6];
	const char *arg[3]; /* command, device or PF, driver */
	int nb_args;
};

/* A decimal number from min to max. */
static bool
number_parse(const char *text, uint32_t min, uint32_t max, uint32_t *number)
{
	unsigned long long value = strtoull(text, NULL, 10);

	*number = (uint32_t)value;
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0' &&
		strlen(text) <= 10 && value >= min && value <= max;
}

static bool
mac_parse(const char *text, uint8_t *mac)
{
	int len = 0;

	return sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2],
		&mac[3], &mac[4], &mac[5], &len) == 6 && text[len] == '\0' && (mac[0] & 1) == 0;
}

static bool
option_take(struct options *options, int option)
{
	struct creation *creation = &options->creation;
	bool is_good = true;

	switch (option) {
	case 'a':
		options->all = true;
		break;
	case 'j':
		creation->is_json = true;
		break;
	case 's':
		is_good = number_parse(optarg, 0, UINT32_MAX - 1, &creation->sfnum);
		break;
	case 'c':
		is_good = number_parse(optarg, 1, 65536, &creation->count);
		break;
	case 'm':
		is_good = mac_parse(optarg, options->mac);
		creation->mac = options->mac;
		break;
	case 'b':
		creation->driver = optarg;
		break;
	case 'w':
		creation->is_awaited = true;
		break;
	default:
		return false;
	}
	if (!is_good)
		complain("bad value \"%s\"", optarg);
	return is_good;
}

/* 0, or what to end with; -1 after --help and --version. */
static int
options_parse(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "json", no_argument, NULL, 'j' },
		{ "sfnum", required_argument, NULL, 's' },
		{ "count", required_argument, NULL, 'c' },
		{ "mac", required_argument, NULL, 'm' },
		{ "bind", required_argument, NULL, 'b' },
		{ "wait", no_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 }
	};
	int option;

	*options = (struct options){ .creation = { .sfnum = UINT32_MAX, .count = 1 } };
	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (option == 'h' || option == 'v') {
			fputs(option == 'h' ? usage_text : "dpdk-sfctl " SFCTL_VERSION "\n",
				stdout);
			return -1;
		}
		if (!option_take(options, option))
			return usage();
	}
	for (; optind < argc && options->nb_args < (int)RTE_DIM(options->arg); optind++)
		options->arg[options->nb_args++] = argv[optind];
	return optind < argc ? usage() : 0;
}

static int
list(const struct options *options)
{
	struct table table;

	if (table_read(&table, options->all) < 0)
		return SFCTL_FAILED;
	if (options->creation.is_json)
		show_json(&table);
	else
		show_table(&table);
	table_free(&table);
	return SFCTL_OK;
}

/* What is there, and then what changes, until the process is ended. */
static int
watch(const struct options *options)
{
	struct auxiliary_news news = AUXILIARY_NEWS_NONE;
	struct table before = { .nb = 0 }, now;

	table_wait(&news, 0);
	while (table_read(&now, options->all) == 0) {
		show_changes(&before, &now, options->creation.is_json);
		table_free(&before);
		before = now;
		table_wait(&news, WATCH_MS);
	}
	return SFCTL_FAILED;
}

static const struct command {
	const char *name;
	int nb_args; /* with its name */
} commands[] = {
	{ "list", 1 },
	{ "watch", 1 },
	{ "doctor", 2 },
	{ "create", 2 },
	{ "activate", 2 },
	{ "deactivate", 2 },
	{ "delete", 2 },
	{ "unbind", 2 },
	{ "bind", 3 },
};

static int
run(struct options *options)
{
	const char *name = options->arg[0], *what = options->arg[1];
	struct creation *creation = &options->creation;
	unsigned int i = 0;

	while (i < RTE_DIM(commands) && strcmp(commands[i].name, name) != 0)
		i++;
	if (i == RTE_DIM(commands) || commands[i].nb_args != options->nb_args)
		return usage();
	if (strcmp(name, "list") == 0)
		return list(options);
	if (strcmp(name, "watch") == 0)
		return watch(options);
	if (strcmp(name, "doctor") == 0)
		return doctor(what, options->creation.is_json);
	if (strcmp(name, "delete") == 0)
		return creation->sfnum == UINT32_MAX ? delete(what) :
			delete_range(what, creation->sfnum, creation->count);
	if (strcmp(name, "unbind") == 0)
		return bind_to(what, NULL);
	if (strcmp(name, "bind") == 0)
		return bind_to(what, options->arg[2]);
	if (strcmp(name, "create") != 0)
		return activate(what, strcmp(name, "activate") == 0);
	if (creation->sfnum == UINT32_MAX)
		return usage();
	creation->pf = what;
	return create(creation);
}

int
main(int argc, char **argv)
{
	struct options options;
	int ret;

	/* What is wrong with a device is for doctor to say, once. */
	rte_log_set_level_pattern("bus.auxiliary", RTE_LOG_EMERG);
	ret = options_parse(argc, argv, &options);
	if (ret != 0)
		return ret < 0 ? SFCTL_OK : ret;
	if (options.nb_args == 0)
		options.arg[options.nb_args++] = "list";
	return run(&options);
}
