#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""Both auxiliary buses, ours and DPDK's, in a process, loaded in any order."""
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
    """DPDK's bus, a driver for it, and a driver for ours."""
    header = harness.dpdk_bus_header()
    directory = env.path("plugins")
    os.mkdir(directory)
    other = compiled(env, "other.c", DRIVER % header, "plugins/librte_net_other.so", "-shared",
                     "-fPIC", f"-I{os.path.dirname(header)}", "-lrte_bus_auxiliary")
    return {
        "DPDK's bus": f"{harness.DPDK_LIB}/"
                      + harness.driver_soname().replace("net_sf_example", "bus_auxiliary"),
        "driver for it": other,
        "driver for ours": f"{harness.BUILD}/drivers/{harness.driver_soname()}",
    }


def run(env, program, order, devargs):
    """
    What the application says while these libraries are loaded in this order.  They are
    given by bare names: EAL refuses a path with a directory in it that all may write.
    """
    arguments = [arg for path in order for arg in ("-d", os.path.basename(path))]
    path = [os.path.dirname(path) for path in order] + [harness.library_path()]
    out = subprocess.run(
        [program, "--no-huge", "--no-shconf", "-m", "64", "-l", "0", "--no-pci", "--no-telemetry",
         "--log-level", "bus.auxiliary:debug", *arguments, *devargs],
        check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
        env={**os.environ, **harness.sysfs(env.devices), "LD_LIBRARY_PATH": ":".join(path)})
    assert out.returncode == 0, out.stdout
    return out.stdout


def any_order(env, devargs):
    """Each driver gets its device, by our bus, which says once that it is the only one."""
    env.sim(sfs=1)
    os.mkdir(f"{env.devices}/other.sf.0")
    program = compiled(env, "app.c", APPLICATION, "app", "-lrte_eal")
    libraries = plugins(env)
    for order in itertools.permutations(libraries):
        text = run(env, program, [libraries[name] for name in order], devargs)
        for line in ("auxiliary bus: device sf_sim.sf.0: probing driver net_sf_example",
                     "auxiliary bus: device other.sf.0: probing driver other",
                     "other: other has other.sf.0", "other: gives up other.sf.0"):
            assert line in text, f"no '{line}': {order}\n{text}"
        assert len(re.findall("another bus named auxiliary", text)) == 1, text


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


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
