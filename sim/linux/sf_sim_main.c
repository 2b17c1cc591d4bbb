// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (c) 2026 The auxiliary-bus driver authors */

/*
 * Simulated sub-functions: the parent device, and what it is made of.
 */

#include <linux/module.h>
#include <linux/platform_device.h>

#include "sf_sim.h"

static char *wire = "switch";
module_param(wire, charp, 0444);
MODULE_PARM_DESC(wire, "What joins the devices: switch, pair or loop");

static char *driver = "vfio";
module_param(driver, charp, 0444);
MODULE_PARM_DESC(driver, "What a new sub-function becomes: vfio (a device) or mdev (a parent)");

unsigned int sf_sim_queues = SF_MAX_QUEUE_PAIRS;
module_param_named(queues, sf_sim_queues, uint, 0444);
MODULE_PARM_DESC(queues, "Queue pairs of each device");

static int node = NUMA_NO_NODE;
module_param_named(numa_node, node, int, 0444);
MODULE_PARM_DESC(numa_node, "NUMA node of the parent device");

static int cpu = -1;
module_param(cpu, int, 0444);
MODULE_PARM_DESC(cpu, "CPU that moves the packets, -1 for any");

static struct platform_device *parent;
static struct sf_sim_mparent mparent;

/* Gives the parent device a driver's name; there is nothing to probe. */
static struct platform_driver parent_driver = {
	.driver = {
		.name = "sf_sim",
		.suppress_bind_attrs = true,
	},
};

static const char *const wire_names[] = {
	[SF_WIRE_PAIR] = "pair",
	[SF_WIRE_LOOP] = "loop",
	[SF_WIRE_SWITCH] = "switch",
};

static const char *const driver_names[] = { "vfio", "mdev" };

static int parent_add(void)
{
	int ret;

	ret = platform_driver_register(&parent_driver);
	if (ret)
		return ret;
	parent = platform_device_alloc("sf_sim", PLATFORM_DEVID_NONE);
	if (!parent) {
		ret = -ENOMEM;
		goto err_driver;
	}
	set_dev_node(&parent->dev, node);
	ret = platform_device_add(parent);
	if (ret)
		goto err_device;
	return 0;

err_device:
	platform_device_put(parent);
err_driver:
	platform_driver_unregister(&parent_driver);
	return ret;
}

static void parent_del(void)
{
	platform_device_unregister(parent);
	platform_driver_unregister(&parent_driver);
}

/* What the parameters say; 0, or -EINVAL if they make no sense. */
static int parse(int *wire_type, int *driver_index)
{
	*wire_type = match_string(wire_names, ARRAY_SIZE(wire_names), wire);
	*driver_index = match_string(driver_names, ARRAY_SIZE(driver_names),
				     driver);
	if (*wire_type >= 0 && *driver_index >= 0 && sf_sim_queues > 0 &&
	    sf_sim_queues <= SF_MAX_QUEUE_PAIRS &&
	    (node == NUMA_NO_NODE ||
	     (node >= 0 && node < MAX_NUMNODES && node_online(node))) &&
	    (cpu == -1 || (cpu >= 0 && cpu < nr_cpu_ids && cpu_online(cpu))))
		return 0;
	pr_err("sf_sim: wire=%s driver=%s queues=%u numa_node=%d cpu=%d: not supported\n",
	       wire, driver, sf_sim_queues, node, cpu);
	return -EINVAL;
}

static int __init sf_sim_init(void)
{
	int wire_type, driver_index, ret;

	ret = parse(&wire_type, &driver_index);
	if (ret)
		return ret;
	ret = sf_sim_wire_start(wire_type, cpu);
	if (ret)
		return ret;
	ret = sf_sim_mdev_register();
	if (ret)
		goto err_wire;
	ret = sf_sim_aux_register(driver_index == 1);
	if (ret)
		goto err_mdev;
	ret = parent_add();
	if (ret)
		goto err_aux;
	ret = sf_sim_mparent_add(&mparent, &parent->dev, false);
	if (ret)
		goto err_parent;
	ret = sf_sim_ports_init(&parent->dev);
	if (ret)
		goto err_mparent;
	return 0;

err_mparent:
	sf_sim_mparent_del(&mparent);
err_parent:
	parent_del();
err_aux:
	sf_sim_aux_unregister();
err_mdev:
	sf_sim_mdev_unregister();
err_wire:
	sf_sim_wire_stop();
	return ret;
}

static void __exit sf_sim_exit(void)
{
	sf_sim_ports_fini();
	sf_sim_mparent_del(&mparent);
	parent_del();
	sf_sim_aux_unregister();
	sf_sim_mdev_unregister();
	sf_sim_wire_stop();
}

module_init(sf_sim_init);
module_exit(sf_sim_exit);

MODULE_DESCRIPTION("Simulated sub-functions");
MODULE_AUTHOR("The auxiliary-bus driver authors");
MODULE_LICENSE("GPL");
