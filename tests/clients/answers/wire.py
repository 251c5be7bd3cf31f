"""HTTP over raw sockets: requests that are sent as they are spelt, answers kept byte for byte."""

import socket


def request_bytes(method, target, headers, body):
    """A request as it goes over the wire; headers are pairs, in the order in which they are sent."""
    lines = [f"{method} {target} HTTP/1.1"] + [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + (body or b"")


class Answer:
    """A response: its head as it came, its body without the framing, and how it ended."""

    def __init__(self, head=b"", body=b"", end=""):
        self.head, self.body, self.end = head, body, end

    @property
    def status(self):
        words = self.head.split(b" ", 2)
        return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0

    def header(self, name):
        wanted = name.lower().encode()
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == wanted:
                return value.strip().decode("latin-1")
        return None


class Connection:
    """A keep-alive connection to one port of the loopback; it is opened again when the other end closes it."""

    def __init__(self, port):
        self.port, self.socket, self.buffer = port, None, b""

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket, self.buffer = None, b""

    def send(self, data):
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # The answer may be there all the same, and its end tells the rest.

    def receive(self, method):
        """The answer to the request that was sent last."""
        try:
            answer = self._receive(method)
        except (ConnectionError, EOFError, socket.timeout) as error:
            answer = Answer(b"", self.buffer, type(error).__name__)
        if answer.end or (answer.header("connection") or "").lower() == "close":
            self.close()
        return answer

    def stream(self, seconds):
        """What comes of a stream until nothing came for so long, without the framing of its chunks."""
        self.socket.settimeout(seconds)
        head = self._until(b"\r\n\r\n")
        if b"chunked" not in head.lower():
            self.socket.settimeout(30)
            return Answer(head, self._exactly(int(Answer(head).header("content-length") or 0)))
        body = b""
        try:
            while True:
                body += self._chunk()
        except (OSError, EOFError):
            self.close()
        return Answer(head, body)

    def _receive(self, method):
        head = self._until(b"\r\n\r\n")
        answer = Answer(head)
        length = answer.header("content-length")
        if method == "HEAD" or answer.status in (204, 304):
            return answer
        try:
            if length is not None:
                answer.body = self._exactly(int(length))
            elif (answer.header("transfer-encoding") or "").lower() == "chunked":
                while chunk := self._chunk():
                    answer.body += chunk
        except (OSError, EOFError):
            answer.body, self.buffer, answer.end = self.buffer, b"", "cut"
        return answer

    def _chunk(self):
        size = int(self._until(b"\r\n").split(b";")[0], 16)
        chunk = self._exactly(size)
        self._until(b"\r\n")
        return chunk

    def _until(self, end):
        while end not in self.buffer:
            self._more()
        at = self.buffer.index(end) + len(end)
        taken, self.buffer = self.buffer[:at], self.buffer[at:]
        return taken

    def _exactly(self, size):
        while len(self.buffer) < size:
            self._more()
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def _more(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise EOFError
        self.buffer += data
