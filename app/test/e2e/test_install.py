#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""Installed next to the distribution's DPDK, in any directory, and gone again.

Whatever is there of ours, or is left, DPDK's applications start.
"""
import os
import re
import subprocess
import sys

import harness

PAIR = ["-a", "bus=auxiliary,name=sf_sim.sf.0", "-a", "auxiliary:sf_sim.sf.1"]
INSTALL = "meson install -C '%s' --no-rebuild --quiet >&2\n"


def build_for(prefix):
    """A build that is installed elsewhere, kept below the other; and what meson said."""
    directory = f"{harness.BUILD}/prefix"
    environment = {**os.environ, "PKG_CONFIG_PATH": f"{harness.DPDK_LIB}/pkgconfig",
                   "CCACHE_BASEDIR": harness.TOP, "CCACHE_NOHASHDIR": "1"}
    said = subprocess.run(
        ["meson", "setup", *(["--reconfigure"] if os.path.exists(f"{directory}/build.ninja") else []),
         directory, harness.TOP, f"--prefix={prefix}", "-Dtests=false"],
        check=True, capture_output=True, text=True, env=environment).stdout
    subprocess.run(["ninja", "-C", directory], check=True, stdout=subprocess.DEVNULL,
                   env=environment)
    return directory, said


def check_used(env, commands, where):
    """After these commands testpmd, without being told of us, forwards between two devices."""
    system = harness.changed_system(commands)
    env.sim()
    testpmd = env.testpmd(PAIR, system=system)
    maps = open(f"/proc/{testpmd.popen.pid}/maps", encoding="utf-8").read()
    for library in ("bus_auxiliary_vfio", "common_auxiliary", "common_vfio", "net_sf_example"):
        assert re.search(rf" {where}/lib/.*/librte_{library}\.so", maps), \
            f"{library} is not ours:\n" + "\n".join(x for x in maps.splitlines() if library in x)
    testpmd.forward(0.3, first=2)
    assert testpmd.stats(0)["RX-packets"] > 100, testpmd.text()
    testpmd.quit()


def check_unused(env, commands):
    """After these commands testpmd has a port of DPDK's own, and nothing of ours."""
    system = harness.changed_system(commands)
    testpmd = env.testpmd(["--vdev", "net_null0"], system=system)
    maps = open(f"/proc/{testpmd.popen.pid}/maps", encoding="utf-8").read()
    assert "sf_example" not in maps and "auxiliary_vfio" not in maps, maps
    assert "another bus" not in testpmd.text(), testpmd.text()
    assert "net_null" in testpmd.command("show port summary all"), testpmd.text()
    testpmd.quit()


def test_default(env):
    """The way of the README, but for ldconfig."""
    check_used(env, INSTALL % harness.BUILD, "/usr/local")


def test_default_ldconfig(env):
    check_used(env, INSTALL % harness.BUILD + "ldconfig", "/usr/local")


def test_prefix(env):
    """A directory that no loader looks into."""
    directory, _ = build_for("/opt/sf")
    check_used(env, INSTALL % directory, "/opt/sf")


def test_prefix_ldconfig(env):
    """The same where the loader has been told of it."""
    directory, _ = build_for("/opt/sf")
    check_used(env, INSTALL % directory
               + "echo /opt/sf/lib/*-linux-gnu >/etc/ld.so.conf.d/sf.conf\nldconfig", "/opt/sf")


def test_linked_with_neither(env):
    """An application that is linked with no bus and no driver meets the device."""
    directory, _ = build_for("/opt/sf")
    system = harness.changed_system(INSTALL % directory)
    env.sim(sfs=1)
    out = subprocess.run(
        [*system, harness.dpdk_app("dpdk-test-sad"), "--no-huge", "--no-shconf", "-m", "128", "-l",
         "0", "--no-pci", "--no-telemetry", "--log-level", "bus.auxiliary:info"],
        check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
        env={**os.environ, **harness.sysfs(env.devices), "LD_LIBRARY_PATH": ""}).stdout
    assert "device sf_sim.sf.0: probing driver net_sf_example" in out, out


def test_tool(env):
    """dpdk-sfctl, which is linked with one of our libraries."""
    directory, _ = build_for("/opt/sf")
    system = harness.changed_system(INSTALL % directory)
    env.sim(sfs=1)
    out = subprocess.run([*system, "/opt/sf/bin/dpdk-sfctl", "list"], check=False,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
                         env={**os.environ, **harness.sysfs(env.devices),
                              "LD_LIBRARY_PATH": ""})  # meson names the build there
    assert out.returncode == 0 and "sf_sim.sf.0" in out.stdout, out.stdout


def test_uninstalled(env):
    """"ninja uninstall" leaves nothing."""
    directory, _ = build_for("/opt/sf")
    check_unused(env, INSTALL % directory + f"""ninja -C '{directory}' uninstall >/dev/null
test ! -e /opt/sf
test -z "$(find /usr/lib /usr/local '(' -name '*sf_example*' -o -name '*auxiliary_vfio*' ')')"
""")


def test_deleted(env):
    """By somebody who knows nothing of the links in DPDK's plugin directory."""
    directory, _ = build_for("/opt/sf")
    check_unused(env, INSTALL % directory + """rm -r /opt/sf
test "$(find /usr/lib/*/dpdk/pmds-* -xtype l | wc -l)" = 2
""")


def test_installed_again(env):
    """Over what was left by others who deleted it, and over itself."""
    directory, _ = build_for("/opt/sf")
    check_used(env, INSTALL % directory + "rm -r /opt/sf\n" + 2 * (INSTALL % directory), "/opt/sf")


def test_everybody_may_write(env):
    """EAL would refuse the libraries, and not start: it is not told of them."""
    prefix = "/var/tmp/sf"
    assert not os.path.exists(prefix), "left by somebody"
    directory, said = build_for(prefix)
    assert re.search(r"WARNING: everybody may write /var/tmp, so EAL would not start", said), said
    check_unused(env, f"mount -t tmpfs -o mode=1777 tmpfs /var/tmp\n{INSTALL % directory}"
                      f"test -e {prefix}/lib/*/librte_net_sf_example.so\n")


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
