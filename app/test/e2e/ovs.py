# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""Open vSwitch with DPDK as Debian has packaged it, in a root with our packages.

It is told of no directory and no library.  Its ports are named by the MAC addresses of
sub-functions; far ends are those of a testpmd.
"""
import os
import re
import time

import harness

# Frames that each far end sends at a time.  Open vSwitch drops those that a Tx queue has no room
# for: the queue has room for all of them, in case the device does not get to run in between.
FRAMES = 256
TX_DESCRIPTORS = 2 * FRAMES
QUEUES = 4
CONTROL = "/run/openvswitch/control"


class Switch:
    """ovsdb-server and ovs-vswitchd in a root, with one bridge, br0, that knows no rule."""

    def __init__(self, env, root, allow):
        self.root = root
        socket = "/run/openvswitch/db.sock"
        root.run("mkdir", "-p", "/run/openvswitch")
        root.run("ovsdb-tool", "create", "/run/openvswitch/db",
                 "/usr/share/openvswitch/vswitch.ovsschema")
        database = harness.Process(
            [*root.before, "ovsdb-server", f"--remote=punix:{socket}", "/run/openvswitch/db"])
        env.processes.append(database)
        wait_for(lambda: os.path.exists(f"/proc/{root.popen.pid}/root{root.path}{socket}"),
                 database.text)
        eal = "--no-huge --legacy-mem --no-pci -m 256 " + " ".join(f"-a {arg}" for arg in allow)
        self.vsctl("--no-wait", "set", "Open_vSwitch", ".", "other_config:dpdk-init=true",
                   f'other_config:dpdk-extra="{eal}"', "other_config:pmd-cpu-mask=1",
                   "other_config:hw-offload=true")
        self.process = harness.Process(
            [*root.before, "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk",
             f"--unixctl={CONTROL}", f"unix:{socket}"])
        env.processes.append(self.process)
        self.process.expect("DPDK Enabled - initialized", 60)
        self.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev")
        self.vsctl("set-fail-mode", "br0", "secure")

    def vsctl(self, *args):
        return self.root.run("ovs-vsctl", "--timeout=30", *args).strip()

    def appctl(self, *args):
        return self.root.run("ovs-appctl", "--timeout=30", f"--target={CONTROL}", *args)

    def get(self, port, column):
        return self.vsctl("--if-exists", "get", "Interface", port, column).strip('"')

    def add_port(self, name, number, mac):
        """A port of OpenFlow's number, with four queues and jumbo frames."""
        self.vsctl("add-port", "br0", name, "--", "set", "Interface", name, "type=dpdk",
                   f"options:dpdk-devargs=class=eth,mac={mac}", f"options:n_rxq={QUEUES}",
                   "options:n_rxq_desc=256", f"options:n_txq_desc={TX_DESCRIPTORS}",
                   "mtu_request=9000", f"ofport_request={number}")
        wait_for(lambda: self.get(name, "status:driver_name") == "net_sf_example",
                 lambda: self.vsctl("list", "Interface"))
        assert self.get(name, "mtu") == "9000"

    def check_queues(self, names):
        """Each port has all its queues with the thread that polls."""
        shown = self.appctl("dpif-netdev/pmd-rxq-show")
        found = re.findall(r"port: (\S+) +queue-id: +(\d+) ", shown)
        assert sorted(found) == [(name, str(n)) for name in names for n in range(QUEUES)], shown

    def wait_count(self, name, column, value):
        """A counter has a value, once Open vSwitch has looked at it, which is now and then."""
        wait_for(lambda: self.get(name, f"statistics:{column}") == str(value),
                 lambda: self.vsctl("list", "Interface"))

    def wait_offloaded(self, count):
        """So many rules for whole IPv4 packets are in devices, to be marked there."""
        wait_for(lambda: len(re.findall(
            r"eth_type\(0x0800\),ipv4\(frag=no\)",
            self.appctl("dpctl/dump-flows", "type=partially-offloaded"))) == count,
                 lambda: self.appctl("dpctl/dump-flows", "-m") + self.process.text())

    def marked(self):
        """Packets that were not looked up, as a device has marked them."""
        return int(re.search(r"phwol hits: (\d+)",
                             self.appctl("dpif-netdev/pmd-stats-show"))[1])


def wait_for(true, text, seconds=30):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, text()
        time.sleep(0.1)


class FarEnd(harness.Testpmd):
    """Sends frames of many flows from both ports, and counts what comes."""

    def __init__(self, root):
        super().__init__(
            None, ["-a", "auxiliary:sf_sim.sf.1", "-a", "auxiliary:sf_sim.sf.3"],
            system=root.before, app=["--mbuf-size=9344", "--max-pkt-len=9018", "--txpkts=9000",
                                     "--txonly-multi-flow", "--burst=32"])

    def ready(self):
        super().ready()
        self.command("set fwd rxonly")

    def received(self):
        return [self.stats(port)["RX-packets"] for port in (0, 1)]

    def exchange(self):
        """Send some frames each way, and see all of them come."""
        expected = [count + FRAMES for count in self.received()]
        self.command(f"start tx_first {FRAMES // 32}")
        wait_for(lambda: self.received() == expected,
                 lambda: f"{self.received()}, not {expected}")
        self.command("stop")
        assert self.stats(0)["RX-bytes"] == 9000 * expected[0], self.stats(0)
