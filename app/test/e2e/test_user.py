#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""An ordinary user, who may connect to some simulated devices and not to others."""
import os
import pwd
import re
import sys

import harness


def as_user(env):
    """What to put before a command; the user owns the test's directory."""
    if os.geteuid() != 0:
        raise harness.Skip("needs root, to become another user")
    user = pwd.getpwnam("nobody")
    os.chown(env.dir, user.pw_uid, user.pw_gid)
    try:
        os.stat(harness.BUILD)
    except PermissionError:
        raise harness.Skip("the build's directory is not readable") from None
    run = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups",
           "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]
    if os.waitstatus_to_exitcode(os.spawnvp(os.P_WAIT, run[0], [*run, "test", "-r",
                                 f"{harness.BUILD}/drivers/{harness.driver_soname()}"])):
        raise harness.Skip("the build cannot be read by user nobody")
    return run


def ports(testpmd):
    return re.findall(r"^\d+ +\S+ +(\S+) +net_sf_example",
                      testpmd.command("show port summary all"), re.M)


def test_owner(env):
    """The user runs both ends, owns what is between them, and has no capability."""
    user = as_user(env)
    env.sim(before=user)
    testpmd = env.testpmd(["-a", "auxiliary:sf_sim.sf.0", "-a", "auxiliary:sf_sim.sf.1"],
                          before=user)
    with open(f"/proc/{testpmd.popen.pid}/status", encoding="ascii") as status:
        status = status.read()
    assert re.search(r"^CapEff:\s+0+$", status, re.M), status
    assert ports(testpmd) == ["sf_sim.sf.0", "sf_sim.sf.1"], testpmd.text()
    testpmd.forward(first=4)
    assert testpmd.stats(0)["RX-packets"] > 1000, testpmd.text()
    testpmd.quit()


def test_forbidden_socket(env):
    """Somebody else's simulated device."""
    user = as_user(env)
    env.sim(sfs=1)
    os.chmod(f"{env.devices}/sf_sim.sf.0/vfio-user", 0o600)
    testpmd = env.testpmd(["-a", "auxiliary:sf_sim.sf.0"], before=user)
    said = [line for line in testpmd.output if "sf_sim.sf.0" in line and "Permission denied" in line]
    assert len(said) == 1, testpmd.text()
    assert ports(testpmd) == [], testpmd.text()
    testpmd.quit()


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
