"""Two processes side by side: every request goes to both, and their answers are compared at once."""

import difflib
import json
import os
import re
import subprocess

from masks import Masks
from signer import sign
from wire import Connection, request_bytes

HOST = "emulator.test"
FROZEN = "2030-01-01T00:00:00Z"
TOKEN = ("X-Auth-Token", "any")
BEARER = ("Authorization", "Bearer any")
LONGEST_DIFF = 4000


class Side:
    """One process of a binary, its connections by world, and what is random in its answers."""

    def __init__(self, binary, flags):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("RELEASE_EMULATOR", "HUAWEICLOUD"))}
        command = [binary, "--listen", "127.0.0.1:0", *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
        ready = self.process.stdout.readline().decode()
        port = re.search(r"url=http://127\.0\.0\.1:(\d+)", ready)
        if not port:
            raise SystemExit(f"{' '.join(command)} is not ready: {ready!r}")
        self.connections = {None: Connection(int(port[1]))}
        self.masks, self.variables = Masks(), {}

    def connection(self, world):
        if world not in self.connections:
            self.connections[world] = Connection(int(self.variables[world].rsplit(":", 1)[1]))
        return self.connections[world]

    def fill(self, text):
        """Puts this side's own values in place of `<<name>>`."""
        return re.sub(r"<<([^<>]+)>>", lambda found: self.variables.get(found[1], found[0]), text)

    def stop(self):
        for connection in self.connections.values():
            connection.close()
        self.process.terminate()
        self.process.wait()


class Reply:
    """The answers to one request; `json` is that of the old binary, which later requests go by."""

    def __init__(self, pair, answers):
        self.pair, self.answers = pair, answers
        self.status = answers[0].status
        try:
            self.json = json.loads(answers[0].body)
        except ValueError:
            self.json = None

    def field(self, name, default="none"):
        return self.json.get(name, default) if isinstance(self.json, dict) else default

    def pick(self, name, pattern='"id":"([^"]+)"', header=None, mask=True):
        """Names a value that each side has its own of; `<<name>>` stands for it in later requests."""
        for side, answer in zip(self.pair.sides, self.answers):
            text = answer.header(header) if header else None
            if not header:
                found = re.search(pattern, answer.body.decode("utf-8", "replace"))
                text = found[1] if found else None
            side.variables[name] = text or "none"
            if mask:
                side.masks.name(text, name)
        return f"<<{name}>>"


class Pair:
    """Both binaries under the same flags, and the record of what they answered."""

    def __init__(self, record, scenario, flags=()):
        self.record, self.scenario = record, scenario
        self.sides = [Side(binary, ["--freeze", FROZEN, *flags]) for binary in record.binaries]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for side in self.sides:
            side.stop()

    def __call__(self, method, target, body=None, headers=(), *, auth=None, key=None, date=None, world=None, stream=0):
        """Sends a request to both. `body` is JSON, or bytes or a text as it stands; `auth` a header, by default what the
        path's family takes, `False` for none; `key` signs with an access key in its place."""
        if auth is None and key is None and not target.startswith("/_emulator"):
            auth = BEARER if target.startswith("/openapi") else TOKEN
        shown, answers, sent = None, [], []
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body, ensure_ascii=False)
        for side in self.sides:
            filled = side.fill(body).encode() if isinstance(body, str) else body
            all_headers = [("Host", HOST), *([auth] if auth else []), *headers]
            all_headers = [(name, side.fill(value)) for name, value in all_headers]
            if filled is not None:
                all_headers.append(("Content-Length", str(len(filled))))
            if key:
                date = date or self.record.signing_date()
                all_headers = sign(method, side.fill(target), all_headers, filled, key, date)
            data = request_bytes(method, side.fill(target), all_headers, filled)
            shown = shown or data[:2000]
            side.connection(world).send(data)
            sent.append(side.connection(world))
        for connection in sent:
            answers.append(connection.stream(stream) if stream else connection.receive(method))
        texts = [side.masks.apply(answer) for side, answer in zip(self.sides, answers)]
        self.record.note(self.scenario, method, target, shown, texts, answers[0])
        return Reply(self, answers)

    def fresh(self, **clock):
        """An empty store and the clock where it was at the start."""
        self("POST", "/_emulator/v1/reset", {"to": "empty"})
        self("PUT", "/_emulator/v1/clock", {"now": FROZEN, "mode": "frozen", **clock})

    def advance(self, ms):
        return self("POST", "/_emulator/v1/clock/advance", {"ms": ms})


def unified(old, new):
    """A unified diff in which long lines are broken at commas, so that the place is seen."""
    def lines(text):
        return re.sub(r"(,)(?=[\"{\[])", ",\n", text.decode("utf-8", "replace").replace("\r\n", "\n")).splitlines()
    diff = difflib.unified_diff(lines(old[:200_000]), lines(new[:200_000]), "old", "new", lineterm="", n=1)
    shown = "\n".join(diff)[:LONGEST_DIFF]
    if shown:
        return shown
    at = next((n for n, (a, b) in enumerate(zip(old, new)) if a != b), min(len(old), len(new)))
    return f"from byte {at} on:\n-{old[at:at + 200]!r}\n+{new[at:at + 200]!r}"
