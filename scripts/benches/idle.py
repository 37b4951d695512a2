"""What connections cost that do nothing, beside Envoy and HAProxy: scripts/bench idle --help"""

import argparse
import resource
import socket
import tempfile
import time
from pathlib import Path

from .requests import MIB, Bench, fail
from .works import WORKS

SETTLED = 1  # seconds


def arguments(argv):
    parser = argparse.ArgumentParser(
        prog="scripts/bench idle",
        description="Memory that idle connections of HTTP/1.1 take: opened, and after one request each. After a warm-up.",
    )
    parser.add_argument("--connections", type=int, default=10_000, help="how many (default: 10000)")
    parser.add_argument("--warm-up", type=int, default=300_000, help="requests before (default: 300000)")
    parser.add_argument("--proxies", default="envoy,haproxy,bifocal", help="which (default: envoy,haproxy,bifocal)")
    return parser.parse_args(argv)


def main(argv):
    options = arguments(argv)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < options.connections + 100:
        fail(f"{options.connections} connections need as many files, and the limit is {most}: raise it with ulimit -n")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(f"{'':10}{'before MiB':>12}{'opened':>10}{'asked':>10}{'more':>10}")
    for name in options.proxies.split(","):
        with tempfile.TemporaryDirectory(prefix="bench") as directory:
            measure(name, options, Path(directory))


def measure(name, options, directory):
    # The load generator of the warm-up has its own number of connections.
    bench = Bench(WORKS["get"], argparse.Namespace(connections=64, warm_up=options.warm_up), directory)
    clients = []
    try:
        bench.start_backend()
        proxy = bench.start(name)
        bench.warm_up(proxy)
        before = proxy.resident_bytes()
        clients = [socket.create_connection(("127.0.0.1", proxy.port)) for _ in range(options.connections)]
        time.sleep(SETTLED)
        opened = proxy.resident_bytes()
        request = f"GET {bench.work.path} HTTP/1.1\r\nhost: idle\r\n\r\n".encode()
        for client in clients:
            client.sendall(request)
            if not client.recv(4096).startswith(b"HTTP/1.1 200 "):
                fail(f"{name} does not answer one of {options.connections} connections")
        time.sleep(SETTLED)
        asked = proxy.resident_bytes()
        print(
            f"{name:10}{before / MIB:12.0f}{opened / MIB:10.0f}{asked / MIB:10.0f}{(asked - before) / MIB:10.0f}",
            flush=True,
        )
    finally:
        for client in clients:
            client.close()
        bench.stop()
