#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""DPDK's examples, as they are, on sub-functions: every packet is accounted for.

An example has sf_sim.sf.0 as its port 0 and sf_sim.sf.2 as its port 1.  At the far ends a
testpmd sends what is in a capture file, and writes what comes back to another.
"""
import os
import random
import re
import signal
import struct
import sys
import time

import harness
import pcap
from test_secondary import processes

PORTS = ["-a", "auxiliary:sf_sim.sf.0", "-a", "auxiliary:sf_sim.sf.2"]
MACS = [bytes.fromhex("025f00000000"), bytes.fromhex("025f00000002")]
IN_LOOP = "entering main loop|-- lcoreid"


class Example(harness.Process):
    """On the last processor; the far end's testpmd is on the first."""

    def __init__(self, env, name, args, eal=PORTS):
        super().__init__(
            ["stdbuf", "-oL", harness.example(name), "--lcores",
             f"0@{max(os.sched_getaffinity(0))}", "--no-huge", "--no-shconf", "-m", "512",
             "--no-pci", "--no-telemetry", "-d", harness.driver_soname(), *eal, "--", *args],
            env={**harness.sysfs(env.devices), "LD_LIBRARY_PATH": harness.library_path()})


class FarEnd(harness.Testpmd):
    """What is sent to each port of the example is in_N, what comes back from it out_N."""

    def __init__(self, env, frames):
        harness.need_driver("net_pcap")
        eal = ["-a", "auxiliary:sf_sim.sf.1", "-a", "auxiliary:sf_sim.sf.3"]
        self.out = [env.path(f"out_{port}") for port in (0, 1)]
        for port in (0, 1):
            pcap.write(env.path(f"in_{port}"), frames[port])
            eal.append(f"--vdev=net_pcap{port},rx_pcap={env.path(f'in_{port}')},"
                       f"tx_pcap={self.out[port]}")
        # A packet is one mbuf.  What is in the files is not to be flushed, and has room in a
        # ring: testpmd drops what has not, if the device does not get to run.
        super().__init__(env.devices, eal, small=True,
                         app=["--mbuf-size=9344", "--max-pkt-len=9018", "--no-flush-rx",
                              "--txd=1024"])

    def ready(self):
        super().ready()
        names = re.findall(r"^(\d+) +\S+ +(\S+)", self.command("show port summary all"), re.M)
        number = {name: int(port) for port, name in names}
        self.files = [number["net_pcap0"], number["net_pcap1"]]
        self.command(f"set portlist {number['sf_sim.sf.1']},{self.files[0]},"
                     f"{number['sf_sim.sf.3']},{self.files[1]}")

    def came_back(self):
        return [self.stats(port)["TX-packets"] for port in self.files]

    def exchange(self, counts, done=None):
        """Send all once; what has come back from each port when there is as much as this.

        An example that sends nothing back has a way to tell that it is done.
        """
        done = done or (lambda: self.came_back() == counts)
        self.command("start")
        end = time.monotonic() + 30
        while not done() and time.monotonic() < end:
            time.sleep(0.02)
        self.command("stop")
        self.quit()
        came = [pcap.read(path) for path in self.out]
        assert [len(frames) for frames in came] == counts, ([len(f) for f in came], counts)
        return came


def exchange(env, name, args, frames, counts, ready=IN_LOOP, last=None):
    """What an example makes of frames that are sent to its ports, if it is so many.

    Of one that sends nothing back, last tells of the lines that it has printed whether they
    are all.
    """
    env.sim(sfs=4)
    example = Example(env, name, args)
    env.processes.append(example)
    far_end = env.start(FarEnd(env, frames))  # without which there is no link
    example.expect(ready, 30)
    came = far_end.exchange(counts, last and (lambda: last(example.output)))
    example.popen.send_signal(signal.SIGINT)
    return came, example


def mixed_frames():
    """Some for each port, of all lengths up to the MTU."""
    return [pcap.frames(60 + (n * 7 + port) % 1455 for n in range(400)) for port in (0, 1)]


def test_l2fwd(env):
    """Out of the other port, with its addresses."""
    frames = mixed_frames()
    came, example = exchange(env, "l2fwd", ["-p", "0x3", "-q", "2", "-P", "-T", "0"], frames,
                             [400, 400])
    for port in (0, 1):
        header = b"\x02\0\0\0\0" + bytes([port]) + MACS[port]
        assert came[port] == [header + frame[12:] for frame in frames[1 - port]]
    assert example.wait() == 0, example.text()


def test_skeleton(env):
    """Out of the other port, unchanged."""
    frames = mixed_frames()
    came, _ = exchange(env, "skeleton", [], frames, [400, 400], ready="forwarding packets")
    assert came == [frames[1], frames[0]]


def ipv6_frame(length, seed, dst):
    """An IPv6/UDP frame of so many bytes."""
    packet = struct.pack(">IHBB16s16s", 6 << 28, length - 54, 17, 64, b"\xfd" + bytes(15),
                         bytes.fromhex(dst).ljust(16, b"\x01"))
    frame = pcap.ethernet(packet + pcap.udp(length - 54, 0, seed))
    return frame[:12] + b"\x86\xdd" + frame[14:]


def l3fwd(env, *args):
    """By the routes that it comes with; what fits none goes back."""
    routed = [pcap.udp_frame(60 + n, n, n, (198, 18, n % 2, 1)) for n in range(200)]
    routed += [ipv6_frame(80 + n, n, ("200102000000000", "200102000000000")[n % 2] + f"{n % 2}")
               for n in range(200)]
    unrouted = [pcap.udp_frame(60, n, n, (203, 0, 113, 1)) for n in range(50)]
    came, example = exchange(
        env, "l3fwd", ["-p", "0x3", "-P", "--config=(0,0,0),(1,0,0)", *args],
        [routed + unrouted, routed[::-1]], [450, 400])
    for port in (0, 1):
        expected = sorted([frame[34:] for frame in 2 * routed[port::2] + unrouted * (1 - port)])
        assert sorted(frame[34:] for frame in came[port]) == expected
        assert all(frame[6:12] == MACS[port] for frame in came[port])
        assert all(pcap.checksum(frame[14:34]) == 0 for frame in came[port]
                   if frame[12:14] == b"\x08\x00")
    assert example.wait() == 0, example.text()


def test_l3fwd(env):
    l3fwd(env)


def test_l3fwd_parse_ptype(env):
    l3fwd(env, "--parse-ptype")


def fragments(datagram, seed, dst, size=1480):
    """The frames of a datagram's fragments."""
    pieces = range(0, len(datagram), size)
    return [pcap.ethernet(pcap.ipv4(datagram[at:at + size], 0, seed, dst,
                                    at // 8 | (0x2000 if at != pieces[-1] else 0)))
            for at in pieces]


def test_ip_reassembly(env):
    """Datagrams larger than a buffer, from fragments in any order; of one, a piece is missing."""
    datagrams = [[pcap.udp(2000 + 350 * n, 0, n + port) for n in range(20)] for port in (0, 1)]
    frames = [[], []]
    rng = random.Random(1)
    for port in (0, 1):
        for number, datagram in enumerate(datagrams[1 - port]):
            sent = fragments(datagram, number, (100, 20 - 10 * port, 1, 1))
            rng.shuffle(sent)
            frames[port] += sent
        frames[port] += fragments(datagrams[0][0], 99, (100, 10, 1, 1))[:-1]
    came, _ = exchange(env, "ip_reassembly",
                       ["-p", "0x3", "-q", "2", "--maxflows=64", "--flowttl=600s"], frames,
                       [20, 20])
    for port in (0, 1):
        assert [frame[34:] for frame in came[port]] == datagrams[port]
        assert all(pcap.checksum(frame[14:34]) == 0 for frame in came[port])


def test_ipv4_multicast(env):
    """Each group has ports of its own; a packet may be larger than a buffer."""
    def sent(group, length):
        packet = pcap.ipv4(pcap.udp(length - 34, 0, length), 0, length, (224, 0, 0, group))
        return pcap.ethernet(packet, b"\x01\0\x5e\0\0" + bytes([group]))

    frames = [[], []]
    for n in range(200):
        frames[n % 2].append(sent(101 + n % 3, 5000 if n % 10 == 0 else 60 + n))
    came, _ = exchange(env, "ipv4_multicast", ["-p", "0x3", "-q", "2"], frames, [133, 133])
    for port in (0, 1):
        groups = 101 + port, 103
        expected = sorted(frame[14:] for frame in frames[0] + frames[1] if frame[33] in groups)
        assert sorted(frame[14:] for frame in came[port]) == expected
        assert all(frame[:12] == bytes.fromhex("01005e0000") + frame[33:34] + MACS[port]
                   for frame in came[port])


def test_flow_filtering(env):
    """Its flow rule takes one destination to queue 1; all others are in queue 0."""
    frames = [pcap.udp_frame(64, n, n, (192, 168, 1, 1 + (n % 4 != 0))) for n in range(400)]
    _, example = exchange(env, "flow_filtering", [], [frames, []], [0, 0],
                          ready="initializing port: 0 done",
                          last=lambda lines: sum("queue=" in line for line in lines) == 400)
    assert example.wait() == 0, example.text()
    seen = re.findall(r"queue=0x(\d)", example.text())
    assert (seen.count("1"), seen.count("0")) == (100, 300), example.text()


def test_symmetric_mp(env):
    """A primary and a secondary share two ports, by hash, and forward what each has got."""
    frames = [pcap.frames((64 + n % 1400 for n in range(1000)), flows=200) for _ in (0, 1)]
    with processes(env, mib=512, sfs=4) as started:
        shared = []
        for number, kind in enumerate(("primary", "secondary")):
            shared.append(harness.Process(
                ["stdbuf", "-oL", harness.example("symmetric_mp"), "--lcores",
                 f"0@{max(os.sched_getaffinity(0))}", *started.args, "--proc-type", kind, *PORTS,
                 "--", "-p", "3", "--num-procs=2", f"--proc-id={number}"], started.variables))
            env.processes.append(shared[-1])
            if number == 0:
                far_end = env.start(FarEnd(env, frames))
            shared[-1].expect("using queue", 30)
        came = far_end.exchange([1000, 1000])
        assert [sorted(frames) for frames in came] == [sorted(f) for f in reversed(frames)]
        received = []
        for process in reversed(shared):
            process.popen.send_signal(signal.SIGINT)
            assert process.wait() == 0, process.text()
            received.append([int(n) for n in re.findall(r"RX - (\d+)", process.text())])
        assert [sum(both) for both in zip(*received)] == [1000, 1000], received
        assert all(n > 100 for both in received for n in both), received


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
