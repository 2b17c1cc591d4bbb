#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""In a guest: dpdk-sfctl on the sub-functions of sf_sim.ko, compared with iproute2's devlink."""
import json
import os
import re
import shutil
import subprocess
import sys

import guest
import sub_functions
from sub_functions import DEVICES, PARENT, harness

OK, FAILED, NOT_FOUND, UNUSABLE, PARTLY = 0, 1, 3, 4, 5


class Env(sub_functions.Env):
    def __init__(self):
        super().__init__()
        self.sub_functions("pair")


def sfctl(*args, code=OK, before=()):
    """What it prints, on both streams."""
    done = subprocess.run([*before, f"{harness.BUILD}/app/sfctl/dpdk-sfctl", *args],
                          env={**os.environ, "LD_LIBRARY_PATH": harness.library_path()},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, timeout=120)
    assert done.returncode == code, f"{args}: {done.returncode}: {done.stdout}"
    return done.stdout


def rows():
    """By sfnum, or UUID."""
    found = json.loads(sfctl("list", "--json"))
    return {row["name"] if row["kind"] == "mdev" else row["sfnum"]: row for row in found}


def ports():
    """The same by devlink: MAC address and state of each sfnum."""
    found = json.loads(guest.run("devlink", "-j", "port", "show"))["port"]
    return {port["sfnum"]: (port["function"]["hw_addr"], port["function"]["state"])
            for port in found.values() if port["flavour"] == "pcisf"}


def is_same():
    """What one has made the other lists the same."""
    ours = {n: (r["mac"], r["state"].split(",")[0]) for n, r in rows().items() if r["state"]}
    assert ours == ports(), (ours, ports())


def test_create(_env):
    """Made, made again, and one by devlink: all the same afterwards."""
    out = sfctl("create", PARENT, "--sfnum", "88", "--mac", "02:00:00:00:00:88", "--wait")
    assert re.search(r"sfnum 88: made, sf_sim\.sf\.\d+$", out), out
    assert "was there" in sfctl("create", "sf_sim", "--sfnum", "88", "--wait")
    guest.run("devlink", "port", "add", PARENT, "flavour", "pcisf", "pfnum", "0", "sfnum", "89")
    is_same()
    assert rows()[89]["name"] == f"{PARENT}/89" and rows()[89]["state"] == "inactive"
    sfctl("activate", f"{PARENT}/89")
    sfctl("activate", "pf=sf_sim,sfnum=89")  # as it is already
    is_same()
    row = rows()[89]
    assert row["kernel_driver"] == "sf_sim.vfio" and row["active"], row
    node, = os.listdir(f"{DEVICES}/{row['name']}/vfio-dev")
    assert row["node"] == f"/dev/vfio/devices/{node}", row
    assert row["access"] == "root:root rw-------", row
    sfctl("deactivate", row["name"])
    sfctl("delete", "pf=sf_sim,sfnum=89")
    sfctl("delete", f"{PARENT}/88")
    assert not rows() and not ports()


def test_refused(_env):
    """The kernel's own words, and what there is is left as it is."""
    sfctl("create", PARENT, "--sfnum", "1")
    before = ports()
    for args, words in (
            (["create", PARENT, "--sfnum", "1", "--mac", "02:00:00:00:00:77"], "active or in use"),
            (["create", PARENT, "--sfnum", "1", "--bind", "nonsense"], "no such driver")):
        out = sfctl(*args, code=NOT_FOUND if "--bind" in args else FAILED)
        assert words in out, out
        assert ports() == before
    sfctl("create", PARENT, "--sfnum", "2", "--mac", "00:00:00:00:00:00", code=FAILED)


def test_many(_env):
    """Half done is told exactly, and doing it again completes it."""
    sfctl("create", PARENT, "--sfnum", "104", "--mac", "02:00:00:00:00:04")
    out = sfctl("create", PARENT, "--sfnum", "100", "--count", "8", "--mac", "02:00:00:00:01:fe",
                code=PARTLY)
    assert "4 of 8 are there, sfnum 100 to 103" in out and "active or in use" in out, out
    assert sorted(ports()) == [100, 101, 102, 103, 104]
    assert ports()[102] == ("02:00:00:00:02:00", "active"), ports()
    sfctl("delete", "pf=sf_sim,sfnum=104")
    made = json.loads(sfctl("create", PARENT, "--sfnum", "100", "--count", "8", "--json", "--wait",
                            "--mac", "02:00:00:00:01:fe"))
    assert [one["was_there"] for one in made] == 4 * [True] + 4 * [False], made
    assert all(one["done"] and one["name"].startswith("sf_sim.sf.") for one in made), made
    is_same()
    sfctl("delete", PARENT, "--sfnum", "102", "--count", "5")
    sfctl("delete", "sf_sim", "--sfnum", "101", "--count", "3")
    assert sorted(ports()) == [100, 107], ports()
    sfctl("delete", "nonsense", "--sfnum", "100", code=NOT_FOUND)


def test_bind(env):
    """To another driver and back; the device's mdev is no device of its own."""
    name = json.loads(sfctl("create", PARENT, "--sfnum", "5", "--bind", "sf_sim.mdev",
                            "--json"))[0]["name"]
    assert rows()[5]["kernel_driver"] == "sf_sim.mdev" and rows()[5]["node"] is None
    out = sfctl("doctor", name, code=UNUSABLE)
    advice = re.search(r"create an mdev on it: (cat \S+ > \S+)", out)
    assert advice, out
    guest.run("sh", "-c", advice[1])
    assert rows()[5]["node"].startswith("/dev/vfio/devices/") and len(rows()) == 1, rows()
    pmd = env.testpmd(["-a", rows()[5]["devargs"]])
    assert rows()[5]["held_by"] == f"dpdk-testpmd[{pmd.popen.pid}]", rows()
    pmd.quit()
    sfctl("unbind", name)
    out = sfctl("doctor", name, code=UNUSABLE)
    advice = re.search(r"no VFIO node, which DPDK needs; bind it to sf_sim\.\S+: (echo .*)$", out, re.M)
    assert advice, out
    sfctl("bind", name, "sf_sim.vfio")
    sfctl("bind", name, "sf_sim.vfio")
    assert rows()[5]["kernel_driver"] == "sf_sim.vfio", rows()
    uuid = guest.mdev_create("sf_sim", "sf_sim-eth")
    assert rows()[uuid]["devargs"] == f"bus=auxiliary,uuid={uuid}", rows()
    guest.mdev_remove(uuid)


def test_doctor(_env):
    """Inactive, not permitted, little memory: each is said, and what is advised helps."""
    sfctl("create", PARENT, "--sfnum", "6", "--wait")
    name = rows()[6]["name"]
    assert "nothing is in the way" in sfctl("doctor", name)
    user = ["prlimit", "--memlock=1048576", "setpriv", "--reuid=nobody", "--regid=nogroup",
            "--clear-groups"]
    out = sfctl("doctor", name, code=UNUSABLE, before=user)
    node = rows()[6]["node"]
    assert f"may not read and write {node}, which DPDK needs" in out, out
    assert "no more than 1024 KiB" in out, out
    for path in (node, "/dev/iommu"):
        shutil.chown(path, "nobody")
    user[1] = "--memlock=unlimited"
    assert "nothing is in the way" in sfctl("doctor", name, before=user)
    shutil.chown("/dev/iommu", "root")
    sfctl("deactivate", name)
    out = sfctl("doctor", f"{PARENT}/6", code=UNUSABLE)
    advice = re.search(r"not active; dpdk-sfctl (.*)$", out, re.M)
    assert advice, out
    sfctl(*advice[1].split())
    assert rows()[6]["active"], rows()


def test_watch(env):
    """A life, as it is told."""
    watch = harness.Process([f"{harness.BUILD}/app/sfctl/dpdk-sfctl", "watch"],
                            env={"LD_LIBRARY_PATH": harness.library_path()})
    env.processes.append(watch)
    guest.run("devlink", "port", "add", PARENT, "flavour", "pcisf", "pfnum", "0", "sfnum", "7")
    watch.expect(f"^added +{PARENT}/7 inactive")
    sfctl("activate", f"{PARENT}/7")
    watch.expect(r"^added +sf_sim\.sf\.\d+ active")
    sfctl("delete", f"{PARENT}/7")
    watch.expect(r"^removed +sf_sim\.sf\.\d+")


if __name__ == "__main__":
    harness.run(sys.modules[__name__], Env)
