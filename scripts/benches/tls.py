"""The works of scripts/bench requests that have clients over TLS or QUIC: scripts/bench tls --help"""

from . import requests
from .works import WORKS


def main(argv):
    requests.main(["--works", ",".join(name for name, work in WORKS.items() if work.tls or work.http3), *argv])
