#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""In a guest: all that may fail in the drivers' code has failed, by one transport or another.

The tests are inject_autotest over vfio-user, on the kernel's sub-functions and on mdevs on two
of them, and test_secondary_failures.py; a place where the code calls what may fail, and that
has not failed in any of them, is a failure.
"""
import collections
import os
import re
import subprocess
import sys

import guest
from sub_functions import SubFunctions, bind_mdev, harness

POINTS = "/tmp/points"
EDU = 0x1234, 0x11e8  # QEMU's identity of it

number = 0


def report(transport, args):
    """Run tests, and number their results on; how they ended."""
    global number
    process = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               errors="replace")
    for line in process.stdout:
        result = re.match(r"(not ok|ok) \d+ - (.*)", line)
        if result:
            number += 1
            print(f"{result.group(1)} {number} - {transport}: {result.group(2)}", flush=True)
        elif not re.match(r"1\.\.\d", line):
            print("# " + line.removeprefix("# "), end="", flush=True)
    return process.wait()


def autotests(name, transport, *cases, options=()):
    os.environ["SF_POINTS"] = f"{POINTS}/{name}"
    if transport == "user":
        os.environ.pop("SF_TRANSPORT", None)
    else:
        os.environ["SF_TRANSPORT"] = transport
    return report(name, [
        f"{harness.BUILD}/app/test/dpdk-test-auxiliary", "--in-memory", "--no-pci", "-m", "128",
        "-l", "0", "--no-telemetry", "-a", "auxiliary:", *options, "--", "inject_autotest", *cases])


def secondaries():
    os.environ.pop("SF_TRANSPORT", None)
    os.environ["SF_POINTS"] = POINTS
    here = os.path.dirname(os.path.abspath(__file__))
    return report("user", [f"{here}/../e2e/test_secondary_failures.py"])


def functions(library):
    """Where a library's functions begin."""
    out = subprocess.run(["nm", "-n", f"{harness.BUILD}/drivers/{library}"], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return [(int(at, 16), name) for at, kind, name in
            re.findall(r"^([0-9a-f]+) ([tT]) (\S+)$", out, re.MULTILINE)]


def caller(starts, address):
    name = [name for start, name in starts if start <= address][-1]
    return name.split(".")[0]  # the compiler divides functions


def places():
    """Each place, and whether it has failed."""
    has_failed = collections.Counter()
    starts = {}
    for file in os.listdir(POINTS):
        with open(f"{POINTS}/{file}", encoding="ascii") as lines:
            for state, function, library, address in re.findall(
                    r"(\w+) (\w+) in (\S+) at 0x([0-9a-f]+)\n", lines.read()):
                if library not in starts:
                    starts[library] = functions(library)
                where = function, caller(starts[library], int(address, 16)), address
                has_failed[where] += state == "failed"
    return has_failed


def check_places():
    global number
    has_failed = places()
    missed = [place for place, count in has_failed.items() if count == 0]
    number += 1
    print(f"# {len(has_failed)} places that call what may fail, "
          f"{len(has_failed) - len(missed)} of them have failed")
    for function, name, _ in missed:
        print(f"# not {function} in {name}")
    is_good = not missed and len(has_failed) > 100
    print(f"{'ok' if is_good else 'not ok'} {number} - every place that may fail has failed")
    return not is_good


def pci_without_iommu():
    """A device of vfio-pci; the guest has no IOMMU."""
    guest.write("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y")
    os.environ["TEST_VFIO_EDU"], = guest.pci_find(*EDU)
    guest.pci_bind(os.environ["TEST_VFIO_EDU"])


def main():
    sfs = SubFunctions("pair")
    names = [sfs.add(sfnum) for sfnum in range(3)]
    os.mkdir(POINTS)
    os.environ["LD_LIBRARY_PATH"] = harness.library_path()
    pci_without_iommu()
    ended = [autotests("group", "group", options=["--iova-mode=pa"]), autotests("cdev", "cdev")]
    for name in names[:2]:
        bind_mdev(name)
        guest.mdev_create(name, "sf_sim.mdev-eth")
    ended += [autotests("mdev", "cdev", "test_each_once"),
              autotests("user", "user", "test_each_once"), secondaries(), check_places()]
    print(f"1..{number}")
    sys.exit(any(ended))


main()
