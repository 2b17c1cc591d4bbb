# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""The commands of the guides, run as a reader types them.

Above each block of commands in a guide stands a comment that says where a test runs it,
"run: host", "run: guest" or, where systemd has started a guest, "run: boot", or "not run: " and
why.  The blocks of one guide for one place run in one shell, in order; commands that readers
need not see, but the test does, are the comment's further lines.  Where a block shows commands
behind "$ ", what it shows them to print is compared with what they print, but for the number
of blanks.
"""
import contextlib
import glob
import os
import re
import shlex
import signal
import subprocess

import harness

GUIDES = f"{harness.TOP}/doc/guides"

# What the reader sees no end of, and ends or leaves for another terminal.  A testpmd stays
# until the next one, or the end of the guide; its answer is awaited, and that it has a port.
PROGRAMS = {
    "dpdk-testpmd": """
        end testpmd
        wait_for test -e "${SYSFS_AUXILIARY_DEVICES:-/sys/bus/auxiliary/devices}/sf_sim.sf.0" \\
            -o -e "$(echo /sys/bus/mdev/devices/*-*)"
        : >"$GUIDE/testpmd.log"
        sleep infinity | TESTPMD "$@" --total-num-mbufs=4096 >>"$GUIDE/testpmd.log" 2>&1 &
        echo $! >"$GUIDE/testpmd.pid"
        answers() { grep -qE '^testpmd> |Press enter to exit' "$GUIDE/testpmd.log"; }
        wait_for answers || { cat "$GUIDE/testpmd.log"; exit 1; }
        cat "$GUIDE/testpmd.log"
        grep '^Port 0: ' "$GUIDE/testpmd.log"
        """,
    "dpdk-sf-sim": """
        end sf_sim
        echo $$ >"$GUIDE/sf_sim.pid"
        exec SF_SIM "$@"
        """,
    "ping": """
        wait_for PING -c 1 -W 1 "$@"
        """,
    "sudo": """
        exec "$@"
        """,
}

HEAD = """#!/bin/bash
set -e
end() {
    [ -e "$GUIDE/$1.pid" ] || return 0
    kill "$(cat "$GUIDE/$1.pid")" 2>/dev/null || true
    while kill -0 "$(cat "$GUIDE/$1.pid")" 2>/dev/null; do sleep 0.1; done
    rm "$GUIDE/$1.pid"
}
wait_for() {
    local i

    for ((i = 0; i < 300; i++)); do
        ! "$@" || return 0
        sleep 0.1
    done
    return 1
}
"""

SHELL = """
set -eE -o pipefail
trap 'echo "failed: $BASH_COMMAND"' ERR
shows() {
    eval "$1" >"$GUIDE/shown" 2>&1 || true # a doctor's status says that something is wrong
    diff -bB - "$GUIDE/shown"
}
cd "$GUIDE"
"""


class Block:
    """Commands of a guide, with the comment above them."""

    def __init__(self, path, lines, at):
        self.where = f"{os.path.relpath(path, harness.TOP)}:{at + 1}"
        self.text = self._indented(lines, at + 1)
        self.mark, self.before = "", ""
        above = at - 1
        while above >= 0 and (not lines[above] or lines[above].startswith("   ")):
            above -= 1
        found = re.match(r"\.\. (run: \w+|not run: .*\w.*)$", lines[above]) if above >= 0 else None
        if found:
            self.mark, self.before = found[1], self._indented(lines, above + 1)

    @staticmethod
    def _indented(lines, start):
        end = start
        while end < len(lines) and (not lines[end] or lines[end].startswith("   ")):
            end += 1
        return "\n".join(line[3:] for line in lines[start:end]).strip("\n") + "\n"

    def script(self):
        if not self.text.startswith("$ "):
            return f"{self.before}\n{self.text}"
        shown = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", self.text, re.M)
        return self.before + "\n" + "".join(
            f"shows {shlex.quote(command)} <<'shown'\n{output}shown\n"
            for command, output in shown)


def blocks():
    """All of them, by guide."""
    found = {}
    for path in sorted(glob.glob(f"{GUIDES}/**/*.rst", recursive=True)):
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
        found[os.path.relpath(path, GUIDES)] = [
            Block(path, lines, at) for at, line in enumerate(lines)
            if line == ".. code-block:: console"]
    return found


def write_programs(directory, eal):
    """Put what stands for a program where the shell finds it first."""
    testpmd = ["stdbuf", "-oL", harness.dpdk_app("dpdk-testpmd")]
    if eal is not None:
        testpmd += [*eal, "-d", harness.driver_soname()]
    real = {"TESTPMD": shlex.join(testpmd), "SF_SIM": f"{harness.BUILD}/sim/dpdk-sf-sim",
            "PING": "/usr/bin/ping"}
    os.mkdir(f"{directory}/bin")
    for name, text in PROGRAMS.items():
        for word, path in real.items():
            text = re.sub(rf"\b{word}\b", path, text)
        with open(f"{directory}/bin/{name}", "w", encoding="utf-8") as file:
            file.write(HEAD + text)
        os.chmod(file.name, 0o755)


def run(env, guide, place, eal=None, before=()):
    """Run what a guide has for a place; env is the test's.

    testpmd has these arguments for EAL in front, and the build's driver; without them it
    is the one that is installed, and finds what is.
    """
    if os.geteuid() != 0:
        raise harness.Skip("the guide's commands are root's")
    wanted = [block for block in blocks()[guide] if block.mark == f"run: {place}"]
    assert wanted, f"{guide} has nothing for {place}"
    write_programs(env.dir, eal)
    with open(f"{env.dir}/script", "w", encoding="utf-8") as file:
        file.write(SHELL)
        for block in wanted:
            file.write(f"echo '== {block.where}'\n{block.script()}\n")
    with open(f"{env.dir}/output", "w+", encoding="utf-8", errors="replace") as output:
        with subprocess.Popen(
                [*before, "bash", file.name], stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, start_new_session=True,
                env={**os.environ, "GUIDE": env.dir, "USER": "root",
                     "PATH": f"{env.dir}/bin:{harness.BUILD}/app/sfctl:{os.environ['PATH']}",
                     "LD_LIBRARY_PATH": "" if eal is None else harness.library_path()}) as shell:
            try:
                code = shell.wait(250)
            except subprocess.TimeoutExpired:
                code = "more than 250 s"
            finally:  # with what the guide has left running
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(shell.pid, signal.SIGKILL)
        output.seek(0)
        assert code == 0, f"{code}\n{output.read()}"
