# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""Containers as Kubernetes has them for app/sfctl/kubernetes/pod.yaml, without Kubernetes.

runc gets no capability, the default seccomp profile of containers, a root and a /sys that
cannot be written to, and no device but those that a test names.
"""
import json
import os
import platform
import re
import shutil
import stat
import subprocess

import harness

PROFILE = "/usr/share/containers/seccomp.json"
USER = 1000
# More than the memory that pod.yaml has.
MEMLOCK = 1 << 30
FLAGS = ["nosuid", "noexec", "nodev"]


def manifest_command():
    """What the container of pod.yaml runs."""
    with open(f"{harness.TOP}/app/sfctl/kubernetes/pod.yaml", encoding="utf-8") as file:
        command = json.loads(re.search(r"^ *command: (\[.*\])$", file.read(), re.M)[1])
    if harness.hugepages_free() < harness.HUGE_NEEDED:
        command[command.index("--in-memory")] = "--no-huge"
    return command


def default_profile():
    """The part of the default seccomp profile that is for a container without capabilities."""
    with open(PROFILE, encoding="utf-8") as file:
        profile = json.load(file)
    machine = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    rules = []
    for rule in profile["syscalls"]:
        includes, excludes = rule.get("includes") or {}, rule.get("excludes") or {}
        if (includes.get("caps") or machine not in includes.get("arches", [machine])
                or machine in excludes.get("arches", [])):
            continue
        rules.append({key: rule[key] for key in ("names", "action", "args", "errnoRet")
                      if rule.get(key) is not None})
    return {"defaultAction": profile["defaultAction"],
            "defaultErrnoRet": profile["defaultErrnoRet"], "syscalls": rules}


def allow(path):
    """A device node as runc's config.json has it, and the rule of the cgroup that allows it."""
    info = os.stat(path)
    device = {"type": "c", "major": os.major(info.st_rdev), "minor": os.minor(info.st_rdev)}
    return ({**device, "path": path, "fileMode": stat.S_IMODE(info.st_mode),
             "uid": info.st_uid, "gid": info.st_gid},
            {**device, "allow": True, "access": "rw"})


def write_bundle(directory, root, environment, mounts, nodes):
    """What runc takes, of a root; the user is in the groups of the nodes, as pod.yaml has it."""
    if not shutil.which("runc") or not os.path.exists(PROFILE):
        raise harness.Skip("no runc, or no golang-github-containers-common")
    mounts = [("/proc", "proc", "proc", FLAGS),
              ("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755"]),
              ("/dev/shm", "tmpfs", "shm", [*FLAGS, "mode=1777"]),
              ("/tmp", "tmpfs", "tmpfs", [*FLAGS, "mode=1777"]),
              ("/sys", "sysfs", "sysfs", [*FLAGS, "ro"]), *mounts]
    devices = [allow(path) for path in nodes]
    config = {
        "ociVersion": "1.0.2",
        "root": {"path": root, "readonly": True},
        "process": {
            "user": {"uid": USER, "gid": USER,
                     "additionalGids": sorted({node["gid"] for node, _ in devices})},
            "cwd": "/", "args": manifest_command(),
            "env": ["PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                    *(f"{name}={value}" for name, value in environment.items())],
            # VFIO pins memory; 8 MiB are usual. Not every host lets its root raise this.
            "rlimits": [{"type": "RLIMIT_MEMLOCK", "soft": MEMLOCK, "hard": MEMLOCK}]
                       if nodes else [],
            "noNewPrivileges": True},
        "mounts": [dict(zip(("destination", "type", "source", "options"), mount))
                   for mount in mounts],
        "linux": {
            "namespaces": [{"type": name} for name in ("pid", "network", "ipc", "uts", "mount")],
            "devices": [node for node, _ in devices],
            "resources": {"devices": [{"allow": False, "access": "rwm"},
                                      *(right for _, right in devices)]},
            "seccomp": default_profile(),
            "readonlyPaths": ["/proc/sys", "/sys/bus"],
            "maskedPaths": ["/proc/kcore", "/proc/keys", "/sys/firmware"]}}
    with open(f"{directory}/config.json", "w", encoding="utf-8") as file:
        json.dump(config, file)


class Pod(harness.Process):
    """A container, which is gone when this is."""

    def __init__(self, directory, before, root, environment, mounts=(), nodes=()):
        write_bundle(directory, root, environment, mounts, nodes)
        self.name = f"sf-{os.getpid()}-{os.path.basename(directory)}"
        self.before = before
        super().__init__([*before, "runc", "run", "--bundle", directory, self.name])

    def runc(self, *args):
        return subprocess.run([*self.before, "runc", *args, self.name], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout

    def status(self):
        """What the kernel says of its first process."""
        with open(f"/proc/{json.loads(self.runc('state'))['pid']}/status", encoding="ascii") as file:
            return file.read()

    def kill(self):
        self.runc("delete", "--force")
        super().kill()
