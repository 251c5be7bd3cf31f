"""What may differ between two runs of one binary, and how it is made alike before answers are compared.

| masked | because |
|---|---|
| `Date` | the machine's clock |
| `X-Request-Id` and its repetition in bodies and in the journal | random; the n-th of one side stands for the n-th of the other |
| ids of scripts and faults, issued tokens | random; named where a story picks them out of an answer, and the name stands for them ever after |
| `real_time` and `duration_us` of the journal and of events | the machine's clock |
| the ports in URLs of the loopback | whatever was free |
| of the metrics: durations, bytes of the journal, memory of the process | the machine; names, labels and all counts are compared |
| the order of a metric's series | that of a hash map with a random seed |
| the time of the server in a refused signature | the machine's clock |
| `Content-Length`, if it is the length of a body in which one of these was masked | their length varies |

Everything else is compared byte for byte, the order of headers and of keys included.
"""

import re

HEX_ID = re.compile(rb"(?i)(x-request-id\"?: ?\"?|\"request_id\": ?\")([0-9a-f]{32})\b")
LENGTH = re.compile(rb"(?i)(\r\ncontent-length: )\d+")
PLAIN = [
    (re.compile(rb'("real_time": ?")[^"]*'), rb"\1<machine time>"),
    (re.compile(rb'("duration_us": ?)\d+'), rb"\1<duration>"),
    (re.compile(rb"((?:127\.0\.0\.1|localhost):)\d{2,5}"), rb"\1<port>"),
    (re.compile(rb"(server time:)\d{4}[^,\"\r\n]*Z"), rb"\1<machine time>"),
    (re.compile(rb"(?m)^(\w+_duration_seconds_(?:sum|bucket)\S* )\S+$"), rb"\1<duration>"),
    (re.compile(rb"(?m)^(\w+_(?:journal_size_bytes|resident_memory_bytes) )\S+$"), rb"\1<bytes>"),
]
DATE = re.compile(rb"(?i)(\r\ndate: )[^\r]*")


class Masks:
    """The masks of one side: the fixed ones, and the names that random values got in the order in which they came."""

    def __init__(self):
        self.named, self.request_ids = {}, {}

    def name(self, value, name):
        """From now on a random value is shown by its name."""
        if value:
            self.named[value.encode()] = f"<{name}>".encode()

    def apply(self, answer):
        """The whole answer, made comparable."""
        request_id = answer.header("x-request-id")
        if request_id:
            self.request_ids.setdefault(request_id.encode(), f"<request id {len(self.request_ids) + 1}>".encode())
        head, body = self._text(answer.head), self._text(answer.body)
        if body != answer.body and answer.header("content-length") == str(len(answer.body)):
            head = LENGTH.sub(rb"\1<length of the body>", head)
        if body.startswith(b"# HELP"):
            body = sorted_series(body)
        head = DATE.sub(rb"\1<date>", head)
        return head + body + (f"\n<{answer.end}>".encode() if answer.end else b"")

    def _text(self, text):
        text = HEX_ID.sub(lambda found: found[1] + self.request_ids.get(found[2], b"<unknown id>"), text)
        for pattern, name in PLAIN:
            text = pattern.sub(name, text)
        for value, name in self.named.items():
            text = text.replace(value, name)
        return text


def sorted_series(text):
    """Metrics with the series of each in the order of their text."""
    parts, series = [], []
    for line in text.split(b"\n"):
        if line.startswith(b"#"):
            parts, series = parts + sorted(series) + [line], []
        else:
            series.append(line)
    return b"\n".join(parts + sorted(series))
