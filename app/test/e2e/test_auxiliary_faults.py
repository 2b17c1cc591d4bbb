#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""Faults that the bus has had which need a process of their own to be seen."""
import errno
import os
import re
import subprocess
import sys

import harness
from test_auxiliary import telemetry

# Run a command whose openat2() the kernel refuses, as a container's filter has it.
REFUSED = """
import ctypes, os, struct, sys
SYS_OPENAT2 = 437
LOAD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7fff0000, 0x00050000
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2
code = b"".join(struct.pack("HBBI", *statement) for statement in (
    (LOAD, 0, 0, 0),
    (JUMP_EQUAL, 0, 1, SYS_OPENAT2),
    (RETURN, 0, 0, ERRNO | int(sys.argv[1])),
    (RETURN, 0, 0, ALLOW)))
buffer = ctypes.create_string_buffer(code)
program = ctypes.create_string_buffer(struct.pack("HP", 4, ctypes.addressof(buffer)))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, ctypes.get_errno()
assert libc.prctl(PR_SET_SECCOMP, MODE_FILTER, program, 0, 0) == 0, ctypes.get_errno()
os.execvp(sys.argv[2], sys.argv[2:])
"""


def refused(number):
    return [sys.executable, "-c", REFUSED, str(number)]


# What has links in it, and who reads attributes.
AUTOTESTS = ["auxiliary_autotest", "test_attributes", "test_link_out_of_tree", "test_same_name",
             "test_dangling", "auxiliary_devargs_autotest", "auxiliary_probe_autotest"]


def autotests(before=()):
    """How each case ends, in order."""
    done = subprocess.run(
        [*before, f"{harness.BUILD}/app/test/dpdk-test-auxiliary", "--no-huge", "--no-shconf",
         "--no-pci", "-m", "128", "-l", "0", "--no-telemetry", "--", *AUTOTESTS],
        env={**os.environ, "LD_LIBRARY_PATH": harness.library_path()}, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    return re.findall(r"^(?:ok|not ok|1\.\.).*", done.stdout, re.M)


def test_no_openat2(_env):
    """Nothing that the bus does depends on it, whatever the kernel's answer is."""
    wanted = autotests()
    assert len(wanted) > 40 and wanted[-1] == f"1..{len(wanted) - 1}", wanted
    for number in (errno.ENOSYS, errno.EPERM):
        result = autotests(refused(number))
        assert result == wanted, [line for line in result if line not in wanted] + result[-1:]


def test_no_openat2_start(env):
    """The distribution's testpmd on a device picked by its number."""
    env.sim()
    testpmd = env.testpmd(["-a", "bus=auxiliary,sfnum=1"], before=refused(errno.EPERM))
    assert "sf_sim.sf.1" in testpmd.command("show port summary all"), testpmd.text()
    testpmd.quit()


def listed(prefix):
    """Names that /auxiliary/list has, page by page, and how many pages there are."""
    command, names, pages = "/auxiliary/list", [], 0
    while command:
        page = telemetry(prefix, command)
        pages += 1
        more = re.search(r"/auxiliary/list,\S+", page[-1])
        command = more[0] if more else None
        names += page[:-1] if more else page
        assert pages < 100, command
    return names, pages


def test_telemetry_pages(env):
    """What does not fit into one answer is in the next, for which the last string asks."""
    short = [f"sf_sim.sf.{n}" for n in range(700)]
    prefix = f"sf-e2e-{os.getpid()}"
    for names in (short, [f"sf_sim.sf.{n:053}" for n in range(700)]):
        for name in names:
            os.makedirs(f"{env.devices}/{name}")
        testpmd = env.testpmd(["--telemetry", f"--file-prefix={prefix}",
                               "-b", "auxiliary:sf_sim.sf.1000"])
        found, pages = listed(prefix)
        assert found == sorted(names), (len(found), found[:3], found[-3:])
        assert pages > 1, pages
        assert telemetry(prefix, f"/auxiliary/list,{found[-1]}") == []
        assert telemetry(prefix, f"/auxiliary/list,{found[-3]}") == found[-2:]
        testpmd.quit()
        for name in names:
            os.rmdir(f"{env.devices}/{name}")


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
