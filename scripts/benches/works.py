"""The kinds of work that scripts/bench requests measures: what is configured, and what load is put on it."""

import re
from dataclasses import dataclass

from .java import java_tests

# Neither wrk nor Debian's h2load speaks it.
HTTP3_LOAD = "io.bifocal.dataplane.Http3Load"
# The floor: the same libraries, and nothing of a proxy that users see.
HTTP3_BARE = "io.bifocal.dataplane.BareHttp3Proxy"
ROUTES = 20
BODY = "ok"
LARGE = 8192
HEADERS = {
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "accept-encoding": "gzip, deflate, br, zstd",
    "accept-language": "en-GB,en;q=0.9,de;q=0.8",
    "cache-control": "no-cache",
    "cookie": "session=0123456789abcdef0123456789abcdef; theme=dark; consent=yes",
    "referer": "https://www.example.com/some/page?with=a&query=string",
    "origin": "https://www.example.com",
    "x-tenant": "blue",
    "x-correlation-id": "7f1c0f5e-0a67-4f0e-9a43-2a4e8f6d2f01",
}


@dataclass(frozen=True)
class Work:
    """
    One kind. path: what is asked for; body: of what length the answer's is; clusters: each route has its own when there
    are several; tls: clients come over TLS; http3: they come over QUIC; each: every request has a connection of its own; warm_up: how many requests
    before the first round, where it is not as many as usual; peers: who else can do it.
    """

    name: str
    what: str
    path: str = "/service/17/item"
    body: int = len(BODY)
    headers: bool = False
    http2: bool = False
    tcp: bool = False
    tls: bool = False
    http3: bool = False
    each: bool = False
    warm_up: int = None
    tool: str = "wrk"
    routes: int = ROUTES
    clusters: int = 1
    peers: tuple = ("envoy", "haproxy")

    def envoy(self, port, admin, backend, log, certificate):
        return f"""
admin:
  address: {{socket_address: {{address: 127.0.0.1, port_value: {admin}}}}}
static_resources:
  listeners:
  - name: ingress
    address: {{socket_address: {{{"protocol: UDP, " if self.http3 else ""}address: 127.0.0.1, port_value: {port}}}}}
{"    udp_listener_config: {quic_options: {}}" if self.http3 else ""}
    filter_chains:
    - filters:
{self._tcp_proxy(log) if self.tcp else self._connection_manager(log)}
{downstream_tls(self.alpn(), certificate) if self.tls else downstream_quic(certificate) if self.http3 else ""}
  clusters:
{self._clusters(backend)}
"""

    def alpn(self):
        return "h2" if self.http2 else "http/1.1"

    def url(self, port):
        return f"{'https' if self.tls or self.http3 else 'http'}://127.0.0.1:{port}{self.path}"

    def _clusters(self, backend):
        return "\n".join(
            f"""
  - name: backend-{i}
    type: STATIC
    connect_timeout: 5s
{HTTP2_UPSTREAM if self.http2 else ""}
    load_assignment:
      cluster_name: backend-{i}
      endpoints:
      - lb_endpoints:
        - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {backend}}}}}}}
"""
            for i in range(self.clusters)
        )

    def _connection_manager(self, log):
        routes = "\n".join(
            f"              - {{match: {{prefix: /service/{i}/}}, route: {{cluster: backend-{i % self.clusters}, "
            "retry_policy: {retry_on: 5xx, num_retries: 1}}}"
            for i in range(self.routes)
        )
        return f"""
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: ingress
          codec_type: {"HTTP3" if self.http3 else "AUTO"}
{access_log(log)}
          route_config:
            name: routes
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
{routes}
          http_filters:
          - name: envoy.filters.http.router
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
"""

    def _tcp_proxy(self, log):
        return f"""
      - name: envoy.filters.network.tcp_proxy
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: ingress
          cluster: backend-0
{access_log(log)}
"""

    def haproxy(self, port, backend, certificate):
        routes = "\n".join(f"  use_backend b if {{ path_beg /service/{i}/ }}" for i in range(self.routes))
        proto = " proto h2" if self.http2 else ""
        bind = f" ssl crt {certificate} alpn {self.alpn()}" if self.tls else proto
        return f"""
global
  nbthread 1
  log stdout format raw local0
defaults
  mode {"tcp" if self.tcp else "http"}
  log global
  option {"tcplog" if self.tcp else "httplog"}
  timeout connect 5s
  timeout client 60s
  timeout server 60s
{"" if self.tcp else HAPROXY_RETRIES}
frontend ingress
  bind 127.0.0.1:{port}{bind}
{"  default_backend b" if self.tcp else routes}
backend b
  server s 127.0.0.1:{backend}{proto}
"""

    def netty(self, port, backend, certificate):
        """The command that starts Netty alone."""
        return [*java_tests("-Xmx64m"), HTTP3_BARE, str(port), str(backend), str(certificate)]

    def backend(self, port, large):
        return f"""
global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend f
  bind 127.0.0.1:{port}{" proto h2" if self.http2 else ""}
  http-request return status 200 content-type text/plain file {large} if {{ path_end /large }}
  http-request return status 200 content-type text/plain string {BODY}
"""

    def load(self, find, port, seconds, connections):
        """The command that puts the load on a port."""
        url = self.url(port)
        if self.http3:
            return [*java_tests("-Xmx256m"), HTTP3_LOAD, url, "8", "8", str(seconds), *(["each"] if self.each else [])]
        if self.tool == "h2load":
            return [find("h2load"), "--threads=1", "--clients=8", "--max-concurrent-streams=8", f"--duration={seconds}", url]
        wrk = [find("wrk"), "--latency", "--threads=1", f"--connections={connections}", f"--duration={seconds}s"]
        return [*wrk, *self.header_options(), url]

    def header_options(self):
        headers = HEADERS if self.headers else {"connection": "close"} if self.each else {}
        return [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]

    def read(self, report):
        """Requests done, and the 50th and 99th percentile of their times in ms where the tool tells; None when it failed."""
        if self.http3:
            done = re.search(r"(\d+) succeeded, 0 failed, 0 errored; p50 ([\d.]+) ms, p99 ([\d.]+) ms", report)
            return (int(done.group(1)), float(done.group(2)), float(done.group(3))) if done else None
        if self.tool == "h2load":
            done = re.search(r"(\d+) succeeded, 0 failed, 0 errored", report)
            return (int(done.group(1)), None, None) if done else None
        done = re.search(r"(\d+) requests in", report)
        return (int(done.group(1)), milliseconds(report, "50%"), milliseconds(report, "99%")) if done else None


HTTP2_UPSTREAM = """
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http2_protocol_options: {}}
"""


def downstream_tls(alpn, certificate):
    return f"""
      transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
          common_tls_context: {{alpn_protocols: [{alpn}], {certificates(certificate)}}}
"""


def downstream_quic(certificate):
    return f"""
      transport_socket:
        name: envoy.transport_sockets.quic
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport
          downstream_tls_context: {{common_tls_context: {{{certificates(certificate)}}}}}
"""


def certificates(path):
    return f"tls_certificates: [{{certificate_chain: {{filename: {path}}}, private_key: {{filename: {path}}}}}]"


HAPROXY_RETRIES = """
  retries 1
  retry-on 500 502 503 504
  http-reuse always
"""


def access_log(path):
    return f"""
          access_log:
          - name: envoy.access_loggers.file
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
              path: {path}
"""


def milliseconds(report, percentile):
    value, unit = re.search(rf"^\s+{percentile}\s+([\d.]+)(us|ms|s)", report, re.MULTILINE).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


WORKS = {
    work.name: work
    for work in (
        Work("get", "small GETs over HTTP/1.1"),
        Work("headers", "the same with ten headers of a browser's size", headers=True),
        Work("reply", "replies of 8 kB over HTTP/1.1", path="/service/17/large", body=LARGE),
        Work("h2", "HTTP/2 on both sides, 8 connections with 8 streams each", http2=True, tool="h2load"),
        Work("tcp", "the same small GETs through the TCP proxy", tcp=True),
        Work("tls", "small GETs over HTTP/1.1 from clients that speak TLS 1.3", tls=True),
        Work("tls-h2", "HTTP/2 on both sides as above, from clients that speak TLS 1.3", tls=True, http2=True, tool="h2load"),
        Work("handshake", "a full handshake of TLS 1.3 for each small GET", tls=True, each=True, warm_up=20_000),
        Work("h3", "small GETs over HTTP/3, 8 connections with 8 streams each", http3=True, peers=("envoy", "netty")),
        Work(
            "h3-handshake",
            "a full handshake of QUIC for each small GET",
            http3=True,
            each=True,
            warm_up=20_000,
            peers=("envoy", "netty"),
        ),
        Work("one", "small GETs with one route and one cluster", path="/service/0/item", routes=1, peers=("envoy",)),
        Work(
            "many",
            "the same with 10,000 routes to 10,000 clusters",
            path="/service/7717/item",
            routes=10_000,
            clusters=10_000,
            peers=("envoy",),
        ),
    )
}
