"""The pytest plugin, in runs of pytest of its own."""

import importlib.metadata
import os
import sys
from pathlib import Path

import pytest
from conftest import PIPELINES

from release_emulator import Emulator

SOURCE = Path(__file__).resolve().parent.parent / "src"

SHOP = """
    SHOP = {"name": "shop", "model_version": 2, "config_mode": "ui",
            "stages": [{"name": "deploy", "tasks": [{"name": "roll-out"}]}]}
    PIPELINES = "/v3/p1/pipeline/pipelines"

    def start(world):
        shop = world.call("POST", PIPELINES, SHOP).json()
        world.call("POST", f"{PIPELINES}/{shop['id']}/action?action_id=start")
"""


@pytest.fixture(autouse=True)
def plugin(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, no_settings: None) -> None:
    """Loads the plugin as its entry point would."""
    monkeypatch.setenv("PYTHONPATH", str(SOURCE))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    flags = ["-p", "no:cacheprovider", "--strict-markers"]
    if "PYTEST_PLUGINS" not in os.environ and not _is_installed():
        flags += ["-p", "release_emulator.pytest_plugin"]
    return pytester.runpytest_subprocess(*flags, *arguments, timeout=120)


def _is_installed() -> bool:
    return any(
        point.value == "release_emulator.pytest_plugin"
        for installed in importlib.metadata.distributions()
        for point in installed.entry_points
    )


def test_each_test_has_a_world_of_its_own(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        SHOP
        + """
    def test_one(world, emulator):
        start(world)
        assert world.clock.show().mode == "frozen"
        assert world.clock.show().now.isoformat() == "2030-01-01T00:00:00+00:00"
        assert [each.name for each in emulator.worlds()] == ["main", world.name]

    def test_two(world, emulator):
        assert world.resources() == []
        assert [each.name for each in emulator.worlds()] == ["main", world.name]

    def test_three(emulator):
        assert [each.name for each in emulator.worlds()] == ["main"]
    """
    )

    run(pytester).assert_outcomes(passed=3)


def test_no_emulator_starts_without_need(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELEASE_EMULATOR_BINARY", "/absent")
    pytester.makepyfile("def test_nothing(): pass\n\ndef test_something(world): pass")

    result = run(pytester)

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["release-emulator: RELEASE_EMULATOR_BINARY names /absent, which is not a program"])


def test_options_come_from_ini_marks_and_fixtures(pytester: pytest.Pytester) -> None:
    pytester.makefile(".yaml", fixtures="asm: {meshes: [{id: m1, name: mesh-one}]}")
    pytester.makeini(
        """
        [pytest]
        release_emulator_flags = --auth strict --fixtures fixtures.yaml
        release_emulator_freeze = 2040-01-01T00:00:00Z
        """
    )
    pytester.mkdir("below")
    below = pytester.path / "below"
    (below / "test_below.py").write_text(
        "import pytest\n\n"
        "@pytest.fixture\ndef world_options(world_options):\n    return {**world_options, 'fixtures': {}}\n\n"
        "def test_fixture(world):\n    assert world.resources() == []\n"
    )
    pytester.makepyfile(
        """
    import pytest

    PIPELINES = "/v3/p1/pipeline/pipelines"

    def test_ini(world):
        assert [mesh.id for mesh in world.resources()] == ["m1"]
        assert world.call("GET", PIPELINES).status == 401
        assert world.clock.show().now.year == 2040

    @pytest.mark.world(auth="shape", freeze=None)
    class TestMarks:
        def test_class(self, world):
            assert world.call("GET", PIPELINES).status == 200
            assert world.clock.show().mode == "running"

        @pytest.mark.world(auth="strict")
        def test_nearest(self, world):
            assert world.call("GET", PIPELINES).status == 401
            assert world.clock.show().mode == "running"
    """
    )

    result = run(pytester, "--release-emulator-flags", "--step 1s")

    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["release-emulator: flags --auth strict --fixtures fixtures.yaml --step 1s"])


def test_the_world_of_a_test_may_be_a_copy(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        SHOP
        + """
    import pytest

    @pytest.fixture(scope="module", autouse=True)
    def seeded(emulator):
        with emulator.world(name="seeded", freeze="2031-01-01T00:00:00Z") as world:
            start(world)
            world.clock.advance(seconds=1)
            yield

    @pytest.mark.world(from_="seeded")
    @pytest.mark.parametrize("number", range(2))
    def test_each_has_its_own(world, number):
        assert [resource.word for resource in world.resources()] == ["releasing"]
        assert world.clock.show().now.isoformat() == "2031-01-01T00:00:01+00:00"
        world.clock.advance(seconds=1)
        assert [resource.word for resource in world.resources()] == ["succeeded"]

    @pytest.mark.world(from_="seeded", freeze=None)
    def test_it_has_the_clock_of_its_world(world): pass
    """
    )

    result = run(pytester)

    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["release-emulator: the options of the world are refused: freeze: goes without from"])


def test_a_clock_may_run(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nrelease_emulator_freeze = running")
    pytester.makepyfile("def test_it(world): assert world.clock.show().mode == 'running'")

    run(pytester).assert_outcomes(passed=1)


def test_a_bad_option_is_told_in_the_emulator_s_words(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import pytest\n\n@pytest.mark.world(auth='odd')\ndef test_it(world): pass")

    result = run(pytester)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['*auth: must be shape or strict, not "odd"*'])


@pytest.mark.parametrize(
    ("mark", "reason"),
    [
        ("auht='strict'", "the options of the world are refused: auht: is not a known field*auth*"),
        ("step=2", 'the world of the test cannot be opened: step takes a timedelta or a text such as "1s", not 2'),
        ("'1s'", "the mark world takes named options, such as world(step='1s')"),
    ],
)
def test_a_misspelt_option_is_told_without_a_traceback(pytester: pytest.Pytester, mark: str, reason: str) -> None:
    pytester.makepyfile(f"import pytest\n\n@pytest.mark.world({mark})\ndef test_it(world): pass")

    result = run(pytester)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ERROR at setup of test_it*", f"release-emulator: {reason}"], consecutive=True)
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_an_address_without_an_emulator_is_told_once(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: list[str]
) -> None:
    if workers:
        pytest.importorskip("xdist")
    monkeypatch.setenv("RELEASE_EMULATOR_URL", "http://127.0.0.1:1")
    pytester.makepyfile(
        """
    import pytest

    @pytest.mark.parametrize("number", range(20))
    def test_it(world, number): pass
    """
    )

    result = run(pytester, *workers)

    assert result.parseoutcomes()["errors"] <= max(2 * len(workers), 1)
    result.stdout.fnmatch_lines(
        [
            "release-emulator: RELEASE_EMULATOR_URL: nothing answers at http://127.0.0.1:1 within 3 s; start an "
            "emulator there, or leave RELEASE_EMULATOR_URL out, so that the tests start their own",
            "*! *release-emulator: RELEASE_EMULATOR_URL: nothing answers at http://127.0.0.1:1 within 3 s !*",
        ]
    )
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")


def test_a_clock_that_was_never_moved_is_told(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        SHOP
        + """
    def test_forgotten(world):
        start(world)
        assert world.resources()[0].word == "succeeded"

    def test_moved(world):
        start(world)
        world.clock.advance(seconds=1)
        assert world.resources()[0].word == "succeeded"

    def test_nothing_waits(world):
        world.call("GET", PIPELINES)
        assert world.resources() != []
    """
    )

    result = run(pytester)

    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(
        [
            "    next: 2030-01-01T00:00:02Z to succeeded (2)",
            "*release-emulator, world w1: clock*",
            "the clock is frozen at 2030-01-01T00:00:00Z, and the test has not moved it; "
            "shop will change when it moves: world.clock.advance(seconds=…)",
        ]
    )
    assert result.stdout.str().count("the clock is frozen") == 1


def test_a_failure_shows_the_history_of_its_world(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        SHOP
        + """
    def test_it(world):
        world.scripts.add({"family": "pipelines", "step": "roll-uot"}, outcome="fail", id="typo")
        world.faults.add({"operation": "ListPipelines"}, status=503, id="away")
        start(world)
        world.call("GET", PIPELINES)
        world.call("GET", "/v3/p1/pipeline/pipeline")
        world.clock.advance(seconds=2)
        assert world.resources()[0].word == "failed"
    """
    )

    result = run(pytester)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*release-emulator, world w1: refused requests*",
            "GET /v3/p1/pipeline/pipelines returned 503: *",
            "    injected by the fault away",
            "GET /v3/p1/pipeline/pipeline returned 404: The API does not exist *",
            "    hint: did you mean GET /v3/{project_id}/pipeline/pipelines[?]",
            "*release-emulator, world w1: journal*",
            "2030-01-01T00:00:00Z POST /v3/p1/pipeline/pipelines returned 200 (CreatePipeline)",
            "*release-emulator, world w1: timelines*",
            "pipelines pipeline shop (*) in p1: succeeded, allows *",
            "    2030-01-01T00:00:00Z shop: initialised (1) to releasing (4), cause: start",
            "    2030-01-01T00:00:02Z shop: releasing (4) to succeeded (2), cause: clock",
            "*release-emulator, world w1: unused scripts*",
            "typo (family pipelines, step roll-uot, work run) to fail; did you mean step roll-out[?]",
        ]
    )


def test_a_failed_fixture_shows_the_history_too(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
    import pytest

    @pytest.fixture
    def broken(world):
        world.call("GET", "/nowhere")
        raise RuntimeError("no use")

    def test_it(broken): pass
    """
    )

    result = run(pytester)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*refused requests*", "GET /nowhere returned 404*"])


def test_the_history_can_be_left_out_and_successes_have_none(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
    def test_good(world): world.call("GET", "/nowhere")
    def test_bad(world): world.call("GET", "/nowhere"); assert False
    """
    )

    result = run(pytester, "-rA", "-o", "release_emulator_report=false")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*refused requests*")
    run(pytester, "-rA", "-k", "good").stdout.no_fnmatch_line("*refused requests*")


def test_a_dead_emulator_does_not_hide_the_failure(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
    import os, signal, time

    def test_it(emulator, world):
        os.kill(emulator.pid, signal.SIGKILL)
        emulator._process._process.wait()
        assert "this" == "that"
    """
    )

    result = run(pytester)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*assert 'this' == 'that'*", "*world w1: no history*", "no answer from http*"])


def test_an_error_of_an_operation_points_at_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(world):\n    world.requests.verify({'operation': 'ListPipelines'})")

    result = run(pytester)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*NotVerified: expected at least 1, found 0", "test_*.py:2: NotVerified"])
    result.stdout.no_fnmatch_line("*_flow.py*")


@pytest.mark.parametrize("how", ["variable", "flag"])
def test_a_running_emulator_is_used(
    pytester: pytest.Pytester, server: Emulator, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    pytester.makeini("[pytest]\nrelease_emulator_flags = --auth strict")
    pytester.makepyfile(f"def test_it(emulator, world): assert emulator.url == {server.url!r}")
    flags: list[str] = []
    if how == "variable":
        monkeypatch.setenv("RELEASE_EMULATOR_URL", server.url)
    else:
        flags = ["--release-emulator-url", server.url]

    result = run(pytester, *flags)

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [f"release-emulator: {server.url}; its own flags apply, and not --auth strict"]
    )
    assert [world.name for world in server.worlds()] == ["main"]


def test_asyncio_needs_no_plugin(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
    import asyncio

    def test_it(world, async_world):
        async def story():
            reply = await async_world.call("GET", "/v3/p1/pipeline/pipelines")
            assert reply.json() == []
            await async_world.clock.advance(seconds=1)

        asyncio.run(story())
        assert (async_world.url, async_world.name) == (world.url, world.name)
        world.requests.verify({"operation": "ListPipelines"}, exactly=1)
    """
    )

    run(pytester).assert_outcomes(passed=1)


def test_the_environment_lasts_for_a_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
    import os

    def test_it(world, world_environment):
        assert os.environ["HUAWEICLOUD_SDK_IAM_ENDPOINT"] == world.url
        assert world_environment["RELEASE_EMULATOR_URL"] == world.url

    def test_after():
        assert "HUAWEICLOUD_SDK_IAM_ENDPOINT" not in os.environ
    """
    )

    run(pytester).assert_outcomes(passed=2)


def test_each_worker_has_an_emulator_and_failures_keep_their_history(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(
        """
    import os
    import pytest

    @pytest.mark.parametrize("number", range(8))
    def test_it(emulator, world, number):
        with open(os.environ["PYTEST_XDIST_WORKER"], "a") as file:
            file.write(f"{emulator.pid}\\n")

    def test_bad(world):
        world.call("GET", "/nowhere")
        assert False
    """
    )

    result = run(pytester, "-n", "2")

    result.assert_outcomes(passed=8, failed=1)
    result.stdout.fnmatch_lines(["*refused requests*", "GET /nowhere returned 404*"])
    pids = [set(file.read_text().split()) for file in pytester.path.glob("gw*")]
    assert len(pids) == 2 and all(len(each) == 1 for each in pids) and pids[0] != pids[1]
    for [pid] in pids:
        assert not Path(f"/proc/{pid}").exists() or sys.platform != "linux"


def test_a_crashed_worker_leaves_the_others_alone(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(
        f"""
    import os, signal
    import pytest

    @pytest.mark.parametrize("number", range(12))
    def test_it(emulator, world, number):
        assert world.call("GET", "{PIPELINES}").json() == []
        if number == 3:
            os.kill(emulator.pid, signal.SIGKILL)
            os._exit(1)
    """
    )

    result = run(pytester, "-n", "2")

    result.assert_outcomes(passed=11, failed=1)
    result.stdout.fnmatch_lines(["*worker 'gw*' crashed*"])


def test_its_options_are_listed(pytester: pytest.Pytester) -> None:
    listed = run(pytester, "--help").stdout
    listed.fnmatch_lines(["*--release-emulator-url=URL*"])
    listed.fnmatch_lines(["*release_emulator_freeze (string):*"])
    run(pytester, "--markers").stdout.fnmatch_lines(["@pytest.mark.world(*"])
