#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""Run clang-tidy on all that a build directory compiles; print what it finds.

    clang_tidy.py BUILD-DIRECTORY

A file takes seconds, and few change between two runs.  So what was clean is
remembered outside of the tree, by all that its result depends on: the
preprocessed text with its comments, the command, the configuration and the
version of clang-tidy.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache",
                     "dpdk-auxiliary", "clang-tidy")
KEPT = 30 * 86400  # seconds after the last use


def output(args, cwd):
    return subprocess.run(args, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False).stdout


def preprocess(command, cwd):
    """A compile command's input, as the compiler proper would see it."""
    args = shlex.split(command)
    del args[args.index("-o"):args.index("-o") + 2]
    for option in ("-MQ", "-MF"):
        del args[args.index(option):args.index(option) + 2]
    args.remove("-MD")
    return output([*args, "-E", "-C", "-P"], cwd)


def check(build, version, file, commands):
    """Findings in a file, a line each; none if it is known to be clean."""
    key = hashlib.sha256(version)
    for command in commands:
        # The same tree at another place gives the same result.
        key.update(command.replace(str(TOP), "").encode())
        key.update(preprocess(command, build))
    clean = CACHE / key.hexdigest()
    if clean.exists():
        clean.touch()
        return set()
    done = subprocess.run(["clang-tidy", "-p", build, "--quiet",
                           "--extra-arg=-Wno-unknown-warning-option", file], cwd=build,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    found = {re.sub(r"^.*\.\./", "", line) for line in done.stdout.split("\n")
             if re.search(r"(warning|error):", line)}
    if done.returncode == 0 and not found:
        clean.touch()
    elif not found:
        found = {f"{file}: clang-tidy ended with {done.returncode}"}
    return found


def main(build):
    CACHE.mkdir(parents=True, exist_ok=True)
    for old in CACHE.iterdir():
        if old.stat().st_mtime < time.time() - KEPT:
            old.unlink()
    version = output(["clang-tidy", "--version"], build) + (TOP / ".clang-tidy").read_bytes()
    files = {}
    for entry in json.loads(pathlib.Path(build, "compile_commands.json").read_text("utf-8")):
        # What is compiled on this processor; and what meson makes is not ours.
        if entry["file"].endswith(".c") and not entry["file"].endswith(".pmd.c"):
            files.setdefault(entry["file"], []).append(entry["command"])
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda item: check(build, version, *item), files.items())
        for line in sorted(set().union(*results)):
            print(line)


main(sys.argv[1])
