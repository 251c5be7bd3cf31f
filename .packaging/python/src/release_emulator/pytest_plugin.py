"""The pytest plugin: an emulator for the session, a world for each test, and the world's history in failures."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, Optional

import pytest

from . import AsyncWorld, Emulator, EmulatorError, Refused, Unreachable, World

if TYPE_CHECKING:
    from .inputs import WorldOptions

URL = "RELEASE_EMULATOR_URL"
FREEZE = "2030-01-01T00:00:00Z"

# The longest wait for an emulator that is started beside the tests.
PATIENCE_S = 3

_worlds = pytest.StashKey[list[World]]()
_emulator = pytest.StashKey[Emulator]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options of the command line and of the ini-file."""
    group = parser.getgroup("release-emulator")
    group.addoption(
        "--release-emulator-url",
        metavar="URL",
        help=f"use the emulator at this address instead of starting one (default: ${URL})",
    )
    group.addoption(
        "--release-emulator-flags",
        metavar="FLAGS",
        action="append",
        default=[],
        help="flags of the emulator that is started, such as '--auth strict'; added to those of the ini-file",
    )
    parser.addini(
        "release_emulator_flags",
        "flags of the emulator that is started, such as --auth strict; paths are relative to the rootdir",
        type="args",
        default=[],
    )
    parser.addini(
        "release_emulator_freeze",
        f"the instant at which the clock of each world is frozen, or the word running (default: {FREEZE})",
        default=FREEZE,
    )
    parser.addini(
        "release_emulator_report",
        "whether a failure shows the history of its world (default: true)",
        type="bool",
        default=True,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Registers the mark."""
    config.addinivalue_line(
        "markers",
        "world(**options): options of the test's world, such as auth, fixtures, freeze, step; see WorldOptions",
    )


def _url(config: pytest.Config) -> Optional[str]:
    return config.getoption("--release-emulator-url") or os.environ.get(URL) or None


def _flags(config: pytest.Config) -> list[str]:
    flags: list[str] = list(config.getini("release_emulator_flags"))
    for text in config.getoption("--release-emulator-flags"):
        flags.extend(shlex.split(text))
    return flags


def pytest_report_header(config: pytest.Config) -> Optional[str]:
    """Says which emulator is used where it is not the usual one."""
    url, flags = _url(config), _flags(config)
    if url:
        ignored = f"; its own flags apply, and not {shlex.join(flags)}" if flags else ""
        return f"release-emulator: {url}{ignored}"
    return f"release-emulator: flags {shlex.join(flags)}" if flags else None


@pytest.fixture(scope="session")
def emulator(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """The emulator of the session. Each worker of pytest-xdist has its own, unless an address is given.

    A process starts within some ten milliseconds, only when a test needs it, and the crash of a worker leaves the
    emulators of the others alone.
    """
    config = request.config
    url = _url(config)
    if url:
        running = _connect(url, request.session)
        config.stash[_emulator] = running
        yield running
        return
    started = Emulator(flags=_flags(config), cwd=config.rootpath)
    try:
        started.start()
    except EmulatorError as error:
        _fail(str(error))
    with started:
        config.stash[_emulator] = started
        yield started


def _connect(url: str, session: pytest.Session) -> Emulator:
    """Connects to an emulator that runs already. If there is none, the first error ends the session."""
    named = "--release-emulator-url" if session.config.getoption("--release-emulator-url") else URL
    try:
        return Emulator.connect(url, timeout_s=PATIENCE_S)
    except ValueError as error:
        reason = str(error)
    except Unreachable:
        reason = f"nothing answers at {url} within {PATIENCE_S} s"
    # Every other test would wait and fail in the same way.
    session.shouldfail = f"release-emulator: {named}: {reason}"
    _fail(f"{named}: {reason}; start an emulator there, or leave {named} out, so that the tests start their own")


def _fail(reason: str) -> NoReturn:
    """Fails the test that sets up a fixture with a reason alone: nobody needs the traceback of this plugin."""
    raise pytest.fail.Exception(f"release-emulator: {reason}", pytrace=False) from None


@pytest.fixture
def world_options(request: pytest.FixtureRequest) -> WorldOptions:
    """The options of the test's world: the frozen clock of the ini-file, and those of the mark `world`.

    Override this fixture for other options in a module or a folder.
    """
    marked: dict[str, Any] = {}
    for mark in reversed(list(request.node.iter_markers("world"))):
        if mark.args:
            _fail("the mark world takes named options, such as world(step='1s')")
        marked.update(mark.kwargs)
    # A copy has the clock of the world that it is made from.
    if "from_" not in marked:
        freeze: str = request.config.getini("release_emulator_freeze")
        marked = {"freeze": None if freeze == "running" else freeze, **marked}
    return marked  # type: ignore[return-value]


@pytest.fixture
def world(
    request: pytest.FixtureRequest, emulator: Emulator, world_options: WorldOptions
) -> Iterator[World]:
    """A world for this test alone, closed at its end."""
    try:
        opened = emulator.world(**world_options)
    except Refused as refused:
        _fail(f"the options of the world are refused: {refused.detail}")
    except (EmulatorError, TypeError, ValueError) as error:
        _fail(f"the world of the test cannot be opened: {error}")
    with opened:
        worlds = request.node.stash.setdefault(_worlds, [])
        worlds.append(opened)
        try:
            yield opened
        finally:
            worlds.remove(opened)


@pytest.fixture
def async_world(world: World) -> AsyncWorld:
    """The world of this test, for asyncio. It needs no plugin for asyncio, and works with each."""
    return world.asynchronous()


@pytest.fixture
def world_environment(world: World, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """Points the official Huawei SDKs at the world of this test, by environment variables, until the test ends."""
    variables = world.environment()
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Adds the history of the test's worlds to the report of a failure, while the worlds are still open."""
    outcome: Any = yield
    report = outcome.get_result()
    if not report.failed or not item.config.getini("release_emulator_report"):
        return
    for world in item.stash.get(_worlds, []):
        report.sections.extend(_sections(world, item.config))


def _sections(world: World, config: pytest.Config) -> list[Any]:
    title = f"release-emulator, world {world.name}"
    try:
        return [(f"{title}: {part}", text) for part, text in world.report()]
    except (EmulatorError, ValueError) as error:
        # A report must never replace the failure that it is about.
        running = config.stash.get(_emulator, None)
        log = running.log if running else []
        return [(f"{title}: no history", "\n".join([str(error), *log[-20:]]))]
