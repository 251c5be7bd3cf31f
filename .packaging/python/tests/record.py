"""Checks the claims of a wheel: record.py WHEEL. Every file is listed with its digest, and the program can run."""

import base64
import csv
import hashlib
import sys
import zipfile
from email.parser import Parser
from pathlib import Path


def check(wheel: Path) -> None:
    """Raises an AssertionError for the first thing that does not hold."""
    distribution, version, python, abi, platform = wheel.name[: -len(".whl")].split("-")
    info = f"{distribution}-{version}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        assert archive.testzip() is None
        listed = {row[0]: row[1:] for row in csv.reader(archive.read(f"{info}/RECORD").decode().splitlines())}
        assert sorted(listed) == sorted(archive.namelist()), "RECORD does not list what is there"
        for name, (digest, size) in listed.items():
            if name == f"{info}/RECORD":
                continue
            data = archive.read(name)
            actual = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            assert (digest, int(size)) == (f"sha256={actual}", len(data)), name
        tags: list[str] = Parser().parsestr(archive.read(f"{info}/WHEEL").decode()).get_all("Tag", [])
        assert tags == [f"{python}-{abi}-{each}" for each in platform.split(".")], tags
        [program] = [name for name in archive.namelist() if ".data/scripts/release-emulator" in name]
        assert archive.getinfo(program).external_attr >> 16 == 0o100755, "the program cannot be run"
        assert {"release_emulator/py.typed", f"{info}/licenses/LICENSE-MIT"} <= set(listed)
        metadata = Parser().parsestr(archive.read(f"{info}/METADATA").decode())
        assert (metadata["Name"], metadata["Version"]) == ("release-emulator", version)
        assert metadata["Requires-Dist"] is None, "it has dependencies"
        assert "release_emulator.pytest_plugin" in archive.read(f"{info}/entry_points.txt").decode()


if __name__ == "__main__":
    check(Path(sys.argv[1]))
