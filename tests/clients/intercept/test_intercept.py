"""Programs with hard-wired URLs of the real services, each run unchanged under `exec --intercept`."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
FIXTURES = HERE.parent / "fixtures.json"
ZADIG = "zadig.example.com"
PROJECT = "0605767aee00d2562f3cc0123456789a"
VERSION = "https://iam.cn-north-4.myhuaweicloud.com/v3"

# What a program under test would have of its own accord, and nothing of ours.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("RELEASE_EMULATOR_", "HUAWEICLOUD_")) and not name.lower().endswith("_proxy")
} | {"NODE_PATH": os.environ["INTERCEPT_NODE_MODULES"], "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"}


def run(*command: str | Path, flags: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """A command under `exec --intercept`, with strict credentials."""
    given = ["--auth", "strict", "--fixtures", FIXTURES, "--intercept-host", ZADIG, "--fail-on", "escaped"]
    line = [os.environ["EMULATOR_BINARY"], "exec", "--intercept", *given, *flags, "--", *command]
    return subprocess.run(line, env=ENVIRONMENT, text=True, capture_output=True, timeout=60, check=False)


def printed(*command: str | Path) -> str:
    """What a command prints that succeeds and asks no other host."""
    done = run(*command)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout.strip()


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"NOT RUN: {program} is not installed")


@pytest.mark.parametrize("service", ["asm", "servicestage"])
def test_the_official_python_sdk_finds_its_project_and_signs_for_the_real_host(service: str) -> None:
    script = HERE.parent / "python" / "environment_only.py"
    assert printed(sys.executable, script, service) == f'{{"project": "{PROJECT}", "names": []}}'


def test_the_official_node_sdk_does_too() -> None:
    assert printed("node", PROGRAMS / "sdk.js") == "0"


@pytest.mark.parametrize(
    ("library", "said"),
    [("requests", "v3.6"), ("httpx", "v3.6"), ("urllib", "200"), ("plain", "v3.6"), ("login", "200 shop")],
)
def test_the_http_libraries_of_python_reach_the_emulator(library: str, said: str) -> None:
    assert printed(sys.executable, PROGRAMS / "requests_and_more.py", library) == said


@pytest.mark.parametrize(("how", "said"), [("fetch", "v3.6"), ("plain", "v3.6"), ("https", "200"), ("own", "200")])
def test_node_reaches_the_emulator_without_a_library(how: str, said: str) -> None:
    assert printed("node", PROGRAMS / "fetch.js", how) == said


def test_curl_reaches_every_service() -> None:
    assert '"v3.6"' in printed("curl", "-sS", VERSION)
    assert '"v3.6"' in printed("curl", "-sS", VERSION.replace("https", "http"))
    token = ("-H", "X-Auth-Token: token-of-ann")
    pipelines = f"https://servicestage.cn-north-4.myhuaweicloud.com/v3/{PROJECT}/pipeline/pipelines"
    assert printed("curl", "-sS", *token, pipelines) == "[]"
    assert "MeshList" in printed("curl", "-sS", *token, f"https://asm.cn-north-4.myhuaweicloud.com/v1/{PROJECT}/meshes")
    releases = f"https://{ZADIG}/openapi/delivery/releases?projectKey=shop&pageNum=1&pageSize=10"
    assert '"list"' in printed("curl", "-sS", "-H", "Authorization: Bearer zadig-token-of-patrick", releases)


@needs("git")
def test_git_trusts_the_certificate() -> None:
    done = run("git", "ls-remote", f"https://{ZADIG}/shop.git")
    assert done.returncode == 128
    assert re.search("not found|Authentication failed|could not read Username", done.stderr), done.stderr


@needs("java")
def test_java_reaches_the_emulator_with_both_of_its_clients() -> None:
    assert printed("java", PROGRAMS / "Program.java").splitlines()[-2:] == ["200", "200"]


@needs("go")
def test_go_reaches_the_emulator(tmp_path: Path) -> None:
    program = tmp_path / "program"
    build = ["go", "build", "-o", program, PROGRAMS / "program.go"]
    subprocess.run(build, check=True, timeout=120, env=os.environ | {"GO111MODULE": "off"})
    assert printed(program) == "200"


def test_a_script_that_calls_another_host_too_fails_the_run_which_names_it() -> None:
    done = run(sys.executable, PROGRAMS / "requests_and_more.py", "elsewhere")
    assert done.returncode == 7, done.stderr
    assert done.stdout.startswith("v3.6\n"), done.stdout
    assert "obs.cn-north-4.myhuaweicloud.com:443 is not emulated" in done.stdout, "the script is told why"
    line = "  escaped: obs.cn-north-4.myhuaweicloud.com:443 is not emulated and was refused (times: 1)\n"
    assert done.stderr.endswith(line), done.stderr


def test_in_a_network_of_its_own_a_script_reaches_the_emulator_alone() -> None:
    direct = "curl -sS --noproxy '*' --max-time 5 http://192.0.2.1/ 2>&1; curl -sS " + VERSION
    done = run("sh", "-c", direct, flags=("--isolate",))
    if done.returncode == 6:
        assert "release-emulator: --isolate: " in done.stderr
        pytest.skip(f"NOT RUN: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    assert "curl: (7)" in done.stdout, done.stdout
    assert '"v3.6"' in done.stdout, done.stdout
