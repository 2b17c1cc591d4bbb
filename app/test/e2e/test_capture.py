#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""What DPDK hangs into a port's data path: captures and latency statistics."""
import os
import re
import signal
import sys
import time

import harness
import pcap
from test_secondary import SF0, SF1, processes


# A mempool's kind is a number, given in the order in which a process loads the
# drivers; testpmd is linked with one that dpdk-pdump is not.
SAME_MEMPOOLS = [arg for library in (
    harness.driver_soname(f"mempool_{kind}")
    for kind in ("dpaa", "ring")) if os.path.exists(f"{harness.DPDK_LIB}/{library}")
    for arg in ("-d", library)]


def test_pdump(env):
    """dpdk-pdump, another process, sees what a port receives and sends."""
    with processes(env) as started:
        started.args += SAME_MEMPOOLS
        primary = started.testpmd(0, [SF0, SF1], app=["--num-procs=1"])
        primary.command("set fwd io")
        primary.command("start tx_first 1")
        files = {kind: env.path(f"{kind}.pcap") for kind in ("rx", "tx")}
        pdump = harness.Process(
            [harness.dpdk_app("dpdk-pdump"), *started.args, "--", "--pdump",
             f"port=0,queue=*,rx-dev={files['rx']},tx-dev={files['tx']}"], started.variables)
        env.processes.append(pdump)
        end = time.monotonic() + 20
        while min((os.path.getsize(f) if os.path.exists(f) else 0) for f in files.values()) < 50000:
            assert time.monotonic() < end and pdump.popen.poll() is None, "nothing captured"
            time.sleep(0.1)
        pdump.popen.send_signal(signal.SIGINT)
        assert pdump.wait() == 0
        primary.command("stop")
        for file in files.values():
            frames = pcap.read(file)
            assert len(frames) > 100, len(frames)
            assert all(len(f) == 64 and f[12:14] == b"\x08\x00" and f[23] == 17
                       for f in frames), frames[:3]
        # The port goes on as before.
        primary.command("clear port stats all")
        primary.forward(0.3, first=1)
        stats = primary.stats(0), primary.stats(1)
        assert stats[0]["TX-packets"] == stats[1]["RX-packets"] > 1000, stats
        primary.quit()


def test_latency(env):
    """The time from receiving to sending, which testpmd measures in callbacks."""
    with processes(env) as started:
        primary = started.testpmd(0, [SF0, SF1], app=["--num-procs=1", "--latencystats=1"])
        primary.command("set fwd io")
        primary.forward(1.0, first=1)
        out = started.proc_info("--metrics")
        times = {k: float(v) for k, v in re.findall(r"(\w+_latency_ns): (\S+)", out)}
        assert 0 < times["min_latency_ns"] <= times["avg_latency_ns"] <= times["max_latency_ns"], out
        primary.quit()


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
