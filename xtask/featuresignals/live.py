"""The real server of FeatureSignals, built from a checkout of its source, on a PostgreSQL of its own with the recorded ruleset.

Compares the server's answers with the recorded ones byte by byte, checks its event stream, and checks our client against it.
`cargo xtask featuresignals live` runs this program.
"""

import argparse
import hashlib
import hmac
import http.client
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

DATA = Path(__file__).resolve().parents[2] / "conformance/data"
RECORDED = DATA / "imported/featuresignals-live"
# The API key, in the form of the server's own keys, and the secret key with which the server hashes it.
API_KEY = "fs_srv_0123456789abcdef0123456789abcdef0123456789abcdef"
MASTER_KEY = bytes([7] * 32)
ROLE = "featuresignals"
# The data is deleted at the end, so that no write has to reach the disk. Shared memory that a killed server leaves is deleted with it.
SETTINGS = "listen_addresses= fsync=off synchronous_commit=off full_page_writes=off dynamic_shared_memory_type=mmap"
# The server and PostgreSQL get nothing else of this environment.
CLEAN = {"PATH": os.environ["PATH"]}
# The file with the request log, the wrapper in it through which all answers go, and the method that the wrapper lacks.
REQUEST_LOG = "internal/api/middleware/logging.go"
WRAPPER = "type responseWriter struct {"
FLUSH = """
func (rw *responseWriter) Flush() {
	if flusher, ok := rw.ResponseWriter.(http.Flusher); ok {
		flusher.Flush()
	}
}
"""
# A write of one state that changes nothing. The server sends an event for each write.
WRITE = "UPDATE flag_states SET enabled = enabled WHERE id = (SELECT id FROM flag_states LIMIT 1)"


def build(source: Path, folder: Path, with_flush: bool) -> Path:
    """Builds the server into a folder. Go reads the module, and writes only to its own caches."""
    # Git refuses to tell the commit of a checkout of another user.
    command = ["go", "build", "-mod=readonly", "-buildvcs=false", "-o", str(folder / "server")]
    if with_flush:
        original, patched, overlay = source / REQUEST_LOG, folder / "logging.go", folder / "overlay.json"
        text = original.read_text()
        if WRAPPER not in text or FLUSH.splitlines()[1] in text:
            sys.exit(f"{original} has no {WRAPPER}, or has the method `Flush` already: then omit --with-flush")
        patched.write_text(text + FLUSH)
        overlay.write_text(json.dumps({"Replace": {str(original): str(patched)}}))
        command += ["-overlay", str(overlay)]
    subprocess.run([*command, "./cmd/server"], cwd=source, check=True)
    return folder / "server"


class Database:
    """A PostgreSQL in a folder, which is reached through a Unix socket only."""

    def __init__(self, folder: Path, ended: ExitStack) -> None:
        # Debian and Ubuntu install each version into a folder that is not on the search path.
        versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
        path = os.pathsep.join([CLEAN["PATH"], *map(str, reversed(versions))])
        found = [shutil.which(name, path=path) for name in ("initdb", "psql")]
        if None in found:
            sys.exit("install PostgreSQL 15 or newer (the packages postgresql and postgresql-client of Debian and Ubuntu)")
        initdb, self.psql = map(str, found)
        # The search path may have a link. The server has the version of the program beside `initdb` itself.
        control = Path(initdb).resolve().with_name("pg_ctl")
        data, self.socket = folder / "data", folder / "socket"
        # PostgreSQL refuses root.
        names = [entry.pw_name for entry in pwd.getpwall()]
        user = next((name for name in ("postgres", "nobody") if name in names), None) if os.geteuid() == 0 else None
        for created in (folder, data, self.socket):
            created.mkdir(mode=0o700)
            if user:
                shutil.chown(created, user)

        def run(*words: object) -> None:
            subprocess.run([*map(str, words)], cwd=folder, user=user, env=CLEAN, check=True, stdout=subprocess.DEVNULL)

        run(initdb, "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "-U", ROLE, "-D", data)
        options = " ".join(["-k", str(self.socket), *(f"-c {setting}" for setting in SETTINGS.split())])
        run(control, "start", "-w", "-t", 120, "-D", data, "-l", folder / "log", "-o", options)
        ended.callback(run, control, "stop", "-m", "immediate", "-D", data)

    def sql(self, text: str) -> None:
        """Executes statements. The first error ends the program."""
        options = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", ROLE, "-d", "postgres", "-h", str(self.socket)]
        output = subprocess.DEVNULL
        subprocess.run([self.psql, *options], input=text, text=True, env=CLEAN, check=True, stdout=output)


class Server:
    """The running server, with the recorded ruleset and one API key."""

    def __init__(self, program: Path, database: Database, folder: Path, ended: ExitStack) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.database = database
        # The server reads the file `.env` of its folder and of the one above.
        empty = folder / "run/server"
        empty.mkdir(parents=True)
        host = quote(str(database.socket))
        environment = CLEAN | {
            "DATABASE_URL": f"postgres://{ROLE}@/postgres?host={host}&sslmode=disable",
            "PORT": str(self.port),
            "DEPLOYMENT_MODE": "cloud",
            "EMAIL_PROVIDER": "none",
            "ENCRYPTION_MASTER_KEY": MASTER_KEY.hex(),
            "JWT_SECRET": MASTER_KEY.hex(),
            "LOG_LEVEL": "warn",
        }
        log = folder / "server.log"
        with log.open("w") as file:
            process = subprocess.Popen([program], cwd=empty, env=environment, stdout=file, stderr=file)
        # The server would wait for open streams, and its database is deleted.
        ended.callback(process.wait)
        ended.callback(process.kill)
        begin = time.monotonic()
        while not self.is_healthy():
            if process.poll() is not None or time.monotonic() - begin > 120:
                sys.exit("the server does not get ready:\n" + "\n".join(log.read_text().splitlines()[-20:]))
            time.sleep(0.02)
        self.write_ruleset()

    def write_ruleset(self) -> None:
        """Writes the ruleset after the migrations of the server. PostgreSQL reads the JSON, so that numbers keep their text."""
        ruleset = (RECORDED / "state-1.json").read_text()
        self.environment = json.loads(ruleset)["environment"]
        digest = hmac.new(MASTER_KEY, API_KEY.encode(), hashlib.sha256).hexdigest()
        values = f"$a${ruleset}$a$::JSON AS ruleset, $a${self.environment}$a$ AS environment"
        values += f", '{digest}' AS key_hash, '{API_KEY[:12]}' AS key_prefix"
        statements = Path(__file__).with_name("ruleset.sql").read_text()
        self.database.sql(f"CREATE TEMPORARY TABLE input AS SELECT {values};\n{statements}")

    def is_healthy(self) -> bool:
        try:
            return self.open("/health").status == 200
        except OSError:
            return False

    def open(self, path: str, body: str | None = None) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {"X-API-Key": API_KEY, "Content-Type": "application/json", "Connection": "close"}
        connection.request("GET" if body is None else "POST", path, body and body.encode(), headers)
        return connection.getresponse()


def replay(server: Server) -> bool:
    """Sends the recorded requests. Returns true if all answers have the recorded bytes."""
    # Numbers keep their text, such as -0.
    text, marked = (RECORDED / "answers-1.json").read_text(), "\0{}\0".format
    recorded = json.loads(text, parse_int=marked, parse_float=marked)
    counts = {kind: [0, 0] for kind in ("bulk", "client", "single")}

    def compare(kind: str, expected: dict[str, Any], path: str, request: dict[str, Any] | None) -> None:
        body = None if request is None else re.sub(r'"\\u0000(.*?)\\u0000"', r"\1", json.dumps(request))
        response = server.open(path, body)
        answer = response.read()
        is_equal = response.status == 200 and hashlib.sha256(answer).hexdigest() == expected["sha256"]
        counts[kind][0] += 1
        counts[kind][1] += is_equal
        if not is_equal and counts[kind][0] - counts[kind][1] <= 3:
            print(f"{kind}, {(body or path)[:600]}\n    recorded: 200 {str(expected['body'])[:600]}")
            print(f"    given:    {response.status} {answer[:600]!r}")

    for step in recorded["steps"]:
        context = {"context": step["context"]}
        compare("bulk", step["bulk"], "/v1/evaluate/bulk", {"flag_keys": recorded["flag_keys"]} | context)
        compare("client", step["client"], step["client"]["path"], None)
        for single in step["single"]:
            compare("single", single, "/v1/evaluate", {"flag_key": single["flag_key"]} | context)
    counts["all"] = [sum(numbers) for numbers in zip(*counts.values())]
    print(f"\n{'kind':8}{'requests':>8}{'equal bytes':>13}")
    for kind, (requests, equal) in counts.items():
        print(f"{kind:8}{requests:8}{equal:13}")
    return counts["all"][0] == counts["all"][1] > 0


def check_stream(server: Server, with_flush: bool) -> None:
    """The stream answers 500 as shipped, and sends events with the method `Flush`."""
    path = f"/v1/stream/{server.environment}"
    stream = server.open(path)
    print(f"\nGET {path}: {stream.status}")
    if stream.status != (200 if with_flush else 500):
        sys.exit(f"the event stream answers {stream.status}")

    def expect(name: str) -> None:
        lines = list(iter(lambda: stream.readline().decode().strip(), ""))
        print("    " + "\n    ".join(lines))
        if f"event: {name}" not in lines:
            sys.exit(f"the event stream sent {lines}, not the event `{name}`")

    if with_flush:
        expect("connected")
        server.database.sql(WRITE)
        begin = time.monotonic()
        expect("flag-update")
        print(f"    {(time.monotonic() - begin) * 1000:.0f} ms after the write of a state")


def check_client(server: Server, program: str, with_flush: bool) -> None:
    """Checks our client against the server, and executes the changes that the program asks for."""
    live = ["--live", f"http://127.0.0.1:{server.port}", API_KEY, server.environment]
    command = [program, "--data", str(DATA), *live, *["--with-flush"] * with_flush]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1) as child:
        assert child.stdin and child.stdout
        for line in child.stdout:
            match line.rstrip("\n").replace("'", "''").split(" "):
                case ["on" | "off" as switch, key]:
                    flag = f"(SELECT id FROM flags WHERE key = '{key}')"
                    statement = f"UPDATE flag_states SET enabled = {switch == 'on'} WHERE flag_id = {flag}"
                case ["define", key, default]:
                    statement = f"UPDATE flags SET default_value = '\"{default}\"'::JSONB WHERE key = '{key}'"
                case _:
                    print(line, end="")
                    continue
            server.database.sql(statement)
            child.stdin.write("done\n")
    if child.returncode != 0:
        sys.exit(f"{program} failed")


def main() -> None:
    parser = argparse.ArgumentParser(prog="cargo xtask featuresignals live", description=__doc__)
    parser.add_argument("folder", type=Path, help="a checkout of the source of FeatureSignals, which is only read")
    parser.add_argument(
        "--with-flush",
        action="store_true",
        help="build the server with the method `Flush` that its event stream needs; as shipped, the stream answers 500",
    )
    parser.add_argument("--client", required=True, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    source = (arguments.folder / "server").resolve()
    if not (source / "cmd/server/main.go").is_file():
        sys.exit(f"{arguments.folder} is no checkout of FeatureSignals: it has no file server/cmd/server/main.go")
    if not shutil.which("go"):
        sys.exit("install Go, in the version that server/go.mod names or newer")
    # The programs and the folder end with this program, also by Ctrl-C of `cargo xtask`.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("interrupted"))
    with ExitStack() as ended:
        folder = Path(ended.enter_context(tempfile.TemporaryDirectory(prefix="fh-featuresignals-")))
        # The user who runs PostgreSQL enters it.
        folder.chmod(0o755)
        program = build(source, folder, arguments.with_flush)
        server = Server(program, Database(folder / "postgresql", ended), folder, ended)
        print(f"    http://127.0.0.1:{server.port} is ready", flush=True)
        is_equal = replay(server)
        check_stream(server, arguments.with_flush)
        if not is_equal:
            sys.exit("answers differ from the recorded ones")
        check_client(server, arguments.client, arguments.with_flush)


main()
