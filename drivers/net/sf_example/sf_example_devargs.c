/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>

#include <rte_devargs.h>
#include <rte_ether.h>
#include <rte_kvargs.h>

#include "sf_example.h"

static int
mac_parse(const char *value, struct sf_devargs *args)
{
	if (rte_ether_unformat_addr(value, &args->mac) != 0 ||
			!rte_is_valid_assigned_ether_addr(&args->mac))
		return -EINVAL;
	args->has_mac = true;
	return 0;
}

static int
pause_parse(const char *value, struct sf_devargs *args)
{
	if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
		return -EINVAL;
	args->has_pause = true;
	args->pause = value[0] == '1';
	return 0;
}

/* The name of the driver, which the bus has used to get here. */
static int
driver_parse(const char *value __rte_unused, struct sf_devargs *args __rte_unused)
{
	return 0;
}

static const struct {
	const char *key;
	int (*parse)(const char *value, struct sf_devargs *args);
} keys[] = {
	{ SF_ARG_MAC, mac_parse },
	{ SF_ARG_PAUSE, pause_parse },
	{ RTE_DEVARGS_KEY_DRIVER, driver_parse },
};

static int
pair_parse(const struct rte_kvargs_pair *pair, struct sf_devargs *args)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(keys); i++)
		if (strcmp(pair->key, keys[i].key) == 0)
			return pair->value != NULL ? keys[i].parse(pair->value, args) : -EINVAL;
	return -EINVAL;
}

int
sf_devargs_parse(const struct sf_port *port, const struct rte_devargs *devargs,
	struct sf_devargs *args)
{
	struct rte_kvargs *kvlist;
	unsigned int i;
	int ret = 0;

	*args = (struct sf_devargs) { 0 };
	/* "bus=auxiliary,name=x/.../driver=y,k=v" and "auxiliary:x,k=v" both end here. */
	if (devargs == NULL || devargs->drv_str == NULL || devargs->drv_str[0] == '\0')
		return 0;
	kvlist = rte_kvargs_parse(devargs->drv_str, NULL);
	if (kvlist == NULL) {
		SF_LOG(ERR, init, port, "cannot parse arguments \"%s\"", devargs->drv_str);
		return -EINVAL;
	}
	for (i = 0; i < kvlist->count && ret == 0; i++) {
		const struct rte_kvargs_pair *pair = &kvlist->pairs[i];

		ret = pair_parse(pair, args);
		if (ret < 0)
			SF_LOG(ERR, init, port, "bad argument \"%s=%s\"; there are "
				SF_ARG_MAC "=<unicast address> and " SF_ARG_PAUSE "=<0|1>",
				pair->key, pair->value != NULL ? pair->value : "");
	}
	rte_kvargs_free(kvlist);
	return ret;
}
