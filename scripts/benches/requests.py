"""CPU per request of a proxy beside Envoy and HAProxy, in one run: scripts/bench requests --help"""

import argparse
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from .pace import PACE, paced
from .works import LARGE, ROUTES, WORKS

ROOT = Path(__file__).resolve().parent.parent.parent
PEERS = Path(os.environ.get("BIFOCAL_PEERS", ROOT / ".peers")) / "bin"
TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20
BUILT = {"bifocal", "netty"}


def find(name):
    """An executable from the peers, else from the path."""
    path = os.pathsep.join([str(PEERS), os.environ.get("PATH", ""), "/usr/sbin"])
    return shutil.which(name, path=path)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@dataclass
class Proxy:
    name: str
    port: int
    process: subprocess.Popen
    output: Path
    access_log: Path
    cpu: list = field(default_factory=list)
    rate: list = field(default_factory=list)
    p50: list = field(default_factory=list)
    p99: list = field(default_factory=list)
    paced: list = field(default_factory=list)
    rss: float = 0
    requests: int = 0

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_bytes(self):
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Bench:
    def __init__(self, work, options, directory):
        self.work = work
        self.options = options
        self.directory = directory
        self.processes = []
        cores = sorted(os.sched_getaffinity(0))
        self.proxy_core = {cores[0]}
        self.other_cores = set(cores[1:]) or {cores[0]}
        self.backend = free_port()
        self.certificate = None
        if work.tls or work.http3:
            self.make_certificate()

    def spawn(self, name, command, cores):
        output = self.directory / f"{name}.out"
        with output.open("wb") as out:
            process = subprocess.Popen(
                command,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: os.sched_setaffinity(0, cores),
            )
        self.processes.append(process)
        return process, output

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path

    def make_certificate(self):
        """Of the kind that is usual today, with its key in one file."""
        self.certificate = self.directory / "certificate.pem"
        names = ["-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
        kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        made = [self.directory / "certificate", self.directory / "key"]
        subprocess.run(["openssl", "req", *kind, *names, "-out", made[0], "-keyout", made[1]], check=True, capture_output=True)
        self.certificate.write_text("".join(part.read_text() for part in made))

    def start_backend(self):
        large = self.write("large", "x" * LARGE)
        config = self.write("backend.cfg", self.work.backend(self.backend, large))
        self.spawn("backend", [find("haproxy"), "-db", "-f", str(config)], self.other_cores)

    def start(self, name):
        port, log = free_port(), self.directory / f"{name}.access.log"
        if name == "haproxy":
            config = self.write("haproxy.cfg", self.work.haproxy(port, self.backend, self.certificate))
            command = [find("haproxy"), "-db", "-f", str(config)]
        elif name == "netty":
            command = self.work.netty(port, self.backend, self.certificate)
        else:
            config = self.write(f"{name}.yaml", self.work.envoy(port, free_port(), self.backend, log, self.certificate))
            program = find("envoy") if name == "envoy" else str(ROOT / "scripts" / "bifocal")
            command = [program, "-c", str(config), "--concurrency", "1", "-l", "warning", "--disable-hot-restart"]
        process, output = self.spawn(name, command, self.proxy_core)
        proxy = Proxy(name, port, process, output, output if name == "haproxy" else log)
        self.await_answer(proxy)
        return proxy

    def await_answer(self, proxy):
        # Long enough for scripts/bifocal to build what it runs.
        deadline = time.monotonic() + 600
        while True:
            if proxy.process.poll() is not None:
                fail(f"{proxy.name} ended with {proxy.process.returncode}:\n{tail(proxy.output)}")
            try:
                length = self.fetch(proxy)
                if length != self.work.body:
                    fail(f"{proxy.name} answers with {length} bytes, and not with {self.work.body}")
                return
            except subprocess.CalledProcessError:
                if time.monotonic() > deadline:
                    fail(f"{proxy.name} does not answer:\n{tail(proxy.output)}")
                time.sleep(0.1)

    def fetch(self, proxy):
        """The length of an answer."""
        if self.work.http3:
            command = self.work.load(find, proxy.port, 0, 1)
            told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            served = re.search(r"[1-9]\d* succeeded, 0 failed, 0 errored.* a body of (\d+) bytes", told)
            if not served:
                raise subprocess.CalledProcessError(1, command)
            return int(served.group(1))
        version = "--http1.1"
        if self.work.http2:
            version = "--http2" if self.work.tls else "--http2-prior-knowledge"
        trust = ["--cacert", self.certificate] if self.work.tls else []
        url = self.work.url(proxy.port)
        return len(subprocess.run([find("curl"), "-sSf", "-m5", version, *trust, url], capture_output=True, check=True).stdout)

    def load(self, proxy, seconds):
        run = subprocess.run(
            self.work.load(find, proxy.port, seconds, self.options.connections),
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: os.sched_setaffinity(0, self.other_cores),
        )
        done = None if run.returncode else self.work.read(run.stdout)
        if not done:
            fail(f"{self.work.tool} failed on {proxy.name}:\n{run.stdout}{run.stderr}{tail(proxy.output)}")
        for trouble in ("Non-2xx.*", "Socket errors.*", "[1-9][0-9]* [345]xx"):
            found = re.search(trouble, run.stdout)
            if found:
                print(f"bench: {proxy.name}: {found.group()}", file=sys.stderr)
        proxy.requests += done[0]
        return done

    def warm_up(self, proxy):
        served = 0
        while served < (self.work.warm_up or self.options.warm_up):
            served += self.load(proxy, self.options.seconds)[0]

    def measure(self, proxy):
        before = proxy.cpu_seconds()
        requests, p50, p99 = self.load(proxy, self.options.seconds)
        proxy.cpu.append((proxy.cpu_seconds() - before) / requests * 1e6)
        proxy.rate.append(requests / self.options.seconds)
        proxy.p50.append(p50)
        proxy.p99.append(p99)
        proxy.rss = max(proxy.rss, proxy.resident_bytes())

    def stop(self):
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def tail(path):
    return "\n".join(path.read_text(errors="replace").splitlines()[-20:])


def fail(message):
    raise SystemExit(f"bench: {message}")


def logged(proxy):
    """The share of requests with a line in the access log; 0 where there is none."""
    if not proxy.access_log.exists():
        return 0
    with proxy.access_log.open("rb") as log:
        return sum(block.count(b"\n") for block in iter(lambda: log.read(MIB), b"")) / proxy.requests


def median(times):
    return shown(None if None in times else statistics.median(times))


def shown(time):
    return "-" if time is None else f"{time:.2f}"


def paced_medians(proxy):
    return [median(times) for times in zip(*proxy.paced)] or ["-", "-"]


def report(proxies):
    reference = next((p for p in proxies if p.name == "envoy"), proxies[0])
    base = statistics.median(reference.cpu)
    print()
    print(f"{'':10}{'CPU µs/req':>12}{f'/ {reference.name}':>10}{'min':>8}{'max':>8}{'req/s':>10}"
          f"{'p50 ms':>9}{'p99 ms':>9}{'paced p50':>11}{'paced p99':>11}{'RSS MiB':>9}{'logged':>10}")
    for proxy in proxies:
        cpu = statistics.median(proxy.cpu)
        paced_p50, paced_p99 = paced_medians(proxy)
        print(
            f"{proxy.name:10}{cpu:12.1f}{cpu / base:10.2f}{min(proxy.cpu):8.1f}{max(proxy.cpu):8.1f}"
            f"{statistics.median(proxy.rate):10.0f}{median(proxy.p50):>9}{median(proxy.p99):>9}"
            f"{paced_p50:>11}{paced_p99:>11}"
            f"{proxy.rss / MIB:9.0f}{logged(proxy):10.1%}"
        )


def arguments(argv):
    parser = argparse.ArgumentParser(
        prog="scripts/bench requests",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="CPU per request of Bifocal beside Envoy and HAProxy, one worker each, in one run.",
        epilog=f"""
The work is the same for each: requests over keep-alive connections, {ROUTES} routes with a retry policy, an access log
in a file, statistics; for the TCP proxy a line for each connection. The proxy has one core for itself, load generator and backend share the others.
Rounds are interleaved; the table shows medians, and ratios to Envoy. CPU is what the kernel counts for the whole
process, so a JVM pays for its collector and compiler. p50 and p99 are at each proxy's own maximum; the paced ones at the
same rate for all, {PACE:.0%} of the first proxy's maximum, by h2load. "logged" is access-log lines per request: 100 % or it cheats.
netty is what Netty alone takes over HTTP/3, without log, statistics, routes or limits: nobody's proxy, but the floor for one on the JVM.

Ratios compare, absolute numbers are this machine's. Needs what scripts/peers brings: wrk, haproxy, envoy.
BIFOCAL_JAVA_OPTS reaches the JVM.
""",
    )
    parser.add_argument("--rounds", type=int, default=5, help="measured rounds per proxy (default: 5)")
    parser.add_argument("--seconds", type=int, default=5, help="length of a round (default: 5)")
    parser.add_argument("--connections", type=int, default=64, help="connections of the load generator (default: 64)")
    parser.add_argument("--warm-up", type=int, default=300_000, help="requests before the first round, for a JIT to have compiled the path (default: 300000)")
    parser.add_argument(
        "--proxies",
        default="envoy,haproxy,netty,bifocal",
        help="which, and in what order (default: envoy,haproxy,netty,bifocal)",
    )
    parser.add_argument(
        "--works",
        default=",".join(WORKS),
        help="which kinds of work, one after the other (default: all): " + "; ".join(f"{w.name}: {w.what}" for w in WORKS.values()),
    )
    options = parser.parse_args(argv)
    options.proxies = options.proxies.split(",")
    options.works = options.works.split(",")
    strange = set(options.works) - set(WORKS)
    if strange:
        parser.error(f"no such work: {', '.join(sorted(strange))}")
    unknown = set(options.proxies) - {"envoy", "haproxy", *BUILT}
    if unknown:
        parser.error(f"no such proxy: {', '.join(sorted(unknown))}")
    return options


def main(argv):
    options = arguments(argv)
    works = [WORKS[name] for name in options.works]
    for tool in {"curl", "haproxy"} | ({"openssl"} if any(work.tls or work.http3 for work in works) else set()) | {work.tool for work in works} | set(options.proxies) - BUILT:
        if not find(tool):
            fail(f"{tool} is missing: scripts/peers {tool} brings it")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    cpu = {}
    for work in works:
        with tempfile.TemporaryDirectory(prefix="bench") as directory:
            cpu[work.name] = run(work, options, Path(directory))
    if {"one", "many"} <= set(cpu):
        print("\nbench: many / one: " + ", ".join(f"{name} {cpu['many'][name] / one:.2f}" for name, one in cpu["one"].items()))


def run(work, options, directory):
    print(f"\nbench: {work.name}: {work.what}", flush=True)
    bench = Bench(work, options, directory)
    try:
        bench.start_backend()
        proxies = [bench.start(name) for name in options.proxies if name == "bifocal" or name in work.peers]
        for proxy in proxies:
            print(f"bench: warming up {proxy.name} …", flush=True)
            bench.warm_up(proxy)
        for number in range(1, options.rounds + 1):
            for proxy in proxies:
                bench.measure(proxy)
            print(
                f"bench: round {number} of {options.rounds}: "
                + ", ".join(f"{p.name} {p.cpu[-1]:.1f} µs" for p in proxies),
                flush=True,
            )
        if not work.tcp and not work.http3 and not work.each and find("h2load"):
            rate = PACE * statistics.median(proxies[0].rate)
            for _ in range(options.rounds):
                for proxy in proxies:
                    proxy.paced.append(paced(bench, proxy, rate))
        report(proxies)
        return {proxy.name: statistics.median(proxy.cpu) for proxy in proxies}
    except KeyboardInterrupt:
        fail("interrupted")
    finally:
        bench.stop()
