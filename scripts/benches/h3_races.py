"""HTTP/3 before a dead family, on the wire: scripts/bench h3-races --help"""

import argparse
import itertools
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from .contestants import ROOT, peer

sys.path.insert(0, str(ROOT / "conformance-tests" / "lab"))
import wirelab  # noqa: E402

LISTENER, ADMIN = 8888, 8889
PORT = 443
DELAY = 300
PAGE = ROOT / "docs" / "happy-eyeballs.md"
MARKS = ("<!-- http3: begin -->", "<!-- http3: end -->")
GUARD = "envoy.reloadable_features.http3_happy_eyeballs"

BIFOCAL = (str(ROOT / "scripts" / "bifocal"),)
ENVOY = ("envoy", "--disable-hot-restart")
CONTESTANTS = {
    "bifocal": (BIFOCAL, ""),
    "envoy": (ENVOY, f'{GUARD}: false'),
    "envoy +guard": (ENVOY, f'{GUARD}: true'),
}

PROXY = """
admin: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {admin}}}}}}}
layered_runtime: {{layers: [{{name: guards, static_layer: {{{guards}}}}}]}}
static_resources:
  listeners:
  - name: ingress
    address: {{socket_address: {{address: 127.0.0.1, port_value: {listener}}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: ingress
          route_config: {{virtual_hosts: [{{name: all, domains: ["*"], routes: [{{match: {{prefix: /}}, route: {{cluster_header: x-cluster}}}}]}}]}}
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {{"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}
  clusters: [{clusters}]
"""

CLUSTER = """
  {{name: {name}, type: STATIC, connect_timeout: 1s,
    transport_socket: {{name: envoy.transport_sockets.quic, typed_config: {{
      "@type": type.googleapis.com/envoy.extensions.transport_sockets.quic.v3.QuicUpstreamTransport,
      upstream_tls_context: {{sni: server.lab, common_tls_context: {{validation_context: {{trusted_ca: {{filename: {ca}}}}}}}}}}}}},
    typed_extension_protocol_options: {{envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {{
      "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions,
      auto_config: {{http3_protocol_options: {{}}, http2_protocol_options: {{}}, http_protocol_options: {{}},
        alternate_protocols_cache_options: {{name: {name}, prepopulated_entries: [{{hostname: server.lab, port: {port}}}]}}}}}}}},
    load_assignment: {{cluster_name: {name}, endpoints: [{{lb_endpoints: [{{endpoint: {{
      address: {{socket_address: {{address: "{six}", port_value: {port}}}}},
      additional_addresses: [{{address: {{socket_address: {{address: "{four}", port_value: {port}}}}}}}]}}}}]}}]}}}}"""

# Envoy on the far side: its answers come quickly, and it is nobody's friend here.
SERVER = """
admin: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {admin}}}}}}}
static_resources: {{listeners: [{listeners}]}}
"""
SERVER_LISTENER = """
  {{name: "{protocol} {address}", address: {{socket_address: {{protocol: {protocol}, address: "{address}", port_value: {port}}}}}, {options}
    filter_chains: [{{transport_socket: {{name: tls, typed_config: {socket}}}, filters: [{{
      name: envoy.filters.network.http_connection_manager, typed_config: {{
        "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager,
        stat_prefix: far, codec_type: {codec},
        route_config: {{virtual_hosts: [{{name: all, domains: ["*"], routes: [{{match: {{prefix: /}}, direct_response: {{status: 200, body: {{inline_string: "{protocol} {address}"}}}}}}]}}]}},
        http_filters: [{{name: router, typed_config: {{"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}}}]}}}}]}}]}}"""
TLS = '{{"@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext, common_tls_context: {common}}}'
QUIC = (
    '{{"@type": type.googleapis.com/envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport,'
    " downstream_tls_context: {{common_tls_context: {common}}}}}"
)


def certificates(directory):
    """An authority's certificate, and server.lab's with its key."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    openssl("req", "-x509", *kind, "-subj", "/CN=ca", "-out", "ca.pem", "-keyout", "ca.key")
    openssl("req", *kind[:-2], "-subj", "/CN=server.lab", "-out", "server.csr", "-keyout", "server.key")
    (directory / "names").write_text("subjectAltName=DNS:server.lab\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", "server.pem")


def server(directory, addresses):
    """The far side's configuration."""
    common = "{tls_certificates: [{certificate_chain: {filename: %s}, private_key: {filename: %s}}]%s}"
    listeners = []
    for address in addresses:
        for protocol, codec, socket, options, alpn in (
            ("TCP", "AUTO", TLS, "", ", alpn_protocols: [h2]"),
            ("UDP", "HTTP3", QUIC, "udp_listener_config: {quic_options: {}},", ""),
        ):
            said = socket.format(common=common % (directory / "server.pem", directory / "server.key", alpn))
            listeners.append(SERVER_LISTENER.format(
                protocol=protocol, codec=codec, address=address, port=PORT, options=options, socket=said))
    return SERVER.format(admin=ADMIN, listeners=",".join(listeners))


@contextmanager
def running(command, config, directory):
    """A program with a configuration, ended with all that it started."""
    path = directory / f"{len(list(directory.iterdir()))}.yaml"
    path.write_text(config)
    with path.with_suffix(".out").open("wb") as out:
        process = subprocess.Popen(
            [*command, "-c", str(path), "--concurrency", "1", "-l", "error"], stdout=out, stderr=subprocess.STDOUT,
            start_new_session=True)
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Asker:
    """Asks the proxy from within the near side."""

    def __init__(self, lab):
        here = str(Path(__file__).resolve().parent / "ask.py")
        self.process = subprocess.Popen(
            lab.near(sys.executable, here, str(LISTENER)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, cluster, count):
        """[(milliseconds to the first byte, status, body)], one request after the other."""
        self.process.stdin.write(f"{cluster} {count}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("nothing listens")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Field:
    def __init__(self, lab, directory, options):
        self.lab, self.directory, self.options = lab, directory, options
        self.six, self.four = lab.six(1), lab.four(1)

    def rules(self, dead):
        half = self.options.rtt / 2
        for address in (self.six, self.four):
            self.lab.rule(address, delay_ms=half)
        self.lab.rule(self.six, PORT, "drop" if dead else "accept", half, "udp")

    def measure(self, contestant):
        (program, *rest), guards = CONTESTANTS[contestant]
        command = self.lab.near(peer(program), *rest)
        rounds, warm = self.options.rounds, self.options.warm_up
        clusters = [f"c{i}" for i in range(2 * rounds + warm + 2)]
        config = PROXY.format(
            admin=ADMIN, listener=LISTENER, guards=guards,
            clusters=",".join(CLUSTER.format(name=name, ca=self.directory / "ca.pem", six=self.six, four=self.four, port=PORT)
                              for name in clusters))
        names = iter(clusters)
        figures = {}
        with running(command, config, self.directory):
            asker = Asker(self.lab)
            try:
                self.rules(dead=True)
                figures["cold"] = self.one(asker, next(names))
                for name in itertools.islice(names, warm):
                    self.one(asker, name)
                figures["dead"] = [self.one(asker, name) for name in itertools.islice(names, rounds)]
                self.rules(dead=False)
                self.one(asker, next(names))
                figures["well"] = [self.one(asker, name) for name in itertools.islice(names, rounds)]
            finally:
                asker.close()
        return figures

    def one(self, asker, cluster):
        """Three requests to a cluster that nobody has asked yet."""
        self.lab.clear()
        replies = asker.ask(cluster, 3)
        seen = [s for s in self.lab.record() if s["port"] == PORT and s["kind"] in ("udp", "syn")]
        starts = {}
        for s in seen:
            key = ("u" if s["kind"] == "udp" else "t") + ("6" if s["to"] == self.six else "4")
            starts.setdefault(key, s["at"])
        zero = min(starts.values()) if starts else 0
        return {"ms": [r[0] for r in replies], "status": [r[1] for r in replies], "by": [r[2] for r in replies],
                "starts": {key: (at - zero) / 1e6 for key, at in starts.items()}}


def quantiles(values):
    ordered = sorted(values)
    if not ordered:
        return "never"
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return f"{statistics.median(ordered):.1f}, {p99:.1f}"


def nth(rounds, n):
    return quantiles([r["ms"][n] for r in rounds if r["status"][n] == 200])


def start(rounds, of):
    return quantiles([r["starts"][of] for r in rounds if of in r["starts"]])


def served(rounds, n):
    by = [r["by"][n].split(" ")[0] if r["status"][n] == 200 else str(r["status"][n]) for r in rounds]
    return "/".join(sorted({{"UDP": "HTTP/3", "TCP": "TCP"}.get(b, b) for b in by}))


def table(results):
    lines = [
        "| | all well | first request | HTTP/3 over the other family begins | TCP begins | second, third request | first of a process |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, f in results.items():
        dead = f["dead"]
        cold = f["cold"]
        lines.append(
            f"| {name} | {nth(f['well'], 0)} | {nth(dead, 0)} ({served(dead, 0)}) | {start(dead, 'u4')} | {start(dead, 't6')} | "
            f"{nth(dead, 1)}; {nth(dead, 2)} | {cold['ms'][0]:.0f}, then {cold['ms'][1]:.0f}; begins {cold['starts'].get('u4', 0):.0f} |")
    return lines


def write(lines):
    text = PAGE.read_text()
    before, _, rest = text.partition(MARKS[0])
    after = rest.partition(MARKS[1])[2]
    PAGE.write_text(before + "\n".join([MARKS[0], *lines, MARKS[1]]) + after)


def arguments(argv):
    parser = argparse.ArgumentParser(
        prog="scripts/bench h3-races",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="How long requests wait for their first byte where HTTP/3 is known, and no datagram to the first family comes through.",
        epilog="Times are milliseconds: median, 99th percentile. Needs root, ip, openssl and /dev/net/tun for the lab, and scripts/peers envoy,\n"
        "which serves on the far side too. Nothing else should run meanwhile.\n",
    )
    parser.add_argument("--only", help=f"which contestants, with commas between them (of: {', '.join(CONTESTANTS)})")
    parser.add_argument("--rounds", type=int, default=100, help="clusters that are asked for the first time (default: 100)")
    parser.add_argument("--warm-up", type=int, default=30, help="clusters before those that count (default: 30)")
    parser.add_argument("--rtt", type=float, default=5, help="round trip to either family, in ms (default: 5)")
    parser.add_argument("--json", help="write every figure to this file")
    parser.add_argument("--write", action="store_true", help="put the table into docs/happy-eyeballs.md")
    options = parser.parse_args(argv)
    options.contestants = options.only.split(",") if options.only else list(CONTESTANTS)
    if unknown := set(options.contestants) - set(CONTESTANTS):
        parser.error(f"no such contestant: {', '.join(sorted(unknown))}")
    return options


def main(argv):
    options = arguments(argv)
    if not Path(peer("envoy")).exists():
        sys.exit("bench: envoy is missing: scripts/peers envoy brings it")
    subprocess.run([ROOT / "scripts" / "bifocal", "--version"], check=True, stdout=subprocess.DEVNULL)
    results = {}
    try:
        with wirelab.Lab() as lab, tempfile.TemporaryDirectory(prefix="bench") as place:
            directory = Path(place)
            certificates(directory)
            far = server(directory, (lab.six(1), lab.four(1)))
            with running(lab.far(peer("envoy"), "--disable-hot-restart"), far, directory):
                field = Field(lab, directory, options)
                for contestant in options.contestants:
                    print(f"bench: {contestant} …", file=sys.stderr, flush=True)
                    results[contestant] = field.measure(contestant)
    except wirelab.Missing as missing:
        sys.exit(f"bench: no lab: {missing}")
    if options.json:
        Path(options.json).write_text(json.dumps(results))
    lines = table(results)
    print("\n".join(lines))
    if options.write:
        write(lines)
