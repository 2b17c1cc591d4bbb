#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""Sub-functions that come and go under traffic, on a kernel that watches itself."""
import glob
import os
import re
import signal
import subprocess
import sys
import time

import guest
from sub_functions import Env, harness

ROUNDS = 100
SPLAT = re.compile(r"BUG:|WARNING:|KASAN|INFO: |ODEBUG|Oops|general protection|refcount_t"
                   r"|possible (recursive|circular)|suspicious RCU")
KMEMLEAK = "/sys/kernel/debug/kmemleak"


def forwards(testpmd):
    """Whether the lcore that forwards is at work, and not waiting for it."""
    for task in glob.glob(f"/proc/{testpmd.popen.pid}/task/*"):
        if guest.read(f"{task}/comm") == "rte-worker-1":
            return guest.read(f"{task}/stat").rpartition(")")[2].split()[0] == "R"
    raise AssertionError("no lcore that forwards")


def wait(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def come_and_go(testpmd, sfs, number):
    """One life of a sub-function, which ends while packets go to and fro."""
    name = sfs.add(89)
    out = testpmd.command(f"port attach auxiliary:{name}", 60)
    assert "is attached" in out, out
    testpmd.command("port start 1", 60)
    testpmd.command("start tx_first 4", 60)
    wait(lambda: testpmd.stats(1)["RX-packets"] > 128, f"round {number}: no traffic")
    if number % 2:
        sfs.set(89, "inactive")
    sfs.delete(89)
    wait(lambda: name not in sfs.names(), f"round {number}: {name} stays")
    # testpmd closes the port on a thread of its own, then goes on with the rest.
    testpmd.expect("Now total ports is 1", 60)
    testpmd.expect("packet forwarding packets/burst", 60)
    # A "stop" before the lcore is launched, which is after all this is said, goes unheard.
    testpmd.expect("TX offloads", 60)
    wait(lambda: forwards(testpmd), f"round {number}: no forwarding")
    out = testpmd.command("stop", 60)
    assert "Telling cores to stop" in out and name not in out, out


def test_come_and_go(env):
    sfs = env.sub_functions("pair")
    testpmd = env.testpmd(["-a", f"auxiliary:{sfs.add(88)}"])
    least = None
    for number in range(ROUNDS):
        come_and_go(testpmd, sfs, number)
        # It can be more for a moment: the bus looks into a directory when it is told of a change.
        least = least or testpmd.held()[:2]
        wait(lambda most=least: all(n <= m for n, m in zip(testpmd.held(), most)),
             f"round {number}: holds more than {least}", 10)
        least = tuple(map(min, least, testpmd.held()))
    testpmd.quit()


def unload():
    return subprocess.run(["rmmod", "sf_sim"], capture_output=True, check=False).returncode == 0


def test_module_after_user(env):
    """The module is unloaded as soon as the user of two deleted sub-functions has been killed."""
    for _ in range(3):
        sfs = env.sub_functions("pair")
        names = [sfs.add(sfnum) for sfnum in (88, 89)]
        testpmd = env.testpmd([arg for name in names for arg in ("-a", f"auxiliary:{name}")])
        testpmd.popen.send_signal(signal.SIGSTOP)
        for sfnum in (88, 89):
            sfs.delete(sfnum)
        testpmd.kill()
        sfs.devlink.kill()
        wait(unload, "the module stays")
        sfs.devlink = None


def test_kernel_is_content(env):
    """After all that: no complaint in the log, and no memory that nobody owns."""
    del env
    splats = [line for line in guest.run("dmesg").split("\n") if SPLAT.search(line)]
    assert not splats, "\n".join(splats)
    if not os.path.exists(KMEMLEAK):
        raise harness.Skip("the kernel's log is clean; it has no kmemleak")
    time.sleep(5)  # what is younger is not reported
    guest.write(KMEMLEAK, "scan")
    leaks = guest.read(KMEMLEAK)
    assert not leaks, leaks


if __name__ == "__main__":
    harness.run(sys.modules[__name__], Env)
