"""The suites as recordings: run and kept, and what was found in one by the case that it was found in."""
import json
import os
import pathlib
import subprocess

import node

DEMO = pathlib.Path(__file__).resolve().parent.parent


def program():
    """The ktrace-tui that KTRACE_TUI names; else the newer of those that were built."""
    named = os.environ.get("KTRACE_TUI")
    built = [DEMO.parent / "target" / profile / "ktrace-tui" for profile in ("release", "debug")]
    there = [path for path in ([pathlib.Path(named)] if named else built) if path.is_file()]
    if not there:
        raise SystemExit("demo: no ktrace-tui: build it with `cargo build --release`, or name it in KTRACE_TUI")
    return max(there, key=lambda path: path.stat().st_mtime).resolve()


def record(only, work, name, where=""):
    """Runs cases and keeps what was seen; gives the recording and the results."""
    tape, told = work / f"{name}.ktrace", work / f"{name}.json"
    command = [DEMO / "run", "--only", only, "--where", where, "--record", tape, "--json", told]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    return tape, json.loads(told.read_text())


def by_case(cases, found):
    """What was found of each case that could run, by its time."""
    told = {case["name"]: [] for case in cases if not case["failure"]}
    for it in found:
        at = node.nanos(it["time"])
        for case in cases:
            if case["began"] <= at <= case["ended"] and case["name"] in told:
                told[case["name"]].append(it)
    return told
