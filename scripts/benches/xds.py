"""Thousands of clusters from a control plane, beside Envoy: scripts/bench xds --help"""

import argparse
import json
import queue
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import defaultdict
from pathlib import Path

from benches.requests import MIB, ROOT, TICKS, fail, find, free_port, tail

CLUSTERS = "Cluster"
ENDPOINTS = "ClusterLoadAssignment"
API_TYPES = {"delta": "DELTA_GRPC", "sotw": "GRPC"}
PATIENCE = 120


def bootstrap(dialect, control_plane, admin):
    host, _, port = control_plane.rpartition(":")
    return f"""
node: {{id: scale, cluster: scale}}
admin:
  address: {{socket_address: {{address: 127.0.0.1, port_value: {admin}}}}}
dynamic_resources:
  ads_config:
    api_type: {API_TYPES[dialect]}
    transport_api_version: V3
    set_node_on_first_message_only: true
    grpc_services:
    - envoy_grpc: {{cluster_name: control_plane}}
  cds_config: {{ads: {{}}, resource_api_version: V3}}
static_resources:
  clusters:
  - name: control_plane
    type: STATIC
    connect_timeout: 5s
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {{http2_protocol_options: {{}}}}
    load_assignment:
      cluster_name: control_plane
      endpoints:
      - lb_endpoints:
        - endpoint: {{address: {{socket_address: {{address: {host}, port_value: {port}}}}}}}
"""


class ControlPlane:
    """What scripts/peers calls gcp-scale."""

    def __init__(self, options, directory):
        command = [find("gcp-scale"), "-clusters", str(options.clusters), "-endpoints", str(options.endpoints)]
        self.errors = directory / "control-plane.out"
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        self.events = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        self.address = self.expect(lambda e: e["event"] == "listening")["address"]

    def read(self):
        for line in self.process.stdout:
            self.events.put(json.loads(line))

    def expect(self, wanted):
        """The next event that is wanted; those before it are forgotten."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                event = self.events.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                fail(f"the control plane waited in vain:\n{tail(self.errors)}")
            if event.get("error"):
                fail(f"refused: {event['error']}")
            if wanted(event):
                return event

    def change(self, command, types):
        """Changes something, and tells how many ms lie between the first response and the last answer due."""
        self.forget()
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        first, sent, open_types = None, {}, set(types)
        while open_types:
            event = self.expect(lambda e: e["event"] in ("response", "answer"))
            if event["event"] == "response":
                first = event["at"] if first is None else first
                sent.setdefault(event["type"], event["nonce"])
            elif sent.get(event["type"]) == event["nonce"]:
                open_types.discard(event["type"])
        return (event["at"] - first) / 1000

    def forget(self):
        while not self.events.empty():
            self.events.get()

    def stop(self):
        self.process.kill()
        self.process.wait()


class Proxy:
    def __init__(self, name, dialect, control_plane, options, directory):
        self.name = name
        self.admin = free_port()
        config = directory / "bootstrap.yaml"
        config.write_text(bootstrap(dialect, control_plane.address, self.admin))
        self.output = directory / f"{name}.out"
        program = find("envoy") if name == "envoy" else str(ROOT / "scripts" / "bifocal")
        command = [program, "-c", str(config), "-l", "warning", "--disable-hot-restart"]
        command += ["--concurrency", str(options.concurrency)]
        self.began = time.monotonic()
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)

    def ask(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}{path}", timeout=60) as response:
            return response.read()

    def await_ready(self, clusters):
        """Seconds from its start until it is ready, with all clusters active."""
        while True:
            if self.process.poll() is not None:
                fail(f"{self.name} ended with {self.process.returncode}:\n{tail(self.output)}")
            try:
                if self.ask("/ready").strip() == b"LIVE":
                    break
            except OSError:  # not there yet, or 503
                pass
            if time.monotonic() > self.began + PATIENCE:
                fail(f"{self.name} does not become ready:\n{tail(self.output)}")
            time.sleep(0.05)
        took = time.monotonic() - self.began
        active = int(self.ask("/stats?filter=^cluster_manager.active_clusters$").split()[-1])
        if active != clusters + 1:
            fail(f"{self.name} is ready with {active} clusters, not with {clusters + 1}")
        return took

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def settled_cpu_seconds(self):
        """The same, once it has nothing more to do: what is cleared up or compiled later is counted as well."""
        before, deadline = self.cpu_seconds(), time.monotonic() + 20
        while True:
            time.sleep(0.5)
            now = self.cpu_seconds()
            if now - before <= 0.02 or time.monotonic() > deadline:
                return now
            before = now

    def peak_mib(self):
        return self.status("VmHWM") / 1024

    def resident_mib(self):
        return self.status("VmRSS") / 1024

    def status(self, field):
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(field + ":")).split()[1])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def timed(call):
    """How many ms it takes, and how many MiB it brings."""
    began = time.monotonic()
    size = len(call())
    return (time.monotonic() - began) * 1000, size / MIB


def run(name, dialect, options, directory, figures):
    """One life of a proxy; each figure goes to its row."""
    plane = ControlPlane(options, directory)
    proxy = Proxy(name, dialect, plane, options, directory)
    try:
        note = lambda row, value: figures[row][name].append(value)
        note("first load: s to ready", proxy.await_ready(options.clusters))
        note("first load: CPU s to ready", proxy.cpu_seconds())
        used = proxy.settled_cpu_seconds()
        note("first load: CPU s", used)
        note("first load: peak RSS MiB", proxy.peak_mib())
        changes = [plane.change("endpoint", {ENDPOINTS}) for _ in range(options.changes)]
        note("one endpoint: ms, the first time", changes[0])
        note("one endpoint: ms, median", statistics.median(changes))
        used, before = proxy.settled_cpu_seconds(), used
        note("one endpoint: CPU ms", (used - before) * 1000 / options.changes)
        changed = [plane.change(f"clusters {options.changed}", {CLUSTERS, ENDPOINTS}) for _ in range(options.changes)]
        note(f"{options.changed} clusters: ms, the first time", changed[0])
        note(f"{options.changed} clusters: ms, median", statistics.median(changed))
        used, before = proxy.settled_cpu_seconds(), used
        note(f"{options.changed} clusters: CPU ms", (used - before) * 1000 / options.changes)
        note("peak RSS MiB", proxy.peak_mib())
        note("RSS MiB at the end", proxy.resident_mib())
        for page in options.pages:
            took, size = timed(lambda: proxy.ask(page))
            note(f"{page}: ms", took)
            note(f"{page}: MiB", size)
        if options.pages:
            note("peak RSS MiB, pages too", proxy.peak_mib())
    finally:
        proxy.stop()
        plane.stop()


def report(dialect, figures, names):
    print(f"\n{dialect}:")
    columns = "".join(f"{name:>12}" for name in names)
    print(f"{'':38}{columns}" + ("".join(f"{'/ ' + names[0]:>12}" for _ in names[1:])))
    for row, by_name in figures.items():
        medians = [statistics.median(by_name[name]) for name in names]
        ratios = [value / medians[0] if medians[0] else float("nan") for value in medians[1:]]
        print(f"{row:38}" + "".join(f"{v:12.2f}" for v in medians) + "".join(f"{r:12.2f}" for r in ratios))


def arguments(argv):
    parser = argparse.ArgumentParser(
        prog="scripts/bench xds",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Thousands of clusters with their endpoints from go-control-plane over ADS: what the first load and\n"
        "changes cost Bifocal beside Envoy, in one run, from one bootstrap.",
        epilog="""
First load is from the start of the process (a JVM is cold) until /ready says LIVE and every cluster is active. A change
is timed by the control plane: from just before it sends the first response until the last answer (ACK) to it comes; the
ACK of changed clusters waits until they are warm, in both. CPU is what the kernel counts for the whole process until it
rests, so a JVM pays for its collector and compiler. RSS is the kernel's VmHWM.

Ratios compare, absolute numbers are this machine's. Needs what scripts/peers brings: envoy, gcp-scale.
BIFOCAL_JAVA_OPTS reaches the JVM.
""",
    )
    parser.add_argument("--clusters", type=int, default=10_000, help="how many (default: 10000)")
    parser.add_argument("--endpoints", type=int, default=10, help="of each cluster (default: 10)")
    parser.add_argument("--changed", type=int, default=1000, help="clusters that change at once (default: 1000)")
    parser.add_argument("--changes", type=int, default=5, help="changes of each kind in a round (default: 5)")
    parser.add_argument("--rounds", type=int, default=3, help="lives of each proxy; medians count (default: 3)")
    parser.add_argument("--concurrency", type=int, default=2, help="workers (default: 2)")
    parser.add_argument("--dialects", default="delta,sotw", help="of: delta, sotw (default: both)")
    parser.add_argument("--proxies", default="envoy,bifocal", help="which, and in what order (default: envoy,bifocal)")
    parser.add_argument(
        "--pages", default="/stats,/clusters,/config_dump", help="of admin, asked at the end (default: %(default)s)"
    )
    options = parser.parse_args(argv)
    options.dialects = options.dialects.split(",")
    options.proxies = options.proxies.split(",")
    options.pages = [page for page in options.pages.split(",") if page]
    if unknown := set(options.dialects) - set(API_TYPES):
        parser.error(f"no such dialect: {', '.join(sorted(unknown))}")
    if unknown := set(options.proxies) - {"envoy", "bifocal"}:
        parser.error(f"no such proxy: {', '.join(sorted(unknown))}")
    return options


def main(argv):
    options = arguments(argv)
    for tool in {"gcp-scale"} | set(options.proxies) - {"bifocal"}:
        if not find(tool):
            fail(f"{tool} is missing: scripts/peers {tool} brings it")
    # Builds what is run, so that no start pays for it.
    subprocess.run([ROOT / "scripts" / "bifocal", "--version"], check=True, stdout=subprocess.DEVNULL)
    figures = {dialect: defaultdict(lambda: defaultdict(list)) for dialect in options.dialects}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        for number in range(1, options.rounds + 1):
            for dialect in options.dialects:
                for name in options.proxies:
                    with tempfile.TemporaryDirectory(prefix="bench") as directory:
                        run(name, dialect, options, Path(directory), figures[dialect])
                    ready = figures[dialect]["first load: s to ready"][name][-1]
                    print(f"bench: round {number} of {options.rounds}: {dialect}: {name} ready after {ready:.2f} s", flush=True)
        for dialect in options.dialects:
            report(dialect, figures[dialect], options.proxies)
    except KeyboardInterrupt:
        fail("interrupted")
