"""Packs the wheel around a program that has been built already: pack.py DIST_INFO PROGRAM OUT_DIR [PLATFORM_TAG].

DIST_INFO is the folder of metadata that maturin has written. The platform tag follows from the program if it is not
given. The same input makes the same bytes.
"""

import base64
import hashlib
import struct
import sys
import zipfile
from pathlib import Path
from typing import Optional

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "src"

# The earliest time that a zip file can hold: the wheel does not tell when it was made.
EPOCH = (1980, 1, 1, 0, 0, 0)

MACHINES = {0x3E: "x86_64", 0xB7: "aarch64"}

# The types of segments that a program has that asks for a loader or shared libraries.
PT_DYNAMIC, PT_INTERP = 2, 3
DT_NULL, DT_NEEDED = 0, 1


class NotAProgram(ValueError):
    """The file is no program that a wheel can be tagged for."""


def platform_tag(program: bytes) -> str:
    """The platforms on which a Linux program runs.

    A static one needs nothing of the system but the kernel, so it runs with glibc and with musl of any age. One that is
    linked to the libraries of this machine is for this machine.
    """
    if program[:4] != b"\x7fELF" or program[4:6] != b"\x02\x01":
        raise NotAProgram("not a 64-bit Linux program; give the platform tag, such as macosx_11_0_arm64 or win_amd64")
    machine = MACHINES.get(struct.unpack_from("<H", program, 18)[0])
    if machine is None:
        raise NotAProgram("a Linux program for another machine than x86_64 and aarch64; give the platform tag")
    if _needs_libraries(program):
        return f"linux_{machine}"
    return f"manylinux_2_17_{machine}.manylinux2014_{machine}.musllinux_1_1_{machine}"


def _needs_libraries(program: bytes) -> bool:
    offset, size, n_segments = (
        struct.unpack_from("<Q", program, 32)[0],
        *struct.unpack_from("<HH", program, 54),
    )
    for place in range(offset, offset + size * n_segments, size):
        kind = struct.unpack_from("<I", program, place)[0]
        if kind == PT_INTERP:
            return True
        if kind == PT_DYNAMIC:
            # A static program that can be loaded anywhere has this segment too, but needs nothing by it.
            start = struct.unpack_from("<Q", program, place + 8)[0]
            length = struct.unpack_from("<Q", program, place + 32)[0]
            for entry in range(start, start + length, 16):
                tag = struct.unpack_from("<q", program, entry)[0]
                if tag == DT_NEEDED:
                    return True
                if tag == DT_NULL:
                    break
    return False


def wheel_files(dist_info: Path, program: bytes, tag: str) -> dict[str, tuple[bytes, int]]:
    """The files of the wheel by name, each with its mode; RECORD is missing."""
    files: dict[str, tuple[bytes, int]] = {}
    for file in sorted((SOURCE / "release_emulator").rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            files[file.relative_to(SOURCE).as_posix()] = (file.read_bytes(), 0o644)
    suffix = ".exe" if tag.startswith("win") else ""
    stem = dist_info.name[: -len(".dist-info")]
    files[f"{stem}.data/scripts/release-emulator{suffix}"] = (program, 0o755)
    for file in sorted(dist_info.rglob("*")):
        name = file.relative_to(dist_info).as_posix()
        if file.is_file() and name not in ("RECORD", "WHEEL"):
            files[f"{dist_info.name}/{name}"] = (file.read_bytes(), 0o644)
    tags = [f"Tag: py3-none-{each}" for each in tag.split(".")]
    lines = ["Wheel-Version: 1.0", "Generator: release-emulator", "Root-Is-Purelib: false", *tags]
    files[f"{dist_info.name}/WHEEL"] = (("\n".join(lines) + "\n").encode(), 0o644)
    return files


def record(files: dict[str, tuple[bytes, int]], name: str) -> bytes:
    """The list of all files with their digests and sizes."""
    lines = []
    for path, (data, _) in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(data)}")
    return ("\n".join([*lines, f"{name},,"]) + "\n").encode()


def pack(dist_info: Path, program: Path, out_dir: Path, tag: Optional[str] = None) -> Path:
    """Writes the wheel, and returns its path."""
    data = program.read_bytes()
    tag = tag or platform_tag(data)
    files = wheel_files(dist_info, data, tag)
    name = f"{dist_info.name}/RECORD"
    files[name] = (record(files, name), 0o644)
    out_dir.mkdir(parents=True, exist_ok=True)
    wheel = out_dir / f"{dist_info.name[: -len('.dist-info')]}-py3-none-{tag}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path, (content, mode) in files.items():
            entry = zipfile.ZipInfo(path, EPOCH)
            # A regular file of Unix, with its mode.
            entry.create_system = 3
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return wheel


def main(arguments: list[str]) -> None:
    if len(arguments) not in (3, 4):
        sys.exit("usage: pack.py DIST_INFO PROGRAM OUT_DIR [PLATFORM_TAG]")
    dist_info, program, out_dir = (Path(argument) for argument in arguments[:3])
    try:
        print(pack(dist_info, program, out_dir, *arguments[3:]))
    except (NotAProgram, OSError) as error:
        sys.exit(f"pack.py: {program}: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
