# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""What a test does to the kernel of its guest: modules, mediated devices, drivers."""
import glob
import os
import re
import subprocess
import uuid


def run(*args, seconds=60):
    """Run a command; return what it prints."""
    done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=seconds, check=False)
    assert done.returncode == 0, f"{' '.join(args)}: {done.returncode}: {done.stdout}"
    return done.stdout


def modprobe(*modules):
    run("modprobe", "-a", *modules)


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read().strip()


def pretend(path, text):
    """Have a file of sysfs say something else, until the guest ends."""
    write("/run/pretended", f"{text}\n")
    run("mount", "--bind", "/run/pretended", os.path.realpath(path))


def linked_drivers(directory, *files):
    """Those of a directory's libraries that files are linked with, or they with each other.

    The dynamic linker, asked instead, would load all that there is.
    """
    found = set()
    while files:
        needed = re.findall(r"\(NEEDED\).*\[(librte_[^]]*)\]", run("readelf", "-d", *files))
        files = [f"{directory}/{name}" for name in set(needed) - found]
        files = [file for file in files if os.path.exists(file)]
        found.update(os.path.basename(file) for file in files)
    return found


def hide_drivers(program, *kept):
    """Leave in EAL's plugin directory only what a program is linked with, and some.

    EAL loads all that is there, which takes seconds on an emulated processor.
    """
    directory, = glob.glob("/usr/lib/*/dpdk/pmds-*")
    if os.path.ismount(directory):
        return
    abi = directory.rpartition("-")[2]
    kept = [f"librte_{name}.so.{abi}" for name in kept]
    names = linked_drivers(directory, program, *(f"{directory}/{name}" for name in kept))
    files = {}
    for name in names.union(kept):
        with open(f"{directory}/{name}", "rb") as file:
            files[name] = file.read()
    run("mount", "-t", "tmpfs", "-o", "mode=755", "drivers", directory)
    for name, content in files.items():
        with open(f"{directory}/{name}", "wb") as file:
            file.write(content)


def show_drivers():
    """Have all of EAL's plugin directory again."""
    directory, = glob.glob("/usr/lib/*/dpdk/pmds-*")
    run("umount", "-l", directory)


def mdev_create(parent, kind):
    """A mediated device of a type of a parent, both by their names; returns its UUID."""
    name = str(uuid.uuid4())
    write(f"/sys/class/mdev_bus/{parent}/mdev_supported_types/{kind}/create", name)
    return name


def mdev_remove(name):
    write(f"/sys/bus/mdev/devices/{name}/remove", "1")


def pci_find(vendor, device):
    """Addresses of the PCI devices of an identity, in order."""
    base = "/sys/bus/pci/devices"
    return [bdf for bdf in sorted(os.listdir(base))
            if int(read(f"{base}/{bdf}/vendor"), 16) == vendor
            and int(read(f"{base}/{bdf}/device"), 16) == device]


def pci_bind(bdf, driver="vfio-pci"):
    write(f"/sys/bus/pci/devices/{bdf}/driver_override", driver)
    write("/sys/bus/pci/drivers_probe", bdf)
    bound = os.path.basename(os.readlink(f"/sys/bus/pci/devices/{bdf}/driver"))
    assert bound == driver, f"{bdf} is bound to {bound}"

