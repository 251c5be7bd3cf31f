"""Prints the compile time of each direct dependency, from a cold `cargo build --timings`: dependencies.py TARGET_FOLDER.

`own` is the time of the crate itself, `alone` adds the crates that only it brings: what would be saved without it.
"""

import glob
import json
import re
import subprocess
import sys
from collections import defaultdict

page = open(sorted(glob.glob(f"{sys.argv[1]}/cargo-timings/cargo-timing-*.html"))[-1], encoding="utf-8").read()
units = json.loads(re.search(r"const UNIT_DATA = (\[.*?\]);\n", page, re.S).group(1))
seconds = defaultdict(float)
for unit in units:
    seconds[unit["name"], unit["version"]] += unit["duration"]

command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform"]
target = re.search(r"host: (\S+)", subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout)
metadata = json.loads(subprocess.run([*command, target.group(1)], capture_output=True, check=True).stdout)
packages = {package["id"]: package for package in metadata["packages"]}
edges = {
    node["id"]: [
        dependency["pkg"]
        for dependency in node["deps"]
        if any(kind["kind"] in (None, "build") for kind in dependency["dep_kinds"])
    ]
    for node in metadata["resolve"]["nodes"]
}
root = metadata["resolve"]["root"]


def reached(without: str) -> "set[str]":
    found, open_ids = set(), [root]
    while open_ids:
        for dependency in edges[open_ids.pop()]:
            if dependency not in found and dependency != without:
                found.add(dependency)
                open_ids.append(dependency)
    return found


def cost(ids: "set[str]") -> float:
    return sum(seconds.get((packages[id]["name"], packages[id]["version"]), 0) for id in ids)


everything = reached("")
rows = []
for dependency in set(edges[root]):
    package = packages[dependency]
    own = seconds.get((package["name"], package["version"]), 0)
    rows.append((cost(everything - reached(dependency)), own, package["name"]))
print(f"{len(seconds)} crates, {sum(seconds.values()):.0f} s of compilers in all")
print("| crate | own | alone |\n|---|---|---|")
for alone, own, name in sorted(rows, reverse=True):
    print(f"| {name} | {own:.1f} | {alone:.1f} |")
