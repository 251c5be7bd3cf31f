"""Processes: their start, their end, and the place of the binary."""

import importlib.metadata
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import textwrap
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from conftest import PIPELINES

from release_emulator import BinaryNotFound, Emulator, EmulatorError, StartError, Unreachable, World, _binary, find_binary

SOURCE = Path(__file__).resolve().parent.parent / "src"


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_starts_on_a_free_port_and_stops() -> None:
    with Emulator() as one, Emulator() as two:
        assert one.url != two.url
        assert one.main.call("GET", PIPELINES).status == 200
        pid = one.pid
        assert pid
    assert not is_running(pid)
    with pytest.raises(Unreachable):
        one.main.resources()
    one.stop()


def test_its_options_are_its_flags(tmp_path: Path) -> None:
    file = tmp_path / "fixtures.yaml"
    file.write_text("asm: {meshes: [{id: m1, name: mesh-one}]}\n")
    state = {"asm": {"meshes": [{"id": "m2", "name": "mesh-two"}]}}
    with Emulator(
        fixtures=["fixtures.yaml", state],
        cwd=tmp_path,
        auth="shape",
        step=timedelta(milliseconds=1500),
        freeze=datetime(2030, 1, 1),
        pace=2,
        pipelines_list="object",
        zadig="v4",
        max_worlds=2,
        memory="512MiB",
        max_state=1_000_000,
        flags=["--progress", "reads"],
    ) as emulator:
        world = emulator.main
        assert [mesh.id for mesh in world.resources(family="asm")] == ["m1", "m2"]
        assert world.clock.show().pace == 2
        assert world.call("GET", PIPELINES).json() == {"pipelines": []}
        assert world.state.get()["zadig"]["generation"] == "v4"
        with emulator.world(), pytest.raises(EmulatorError, match="429"):
            emulator.world()
    with Emulator(fixtures="documented") as emulator:
        assert emulator.main.resources(family="asm") != []


def test_a_control_token_opens_the_emulator_and_its_worlds(monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator(control_token="hush", allow_host=["a.example", "*.b.example"], cors="*") as emulator:
        with emulator.world() as world, world.events() as events:
            world.scripts.add(outcome="fail")
            assert next(iter(events)).name == "script"
            assert world.call("GET", "/_emulator/v1/clock", headers={"Host": "x.b.example"}).status == 200
            world.call("GET", PIPELINES)
            assert "x-emulator-token" not in world.requests.list().requests[0].request.headers
        assert [world.clock.show().mode for world in emulator.worlds()] == ["running"]
        with pytest.raises(EmulatorError, match="401"):
            World(emulator.url).clock.show()
        assert Emulator.connect(emulator.url, control_token="hush").main.clock.show().mode == "running"
        monkeypatch.setenv("RELEASE_EMULATOR_CONTROL_TOKEN", "hush")
        assert Emulator.connect(emulator.url).main.clock.show().mode == "running"
        assert "hush" not in repr(emulator) + repr(vars(emulator.main)["_address"])


def test_a_state_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Emulator(fixtures={}):
        assert list(tmp_path.iterdir()) == []
    with pytest.raises(StartError):
        Emulator(fixtures={"asm": 5}).start()
    assert list(tmp_path.iterdir()) == []


def test_variables_of_the_shell_are_no_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELEASE_EMULATOR_AUTH", "strict")
    monkeypatch.setenv("RELEASE_EMULATOR_NONSENSE", "1")
    with Emulator() as emulator:
        assert emulator.main.call("GET", PIPELINES).status == 200


def test_an_unknown_option_is_an_error() -> None:
    with pytest.raises(TypeError, match="unknown options: frieze; known: listen, "):
        Emulator(frieze="2030-01-01T00:00:00Z").start()  # type: ignore[call-arg]


def test_a_failed_start_speaks_the_emulator_s_own_words(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="(?s)exit code 2.*invalid value 'maybe' for '--auth"):
        Emulator(auth="maybe").start()  # type: ignore[arg-type]
    with pytest.raises(StartError, match="(?s)exit code 4.*cannot read the fixtures .*absent.json"):
        Emulator(fixtures=tmp_path / "absent.json").start()
    with pytest.raises(StartError, match="cannot start the emulator"):
        Emulator(binary=tmp_path / "absent").start()


def test_a_start_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\necho $$ > pid\necho 'loading' >&2\nexec sleep 60\n")
    slow.chmod(0o755)
    emulator = Emulator(binary=slow, start_timeout_s=1, cwd=tmp_path)

    with pytest.raises(StartError, match="not ready within 1 s\n  loading"):
        emulator.start()

    assert not is_running(int((tmp_path / "pid").read_text()))


def test_it_is_started_once() -> None:
    with Emulator() as emulator, pytest.raises(EmulatorError, match="started already"):
        emulator.start()


def test_it_has_no_address_before_its_start() -> None:
    with pytest.raises(EmulatorError, match="has not been started"):
        Emulator().world()


def test_its_log_can_be_read() -> None:
    with Emulator(log_level="info") as emulator:
        emulator.main.call("GET", PIPELINES)
    assert any("/v3/p1/pipeline/pipelines" in line for line in emulator.log)


def test_a_running_one_is_connected_to(server: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator.connect(server.url + "/") as emulator:
        assert (emulator.url, emulator.pid, emulator.log) == (server.url, None, [])
    monkeypatch.setenv("RELEASE_EMULATOR_URL", server.url)
    assert Emulator.connect().main.resources() == []


def test_an_address_must_be_a_url() -> None:
    with pytest.raises(ValueError, match='"localhost:4600" is not a URL'):
        Emulator.connect("localhost:4600")


def test_the_world_of_an_ended_emulator_has_ended() -> None:
    with Emulator() as emulator:
        world = emulator.world()
        assert emulator.pid
        os.kill(emulator.pid, signal.SIGINT)
        emulator._process and emulator._process._process.wait(10)
        world.close()


def test_it_ends_with_the_program_that_started_it() -> None:
    program = "from release_emulator import Emulator; print(Emulator().start().pid)"
    ended = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(SOURCE)}, capture_output=True, check=True
    )
    assert not is_running(int(ended.stdout))


def test_it_ends_with_a_program_that_is_killed() -> None:
    program = "from release_emulator import Emulator; print(Emulator().start().url, flush=True); input()"
    killed = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with killed:
        assert killed.stdout
        url = killed.stdout.readline().strip()
        with Emulator.connect(url) as emulator:
            assert emulator.worlds()
        killed.kill()
        killed.wait()
    deadline = time.monotonic() + 10
    with pytest.raises(Unreachable):
        while time.monotonic() < deadline:
            Emulator.connect(url).worlds()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_leaves_it_running() -> None:
    program = """
        import os, sys
        from release_emulator import Emulator
        emulator = Emulator().start()
        child = os.fork()
        if child == 0:
            sys.exit(0)
        os.waitpid(child, 0)
        print(len(emulator.worlds()))
    """
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(program)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        check=True,
    )
    assert ended.stdout == b"1\n"


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages far from every binary."""
    monkeypatch.delenv("RELEASE_EMULATOR_BINARY", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    packages = tmp_path / "lib" / "python3" / "site-packages"
    (packages / "release_emulator").mkdir(parents=True)
    monkeypatch.setattr(_binary, "__file__", str(packages / "release_emulator" / "_binary.py"))
    monkeypatch.setattr(sysconfig, "get_path", lambda *_, **__: str(tmp_path / "absent"))
    monkeypatch.setattr(importlib.metadata, "files", lambda _: None)
    return packages


@pytest.mark.parametrize("place", ["lib/python3/site-packages/bin", "bin", "path"])
def test_the_binary_is_found_where_installers_put_it(nowhere: Path, place: str) -> None:
    binary = nowhere.parents[2] / place / _binary.NAME
    binary.parent.mkdir(parents=True, exist_ok=True)
    binary.write_text("")
    with pytest.raises(BinaryNotFound):
        find_binary()
    binary.chmod(0o755)

    assert find_binary() == str(binary)


def test_the_binary_is_found_where_the_installer_says(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = nowhere.parent / "elsewhere" / _binary.NAME
    binary.parent.mkdir()
    binary.write_text("")
    binary.chmod(0o755)
    file = importlib.metadata.PackagePath("..", "elsewhere", _binary.NAME)
    file.dist = importlib.metadata.PathDistribution(nowhere / "release_emulator.dist-info")
    monkeypatch.setattr(importlib.metadata, "files", lambda _: [file])

    assert find_binary() == str(binary)


def test_a_missing_binary_is_told_with_the_places(nowhere: Path) -> None:
    with pytest.raises(BinaryNotFound, match="set RELEASE_EMULATOR_BINARY") as caught:
        find_binary()

    assert f"\n  {nowhere / 'bin' / _binary.NAME}\n" in str(caught.value)


def test_the_variable_goes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RELEASE_EMULATOR_BINARY", str(tmp_path))
    with pytest.raises(BinaryNotFound, match="which is not a program"):
        find_binary()
    monkeypatch.setenv("RELEASE_EMULATOR_BINARY", sys.executable)
    assert find_binary() == os.path.abspath(sys.executable)


def test_the_module_is_the_program() -> None:
    command = [sys.executable, "-m", "release_emulator"]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "RELEASE_EMULATOR_BINARY": find_binary()}
    version = subprocess.run([*command, "--version"], env=environment, capture_output=True, text=True, check=True)
    assert version.stdout.startswith("release-emulator ")
    inner = [*command, "exec", "--", "sh", "-c", "exit 3"]
    assert subprocess.run(inner, env=environment, check=False).returncode == 3
    environment["RELEASE_EMULATOR_BINARY"] = "absent"
    refused = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (refused.returncode, shutil.which("absent")) == (1, None)
    assert refused.stderr == "release-emulator: RELEASE_EMULATOR_BINARY names absent, which is not a program\n"
