"""A process of the emulator: its command line, its start, its log and its end."""

from __future__ import annotations

import atexit
import collections
import contextlib
import json
import os
import queue
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from typing import Any, Optional, TextIO

from . import inputs
from ._binary import find_binary
from .answers import format_time
from .errors import StartError

READY = re.compile(r"^release-emulator ready url=(\S+)")

# The lines of the log that are kept.
MOST_LINES = 500

# Options that are flags of the same name with a text or a number.
PLAIN = [
    "listen",
    "auth",
    "fidelity",
    "references",
    "pace",
    "pipelines_list",
    "zadig",
    "progress",
    "journal_bytes",
    "history_bytes",
    "answer_cache_bytes",
    "data",
    "memory",
    "max_state",
    "max_worlds",
    "world_ports",
    "max_connections",
    "public_url",
    "log",
    "log_level",
]

# Options that are flags of the same name, each with a text or several.
REPEATED = ["allow_host", "allow_origin", "cors"]

# Options that are flags of the same name without a value.
SWITCHES = ["sync", "data_reset", "webhooks_anywhere"]

OTHER = [
    "fixtures",
    "step",
    "keep_alive",
    "freeze",
    "control_token",
    "flags",
    "binary",
    "start_timeout_s",
    "cwd",
]

TOKEN_VARIABLE = "RELEASE_EMULATOR_CONTROL_TOKEN"


def command_line(options: Mapping[str, Any], files: list[str]) -> list[str]:
    """The command line of a server with these options. The files of states are added to `files`."""
    known = [*PLAIN, *REPEATED, *SWITCHES, *OTHER]
    unknown = [name for name in options if name not in known]
    if unknown:
        raise TypeError(f"unknown options: {', '.join(unknown)}; known: {', '.join(known)}")
    flags = ["--listen", str(options.get("listen", "127.0.0.1:0"))]
    for name in PLAIN[1:]:
        if name in options:
            flags += [_flag(name), str(options[name])]
    for name in REPEATED:
        texts = options.get(name, [])
        for text in [texts] if isinstance(texts, str) else texts:
            flags += [_flag(name), text]
    if "step" in options:
        flags += ["--step", inputs.step_text(options["step"])]
    if "keep_alive" in options:
        flags += ["--keep-alive", inputs.step_text(options["keep_alive"], "keep_alive")]
    if "freeze" in options:
        flags += ["--freeze", format_time(options["freeze"])]
    flags += [_flag(name) for name in SWITCHES if options.get(name)]
    fixtures = options.get("fixtures", [])
    if isinstance(fixtures, (str, os.PathLike, collections.abc.Mapping)):
        fixtures = [fixtures]
    for fixture in fixtures:
        flags += ["--fixtures", _file(fixture, files)]
    return [os.fspath(options.get("binary") or find_binary()), *flags, *options.get("flags", [])]


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _file(fixture: Any, files: list[str]) -> str:
    if not isinstance(fixture, collections.abc.Mapping):
        return str(fixture)
    handle, path = tempfile.mkstemp(prefix="release-emulator-", suffix=".json")
    files.append(path)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(fixture, file)
    return path


class Process:
    """A running emulator."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        files: list[str] = []
        self.log: collections.deque[str] = collections.deque(maxlen=MOST_LINES)
        self._lines: queue.Queue[Optional[str]] = queue.Queue()
        # Flags come from the options alone: a variable of the user's shell would change what the tests see.
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("RELEASE_EMULATOR_")
        }
        # Not a flag, which every user of the machine can read.
        if options.get("control_token") is not None:
            environment[TOKEN_VARIABLE] = options["control_token"]
        self._owner = os.getpid()
        try:
            command = command_line(options, files)
            self._process = subprocess.Popen(
                # Nobody writes to its stdin, whose end stops it, even if this process is killed.
                [*command, "--stop-with-stdin"],
                env=environment,
                cwd=options.get("cwd"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            _remove(files)
            raise StartError(f"cannot start the emulator: {error}") from error
        except BaseException:
            _remove(files)
            raise
        atexit.register(self.kill)
        assert self._process.stdout and self._process.stderr
        self._readers = [
            threading.Thread(target=self._read_stdout, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_stderr, args=(self._process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        self._files = files
        self._timeout_s = float(options.get("start_timeout_s", 30))

    def wait_until_ready(self) -> str:
        """Waits until the emulator serves, and returns its URL."""
        deadline = time.monotonic() + self._timeout_s
        try:
            while True:
                try:
                    line = self._lines.get(timeout=max(deadline - time.monotonic(), 0))
                except queue.Empty:
                    raise StartError(
                        self._report(f"the emulator was not ready within {self._timeout_s:g} s")
                    ) from None
                if line is None:
                    code = self._process.wait()
                    raise StartError(self._report(f"the emulator ended with exit code {code}"))
                ready = READY.match(line)
                if ready:
                    return ready[1]
        except BaseException:
            self.stop()
            raise
        finally:
            # The fixtures have been read by now.
            _remove(self._files)

    def _report(self, what: str) -> str:
        self._readers[1].join(timeout=1)
        return "\n".join([what, *(f"  {line}" for line in self.log)])

    def _read_stdout(self, stdout: TextIO) -> None:
        with stdout:
            for line in stdout:
                self._lines.put(line)
        self._lines.put(None)

    def _read_stderr(self, stderr: TextIO) -> None:
        with stderr:
            for line in stderr:
                self.log.append(line.rstrip("\n"))

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """True once the process has ended."""
        return self._process.poll() is not None

    def stop(self) -> None:
        """Ends the process, and waits until it has ended."""
        atexit.unregister(self.kill)
        if not self.has_ended:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.kill()
        for reader in self._readers:
            reader.join(timeout=1)
        self._close_stdin()

    def kill(self) -> None:
        """Ends the process at once."""
        # A forked child runs the exit handlers too, but the process is not its own.
        if os.getpid() == self._owner and not self.has_ended:
            self._process.kill()
            self._process.wait()
            self._close_stdin()

    def _close_stdin(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()


def _remove(files: list[str]) -> None:
    for file in files:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(file)
    files.clear()
