#!/usr/bin/env python3
"""The examples of a page as files: examples.py PAGE LANGUAGE FOLDER LEFT_OUT.

A block of the language becomes the file that is named in backticks last before it, after the block before. A block
without such a name is not run; LEFT_OUT is the expected number of these, so that none is left out by mistake. Blocks of
text become `text-1` and so on.
"""

import re
import sys
from pathlib import Path

SUFFIXES = {"java": "java", "go": "go"}


def main() -> None:
    page, language, folder, left_out = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
    blocks = re.findall(r"(.*?)^```(\w+)\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    unnamed, texts = 0, 0
    for before, kind, code in blocks:
        if kind == "text":
            texts += 1
            (folder / f"text-{texts}").write_text(code)
        if kind != language:
            continue
        names = re.findall(rf"`(\w+\.{SUFFIXES[language]})`", before)
        if names:
            (folder / names[-1]).write_text(code)
        else:
            unnamed += 1
    if unnamed != left_out:
        sys.exit(f"{page.name}: {unnamed} examples name no file, and not {left_out}")


main()
