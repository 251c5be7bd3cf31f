"""The packing of a wheel around a program: its tags, its files, its bytes."""

import hashlib
import importlib.util
import struct
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from record import check

HERE = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def packer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pack", HERE / "pack.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def elf(segments: list[tuple[int, bytes]], machine: int = 0x3E) -> bytes:
    """A 64-bit Linux program of segments, each a type and its bytes."""
    head = 64 + 56 * len(segments)
    table, content = b"", b""
    for kind, data in segments:
        table += struct.pack("<IIQQQQQQ", kind, 0, head + len(content), 0, 0, len(data), len(data), 8)
        content += data
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    header = struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, 0, 64, 0, 0, 64, 56, len(segments), 0, 0, 0)
    return ident + header + table + content


LOAD, DYNAMIC, INTERPRETER = 1, 2, 3
NEEDS_NOTHING = struct.pack("<qQ", 5, 0) + struct.pack("<qQ", 0, 0)
NEEDS_A_LIBRARY = struct.pack("<qQ", 1, 7) + struct.pack("<qQ", 0, 0)

ANYWHERE = "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64"


@pytest.mark.parametrize(
    ("program", "tag"),
    [
        (elf([(LOAD, b"code")]), ANYWHERE),
        (elf([(LOAD, b"code"), (DYNAMIC, NEEDS_NOTHING)]), ANYWHERE),
        (elf([(LOAD, b"code"), (DYNAMIC, NEEDS_NOTHING)], 0xB7), ANYWHERE.replace("x86_64", "aarch64")),
        (elf([(LOAD, b"code"), (DYNAMIC, NEEDS_A_LIBRARY)]), "linux_x86_64"),
        (elf([(INTERPRETER, b"/lib64/ld.so\0"), (LOAD, b"code")]), "linux_x86_64"),
    ],
    ids=["static", "static and relocatable", "static for ARM", "with a library", "with a loader"],
)
def test_the_tag_follows_from_the_program(packer: ModuleType, program: bytes, tag: str) -> None:
    assert packer.platform_tag(program) == tag


@pytest.mark.parametrize("program", [b"", b"#!/bin/sh\n", b"MZ" + bytes(100), elf([], 0x28)])
def test_other_programs_need_a_tag(packer: ModuleType, program: bytes) -> None:
    with pytest.raises(ValueError, match="give the platform tag"):
        packer.platform_tag(program)


@pytest.fixture
def dist_info(tmp_path: Path) -> Path:
    folder = tmp_path / "release_emulator-1.2.3.dist-info"
    (folder / "licenses").mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.4\nName: release-emulator\nVersion: 1.2.3\n")
    (folder / "WHEEL").write_text("Tag: py3-none-linux_x86_64\n")
    (folder / "entry_points.txt").write_text("[pytest11]\nrelease_emulator=release_emulator.pytest_plugin\n")
    (folder / "licenses" / "LICENSE-MIT").write_text("as is")
    return folder


def test_a_wheel_is_whole_and_always_the_same(packer: ModuleType, dist_info: Path, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(elf([(LOAD, b"code")]))

    one = packer.pack(dist_info, program, tmp_path / "one")
    two = packer.pack(dist_info, program, tmp_path / "two")

    assert one.name == f"release_emulator-1.2.3-py3-none-{ANYWHERE}.whl"
    check(one)
    assert hashlib.sha256(one.read_bytes()).digest() == hashlib.sha256(two.read_bytes()).digest()


def test_a_wheel_for_windows_has_the_name_of_its_program(packer: ModuleType, dist_info: Path, tmp_path: Path) -> None:
    program = tmp_path / "program.exe"
    program.write_bytes(b"MZ")

    wheel = packer.pack(dist_info, program, tmp_path, "win_amd64")

    assert wheel.name == "release_emulator-1.2.3-py3-none-win_amd64.whl"
    check(wheel)
    assert "release_emulator-1.2.3.data/scripts/release-emulator.exe" in zipfile.ZipFile(wheel).namelist()


def test_a_file_that_is_no_program_is_told(packer: ModuleType, dist_info: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="not a 64-bit Linux program"):
        packer.main([str(dist_info), str(dist_info / "METADATA"), str(tmp_path)])
    with pytest.raises(SystemExit, match="usage"):
        packer.main([])
    assert "pack" not in sys.modules
