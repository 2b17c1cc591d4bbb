#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""dpdk-sfctl on simulated devices; what it does to the kernel's is vm/sfctl.py."""
import json
import os
import re
import subprocess
import sys

import harness

OK, USAGE, NOT_FOUND, UNUSABLE = 0, 2, 3, 4


def sfctl(env, *args, before=()):
    """What it ends with, and what it prints on each of its streams."""
    done = subprocess.run([*before, f"{harness.BUILD}/app/sfctl/dpdk-sfctl", *args],
                          env={**os.environ, **harness.sysfs(env.devices),
                               "LD_LIBRARY_PATH": harness.library_path()},
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False, timeout=60)
    return done.returncode, done.stdout, done.stderr


def table(env):
    code, out, _ = sfctl(env, "list", "--json")
    assert code == OK, code
    return {row["name"]: row for row in json.loads(out)}


def test_list(env):
    """Each device in a line, with the node, and devargs that testpmd takes."""
    env.sim()
    code, out, _ = sfctl(env)
    lines = out.splitlines()
    assert code == OK and len(lines) == 3 and lines[0].startswith("NAME "), out
    rows = table(env)
    assert set(rows) == {"sf_sim.sf.0", "sf_sim.sf.1"}, rows
    row = rows["sf_sim.sf.1"]
    assert row["node"] == f"{env.devices}/sf_sim.sf.1/vfio-user", row
    assert row["sfnum"] == 1 and row["kind"] == "sf" and row["held_by"] is None, row
    pmd = env.testpmd(["-a", row["devargs"]])
    assert "sf_sim.sf.1" in pmd.command("show port summary all"), pmd.text()
    pmd.quit()


def test_held(env):
    """Who has a device open is said, and is a reason why it cannot be used."""
    env.sim()
    pmd = env.testpmd(["-a", "auxiliary:sf_sim.sf.0"])
    rows = table(env)
    assert rows["sf_sim.sf.0"]["held_by"] == f"dpdk-testpmd[{pmd.popen.pid}]", rows
    assert rows["sf_sim.sf.0"]["pid"] == pmd.popen.pid, rows
    assert rows["sf_sim.sf.1"]["held_by"] is None, rows
    code, out, _ = sfctl(env, "doctor", "sf_sim.sf.0")
    assert code == UNUSABLE and f"process {pmd.popen.pid}, has it open" in out, out
    pmd.quit()
    assert table(env)["sf_sim.sf.0"]["held_by"] is None


def doctor(env, name, before=()):
    code, out, error = sfctl(env, "doctor", name, "--json", before=before)
    result = json.loads(out)
    assert result["usable"] == (code == OK) and not error, (code, out, error)
    # Other tests may have all hugepages, and this is no fault of the device.
    return [text for text in result["findings"] if "hugepages" not in text]


def test_doctor(env):
    """Each thing that is in the way has a line of its own; without any, all is well."""
    env.sim()
    assert doctor(env, "sf_sim.sf.0") == []
    user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    os.chmod(env.dir, 0o755)
    os.chmod(f"{env.devices}/sf_sim.sf.0/vfio-user", 0o700)
    if os.geteuid() == 0:
        found = doctor(env, "sf_sim.sf.0", user)
        assert len(found) == 1 and "may not connect" in found[0], found
    os.symlink("/etc", f"{env.devices}/sf_sim.sf.7")
    found = doctor(env, "sf_sim.sf.7")
    assert len(found) == 1 and "leads out of the tree" in found[0], found
    os.mkdir(f"{env.devices}/sf_sim.sf.8")
    found = doctor(env, "sf_sim.sf.8")
    assert len(found) == 1 and "no VFIO node, which DPDK needs" in found[0], found


def test_not_there(env):
    env.sim()
    for args in (["doctor", "sf_sim.sf.9"], ["activate", "sf_sim.sf.9"], ["delete", "sf_sim.sf.9"],
                 ["create", "0000:ff:1f.7", "--sfnum", "1"], ["bind", "sf_sim.sf.0", "vfio"],
                 ["activate", "sf_sim.sf.0"]):
        code, out, error = sfctl(env, *args)
        assert code == NOT_FOUND and not out and len(error.splitlines()) == 1, (args, out, error)


def test_usage(env):
    """What is not a command, or lacks something, says how it is done and does nothing."""
    for args in (["nonsense"], ["list", "x"], ["doctor"], ["bind", "a"], ["create", "pf"],
                 ["create", "pf", "--sfnum", "-1"], ["create", "pf", "--sfnum", "1x"],
                 ["create", "pf", "--sfnum", "1", "--count", "0"],
                 ["create", "pf", "--sfnum", "1", "--mac", "01:00:00:00:00:00"],
                 ["create", "pf", "--sfnum", "1", "--mac", "02:00:00:00:00"], ["--colour"]):
        code, out, error = sfctl(env, *args)
        assert code == USAGE and not out and "usage: dpdk-sfctl" in error, (args, code, error)
    code, out, error = sfctl(env, "--help")
    assert code == OK and "usage: dpdk-sfctl" in out and not error, error


def test_watch(env):
    """Devices that come and go, a line each."""
    watch = harness.Process([f"{harness.BUILD}/app/sfctl/dpdk-sfctl", "watch", "--json"],
                            env={**harness.sysfs(env.devices),
                                 "LD_LIBRARY_PATH": harness.library_path()})
    env.processes.append(watch)
    sim = env.sim()
    for _ in range(2):
        watch.expect(r'"change": ?"added"')
    sim.stop()
    for _ in range(2):
        watch.expect(r'"change": ?"removed"')
    names = [json.loads(line)["name"] for line in watch.output if '"removed"' in line]
    assert sorted(names) == ["sf_sim.sf.0", "sf_sim.sf.1"], watch.text()


def test_completion(_env):
    """All commands and options that the program has are completed."""
    top = os.path.dirname(os.path.abspath(__file__)) + "/../../.."
    _, text, _ = sfctl(_env, "--help")
    wanted = set(re.findall(r"--[a-z]+", text))
    wanted |= {word for words in re.findall(r"dpdk-sfctl \[?([a-z|]+)", text)
               for word in words.split("|")}
    for word in wanted:
        done = subprocess.run(
            ["bash", "-c", f"source {top}/app/sfctl/dpdk-sfctl.bash; COMP_WORDS=(dpdk-sfctl {word}); "
             "COMP_CWORD=1; _dpdk_sfctl; echo ${COMPREPLY[@]}"],
            stdout=subprocess.PIPE, text=True, check=True)
        assert word in done.stdout.split(), (word, done.stdout)


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
