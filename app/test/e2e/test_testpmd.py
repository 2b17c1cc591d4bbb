#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""The distribution's testpmd on simulated sub-functions."""
import os
import re
import signal
import subprocess
import sys
import time

import harness
import pcap

PAIR = ["-a", "bus=auxiliary,name=sf_sim.sf.0", "-a", "auxiliary:sf_sim.sf.1"]


def check_lossless(testpmd, ports=(0, 1)):
    """What one side sent the other received, and nothing was dropped."""
    stats = [testpmd.stats(p) for p in ports]
    assert sum(s["RX-packets"] for s in stats) > 1000, stats
    for tx, rx in ((0, 1), (1, 0)):
        assert stats[tx]["TX-packets"] == stats[rx]["RX-packets"], stats
        assert stats[tx]["TX-bytes"] == stats[rx]["RX-bytes"], stats
    for s in stats:
        assert s["RX-missed"] == s["RX-errors"] == s["TX-errors"] == 0, stats


def forward_pair(env, huge=False, poll=False):
    sim = env.sim(poll=poll)
    testpmd = env.testpmd(PAIR, huge=huge)
    testpmd.forward(1.0, first=4)
    check_lossless(testpmd)
    testpmd.quit()
    sim.stop()
    assert not os.path.exists(env.devices), "dpdk-sf-sim left its directory behind"


def test_forward_event_driven(env):
    forward_pair(env)


def test_forward_polling(env):
    forward_pair(env, poll=True)


def test_forward_hugepages(env):
    if harness.hugepages_free() < harness.HUGE_NEEDED:
        raise harness.Skip(f"needs {harness.HUGE_NEEDED} MiB of free hugepages")
    forward_pair(env, huge=True)


def test_forward_four_queues(env):
    env.sim()
    testpmd = env.testpmd(PAIR, app=["--rxq=4", "--txq=4", "--rxd=96", "--txd=160"])
    testpmd.command("set fwd flowgen")
    testpmd.forward(1.0)
    stats = testpmd.stats(0), testpmd.stats(1)
    assert stats[0]["TX-packets"] == stats[1]["RX-packets"] > 1000, stats
    xstats = testpmd.xstats(1)
    used = [q for q in range(4) if xstats[f"rx_q{q}_packets"] > 0]
    assert len(used) == 4, xstats
    assert sum(xstats[f"rx_q{q}_packets"] for q in range(4)) == stats[1]["RX-packets"], xstats


def play(env, frames, queues):
    """Frames from files through sf.0 and sf.1 into files; queues of each."""
    harness.need_driver("net_pcap")
    env.sim()
    for q in range(queues):
        pcap.write(env.path(f"in{q}"), frames[q::queues])
    rx = ",".join(f"rx_pcap={env.path(f'in{q}')}" for q in range(queues))
    tx = ",".join(f"tx_pcap={env.path(f'out{q}')}" for q in range(queues))
    sink = ",".join(f"tx_pcap={env.path(f'sink{q}')}" for q in range(queues))
    source = ",".join(f"rx_pcap={env.path(f'in{q}')}" for q in range(queues))
    testpmd = env.testpmd(
        [*PAIR, "--vdev", f"net_pcap0,{rx},{sink}", "--vdev", f"net_pcap1,{source},{tx}"],
        app=[f"--rxq={queues}", f"--txq={queues}", "--portlist=2,0,1,3",
             "--no-flush-rx"])
    # A file is read faster than any wire takes it: wait for room, do not drop.
    testpmd.command("set fwd io retry")
    testpmd.command("set burst tx delay 10 retry 10000")
    testpmd.command("start")
    deadline = time.monotonic() + 20
    while testpmd.stats(3)["TX-packets"] < len(frames) and time.monotonic() < deadline:
        time.sleep(0.1)
    testpmd.command("stop")
    testpmd.quit()
    return [pcap.read(env.path(f"out{q}")) for q in range(queues)]


def test_replay_all_sizes(env):
    """Every frame size from 60 to 1514, byte for byte and in order."""
    frames = pcap.frames(range(60, 1515))
    out = play(env, frames, 1)[0]
    assert len(out) == len(frames), f"{len(out)} of {len(frames)} frames"
    assert out == frames, "frames changed or out of order"


def test_replay_four_queues(env):
    """The same over four queues; a flow keeps its queue and its order."""
    frames = pcap.frames(list(range(60, 1515)) * 2)
    queues = play(env, frames, 4)
    out = [frame for q in queues for frame in q]
    assert sorted(out) == sorted(frames), f"{len(out)} of {len(frames)} frames, or changed"
    assert sum(1 for q in queues if q) > 1, "all on one queue"
    flow_queue = {}
    for number, q in enumerate(queues):
        for frame in q:
            assert flow_queue.setdefault(frame[26:38], number) == number, "flow on two queues"


def test_attach_detach_attach(env):
    """Every way to name a device, every way to take it away; nothing is left."""
    env.sim()
    testpmd = env.testpmd(["-a", "bus=auxiliary,name=sf_sim.sf.0"])
    fds = f"/proc/{testpmd.popen.pid}/fd"
    before = None
    layered = "bus=auxiliary,name=sf_sim.sf.1/class=eth/driver=net_sf_example,pause=1"
    for attach, *detach in (
            ("bus=auxiliary,name=sf_sim.sf.1", "port detach 1"),
            ("auxiliary:sf_sim.sf.1", "port close 1", "device detach auxiliary:sf_sim.sf.1"),
            (layered, "device detach bus=auxiliary,name=sf_sim.sf.1")):
        out = testpmd.command(f"port attach {attach}")
        assert "is attached" in out, out
        testpmd.command("port start 1")
        testpmd.forward(0.3, first=2)
        check_lossless(testpmd)
        testpmd.command("port stop all")
        for command in detach:
            testpmd.command(command)
        out = testpmd.command("show port summary all")
        assert "sf_sim.sf.0" in out and "sf_sim.sf.1" not in out, out
        testpmd.command("port start 0")
        testpmd.command("clear port stats all")
        held = len(os.listdir(fds))
        assert before in (None, held), f"{held} file descriptors, {before} before"
        before = held
    testpmd.quit()


def test_sim_killed_and_restarted(env):
    sim = env.sim()
    testpmd = env.testpmd(PAIR)
    testpmd.forward(0.3, first=2)
    testpmd.command("start tx_first 2")
    sim.kill()
    testpmd.expect("has gone")
    testpmd.command("stop")
    testpmd.command("port stop all")
    for port in (0, 1):
        testpmd.command(f"port close {port}")
        testpmd.command(f"device detach auxiliary:sf_sim.sf.{port}")
    env.sim()
    for port in (0, 1):
        out = testpmd.command(f"port attach auxiliary:sf_sim.sf.{port}")
        assert "is attached" in out, out
    testpmd.command("port start all")
    testpmd.command("clear port stats all")
    testpmd.forward(0.5, first=2)
    check_lossless(testpmd)
    testpmd.quit()


def test_hot_plug(env):
    """testpmd loses a sub-function under traffic and regains it, three times."""
    ctl = env.path("ctl")
    env.sim(extra=["--ctl", ctl])
    testpmd = env.testpmd(PAIR, app=["--hot-plug"])
    fds = f"/proc/{testpmd.popen.pid}/fd"
    before = len(os.listdir(fds))
    for _ in range(3):
        testpmd.command("start tx_first 4")
        with open(ctl, "w", encoding="ascii") as fifo:
            fifo.write("remove 1\n")
        testpmd.expect("Device is detached")
        testpmd.expect("packet forwarding - ports=1")  # it goes on with the other
        testpmd.expect("TX offloads")
        time.sleep(0.3)  # on another thread than that of its prompt
        testpmd.command("stop")
        out = testpmd.command("show port summary all")
        assert "sf_sim.sf.0" in out and "sf_sim.sf.1" not in out, out
        with open(ctl, "w", encoding="ascii") as fifo:
            fifo.write("add 1\n")
        testpmd.expect("device: sf_sim.sf.1 has been added")
        out = testpmd.command("port attach auxiliary:sf_sim.sf.1")
        assert "is attached" in out, out
        testpmd.command("port start all")
        testpmd.command("clear port stats all")
        testpmd.forward(0.3, first=2)
        check_lossless(testpmd)
        held = len(os.listdir(fds))
        assert held == before, f"{held} file descriptors, {before} before"
    testpmd.quit()


def test_client_killed(env):
    """A dead client's device serves the next one."""
    env.sim()
    for _ in range(3):
        testpmd = env.testpmd(PAIR)
        testpmd.command("start tx_first 4")
        time.sleep(0.2)
        testpmd.popen.send_signal(signal.SIGKILL)
        testpmd.wait()
    testpmd = env.testpmd(PAIR)
    testpmd.forward(0.5, first=2)
    check_lossless(testpmd)
    testpmd.quit()


def stop_server(env, app=()):
    """Stop dpdk-sf-sim as a debugger would; one port asks it something, in vain."""
    sim = env.sim()
    testpmd = env.testpmd(PAIR, app=app)
    testpmd.forward(0.3, first=2)
    sim.popen.send_signal(signal.SIGSTOP)
    testpmd.command("show port stats 0", 60)
    said = [x for x in testpmd.output if "sf_sim.sf.0: vfio-user server takes more than" in x]
    assert len(said) == 1, testpmd.text()
    return sim, testpmd


def wait_for(testpmd, line, seconds=20):
    """A line that may have been printed before the last command was done."""
    end = time.monotonic() + seconds
    while line not in testpmd.text():
        assert time.monotonic() < end, f"no '{line}' within {seconds} s"
        time.sleep(0.05)


def attach_again(sim, testpmd):
    sim.popen.send_signal(signal.SIGCONT)
    out = testpmd.command("port attach auxiliary:sf_sim.sf.0")
    assert "is attached" in out, out
    testpmd.command("port start all")
    testpmd.command("clear port stats all")
    testpmd.forward(0.5, first=2)
    assert testpmd.stats(0)["RX-packets"] > 100, testpmd.text()
    testpmd.quit()


def test_server_stopped(env):
    """A server that does not answer in time is as good as gone: the port is removed."""
    sim, testpmd = stop_server(env)
    wait_for(testpmd, "Now total ports is 1")
    assert "Port 0: device removal event" in testpmd.text(), testpmd.text()
    attach_again(sim, testpmd)


def test_server_stopped_link(env):
    """An application that does not care for removals sees the link go down, and goes on."""
    sim, testpmd = stop_server(env, app=["--no-rmv-interrupt"])
    start = time.monotonic()
    while "Link status: down" not in testpmd.command("show port info 0"):  # told in a moment
        assert time.monotonic() - start < 4, testpmd.text()
    testpmd.command("port stop 0")
    testpmd.command("port close 0")
    testpmd.command("device detach auxiliary:sf_sim.sf.0")
    assert time.monotonic() - start < 4, "the server is waited for again"
    attach_again(sim, testpmd)


def test_server_stopped_unasked(env):
    """Forwarding asks nothing of a device that is awake: who asks notices that it has stopped."""
    sim = env.sim(poll=True)
    testpmd = env.testpmd([PAIR[0], PAIR[1] + ",timeout=3000", *PAIR[2:]])
    testpmd.command("start tx_first 4")
    time.sleep(1)  # for what the start has the interrupt thread ask
    sim.popen.send_signal(signal.SIGSTOP)
    time.sleep(5)
    assert re.search(r"\bup\b", testpmd.command("show port summary 0")), testpmd.text()
    assert "vfio-user server" not in testpmd.text(), testpmd.text()
    testpmd.command("show port stats 0", 60)
    wait_for(testpmd, "sf_sim.sf.0: vfio-user server takes more than 3000 ms")
    wait_for(testpmd, "Port 0: device removal event")
    sim.popen.send_signal(signal.SIGCONT)
    wait_for(testpmd, "Now total ports is 1")
    # testpmd then forwards again, on its interrupt thread, and crashes if told to quit meanwhile.
    testpmd.kill()


def test_one_bus(env):
    """DPDK's own bus, loaded from the plugin directory, gives way."""
    harness.need_driver("net_mlx5")
    env.sim()
    testpmd = env.testpmd(PAIR)
    lines = [x for x in testpmd.output if re.search(r"another bus.*auxiliary", x)]
    assert len(lines) == 1, lines
    maps = open(f"/proc/{testpmd.popen.pid}/maps", encoding="utf-8").read()
    assert "librte_common_mlx5" in maps, "mlx5 is not loaded: nothing was tested"
    assert "librte_bus_auxiliary.so" in maps and "librte_bus_auxiliary_vfio.so" in maps, maps
    testpmd.quit()


def test_unknown_name(env):
    """One line for the name that is not there; the other device works."""
    env.sim()
    testpmd = env.testpmd([*PAIR, "-a", "bus=auxiliary,name=sf_sim.sf.9"])
    lines = [x for x in testpmd.output if "sf_sim.sf.9" in x]
    assert len(lines) == 1 and "not found" in lines[0], lines
    testpmd.forward(0.3, first=2)
    check_lossless(testpmd)
    out = testpmd.command("port attach auxiliary:sf_sim.sf.7")
    assert "is attached" not in out, out
    testpmd.quit()


def test_block_list(env):
    env.sim()
    testpmd = env.testpmd(["-b", "auxiliary:sf_sim.sf.0"])
    out = testpmd.command("show port summary all")
    assert "sf_sim.sf.1" in out and "sf_sim.sf.0" not in out, out
    testpmd.quit()


def test_by_number(env):
    """Devices by sfnum: allowed, blocked, attached, detached."""
    env.sim(sfs=4)
    testpmd = env.testpmd(["-a", "bus=auxiliary,sfnum=2,kind=sf", "-a", "auxiliary:sf_sim.sf.3"])
    out = testpmd.command("show port summary all")
    assert "sf_sim.sf.2" in out and "sf_sim.sf.3" in out and "Number of available ports: 2" in out, out
    out = testpmd.command("port attach bus=auxiliary,sfnum=1,vfio=user")
    assert "is attached" in out, out
    testpmd.command("port stop 2")
    testpmd.command("port close 2")
    out = testpmd.command("device detach bus=auxiliary,sfnum=1")
    assert "is detached" in out or "is closed" in out or "removed" in out, out
    out = testpmd.command("port attach bus=auxiliary,kind=sf")
    assert "ambiguous" in out and "is attached" not in out, out
    testpmd.quit()
    testpmd = env.testpmd(["-b", "bus=auxiliary,sfnum=0", "-b", "bus=auxiliary,sfnum=2"])
    out = testpmd.command("show port summary all")
    assert "sf_sim.sf.1" in out and "sf_sim.sf.3" in out and "Number of available ports: 2" in out, out
    testpmd.quit()


def test_in_use(env):
    """A device that another process has: said by name, and the others are used."""
    env.sim()
    first = env.testpmd(PAIR[2:])
    second = env.testpmd(PAIR, small=True)
    said = [x for x in second.output if "sf_sim.sf.1" in x and "in use" in x]
    assert len(said) == 1, second.text()
    out = second.command("show port summary all")
    assert "sf_sim.sf.0" in out and "sf_sim.sf.1" not in out, out
    first.quit()
    out = second.command("port attach auxiliary:sf_sim.sf.1")
    assert "is attached" in out, out
    second.quit()


def test_txonly(env):
    """Nobody receives what is sent: the sender is held for a while, and then goes on."""
    sim = env.sim()
    testpmd = env.testpmd(PAIR)
    testpmd.command("set fwd txonly")
    testpmd.command("start")
    sim.expect("sf_sim.sf.0: Rx queue 0 takes nothing", 20)
    before = testpmd.stats(0), testpmd.stats(1)
    time.sleep(0.5)
    after = testpmd.stats(0), testpmd.stats(1)
    for old, new in zip(before, after):
        assert new["TX-packets"] > old["TX-packets"] + 1000, (before, after)
        assert new["RX-missed"] > old["RX-missed"] + 1000, (before, after)
    # Who receives again holds the sender again.
    testpmd.command("stop")
    testpmd.command("set fwd io")
    testpmd.forward(0.2)
    for port in (0, 1):
        testpmd.command(f"clear port stats {port}")
    testpmd.forward(0.5, first=4)
    check_lossless(testpmd)
    testpmd.quit()


def test_bad_driver_argument(env):
    """An argument the driver does not know: that device is refused, by name."""
    env.sim()
    testpmd = env.testpmd(["-a", "auxiliary:sf_sim.sf.0,colour=red",
                           "-a", "auxiliary:sf_sim.sf.1"])
    lines = [x for x in testpmd.output if "colour" in x]
    assert lines, testpmd.text()
    out = testpmd.command("show port summary all")
    assert "sf_sim.sf.1" in out and "sf_sim.sf.0" not in out, out
    testpmd.quit()


def in_network_of(process, *command):
    """Run a command in the network name space of another process; its output."""
    result = subprocess.run(
        ["nsenter", f"--net=/proc/{process.popen.pid}/ns/net", *command],
        capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{command}: {result.stdout}{result.stderr}"
    return result.stdout


def test_ping_through_tap(env):
    """The kernel's IP stack on the same switch as a port that testpmd answers on."""
    if os.geteuid() != 0 or not os.path.exists("/dev/net/tun"):
        raise harness.Skip("needs root and /dev/net/tun")
    sim = env.sim(wire="switch", extra=["--tap", "sftap"], before=["unshare", "--net"])
    in_network_of(sim, "ip", "link", "set", "sftap", "mtu", "9000", "up")
    in_network_of(sim, "ip", "address", "add", "198.51.100.1/24", "dev", "sftap")
    testpmd = env.testpmd(PAIR)
    # The second port only looks on: what goes to the first is not for it.
    testpmd.command("set portlist 0")
    testpmd.command("set fwd icmpecho")
    testpmd.command("set promisc all off")
    testpmd.command("start")
    # 198.51.100.2 is nobody's: icmpecho answers for every address.
    out = in_network_of(sim, "ping", "-q", "-c", "200", "-i", "0.002", "-s", "1400", "198.51.100.2")
    assert " 0% packet loss" in out, out
    testpmd.command("stop")
    stats = testpmd.stats(0), testpmd.stats(1)
    assert stats[0]["TX-packets"] >= 201, stats
    assert stats[1]["RX-packets"] < 20, stats
    testpmd.quit()
    sim.stop()


def test_tap_needs_a_switch(env):
    sim = harness.Sim(env.devices, wire="pair", extra=["--tap", "sftap"])
    env.processes.append(sim)
    assert sim.wait() == 2, sim.text()
    assert "--tap sftap: needs --wire switch" in sim.text(), sim.text()


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
