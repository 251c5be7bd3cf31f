"""An emulator whose log tells the answer to every request, and the calls of its control plane."""

import contextlib
import json
import os
import subprocess
import threading
import time
import urllib.error
import urllib.request

STATE = ["state", "clock", "scripts", "faults", "webhooks", "worlds"]


class Emulator:
    """A process with the documented fixtures and a clock that stands."""

    def __init__(self, *flags):
        command = [os.environ["EMULATOR_BINARY"], "--listen", "127.0.0.1:0", "--tls", "--fixtures", "documented"]
        command += ["--freeze", "2030-01-01T00:00:00Z", "--log", "json", "--log-level", "info", *flags]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RELEASE_EMULATOR_")}
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        self.url = self._process.stdout.readline().split(b"url=")[1].split()[0].decode()
        self.port = int(self.url.rpartition(":")[2])
        self._answers, self._n_marks = [], 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stderr:
            fields = json.loads(line)["fields"]
            if "path" in fields:
                self._answers.append((fields["method"], fields["path"], fields["status"]))

    def answers(self):
        """The requests to the control plane so far: method, path and status."""
        return [answer for answer in self._answers if answer[1].startswith("/_emulator")]

    def answers_of(self, work):
        """The answers to requests of the control plane while something is done, and its result."""
        begin = self._mark()
        result = work()
        end = self._mark()
        between = self._answers[begin + 1 : end]
        return [answer for answer in between if answer[1].startswith("/_emulator")], result

    def _mark(self):
        """The place of a request of our own in the log, which is written a little later."""
        self._n_marks += 1
        mark = f"/mark-{self._n_marks}"
        with contextlib.suppress(urllib.error.HTTPError):
            self.call("GET", mark)
        assert self.wait_for(("GET", mark, 404))
        return self._answers.index(("GET", mark, 404))

    def wait_for(self, answer, timeout_s=30):
        """Waits for an answer, and returns whether it came."""
        deadline = time.monotonic() + timeout_s
        while answer not in self._answers and time.monotonic() < deadline:
            time.sleep(0.02)
        return answer in self._answers

    def call(self, method, path, body=None):
        """Sends a request as a program does, and returns the JSON of the answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "X-Auth-Token": "any"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def control(self, method, path, body=None):
        return self.call(method, f"/_emulator/v1/{path}", body)

    def everything(self):
        """All that a call of the control plane could change."""
        return {path: self.control("GET", path) for path in STATE}

    def prepare(self):
        """Goes back to a state in which every call would change something, and returns the ids in it."""
        self.control("POST", "reset", {"to": "fixtures"})
        template = {"spec": {"containers": [{"name": "app", "image": "shop/reviews:2"}]}}
        deployment = {"template": {"kind": "Deployment", "spec": {"template": template}}}
        spec = {"serviceName": "reviews", "version": "v2", "grayDeployments": [deployment]}
        release = {"metadata": {"name": "reviews-v2"}, "spec": spec}
        self.call("POST", "/v2/meshes/m9/namespaces/default/releases", release)
        self.control("POST", "clock/advance", {"ms": 2000})
        self.control("POST", "scripts", {"id": "s1", "outcome": "hang"})
        self.control("POST", "faults", {"id": "f1", "match": {"operation": "ListPipelines"}, "do": {"status": 429}})
        hook = self.control("POST", "webhooks", {"url": "http://127.0.0.1:9/"})["id"]
        for world in self.control("GET", "worlds")["worlds"]:
            if world["name"] not in ("main", "t1"):
                self.control("DELETE", f"worlds/{world['name']}")
        if all(world["name"] != "t1" for world in self.control("GET", "worlds")["worlds"]):
            self.control("POST", "worlds", {"name": "t1"})
        # A reset leaves snapshots as they are.
        if all(snapshot["name"] != "t1" for snapshot in self.control("GET", "snapshots")["snapshots"]):
            self.control("POST", "snapshots", {"name": "t1"})
        return {"scripts": "s1", "faults": "f1", "webhooks": hook, "worlds": "t1"}

    def calls(self, ids):
        """The calls of the control plane with bodies that are accepted: those that change something, and the others.

        They come from the OpenAPI document, so that a new one is among them.
        """
        changes, reads = [], []
        for template, operations in self.control("GET", "openapi.json")["paths"].items():
            if not template.startswith("/_emulator/"):
                continue
            for method, operation in operations.items():
                if method not in ("get", "put", "post", "patch", "delete"):
                    continue
                content = operation.get("requestBody", {}).get("content", {})
                body = content.get("application/json", {}).get("example")
                call = {"method": method.upper(), "path": self._fill(template, ids), "body": body}
                (reads if method == "get" else changes).append(call)
        return changes, reads

    def _fill(self, template, ids):
        kind = template.split("/")[3]
        if kind == "asm":
            parts = {"mesh_id": "m9", "namespace": "default", "release_id": "reviews-v2"}
        elif kind == "resources":
            resource = self.control("GET", "resources")["resources"][0]
            parts = {"family": resource["family"], "id": resource["id"]}
        else:
            parts = {"id": ids.get(kind, ""), "name": "t1"}
        return template.format(**parts)

    def stop(self):
        self._process.terminate()
        self._process.wait()
        self._reader.join()
        self._process.stdout.close()
        self._process.stderr.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stop()
