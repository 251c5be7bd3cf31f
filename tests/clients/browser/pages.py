"""A web server of a stranger's, and a browser that opens its pages."""

import http.client
import http.server
import json
import pathlib
import queue
import shutil
import subprocess
import tempfile
import threading

HERE = pathlib.Path(__file__).parent

# Every name leads to this machine, as that of a rebound host does.
RESOLVER = "MAP * 127.0.0.1"

PAGE = """<!doctype html><meta name="referrer" content="{referrer}"><body><script src="/~/page.js"></script>"""


class PageServer:
    """Serves the pages below `/~/`. All other paths lead to an emulator, if one is given.

    With one, it is the host of a page at the moment when its name is rebound: the same name and the same port, but another
    server behind them.
    """

    def __init__(self):
        # That of its pages, the emulator behind it, and the work of `/~/prepare`.
        self.job, self.emulator, self.prepare = {}, None, None
        self.reports = queue.Queue()
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def serve(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                path, _, query = self.path.partition("?")
                if path == "/~/page":
                    self.answer("text/html", PAGE.format(referrer=query).encode())
                elif path == "/~/page.js":
                    self.answer("text/javascript", (HERE / "page.js").read_bytes())
                elif path == "/~/job":
                    self.answer("application/json", json.dumps(server.job).encode())
                elif path == "/~/prepare":
                    self.answer("application/json", json.dumps(server.prepare()).encode())
                elif path == "/~/report":
                    server.reports.put(json.loads(body))
                    self.answer("application/json", b"{}")
                elif server.emulator is None:
                    self.answer("text/plain", b"", 404)
                else:
                    self.forward(body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = serve

            def answer(self, content_type, body, status=200):
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write(body)

            def forward(self, body):
                """Sends the request on as it is, with the name that the browser asked for."""
                self.close_connection = True
                connection = http.client.HTTPConnection("127.0.0.1", server.emulator.port, timeout=5)
                connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    if name.lower() not in ("connection", "upgrade"):
                        connection.putheader(name, value)
                connection.endheaders(body)
                response = connection.getresponse()
                self.send_response(response.status)
                for name, value in response.getheaders():
                    if name.lower() not in ("transfer-encoding", "connection"):
                        self.send_header(name, value)
                self.send_header("Connection", "close")
                self.end_headers()
                try:
                    while chunk := response.read1():
                        self.wfile.write(chunk)
                except OSError:
                    pass  # A stream goes on until one of the two leaves.
                connection.close()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def origin(self, host):
        """The origin of its pages under a name."""
        return f"http://{host}:{self.port}"

    def report(self, host, referrer="unsafe-url"):
        """Opens the page under a name, and returns its report."""
        with Browser(f"{self.origin(host)}/~/page?{referrer}"):
            return self.reports.get(timeout=120)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()


class Browser:
    """Chromium without a window, in which a page is open."""

    def __init__(self, url):
        self._profile = tempfile.mkdtemp(prefix="release-emulator-browser-")
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
        flags += [f"--user-data-dir={self._profile}", f"--host-resolver-rules={RESOLVER}", "--disable-background-networking"]
        # A page opens as many frames and forms as it likes.
        flags += ["--disable-popup-blocking", "--remote-debugging-port=0"]
        self._process = subprocess.Popen(["chromium", *flags, url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)
