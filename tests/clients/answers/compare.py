#!/usr/bin/env python3
"""Shows that two binaries of the emulator answer alike, byte for byte.

    tests/clients/answers/compare.py OLD_BINARY NEW_BINARY

starts both under the same flags with a clock that stands still, sends the same requests to both, and compares the raw
answers, headers included, after masking what differs between two runs of one binary (see `masks.py`). Each difference
is printed with its request as a unified diff; the last line is `N requests, N differences`, and the exit code is 1 if
there is any. Routes and bodies come from the OpenAPI document of the old binary, so a new operation is swept without a
change here; what a family does over time is in `stories_*.py`. Texts of the command line are compared too.

Needs Python 3.8 or newer and nothing else.
"""

import argparse
import os
import sys
import time

import catalogue
import command_line
import states
import stories_asm
import stories_control
import stories_iam
import stories_pipelines
import stories_plans
import stories_zadig
import sweeps
from pair import Pair
from record import Record

# Scenarios by name: the flags of the process, and what is played. Each has processes of its own.
SCENARIOS = {
    "methods and paths": ([], sweeps.methods_and_paths),
    "credentials": (["--fixtures", "documented"], sweeps.credentials),
    "credentials, strict": (["--fixtures", "documented", "--auth", "strict"], sweeps.credentials),
    "credentials, all strict": (["--fixtures", "documented", "--auth", "strict", "--fidelity", "strict"], sweeps.credentials),
    "queries": ([], sweeps.queries),
    "bodies": ([], sweeps.bodies),
    "pipelines": ([], lambda pair, _: stories_pipelines.play(pair)),
    "pipelines, as object": (["--pipelines-list", "object", "--step", "0s"], lambda pair, _: stories_pipelines.names_and_pages(pair)),
    "plans": ([], lambda pair, _: stories_plans.play(pair)),
    "asm": ([], lambda pair, _: stories_asm.play(pair)),
    "asm, checked": (["--references", "checked"], lambda pair, _: stories_asm.names(pair)),
    "zadig": ([], lambda pair, _: stories_zadig.play(pair)),
    "zadig, strict and checked": (["--references", "checked", "--fidelity", "strict"], lambda pair, _: stories_zadig.variants(pair)),
    "zadig, checked": (["--references", "checked"], lambda pair, _: stories_zadig.variants(pair)),
    "zadig, roles": ([], lambda pair, _: stories_zadig.roles(pair)),
    "zadig, roles, strict": (["--auth", "strict"], lambda pair, _: stories_zadig.roles(pair)),
    "iam": ([], stories_iam.play),
    "iam, strict": (["--auth", "strict"], stories_iam.play),
    "iam, all strict": (["--auth", "strict", "--fidelity", "strict"], stories_iam.play),
    "faults": ([], lambda pair, _: stories_control.faults(pair)),
    "clock and scripts": ([], lambda pair, _: stories_control.clock_and_scripts(pair)),
    "worlds": (["--max-worlds", "12"], lambda pair, _: stories_control.worlds(pair)),
    "journal": ([], lambda pair, _: stories_control.journal(pair)),
    "journal, none": (["--journal-bytes", "0"], lambda pair, _: stories_control.journal(pair)),
    "states": ([], lambda pair, _: states.play(pair)),
    "documented": (["--fixtures", "documented"], states.documented),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("old", metavar="OLD_BINARY")
    parser.add_argument("new", metavar="NEW_BINARY")
    parser.add_argument("--allow", metavar="FILE", help="regular expressions, one a line, of texts that were reworded on purpose")
    parser.add_argument("--dump", metavar="FILE", help="write the names of the requests to this file")
    parser.add_argument("--only", metavar="TEXT", help="only scenarios whose name contains this text")
    parser.add_argument("--limit", type=int, default=50, help="how many differences are printed (50)")
    options = parser.parse_args()

    allowed = []
    if options.allow:
        with open(options.allow, encoding="utf-8") as file:
            allowed = [line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")]
    record = Record([os.path.abspath(options.old), os.path.abspath(options.new)], allowed, options.limit)
    with Pair(record, "catalogue") as pair:
        operations = catalogue.read(pair)
    record.know([(operation.family, operation.method, operation.path) for operation in operations])
    for name, (flags, scenario) in SCENARIOS.items():
        if not options.only or options.only in name:
            began, before = time.monotonic(), len(record.names)
            with Pair(record, name, flags) as pair:
                scenario(pair, operations)
            print(f"{name}: {len(record.names) - before} requests in {time.monotonic() - began:.1f} s", file=sys.stderr)
    if not options.only or options.only in "command line":
        command_line.play(record)
    if options.dump:
        record.dump(options.dump)
    print(record.summary())
    return 1 if record.differences else 0


if __name__ == "__main__":
    sys.exit(main())
