"""The program itself: `python -m release_emulator`."""

from __future__ import annotations

import os
import subprocess
import sys

from ._binary import BinaryNotFound, find_binary


def main() -> None:
    """Runs the program with the arguments of this process, and ends as it ends."""
    try:
        binary = find_binary()
    except BinaryNotFound as error:
        sys.exit(f"release-emulator: {error}")
    # The variable is for this package; the program would take it for a misspelt flag.
    environment = {name: value for name, value in os.environ.items() if name != "RELEASE_EMULATOR_BINARY"}
    command = [binary, *sys.argv[1:]]
    if sys.platform == "win32":
        # There, `exec` would not keep the parent waiting.
        sys.exit(subprocess.run(command, env=environment, check=False).returncode)
    os.execve(binary, command, environment)


if __name__ == "__main__":
    main()
