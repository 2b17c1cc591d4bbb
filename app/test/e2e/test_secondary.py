#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""Secondary processes, the distribution's own, on ports of a primary testpmd.

The devices are dpdk-sf-sim's or, where SF_TRANSPORT says group or cdev, those
sf_sim.sf.0 and sf_sim.sf.1 that the kernel has.
"""
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import harness

TRANSPORT = os.environ.get("SF_TRANSPORT", "user")


def device(number, arguments=""):
    """Devargs of a device, with arguments for its driver."""
    driver = f"/class=eth/driver=net_sf_example,{arguments}" if arguments else ""
    return f"bus=auxiliary,name=sf_sim.sf.{number},vfio={TRANSPORT}{driver}"


SF0 = device(0)
SF1 = device(1)


class Processes:
    """A primary testpmd, and what is started beside it."""

    def __init__(self, env, huge_dir, mib, sim):
        self.env = env
        self.prefix = os.path.basename(env.dir)
        self.args = ["--file-prefix", self.prefix, "--huge-dir", huge_dir, "-m", str(mib),
                     "--no-pci", "--no-telemetry", "-d", harness.driver_soname()]
        self.variables = {"LD_LIBRARY_PATH": harness.library_path()}
        if TRANSPORT == "user":
            self.variables["SYSFS_AUXILIARY_DEVICES"] = env.devices
            self.variables["SYSFS_MDEV_DEVICES"] = "/nonexistent"
            self.sim = env.sim(**sim)

    def testpmd(self, number, devices, app=()):
        """The primary if its number is 0; the others are secondaries."""
        testpmd = Testpmd(
            ["stdbuf", "-oL", harness.dpdk_app("dpdk-testpmd"), "--lcores", "0@0,1@0", *self.args,
             "--proc-type", "secondary" if number else "primary",
             *(arg for device in devices for arg in ("-a", device)),
             "--", "-i", "--total-num-mbufs=16384", "--num-procs=2", f"--proc-id={number}",
             "--rxq=2", "--txq=2", *app], self.variables)
        return self.env.start(testpmd)

    def process(self, number, devices=(), driver=True, within=()):
        """dpdk-test-process, numbered likewise; a secondary can do without the driver.

        It can be started by another program, whose command line comes first.
        """
        picked = [arg for device in devices for arg in ("-a", device)] or [
            arg for device in (SF0, SF1) for arg in ("-b", device)]
        args = self.args if driver else self.args[:-2]
        return self.env.start(Commanded(
            [*within, f"{harness.BUILD}/app/test/dpdk-test-process", "-l", "0", *args,
             "--proc-type", "secondary" if number else "primary", *picked], self.variables))

    def start_proc_info(self, *options):
        process = harness.Process(
            [harness.dpdk_app("dpdk-proc-info"), *self.args, "--", *options], self.variables)
        self.env.processes.append(process)
        return process

    def proc_info(self, *options):
        """dpdk-proc-info's output."""
        process = self.start_proc_info(*options)
        code = process.wait()
        assert code == 0, f"dpdk-proc-info ended with {code}"
        return process.text()


class Commanded(harness.Process):
    """dpdk-test-process: answers each command with a line."""

    def ready(self):
        self.expect("^= ready", 120)

    def ask(self, text, seconds=20):
        self.type(text)
        return self.answer(seconds)

    def answer(self, seconds=20):
        return self.expect("^= (.*)", seconds).group(1)

    def do(self, *commands):
        for command in commands:
            said = self.ask(command)
            assert said == "0", f"{command}: {said}"


class Testpmd(harness.Testpmd):
    """Sends flows of all kinds, so that every queue gets some."""

    def __init__(self, args, variables):
        harness.Process.__init__(self, args, variables)

    def ready(self):
        super().ready()
        self.command("set fwd flowgen")

    def ports(self):
        """Names of the devices of its ports."""
        return re.findall(r"sf_sim\.sf\.\d+", self.command("show port summary all"))

    def wait_ports(self, names):
        end = time.monotonic() + 10
        while self.ports() != names:
            assert time.monotonic() < end, f"ports are not {names}"
            time.sleep(0.1)


@contextlib.contextmanager
def processes(env, mib=256, **sim):
    """Processes that share memory, so much at first, need a hugetlbfs; the server has options."""
    if harness.hugepages_free() < harness.HUGE_NEEDED:
        raise harness.Skip(f"needs {harness.HUGE_NEEDED} MiB of free hugepages")
    if os.geteuid() != 0:
        raise harness.Skip("only root can mount a hugetlbfs")
    huge_dir = env.path("huge")
    os.mkdir(huge_dir)
    subprocess.run(["mount", "-t", "hugetlbfs", "huge", huge_dir], check=True)
    started = Processes(env, huge_dir, mib, sim)
    try:
        yield started
    except Exception:
        env.show()
        raise
    finally:
        for process in reversed(env.processes):
            process.kill()
        subprocess.run(["umount", "-l", huge_dir], check=True)
        shutil.rmtree(f"/var/run/dpdk/{started.prefix}", ignore_errors=True)


def test_hugepages_are_given_back(env):
    """A process that has the bus and uses no device of it leaves no file in the hugetlbfs."""
    with processes(env) as started:
        process = harness.Process(
            [f"{harness.BUILD}/app/test/dpdk-test-auxiliary", "-l", "0", *started.args,
             "-b", SF0, "-b", SF1, "--", "auxiliary_autotest"], started.variables)
        assert process.wait() == 0, process.text()
        assert not os.listdir(env.path("huge")), os.listdir(env.path("huge"))


def test_proc_info(env):
    """Another process reads of the ports what the primary reads."""
    # Nobody polls queue 1: without pause its packets are dropped at once, with it when the
    # device has waited two seconds, which may be between one reading and the other.
    devices = [device(0, "pause=0"), device(1, "pause=0")]
    with processes(env) as started:
        primary = started.testpmd(0, devices)
        primary.forward(0.5)
        stats = primary.stats(0)
        assert stats["RX-packets"] > 100, stats
        out = started.proc_info("--stats", "--show-port")
        first = out[out.index("statistics for port 0"):]
        read = {k: int(v) for k, v in re.findall(r"([RT]X-[a-z]+):\s+(\d+)", first)[:7]}
        assert read["RX-packets"] == stats["RX-packets"], (read, stats)
        assert read["TX-bytes"] == stats["TX-bytes"], (read, stats)
        assert "device sf_sim.sf.1" in out and "Link up" in out, out
        assert "mac 02:5F:00:00:00:01" in out, out
        xstats = primary.xstats(0)
        out = started.proc_info("--xstats")
        assert f"rx_q0_packets: {xstats['rx_q0_packets']}" in out, (xstats, out)
        primary.quit()


def test_other_directories(env):
    """A secondary process that looks for devices elsewhere is told where the primary has them."""
    with processes(env) as started:
        primary = started.testpmd(0, [SF0, SF1])
        said = "looks in /nonexistent:"
        assert said not in started.proc_info("--stats")
        started.variables = {**started.variables, "SYSFS_AUXILIARY_DEVICES": "/nonexistent"}
        process = started.start_proc_info("--stats")
        process.wait()
        lines = [x for x in process.output if said in x]
        assert len(lines) == 1, process.text()
        assert env.devices in lines[0] or TRANSPORT != "user", lines
        primary.quit()


def test_forward_in_both(env):
    """Queue 0 is the primary's and queue 1 the secondary's, at the same time."""
    with processes(env) as started:
        primary = started.testpmd(0, [SF0, SF1])
        secondary = started.testpmd(1, [SF0, SF1])
        primary.command("start")
        secondary.command("start")
        time.sleep(1)
        secondary.command("stop")
        primary.command("stop")
        time.sleep(0.2)
        xstats = primary.xstats(0)
        assert min(xstats["rx_q0_packets"], xstats["rx_q1_packets"]) > 1000, xstats
        stats = primary.stats(0), primary.stats(1)
        assert stats[0]["TX-packets"] == stats[1]["RX-packets"], stats
        assert stats[1]["TX-packets"] == stats[0]["RX-packets"], stats
        assert secondary.stats(0) == stats[0], stats
        secondary.quit()
        primary.quit()


def test_secondary_dies(env):
    """The primary and its port do not mind; what the queue left behind gets is dropped."""
    devices = [device(0, "pause=0"), device(1, "pause=0")]
    with processes(env) as started:
        primary = started.testpmd(0, devices)
        secondary = started.testpmd(1, devices)
        secondary.forward(0.3)
        secondary.kill()
        before = primary.stats(0)["RX-packets"]
        primary.forward(0.5)
        assert primary.stats(0)["RX-packets"] > before + 1000
        primary.quit()


def test_not_in_primary(env):
    """A device that the primary does not use is none for the secondary."""
    with processes(env) as started:
        primary = started.testpmd(0, [SF0])
        secondary = started.testpmd(1, [SF0, SF1])
        assert secondary.ports() == ["sf_sim.sf.0"], secondary.text()
        assert "cannot use it" not in secondary.text()
        secondary.quit()
        primary.quit()


def test_none_in_primary(env):
    """A primary that has not had any device yet answers, and is not waited for in vain."""
    with processes(env) as started:
        primary = started.process(0)
        secondary = started.process(1, [SF0, SF1])
        assert "not to be had from the primary process" not in secondary.text()
        secondary.type("quit")
        assert secondary.wait() == 0
        primary.do(f"probe {SF0}")
        primary.type("quit")
        assert primary.wait() == 0


def test_server_hangs(env):
    """While a secondary's question waits for a server, the primary opens and closes others."""
    if TRANSPORT != "user":
        raise harness.Skip("the kernel does not hang")
    with processes(env) as started:
        env.start(harness.Sim(env.path("other"), sfs=1))
        os.rename(env.path("other/sf_sim.sf.0"), f"{env.devices}/sf_sim.sf.7")
        primary = started.process(0, ["bus=auxiliary,name=sf_sim.sf.0,timeout=0"])
        secondary = started.process(1, [SF0])
        started.sim.popen.send_signal(signal.SIGSTOP)
        secondary.type("read 0")
        time.sleep(1)
        secondary.kill()  # EAL would ask it for its leave
        primary.do("probe bus=auxiliary,name=sf_sim.sf.7", "remove sf_sim.sf.7")
        started.sim.popen.send_signal(signal.SIGCONT)
        primary.type("quit")
        assert primary.wait() == 0


def test_attach_and_detach(env):
    """What comes and goes in the primary does so in the secondary."""
    with processes(env) as started:
        primary = started.testpmd(0, [SF0])
        secondary = started.testpmd(1, [SF0])
        primary.command(f"port attach {SF1}")
        secondary.wait_ports(["sf_sim.sf.0", "sf_sim.sf.1"])
        primary.command("device detach auxiliary:sf_sim.sf.1")
        secondary.wait_ports(["sf_sim.sf.0"])
        primary.wait_ports(["sf_sim.sf.0"])
        secondary.quit()
        primary.quit()


def test_ports_left_open(env):
    """An application that ends with its ports open, running: EAL removes both, without an error."""
    with processes(env) as started:
        started.args.append("--log-level=bus.auxiliary:debug")
        primary = started.process(0, [SF0, SF1])
        primary.do("configure 0 2 2", "configure 1 2 2", "start 0", "start 1")
        before = len(primary.output)
        primary.type("quit")
        assert primary.wait() == 0, primary.text()
        said = primary.output[before:]
        assert all(line.startswith("auxiliary bus: ") for line in said), primary.text()
        assert sum("removing driver" in line for line in said) == 2, primary.text()


def long_devargs(octets, end=""):
    """Devargs of sf_sim.sf.1, all of them valid, of a length and with an end behind that."""
    text = (f"bus=auxiliary,name=sf_sim.sf.1,vfio={TRANSPORT},kind=sf,hotplug=plug,sfnum=@"
            "/class=eth/driver=net_sf_example,mac=02:00:00:00:00:77")
    return text.replace("@", "1".zfill(octets - len(text) + 1)) + end


def test_attach_cut(env):
    """EAL hands on 127 octets of devargs: a secondary does not take what they were for all."""
    with processes(env) as started:
        primary = started.testpmd(0, [SF0])
        secondary = started.testpmd(1, [SF0])
        before = len(secondary.output)
        out = primary.command(f"port attach {long_devargs(127, ',pause=0')}")
        assert "is attached" not in out, out
        assert primary.ports() == secondary.ports() == ["sf_sim.sf.0"], primary.text()
        said = [line for line in secondary.output[before:] if "auxiliary bus: " in line]
        # EAL refuses it itself since 26.07, and since 24.11.8 among the stable versions.
        if harness.DPDK_RELEASE >= (26, 7):
            assert "devargs truncated" in out, out
        assert len(said) == ("devargs truncated" not in out), secondary.text()
        out = primary.command(f"port attach {long_devargs(126)}")
        assert "is attached" in out, out
        secondary.wait_ports(["sf_sim.sf.0", "sf_sim.sf.1"])
        secondary.quit()
        primary.quit()


def test_control_is_refused(env):
    """What configures the port is not for a secondary."""
    with processes(env) as started:
        primary = started.testpmd(0, [SF0])
        secondary = started.testpmd(1, [SF0])
        out = secondary.command("mac_addr set 0 02:00:00:00:00:42")
        assert "Operation not supported" in out, out
        assert "02:5F:00:00:00:00" in primary.command("show port summary all")
        secondary.quit()
        primary.quit()


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
