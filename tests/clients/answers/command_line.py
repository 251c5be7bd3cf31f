"""The command line: help, version, wrong flags, environment variables and fixture files."""

import os
import subprocess
import tempfile

FILES = {
    "empty.json": "", "broken.json": "{", "broken.yaml": "a: [", "unknown.json": '{"asn": {}}', "type.json": '{"asm": []}', "list.json": "[]",
    "twice.json": '{"asm": {"meshes": [{"id": "a"}, {"id": "a"}]}}', "misspelt.yaml": "asm:\n  meshes:\n  - id: a\n    nmae: b\n", "text.txt": "{}",
    "plans.yml": "servicestage:\n  projects:\n  - id: p\n    release_plans:\n    - {id: x, status: 7}\n"}
RUNS = [
    ["--help"], ["-h"], ["--version"], ["-V"], ["help"], ["help", "serve"], ["help", "exec"], ["help", "openapi"], ["help", "nothing"], ["serve", "--help"], ["exec", "--help"],
    ["openapi", "--help"], ["openapi"], ["openapi", "x"], ["nothing"], ["--nothing"], ["serve", "x"], ["exec"], ["exec", "--"],
    ["exec", "--", "/no/such/command"], ["exec", "--", "sh", "-c", "exit 3"], ["exec", "--fail-on", "nothing", "--", "true"],
    ["exec", "--fail-on", "unused-script,unknown-route,server-error", "--", "true"], ["exec", "--", "sh", "-c", "kill -9 $$"],
    *([flag, value] for flag, values in {
        "--listen": ("x", "", "127.0.0.1", "127.0.0.1:99999", "256.0.0.1:1", "203.0.113.1:1"), "--auth": ("none", "", "STRICT"), "--fidelity": ("none",), "--references": ("none",),
        "--step": ("x", "-1s", "1", "1y", ""), "--pace": ("0", "-1", "x", "inf", "nan", "1e99"), "--freeze": ("now", "2030", "2030-13-01T00:00:00Z"), "--pipelines-list": ("none",), "--zadig": ("v5",),
        "--journal-bytes": ("-1", "x"), "--max-worlds": ("0", "-1", "x"), "--world-ports": ("1", "2-1", "x-y", "0-5", "1-99999"), "--log": ("none",), "--log-level": ("none",),
        "--port-file": ("/no/such/folder/port",), "--fixtures": ("", "/no/such/file.json", "documentd", *FILES)}.items() for value in values),
    ["--auth"], ["--auth", "strict", "--auth", "shape"], ["--fixtures", "documented", "--fixtures", "unknown.json"]]
VARIABLES = {"LISTEN": ("x",), "FIXTURES": ("/no/such.json", "documented,unknown.json"), "AUTH": ("none",), "FIDELITY": ("x",), "REFERENCES": ("x",), "STEP": ("x",), "PACE": ("0",),
             "FREEZE": ("x",), "PIPELINES_LIST": ("x",), "JOURNAL_BYTES": ("x",), "MAX_WORLDS": ("x",), "WORLD_PORTS": ("x",), "LOG": ("x",), "LOG_LEVEL": ("x",)}


def run(binary, arguments, variables, folder):
    """What one run prints and how it ends. One that serves is ended after a while, which the text says."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("RELEASE_EMULATOR", "HUAWEICLOUD"))}
    listen = [] if any(word in arguments for word in ("--listen", "openapi", "help", "serve", "exec", "nothing")) else ["--listen", "127.0.0.1:0"]
    command = [binary, *(listen if "LISTEN" not in str(variables) else []), *arguments]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, env={**environment, **variables})
    try:
        out, err = process.communicate(timeout=1)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return b"<it serves>"
    return b"exit %d\n--- stdout\n%s--- stderr\n%s" % (process.returncode, out, err.replace(os.fsencode(binary), b"<binary>"))


def play(record):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FILES.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        runs = [(arguments, {}) for arguments in RUNS]
        runs += [(["--log", "text"], {f"RELEASE_EMULATOR_{name}": value}) for name, values in VARIABLES.items() for value in values]
        for arguments, variables in runs:
            shown = " ".join([*(f"{k}={v}" for k, v in variables.items()), "release-emulator", *arguments])
            texts = [run(binary, arguments, variables, folder) for binary in record.binaries]
            record.note("command line", "run", shown, shown.encode(), texts)
