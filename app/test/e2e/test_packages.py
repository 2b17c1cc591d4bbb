#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""The Debian packages, in fresh roots of Debian with its own applications of DPDK.

Simulated devices are where the kernel shows real ones, so nothing has to be said of them.
"""
import functools
import glob
import os
import re
import signal
import subprocess
import sys

import harness
import ovs
import pcap
import pod

PAIR = ["-a", "bus=auxiliary,name=sf_sim.sf.0", "-a", "auxiliary:sf_sim.sf.1"]
DEVICES = "/sys/bus/auxiliary/devices"
OURS = ["dpdk-auxiliary", "dpdk-auxiliary-doc", "dpdk-auxiliary-tools"]
# What there is in the root before: applications, and what our packages depend on.
IN_ROOT = ["dpdk", "dpdk-dev", "openvswitch-switch-dpdk", "iproute2", "libjansson4",
           "libnl-3-200", "libnl-genl-3-200", "libjs-sphinxdoc", "systemd-standalone-sysusers",
           "dkms", "linux-headers-amd64"]

# Changes go into memory. The shell then waits for the end of its input.
MOUNT = """
work=$(mktemp -d)
mount -t tmpfs tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay overlay -o "lowerdir=$1,upperdir=$work/upper,workdir=$work/work" "$work/root"
mount -t proc proc "$work/root/proc"
mount --rbind /dev "$work/root/dev"
mount --rbind /sys "$work/root/sys"
mount -t tmpfs tmpfs "$work/root/sys/bus"
mkdir -p "$work/root/sys/bus/auxiliary"
mkdir "$work/root/packages"
mount --bind "$2" "$work/root/packages"
echo "root: $work/root"
exec cat
"""


def run(*args):
    out = subprocess.run(args, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True, timeout=240)
    assert out.returncode == 0, f"{args}:\n{out.stdout}"
    return out.stdout


@functools.lru_cache
def output(*args):
    """Whether a command was successful, and what it printed; it is run once."""
    out = subprocess.run(args, check=False, capture_output=True, text=True)
    return out.returncode == 0, out.stdout if out.returncode == 0 else out.stderr


def packages():
    """A directory with packages of this version, and of a later one."""
    if os.geteuid() != 0:
        raise harness.Skip("roots of Debian need root")
    if not harness.DPDK_LIB.startswith("/usr/lib/"):
        raise harness.Skip(f"DPDK {harness.DPDK_VERSION} is not the distribution's")
    directory = f"{harness.BUILD}/packages"
    script = f"{harness.TOP}/devtools/packages.sh"
    for args in ([f"{directory}/now"], ["--version", "99", f"{directory}/later"]):
        is_good, text = output(script, *args)
        assert is_good, text
    return directory


def base():
    """The path of the root that all begin with."""
    is_good, text = output(f"{harness.TOP}/devtools/root.sh", *IN_ROOT)
    if not is_good:
        raise harness.Skip(text.strip().splitlines()[-1])
    return text.strip()


class Root(harness.Process):
    """A root of Debian in a mount namespace of its own, which lives as long as this does."""

    def __init__(self, directory):
        super().__init__(["unshare", "--mount", "sh", "-ec", MOUNT, "sh", base(), directory])

    def ready(self):
        self.path = self.expect("root: (.*)")[1]
        self.inside = ["nsenter", f"--mount=/proc/{self.popen.pid}/ns/mnt"]
        self.before = [*self.inside, "chroot", self.path]

    def run(self, *args):
        return run(*self.before, "env", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", *args)

    def apt(self, *args):
        return self.run("apt-get", "-qq", "-y", "--no-install-recommends", *args)

    def install(self, version, names):
        """Packages of "now" or "later", by names."""
        paths = [os.path.basename(path) for name in names
                 for path in glob.glob(f"{packages()}/{version}/{name}_*.deb")]
        assert len(paths) == len(names), paths
        return self.apt("install", *(f"/packages/{version}/{path}" for path in paths))

    def installed(self):
        """Names of our packages that are there, or have left configuration, and versions."""
        out = self.run("dpkg-query", "-W", "-f", "${source:Package} ${Package} ${Version}\n")
        return {line.split()[1]: line.split()[2] for line in out.splitlines()
                if line.startswith("dpdk-auxiliary ")}

    def find(self, *names):
        """Files of any of these names, except what only shows them: the build's packages."""
        test = " -o ".join(f"-name '{name}'" for name in names)
        return self.run("sh", "-c", f"find / -xdev '(' {test} ')' -print").split()


class PackagedSim(harness.Process):
    """dpdk-sf-sim from our package."""

    def __init__(self, root, *args):
        super().__init__([*root.before, "dpdk-sf-sim", "--dir", DEVICES, *args])

    def ready(self):
        self.expect("ready")


def new_root(env):
    base()  # where there can be none, no packages have to be built
    return env.start(Root(packages()))


def testpmd(env, root, eal):
    process = harness.Testpmd(None, eal, system=root.before)
    env.start(process)
    maps = open(f"/proc/{process.popen.pid}/maps", encoding="utf-8").read()
    return process, re.findall(r"/librte_(\S+)\.so", maps)


def check_forwards(env, root):
    """Packets go there and back between two simulated devices."""
    sim = env.start(PackagedSim(root, "--sfs", "2"))
    assert "bus=auxiliary,name=sf_sim.sf.1" in root.run("dpdk-sfctl", "list")
    process, libraries = testpmd(env, root, PAIR)
    assert "bus_auxiliary_vfio" in libraries, libraries
    process.forward(0.5, first=4)
    assert process.stats(0)["RX-packets"] > 1000, process.text()
    process.quit()
    sim.kill()
    root.run("rm", "-r", DEVICES)


def check_declarations(root):
    """What vm/test_boot.py shows to work is where Debian's systemd and udev look for it."""
    files = root.find("dpdk-sf@.service", "60-dpdk-sf.rules", "dpdk-sf.conf", "dpdk-sf.d")
    assert {os.path.dirname(file) for file in files} == {
        "/usr/lib/systemd/system", "/usr/lib/udev/rules.d", "/usr/lib/sysusers.d", "/etc"}, files
    unit, = [file for file in files if file.endswith(".service")]
    assert "ExecStart=/usr/bin/dpdk-sfctl create" in root.run("cat", unit)
    assert root.run("getent", "group", "dpdk-sf").startswith("dpdk-sf:")


def check_own_bus(env, root):
    """DPDK's own bus, and none but it."""
    process, libraries = testpmd(env, root, ["--vdev", "net_null0"])
    assert "bus_auxiliary" in libraries and "bus_auxiliary_vfio" not in libraries, libraries
    assert "another bus" not in process.text(), process.text()
    assert "net_null" in process.command("show port summary all"), process.text()
    process.quit()


def test_life(env):
    """Installed, used, upgraded, used, removed, installed again and purged."""
    root = new_root(env)
    check_own_bus(env, root)
    root.install("now", OURS)
    assert set(root.installed()) == set(OURS), root.installed()
    check_declarations(root)
    check_forwards(env, root)
    root.install("later", OURS)
    assert set(root.installed().values()) == {"99"}, root.installed()
    check_forwards(env, root)
    root.apt("remove", *OURS)
    check_own_bus(env, root)
    root.install("now", OURS)
    root.apt("purge", *OURS)
    assert root.installed() == {}, root.installed()
    left = root.find("*sf_example*", "*auxiliary_vfio*", "dpdk-auxiliary*", "*sf-sim*", "*dpdk-sf*")
    assert left == [], left
    check_own_bus(env, root)


def test_dpdk_goes(env):
    """An application of DPDK that is removed takes nothing of ours along, nor the reverse."""
    root = new_root(env)
    root.install("now", OURS)
    root.apt("remove", "dpdk", "dpdk-dev")
    assert set(root.installed()) == set(OURS), root.installed()
    root.apt("remove", *OURS)
    root.run("dpkg", "--audit")
    assert harness.driver_soname("bus_auxiliary") in root.run(
        "sh", "-c", "ls /usr/lib/*/dpdk/pmds-*")


def start_pod(env, root, name, **environment):
    """A container that has what the root shows below /sys/bus.

    runc would look for that after it has covered it.
    """
    devices = f"{env.path(name)}/devices"
    os.makedirs(devices)
    run(*root.inside, "mount", "--bind", f"{root.path}{DEVICES}", devices)
    process = pod.Pod(env.path(name), root.inside, root.path, environment,
                      [("/sys/bus", "tmpfs", "tmpfs", pod.FLAGS),
                       (DEVICES, "bind", devices, ["bind", "ro"])])
    env.processes.append(process)
    return process


def test_pod(env):
    """pod.yaml without privileges: one of two devices is used, nothing is said of the other."""
    root = new_root(env)
    root.install("now", ["dpdk-auxiliary", "dpdk-auxiliary-tools"])
    env.start(PackagedSim(root, "--sfs", "2", "--wire", "loop"))
    ours, other = (f"{DEVICES}/sf_sim.sf.{n}/vfio-user" for n in range(2))
    root.run("chown", str(pod.USER), ours)
    info = '{"sf_sim.sf.0":{"generic":{"deviceID":"sf_sim.sf.0"}}}'
    process = start_pod(env, root, "one", PCIDEVICE_EXAMPLE_COM_SF="sf_sim.sf.0",
                        PCIDEVICE_EXAMPLE_COM_SF_INFO=info)
    process.expect("sf_sim.sf.0: nothing is in the way of DPDK")
    process.expect(r"RX-packets: [1-9]\d{3}", 60)
    status = process.status()
    assert "dpdk-testpmd" in status and re.search(r"^CapEff:\s+0+$", status, re.M), status
    assert re.search(r"^Seccomp:\s+2$", status, re.M), status
    process.kill()
    said = [line for line in process.output if re.match("auxiliary bus|vfio|sf_|net_sf|dpdk-", line)]
    assert len(said) == 2 and "another bus named" in said[1], said
    # The root has no platform devices, for which DPDK looks since 23.03.
    text = process.text().replace("EAL: Scan for (platform) bus failed.", "")
    assert not re.search("sf_sim.sf.1|denied|failed", text), text

    refused = start_pod(env, root, "both", PCIDEVICE_EXAMPLE_COM_SF="sf_sim.sf.0,sf_sim.sf.1")
    refused.expect(f"sf_sim.sf.1: this user may not connect to {other}")
    assert refused.wait() == 1, refused.text()
    refused = start_pod(env, root, "absent", PCIDEVICE_EXAMPLE_COM_SF="sf_sim.sf.7")
    refused.expect("sf_sim.sf.7: there is no such device")
    assert refused.wait() == 1, refused.text()
    refused = start_pod(env, root, "none")
    refused.expect("no variable PCIDEVICE_. names a device")
    assert refused.wait() == 1, refused.text()


def test_ovs(env):
    """Two ports, an OpenFlow rule each way, which the devices get; one goes and comes back."""
    root = new_root(env)
    root.install("now", OURS)
    root.run("mkfifo", "/control")
    env.start(PackagedSim(root, "--sfs", "4", "--ctl", "/control"))
    macs = ["02:5f:00:00:00:00", "02:5f:00:00:00:02"]
    switch = ovs.Switch(env, root, [f"bus=auxiliary,name=sf_sim.sf.{number},hotplug=plug"
                                    for number in (0, 2)])
    for number, mac in enumerate(macs):
        switch.add_port(f"sf{number}", 1 + number, mac)
        root.run("ovs-ofctl", "add-flow", "br0", f"in_port={1 + number},ip,actions={2 - number}")
    switch.check_queues(["sf0", "sf1"])
    far_end = env.start(ovs.FarEnd(root))
    far_end.exchange()
    switch.wait_offloaded(2)
    before = switch.marked()
    far_end.exchange()
    assert switch.marked() - before == 2 * ovs.FRAMES
    for name in ("sf0", "sf1"):
        for way in ("rx", "tx"):
            switch.wait_count(name, f"{way}_packets", 2 * ovs.FRAMES)
            switch.wait_count(name, f"{way}_bytes", 2 * ovs.FRAMES * 9000)
            switch.wait_count(name, f"{way}_errors", 0)
        assert min(int(switch.get(name, f"statistics:rx_q{n}_packets"))
                   for n in range(ovs.QUEUES)) > 0, switch.vsctl("list", "Interface")
    rules = functools.partial(root.run, "ovs-ofctl", "dump-flows", "br0")
    ovs.wait_for(lambda: rules().count(f"n_packets={2 * ovs.FRAMES},") == 2, rules)
    root.run("sh", "-c", "echo remove 0 >/control")
    switch.process.expect("server has gone", 30)
    switch.vsctl("del-port", "br0", "sf0")
    switch.appctl("netdev-dpdk/detach", f"class=eth,mac={macs[0]}")
    root.run("sh", "-c", "echo add 0 >/control")
    switch.process.expect("sf_sim.sf.0: has come, plugged", 30)
    switch.add_port("sf0", 1, macs[0])
    far_end.exchange()
    switch.wait_offloaded(2)


def capturing(env, root, *command):
    """Start a program that captures; it numbers kinds of mempools as testpmd does."""
    process = harness.Process([*root.before, "env",
                               f"LD_PRELOAD={harness.driver_soname('mempool_dpaa')}", *command])
    env.processes.append(process)
    return process


def test_captures(env):
    """What Debian's tools see of a testpmd that forwards, by the commands of the guide."""
    if harness.hugepages_free() < harness.HUGE_NEEDED:
        raise harness.Skip(f"needs {harness.HUGE_NEEDED} MiB of free hugepages")
    root = new_root(env)
    root.install("now", OURS)
    env.start(PackagedSim(root, "--sfs", "2"))
    root.run("mkdir", "/huge")
    root.run("mount", "-t", "hugetlbfs", "huge", "/huge")
    primary = env.start(harness.Testpmd(None, [*PAIR, "--telemetry"], system=root.before,
                                        shared="/huge"))
    primary.command("start tx_first 1")
    files = f"/proc/{root.popen.pid}/root{root.path}"
    for read, name, *arguments in ((pcap.read_ng, "sf0.pcapng"),
                                   (pcap.read, "sf1.pcap", "-i", "sf_sim.sf.1", "-P")):
        dumpcap = capturing(env, root, "dpdk-dumpcap", *arguments, "-c", "100", "-w", f"/{name}")
        assert dumpcap.wait(60) == 0, dumpcap.text()
        frames = read(f"{files}/{name}")
        assert len(frames) >= 100 and all(len(frame) == 64 for frame in frames), dumpcap.text()
    pdump = capturing(env, root, "dpdk-pdump", "--", "--pdump", "port=0,queue=*,rx-dev=/rx")
    ovs.wait_for(lambda: os.path.exists(f"{files}/rx") and len(pcap.read(f"{files}/rx")) > 100,
                 pdump.text)
    pdump.popen.send_signal(signal.SIGINT)
    assert pdump.wait() == 0, pdump.text()
    counts = [primary.stats(0)["RX-packets"]]
    counts += map(int, re.findall(r"RX-packets: (\d+)", root.run(
        "dpdk-proc-info", "--", "--stats"))[:1])
    counts += map(int, re.findall(r'"ipackets": (\d+)', root.run(
        "sh", "-c", "echo /ethdev/stats,0 | dpdk-telemetry.py")))
    counts.append(primary.stats(0)["RX-packets"])
    assert len(counts) == 4 and 0 < counts[0] and counts == sorted(counts), counts
    primary.quit()


def test_dkms(env):
    """The kernel module is built for the kernel whose headers are there, again when upgraded."""
    root = new_root(env)
    kernel, = [os.path.basename(path) for path in glob.glob(f"{base()}/lib/modules/*")]

    def check(version):
        assert re.search(rf"^sf-sim/{version}, {re.escape(kernel)}, \S+: installed",
                         root.run("dkms", "status"), re.M), root.run("dkms", "status")
        module, = [path for path in root.find("sf_sim.ko*") if "/modules/" in path]
        assert f"/{kernel}/updates/" in module, module
        assert kernel in root.run("modinfo", "-F", "vermagic", module)

    root.install("now", ["sf-sim-dkms"])
    check(root.installed()["sf-sim-dkms"])
    root.install("later", ["sf-sim-dkms"])
    check("99")
    root.apt("purge", "sf-sim-dkms")
    assert root.find("sf_sim*", "*sf-sim*") == [], root.find("sf_sim*", "*sf-sim*")


def test_development(env):
    """A driver is compiled and linked with what the development package has."""
    directory = env.path("unpacked")
    for name in ("dpdk-auxiliary", "libdpdk-auxiliary-dev"):
        path, = glob.glob(f"{packages()}/now/{name}_*.deb")
        run("dpkg-deb", "-x", path, directory)
    pkgconfig, = glob.glob(f"{directory}/usr/lib/*/pkgconfig")
    with open(env.path("driver.c"), "w", encoding="ascii") as file:
        file.write("""#include <bus_auxiliary_driver.h>
#include <rte_vfio_dev.h>

static int
driver_probe(struct rte_auxiliary_driver *drv, struct rte_auxiliary_device *dev)
{
	(void)drv;
	return dev->vfio_dev == NULL;
}

static const struct rte_auxiliary_id ids[] = { { .name = "test.sf" }, { .name = NULL } };
static struct rte_auxiliary_driver driver = {
	.probe = driver_probe,
	.drv_flags = RTE_AUXILIARY_DRV_EXTENDED | RTE_AUXILIARY_DRV_NEED_VFIO,
	.id_table = ids,
};
RTE_PMD_REGISTER_AUXILIARY(net_test, driver);
""")
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "libdpdk-auxiliary", "libdpdk"], check=True,
        capture_output=True, text=True, env={**os.environ, "PKG_CONFIG_PATH": pkgconfig},
    ).stdout.replace("/usr/include/dpdk-auxiliary", f"{directory}/usr/include/dpdk-auxiliary").split()
    assert any("dpdk-auxiliary" in flag for flag in flags), flags
    sdk = f"{harness.TOP}/.sdk/{harness.DPDK_VERSION}/include"
    run("cc", "-Wall", "-Werror", "-shared", "-fPIC", "-DALLOW_INTERNAL_API",
        "-DALLOW_EXPERIMENTAL_API", f"-isystem{sdk}", "-o", env.path("driver.so"),
        env.path("driver.c"), f"-L{os.path.dirname(pkgconfig)}", *flags)
    needed = run("readelf", "-d", env.path("driver.so"))
    assert "librte_bus_auxiliary_vfio.so." in needed, needed


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
