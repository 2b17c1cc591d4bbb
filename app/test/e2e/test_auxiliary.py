#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""The bus as the distribution's own applications and drivers meet it."""
import glob
import json
import os
import re
import socket
import subprocess
import sys

import harness


def telemetry(prefix, command):
    path = f"/var/run/dpdk/{prefix}/dpdk_telemetry.v2"
    if os.geteuid() != 0:
        path = f"{os.environ.get('XDG_RUNTIME_DIR', '/tmp')}/dpdk/{prefix}/dpdk_telemetry.v2"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
        sock.connect(path)
        sock.recv(1024)
        sock.send(command.encode())
        return json.loads(sock.recv(65536))[command.split(",")[0]]


def test_telemetry(env):
    env.sim()
    prefix = f"sf-e2e-{os.getpid()}"
    testpmd = env.testpmd(["--telemetry", f"--file-prefix={prefix}",
                           "-a", "auxiliary:sf_sim.sf.0", "-a", "auxiliary:sf_sim.sf.1"])
    assert telemetry(prefix, "/auxiliary/list") == ["sf_sim.sf.0", "sf_sim.sf.1"]
    info = telemetry(prefix, "/auxiliary/info,sf_sim.sf.1")
    assert info["kind"] == "sf" and info["driver"] == "net_sf_example", info
    assert info["transport"] == "user" and info["sfnum"] == 1, info
    assert info["node"] == f"{env.devices}/sf_sim.sf.1/vfio-user", info
    assert info["probes"] == 1 and info["probe_failures"] == 0, info
    assert info["dma_mappings"] > 0 and info["dma_bytes"] >= 256 << 20, info
    mapped = [r for r in info["regions"].values() if r["mapped_offset"]]
    assert mapped, info
    vectors = info["interrupt_vectors"]  # of the PCI indexes: INTx, MSI, MSI-X, error, request
    assert len(vectors) == 5 and vectors[2] >= info["interrupt_queue_vectors"] + 1 > 0, info
    for region in mapped:
        for offset, size in zip(region["mapped_offset"], region["mapped_size"]):
            assert 0 < size and offset + size <= region["size"], info
    for command, error in (
            ("/auxiliary/info,sf_sim.sf.9", "no such device on the auxiliary bus"),
            ("/auxiliary/info", "the name of a device is missing"),
            ("/auxiliary/info," + "x" * 500, "no such device on the auxiliary bus"),
            ('/auxiliary/info,"', "no such device on the auxiliary bus")):
        assert telemetry(prefix, command) == {"error": error}, telemetry(prefix, command)
    testpmd.command("port stop all")
    testpmd.command("port close 1")
    testpmd.command("device detach auxiliary:sf_sim.sf.1")
    info = telemetry(prefix, "/auxiliary/info,sf_sim.sf.1")
    assert info["driver"] == "none" and info["transport"] == "none", info
    testpmd.command("port attach auxiliary:sf_sim.sf.1")
    info = telemetry(prefix, "/auxiliary/info,sf_sim.sf.1")
    assert info["probes"] == 2, info
    testpmd.quit()


def test_log_types(env):
    env.sim()
    testpmd = env.testpmd(["--log-level", "bus.auxiliary:debug", "--log-level", "common.vfio:debug",
                           "-a", "auxiliary:sf_sim.sf.0"])
    text = testpmd.text()
    assert "probing driver net_sf_example" in text, text
    assert "vfio: device sf_sim.sf.0: open" in text, text
    testpmd.quit()
    testpmd = env.testpmd(["--log-level", "bus.auxiliary:error", "-a", "auxiliary:sf_sim.sf.0"])
    assert "another bus" not in testpmd.text(), testpmd.text()
    testpmd.quit()


def traced(env, *points):
    """What a testpmd that attaches sf_sim.sf.1 records: names of points, and raw data."""
    traces = env.path("traces-" + points[0])
    os.mkdir(traces)
    testpmd = env.testpmd([*(f"--trace={p}" for p in points), f"--trace-dir={traces}",
                           "-a", "auxiliary:sf_sim.sf.0"])
    testpmd.command("port attach auxiliary:sf_sim.sf.1")
    testpmd.quit()
    metadata = "".join(open(f, encoding="ascii").read()
                       for f in glob.glob(f"{traces}/*/metadata"))
    return metadata, b"".join(open(f, "rb").read() for f in glob.glob(f"{traces}/*/channel*"))


def test_trace(env):
    env.sim()
    metadata, data = traced(env, "bus.auxiliary.*")
    for point in ("scan", "probe", "map", "unplug"):
        assert f"bus.auxiliary.{point}" in metadata, point
    assert b"sf_sim.sf.1" in data and b"net_sf_example" in data, "nothing was recorded"
    for point in ("common.vfio.map_region", "common.vfio.map_dma"):
        metadata, data = traced(env, point)
        assert point in metadata and b"sf_sim.sf.1" in data, point


def test_mlx5(env):
    """The distribution's own mlx5 drivers, on our bus, up to the missing hardware."""
    harness.need_driver("net_mlx5")
    for n in (4, 5):
        os.makedirs(f"{env.devices}/mlx5_core.sf.{n}")
    testpmd = harness.Testpmd(env.devices, ["-a", "auxiliary:mlx5_core.sf.4",
                                            "--log-level", "bus.auxiliary:debug"])
    env.processes.append(testpmd)
    testpmd.expect("device mlx5_core.sf.4: probing driver mlx5_auxiliary")
    testpmd.expect("mlx5_common: .*mlx5_core.sf.4")  # its own words: no verbs device
    testpmd.expect("device mlx5_core.sf.4: driver mlx5_auxiliary cannot use it")
    assert "mlx5_core.sf.5" not in testpmd.text(), testpmd.text()


def test_plugged_by_the_bus(env):
    """A device that was not there at the start, and that comes back, with the simulator."""
    testpmd = env.testpmd(["-a", "bus=auxiliary,name=sf_sim.sf.0,hotplug=full"
                                 "/class=eth/driver=net_sf_example,pause=0"])
    for _ in range(2):
        sim = env.sim(sfs=1)
        testpmd.expect("auxiliary bus: device sf_sim.sf.0: has come, plugged")
        assert "sf_sim.sf.0" in testpmd.command("show port summary all"), testpmd.text()
        sim.stop()
        # By the bus, unless testpmd itself has been told before and lets go of it.
        testpmd.expect("auxiliary bus: device sf_sim.sf.0: has gone, unplugged|Device is detached")
        assert "sf_sim.sf.0" not in testpmd.command("show port summary all"), testpmd.text()
    testpmd.quit()


def our_library():
    return os.path.realpath(f"{harness.BUILD}/drivers/librte_bus_auxiliary_vfio.so")


def dpdk_library():
    path = f"{harness.DPDK_LIB}/{os.path.basename(our_library()).replace('_vfio', '')}"
    if not os.path.exists(path):
        raise harness.Skip("DPDK's own librte_bus_auxiliary is not installed")
    return path


def test_abi_symbols(_env):
    """
    DPDK's functions, at a version of our own, in a library with a SONAME of its own:
    a driver is linked to the bus that it is compiled for.
    """
    def symbols(path):
        out = subprocess.run(["objdump", "-T", path], check=True, capture_output=True,
                             text=True).stdout
        return {m[2]: m[1] for m in
                re.finditer(r" DF \.\S+\s+\S+\s+(\S+)\s+(rte_\S+)$", out, re.M)}

    def soname(path):
        out = subprocess.run(["objdump", "-p", path], check=True, capture_output=True,
                             text=True).stdout
        return re.search(r"SONAME\s+(\S+)", out)[1]

    theirs, ours = symbols(dpdk_library()), symbols(our_library())
    assert theirs and set(theirs) == set(ours), (theirs, ours)
    assert not set(theirs.values()) & set(ours.values()), (theirs, ours)
    assert soname(dpdk_library()) != soname(our_library())


def test_abi_layout(env):
    """
    Structures as DPDK's own driver header has them: ours begin with the same
    fields at the same places.  The distribution's library has no debug
    information, so the compiler is asked instead, about both headers.
    """
    theirs = harness.dpdk_bus_header()
    fields = [f"rte_auxiliary_device.{f}" for f in ("device", "name", "intr_handle")]
    fields += [f"rte_auxiliary_driver.{f}" for f in
               ("driver", "match", "probe", "remove", "dma_map", "dma_unmap", "drv_flags")]
    if harness.DPDK_RELEASE < (26, 7):
        fields += ["rte_auxiliary_device.next", "rte_auxiliary_device.driver",
                   "rte_auxiliary_driver.next"]
    layouts = []
    for number, include in enumerate((
            theirs, f"{harness.TOP}/drivers/bus/auxiliary/bus_auxiliary_driver.h")):
        source = env.path(f"layout{number}.c")
        with open(source, "w", encoding="ascii") as file:
            file.write(f'#include <stdio.h>\n#include <stddef.h>\n#include "{include}"\nint main(void)\n{{\n')
            for field in fields:
                kind, name = field.split(".")
                file.write(f'printf("{field} %zu %zu\\n", offsetof(struct {kind}, {name}), '
                           f'sizeof(((struct {kind} *)0)->{name}));\n')
            file.write('printf("%#x\\n", RTE_AUXILIARY_DRV_NEED_IOVA_AS_VA);\nreturn 0;\n}\n')
        harness.compile_c(source, source[:-2], f"-I{os.path.dirname(theirs)}",
                          "-Wl,--unresolved-symbols=ignore-all")
        layouts.append(subprocess.run([source[:-2]], check=True, capture_output=True,
                                      text=True, env={**os.environ, "LD_BIND_NOW": ""}).stdout)
    assert layouts[0] == layouts[1], layouts


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
