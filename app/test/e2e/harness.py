# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""End-to-end tests: the distribution's testpmd against dpdk-sf-sim.

A test is a function whose name starts with test_; it gets an Env, and fails by
an exception, or raises Skip with a reason.  The result is printed as TAP.
"""
import contextlib
import os
import queue
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

BUILD = os.environ["SF_BUILD"]
# Pages of EAL's, which come and go as the heap grows and shrinks (the name of a shared one
# begins with the file prefix; a block that a killed process has left keeps its page), and
# EAL's epoll instance, which it opens anew when interrupts come or go.
EALS_OWN = re.compile(r"map_\d+\b|/memfd:seg_|\[eventpoll\]")
TOP = os.path.abspath(f"{os.path.dirname(__file__)}/../../..")
HUGE_NEEDED = 256


def _dpdk():
    """The DPDK that the build is for, as meson has written it down."""
    with open(f"{BUILD}/dpdk.env", encoding="utf-8") as file:
        found = dict(line.rstrip("\n").split("=", 1) for line in file if "=" in line)
    return found["dpdk_version"], found["dpdk_bindir"], found["dpdk_libdir"]


DPDK_VERSION, DPDK_BIN, DPDK_LIB = _dpdk()
DPDK_RELEASE = tuple(int(n) for n in DPDK_VERSION.split(".")[:2])

# What runs a program that is built for another processor.
EMULATOR = shlex.split(os.environ.get("SF_EMULATOR", ""))

SYSTEM = """
work=$(mktemp -d)
mount -t tmpfs tmpfs "$work"
for dir in usr etc opt; do
    mkdir "$work/$dir" "$work/$dir.work"
    mount -t overlay overlay -o "lowerdir=/$dir,upperdir=$work/$dir,workdir=$work/$dir.work" "/$dir"
done
"""


class Skip(Exception):
    """A test that cannot run here; the message says why."""


def changed_system(commands):
    """What to put before a command that is to run where these shell commands have been.

    Nobody else sees what they change in /usr, /etc and /opt.
    """
    if os.geteuid() != 0:
        raise Skip("installing, even out of sight, needs root")
    if not DPDK_LIB.startswith("/usr/lib/"):
        raise Skip(f"DPDK {DPDK_VERSION} is not the distribution's")
    return ["unshare", "--mount", "sh", "-ec", SYSTEM + commands + '\nexec "$@"', "sh"]


def dpdk_app(name):
    """The path of one of DPDK's applications."""
    path = f"{DPDK_BIN}/{name}"
    if not os.access(path, os.X_OK):
        raise Skip(f"this DPDK {DPDK_VERSION} has no {name}")
    return path


def example(name):
    """The path of one of DPDK's examples, built from the distribution's source package."""
    if not DPDK_LIB.startswith("/usr/lib/"):
        raise Skip(f"{name} would be of another DPDK, this {DPDK_VERSION} is not the distribution's")
    built = subprocess.run([f"{TOP}/devtools/dpdk.sh", "examples"], check=False,
                           capture_output=True, text=True)
    if built.returncode != 0:
        raise Skip(f"no {name}: " + built.stderr.strip().replace("\n", " "))
    return f"{TOP}/.sdk/{DPDK_VERSION}/examples/{name}"


def library_path():
    """The build's own libraries come first."""
    return ":".join(filter(None, (f"{BUILD}/drivers", DPDK_LIB, os.environ.get("LD_LIBRARY_PATH"))))


def hugepages_free():
    """Free hugepage memory in MiB."""
    info = dict(line.split(":") for line in open("/proc/meminfo", encoding="ascii"))
    return int(info["HugePages_Free"]) * int(info["Hugepagesize"].split()[0]) // 1024


class Process:
    """A program whose output is read line by line while it runs."""

    def __init__(self, args, env=None):
        self.args = args
        self.output = []
        self.lines = queue.Queue()
        self.popen = subprocess.Popen(
            args, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env={**os.environ, **(env or {})})
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for raw in self.popen.stdout:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            self.output.append(line)
            self.lines.put(line)
        self.lines.put(None)

    def expect(self, pattern, seconds=20):
        """Wait for a line that matches; return the match."""
        end = time.monotonic() + seconds
        while True:
            try:
                line = self.lines.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no '{pattern}' within {seconds} s") from None
            if line is None:
                raise AssertionError(f"ended before '{pattern}'")
            found = re.search(pattern, line)
            if found:
                return found

    def type(self, text):
        self.popen.stdin.write(text.encode() + b"\n")
        self.popen.stdin.flush()

    def wait(self, seconds=20):
        code = self.popen.wait(seconds)
        self.reader.join(5)
        return code

    def kill(self):
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()
        self.popen.stdin.close()
        self.reader.join(5)

    def text(self):
        return "\n".join(self.output)

    def held(self):
        """How many descriptors and mappings of files it has, but for EAL's own; memory in KiB."""
        directory = f"/proc/{self.popen.pid}"
        fds = []
        for fd in os.listdir(f"{directory}/fd"):
            with contextlib.suppress(OSError):  # it was open for a moment
                fds.append(os.readlink(f"{directory}/fd/{fd}"))
        with open(f"{directory}/maps", encoding="utf-8") as file:
            maps = [line for line in file if "/" in line]
        with open(f"{directory}/status", encoding="utf-8") as file:
            rss = int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))
        return (sum(not EALS_OWN.search(fd) for fd in fds),
                sum(not EALS_OWN.search(line) for line in maps), rss)


class Sim(Process):
    """dpdk-sf-sim, ready to serve."""

    def __init__(self, directory, sfs=2, wire="pair", poll=False, extra=(), before=()):
        super().__init__([*before, *EMULATOR, f"{BUILD}/sim/dpdk-sf-sim", "--dir", directory,
                          "--sfs", str(sfs), "--wire", wire, *(["--poll"] if poll else []), *extra])
        self.sfs = sfs

    def ready(self):
        self.expect("ready")

    def drops(self):
        """By device: packets that found no Rx descriptor, and that found no link to send on."""
        self.popen.send_signal(signal.SIGUSR1)
        self.expect("^device +link +rx packets +no desc .* no link +halts$")
        found = {}
        while len(found) < self.sfs:
            name, _, _, no_desc, _, _, _, _, no_link, _ = self.expect(
                r"^\S+ +(up|down)( +\d+){8}$").group(0).split()
            found[name] = int(no_desc), int(no_link)
        return found

    def stop(self):
        self.popen.send_signal(signal.SIGTERM)
        code = self.wait()
        assert code == 0, f"dpdk-sf-sim ended with {code}"


class Testpmd(Process):
    """testpmd at its prompt.  Every command is followed by one whose answer is known.

    It runs on the build's libraries, or with a list of changed_system() on what
    that has made of the system.
    A small one has few buffers, and is there sooner on a slow machine.
    PCI devices are there if they are asked for.
    Devices are those in a directory of dpdk-sf-sim, or without one the kernel's.
    Secondary processes need a hugetlbfs that is shared.
    """

    def __init__(self, directory, eal, app=(), huge=False, env=None, system=None,
                 small=False, pci=False, before=(), shared=None):
        size, mbufs = (64, 4096) if small else (256, 16384)
        memory = ["--in-memory"] if huge else ["--no-huge", "--no-shconf"]
        if shared:
            memory = ["--huge-dir", shared]
        telemetry = [] if "--telemetry" in eal else ["--no-telemetry"]
        before = [*(system or []), *before]
        ours = [] if system else ["-d", driver_soname()]
        path = "" if system else library_path()
        super().__init__(
            [*before, "stdbuf", "-oL", dpdk_app("dpdk-testpmd"), "--lcores", "0@0,1@0", *memory,
             "-m", str(size), *([] if pci else ["--no-pci"]), *telemetry, *ours, *eal,
             "--", "-i", f"--total-num-mbufs={mbufs}", *app],
            env={**sysfs(directory), "LD_LIBRARY_PATH": path, **(env or {})})

    def ready(self):
        self.command("show config fwd", 120)

    def command(self, text, seconds=20):
        """Type a command; return what was printed until it was done."""
        start = len(self.output)
        self.type(text)
        self.type("show port 99 nonsense")
        self.expect("Bad arguments", seconds)
        return "\n".join(self.output[start:])

    def forward(self, seconds=1.0, first=None):
        self.command(f"start tx_first {first}" if first else "start")
        time.sleep(seconds)
        out = self.command("stop")
        time.sleep(0.2)
        return out

    def stats(self, port):
        """Basic statistics of a port, by testpmd's names for them."""
        out = self.command(f"show port stats {port}")
        return {k: int(v) for k, v in re.findall(r"([RT]X-[a-z]+):\s+(\d+)", out)}

    def xstats(self, port):
        out = self.command(f"show port xstats {port}")
        return {k: int(v) for k, v in re.findall(r"^(\w+): (\d+)$", out, re.M)}

    def quit(self):
        self.type("quit")
        code = self.wait()
        assert code == 0, f"testpmd ended with {code}"


def sysfs(directory):
    """Where the bus looks for devices: in a directory only, or in the kernel's."""
    if directory is None:
        return {}
    return {"SYSFS_AUXILIARY_DEVICES": directory, "SYSFS_MDEV_DEVICES": "/nonexistent"}


def driver_soname(name="net_sf_example"):
    """The library of our driver, or of one of DPDK's, whose number is that of DPDK's ABI."""
    ours = os.path.basename(os.readlink(f"{BUILD}/drivers/librte_net_sf_example.so"))
    return ours.replace("net_sf_example", name)


def need_driver(name):
    """Skip a test for which DPDK was built without a driver."""
    if not os.path.exists(f"{DPDK_LIB}/{driver_soname(name)}"):
        raise Skip(f"this DPDK {DPDK_VERSION} has no {name}")


def dpdk_bus_header():
    """The path of bus_auxiliary_driver.h of DPDK's own bus."""
    for path in (f"{TOP}/.sdk/{DPDK_VERSION}/include/dpdk_bus_auxiliary_driver.h",
                 f"{DPDK_BIN}/../include/bus_auxiliary_driver.h"):
        if os.path.exists(path):
            return path
    raise Skip("DPDK's own bus_auxiliary_driver.h is not among the driver SDK headers")


def compile_c(source, output, *args):
    """Compile and link a C file with the headers of the build's DPDK, and these libraries."""
    cflags = subprocess.run(
        ["pkg-config", "--cflags", "libdpdk"], check=True, capture_output=True, text=True,
        env={**os.environ, "PKG_CONFIG_PATH": f"{DPDK_LIB}/pkgconfig"}).stdout.split()
    subprocess.run(["cc", "-w", *cflags, "-DALLOW_INTERNAL_API", "-DALLOW_EXPERIMENTAL_API",
                    "-o", output, source, f"-L{DPDK_LIB}", f"-Wl,-rpath-link,{DPDK_LIB}", *args],
                   check=True)


class Env:
    """What a test works with; everything is gone after it."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="sf-e2e-")
        self.devices = os.path.join(self.dir, "devices")
        self.processes = []

    def path(self, name):
        return os.path.join(self.dir, name)

    def start(self, process):
        """Wait until it is ready; what it prints is shown if that, or the test, fails."""
        self.processes.append(process)
        process.ready()
        return process

    def sim(self, **kwargs):
        return self.start(Sim(self.devices, **kwargs))

    def testpmd(self, eal, **kwargs):
        return self.start(Testpmd(self.devices, eal, **kwargs))

    def close(self):
        for process in reversed(self.processes):
            process.kill()
        shutil.rmtree(self.dir, ignore_errors=True)

    def show(self):
        for process in self.processes:
            for line in " ".join(process.args).splitlines():
                print("#", line)
            for line in process.output[-160:]:
                print("#  ", line)


def run(module, environment=Env):
    tests = [(n, f) for n, f in vars(module).items() if n.startswith("test_")]
    wanted = sys.argv[1:]
    unknown = set(wanted) - {name for name, _ in tests}
    if unknown:
        sys.exit(f"no such test: {' '.join(sorted(unknown))}")
    tests = [t for t in tests if not wanted or t[0] in wanted]
    suite = os.path.splitext(os.path.basename(module.__file__))[0]
    failed = 0
    print(f"1..{len(tests)}", flush=True)
    for number, (name, function) in enumerate(tests, 1):
        env = environment()
        result, reason = "ok", ""
        try:
            function(env)
        except Skip as skip:
            reason = f" # SKIP {skip}"
        except Exception:  # a test may fail in any way
            result = "not ok"
            failed += 1
            for line in traceback.format_exc().splitlines():
                print("#", line)
            env.show()
        finally:
            env.close()
        print(f"{result} {number} - {suite}: {name}{reason}", flush=True)
    sys.exit(1 if failed else 0)
