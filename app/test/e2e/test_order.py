#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""Both auxiliary buses, ours and DPDK's, in a process, loaded in any order."""
import glob
import itertools
import os
import re
import subprocess
import sys

import harness

# An application that is linked with no bus and no driver, as most are.
APPLICATION = r"""
#include <stdlib.h>
#include <rte_eal.h>

int
main(int argc, char **argv)
{
	if (rte_eal_init(argc, argv) < 0)
		return EXIT_FAILURE;
	return rte_eal_cleanup() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
"""
# A driver that is compiled for DPDK's own bus, as mlx5 is.
DRIVER = r"""
#include <stdio.h>
#include <string.h>
#include "%s"

static bool
other_match(const char *name)
{
	return strncmp(name, "other.sf.", strlen("other.sf.")) == 0;
}

static int
other_probe(struct rte_auxiliary_driver *drv, struct rte_auxiliary_device *dev)
{
	printf("other: %%s has %%s\n", drv->driver.name, dev->name);
	return 0;
}

static int
other_remove(struct rte_auxiliary_device *dev)
{
	printf("other: gives up %%s\n", dev->name);
	return 0;
}

static struct rte_auxiliary_driver driver = {
	.driver.name = "other",
	.match = other_match,
	.probe = other_probe,
	.remove = other_remove,
};

RTE_INIT(other_init)
{
	rte_auxiliary_register(&driver);
}

RTE_FINI(other_fini)
{
	rte_auxiliary_unregister(&driver);
}
"""


def compiled(env, name, source, output, *args):
    """Write and compile a C file; returns the path of what was made."""
    with open(env.path(name), "w", encoding="ascii") as file:
        file.write(source)
    harness.compile_c(env.path(name), env.path(output), *args)
    return env.path(output)


def plugins(env):
    """Paths of DPDK's bus, a driver for it, and a driver for ours."""
    header = harness.dpdk_bus_header()
    directory = env.path("plugins")
    os.mkdir(directory)
    other = compiled(env, "other.c", DRIVER % header, "plugins/librte_net_other.so", "-shared",
                     "-fPIC", f"-I{os.path.dirname(header)}", "-lrte_bus_auxiliary")
    ours = harness.driver_soname()
    return [f"{harness.DPDK_LIB}/" + ours.replace("net_sf_example", "bus_auxiliary"), other,
            f"{harness.BUILD}/drivers/{ours}"]


def run(env, command, path=()):
    """Each driver gets its device, by our bus, which says once that it is the only one."""
    out = subprocess.run(
        [*command, "--no-huge", "--no-shconf", "-m", "64", "-l", "0", "--no-pci", "--no-telemetry",
         "--log-level", "bus.auxiliary:debug"],
        check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
        env={**os.environ, **harness.sysfs(env.devices),
             "LD_LIBRARY_PATH": ":".join([*path, harness.library_path()])})
    assert out.returncode == 0, out.stdout
    for line in ("auxiliary bus: device sf_sim.sf.0: probing driver net_sf_example",
                 "auxiliary bus: device other.sf.0: probing driver other",
                 "other: other has other.sf.0", "other: gives up other.sf.0"):
        assert line in out.stdout, f"no '{line}': {command}\n{out.stdout}"
    assert len(re.findall("another bus named auxiliary", out.stdout)) == 1, out.stdout
    return out.stdout


def start(env):
    """A device for each driver; the application, and libraries to be loaded in each order."""
    env.sim(sfs=1)
    os.mkdir(f"{env.devices}/other.sf.0")
    return (compiled(env, "app.c", APPLICATION, "app", "-lrte_eal"),
            list(itertools.permutations(plugins(env))))


def any_order(env, devargs):
    """By bare names: EAL refuses a path with a directory in it that all may write."""
    program, orders = start(env)
    for order in orders:
        arguments = [arg for path in order for arg in ("-d", os.path.basename(path))]
        run(env, [program, *arguments, *devargs], map(os.path.dirname, order))


def test_any_order(env):
    """Devices that no devargs name."""
    any_order(env, [])


def test_any_order_allowed(env):
    """Devices by their names, which EAL asks the bus about before the first scan."""
    any_order(env, ["-a", "auxiliary:sf_sim.sf.0", "-a", "other.sf.0"])


def test_any_order_layered(env):
    """Devices by devargs that only our bus understands."""
    any_order(env, ["-a", "bus=auxiliary,name=sf_sim.sf.0,vfio=user",
                    "-a", "bus=auxiliary,name=other.sf.0"])


def test_any_order_of_directory(env):
    """As EAL loads what it is not told of: in the order that its directory is read in."""
    program, orders = start(env)
    directory, = glob.glob(f"{harness.DPDK_LIB}/dpdk/pmds-*")
    abi = directory.rpartition("-")[2]
    bus, *_ = names = [os.path.basename(path).split(".so")[0] for path in orders[0]]
    keep = "".join(f"cp -L {path} $work/{name}\n" for path, name in zip(orders[0], names))
    met = set()
    for order in itertools.permutations(names):
        text = run(env, [*harness.changed_system(
            f"{keep}mount -t tmpfs -o mode=755 tmpfs {directory}\n"
            + "".join(f"cp $work/{name} {directory}/{name}.so.{abi}\n" for name in order)
            # What drivers of DPDK's bus are linked with is a link to this one.
            + f"ln -s {bus}.so.{abi} {directory}/{bus}.so.{abi.split('.')[0]}\nls -U {directory}"),
                         program])
        met.add(tuple(re.findall(rf"^(\S+)\.so\.{abi}$", text, re.M)))
    assert met == set(itertools.permutations(names)), met


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
