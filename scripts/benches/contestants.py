"""Who races: each fetches a URL on the near side of the lab, some times over, over connections of their own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

ROOT = Path(__file__).resolve().parent.parent.parent
PEERS = Path(os.environ.get("BIFOCAL_PEERS", ROOT / ".peers")) / "bin"
LISTENER = 8888
PORT = 80
HTTP2_PORT = 8080
SECONDS = 40

PROXY = """
static_resources:
  listeners:
  - name: ingress
    address: {{socket_address: {{address: 127.0.0.1, port_value: {listener}}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.tcp_proxy
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: ingress
          cluster: far
  clusters:
  - name: far
    type: LOGICAL_DNS
    dns_lookup_family: ALL
    connect_timeout: 10s
    load_assignment:
      cluster_name: far
      endpoints:
      - lb_endpoints:
        - endpoint: {{address: {{socket_address: {{address: {name}, port_value: {port}}}}}}}
"""


@dataclass(frozen=True)
class Contestant:
    """fetch(lab, name, count) lets it connect to a name that often, and returns what it said of each."""

    name: str
    what: str
    needs: tuple
    fetch: Callable
    port: int = PORT


def peer(name):
    found = shutil.which(name, path=os.pathsep.join([str(PEERS), os.environ.get("PATH", "")]))
    return found or name


def run(lab, *command):
    """Runs a client that says a line of JSON for each fetch."""
    done = subprocess.run(lab.near(*command), capture_output=True, text=True, timeout=SECONDS * 2, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def curl(lab, name, count):
    url = f"http://{name}:{PORT}/"
    command = [peer("curl"), "-s", "-S", "--max-time", "15", "-H", "connection: close"]
    command += ["-w", '\\n{"code": "%{http_code}", "s": %{time_total}, "problem": "%{errormsg}"}\\n']
    done = subprocess.run(lab.near(*command, *[url] * count), capture_output=True, text=True, timeout=SECONDS * 2, check=False)
    replies, body = [], ""
    for line in done.stdout.splitlines():
        if not line.startswith("{"):
            body = line
            continue
        said = json.loads(line)
        outcome = {"body": body} if said["code"] == "200" else {"error": said["problem"] or said["code"]}
        replies.append({**outcome, "ms": 1000 * said["s"]})
        body = ""
    return replies


def go(lab, name, count):
    return run(lab, peer("go-dialer"), f"http://{name}:{PORT}/", str(count))


def java(client, port=PORT, **environment):
    def fetch(lab, name, count):
        settings = [f"{key}={value}" for key, value in environment.items()]
        return run(lab, "env", *settings, peer("java-clients"), client, f"http://{name}:{port}/", str(count))

    return fetch


def proxy(*program):
    """A proxy with a logical DNS cluster and a TCP proxy before it, started for the occasion."""

    def fetch(lab, name, count):
        with tempfile.TemporaryDirectory(prefix="bench") as directory:
            config = Path(directory) / "proxy.yaml"
            config.write_text(PROXY.format(listener=LISTENER, name=name, port=PORT))
            command = [peer(program[0]), *program[1:], "-c", str(config), "--concurrency", "1", "-l", "error"]
            with (Path(directory) / "out").open("wb") as out:
                process = subprocess.Popen(lab.near(*command), stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
                try:
                    return run(lab, sys.executable, str(ROOT / "scripts" / "benches" / "fetch.py"), str(LISTENER), str(count))
                finally:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()

    return fetch


CONTESTANTS = [
    Contestant("bifocal", "this proxy, LOGICAL_DNS and ALL", (), proxy(str(ROOT / "scripts" / "bifocal"))),
    Contestant("envoy", "Envoy 1.40, the same configuration", ("envoy",), proxy("envoy", "--disable-hot-restart")),
    Contestant("curl", "curl of Debian 12", ("curl",), curl),
    Contestant("go", "net/http over net.Dialer", ("go-dialer",), go),
    Contestant("jdk", "java.net.http.HttpClient of JDK 17", ("java-clients",), java("jdk")),
    Contestant("okhttp", "OkHttp 5", ("java-clients",), java("okhttp")),
    Contestant("grpc-java", "grpc-java 1.85, as it comes", ("java-clients",), java("grpc", HTTP2_PORT), HTTP2_PORT),
    Contestant(
        "grpc-java +HE",
        "the same with GRPC_EXPERIMENTAL_ENABLE_NEW_PICK_FIRST and GRPC_PF_USE_HAPPY_EYEBALLS",
        ("java-clients",),
        java("grpc", HTTP2_PORT, GRPC_EXPERIMENTAL_ENABLE_NEW_PICK_FIRST="true", GRPC_PF_USE_HAPPY_EYEBALLS="true"),
        HTTP2_PORT,
    ),
]
