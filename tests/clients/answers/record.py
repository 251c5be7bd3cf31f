"""The account of a run: requests, differences, routes and the kinds of refusals that were met."""

import json
import re

from pair import unified
from signer import now

CODE = re.compile(rb'"(?:errorCode|error_code|code)": ?"?([\w.]+)')


class Record:
    """What was sent to both binaries, and where they differed."""

    def __init__(self, binaries, allowed=(), limit=50):
        self.binaries, self.limit = binaries, limit
        self.allowed = [re.compile(pattern.encode()) for pattern in allowed]
        self.names, self.differences = [], 0
        self.routes, self.refusals = set(), set()
        self.operations = []
        self._date = None

    def signing_date(self):
        """The time of a signature, the same for both sides."""
        return now()

    def know(self, operations):
        """Takes the table of operations by which requests are counted as routes."""
        self.operations = [
            (method, re.compile("^" + re.sub(r"\{\w+\}", "[^/]+", path) + "$"), path, family)
            for family, method, path in operations]
        # Literal paths are found before those with placeholders.
        self.operations.sort(key=lambda operation: operation[2].count("{"))

    def note(self, scenario, method, target, request, texts, answer=None):
        """Compares two texts, and counts what the old one is."""
        self.names.append(f"{scenario}: {method} {target}"[:300])
        if answer is not None:
            self._count(method, target, answer)
        old, new = (self._reworded(text) for text in texts)
        if old == new:
            return
        self.differences += 1
        if self.differences <= self.limit:
            print(f"--- difference {self.differences}: {self.names[-1]}")
            print(request.decode("utf-8", "replace").replace("\r\n", "\n"))
            print(unified(old, new), flush=True)

    def _reworded(self, text):
        for pattern in self.allowed:
            text = pattern.sub(b"<reworded>", text)
        if self.allowed and b"<reworded>" in text:
            text = re.sub(rb"(?i)(\r\ncontent-length: )\d+", rb"\1<length>", text)
        return text

    def _count(self, method, target, answer):
        path = target.split("?")[0]
        family = "-"
        for known, pattern, template, name in self.operations:
            if pattern.match(path):
                family = name
                if known == method:
                    self.routes.add((method, template))
                    break
        if answer.status >= 400:
            code = CODE.search(answer.body)
            self.refusals.add((family, answer.status, code[1].decode() if code else "-"))

    def summary(self):
        return (f"{len(self.routes)} of {len(self.operations)} routes, {len(self.refusals)} kinds of refusals "
                f"(family, status, code)\n{len(self.names)} requests, {self.differences} differences")

    def dump(self, file):
        with open(file, "w", encoding="utf-8") as out:
            out.writelines(json.dumps(name, ensure_ascii=False) + "\n" for name in self.names)
