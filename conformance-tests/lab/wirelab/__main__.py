"""python3 -m wirelab: a lab for as long as standard input is open."""

import argparse
import asyncio
import sys

from .control import REQUESTS, say, serve_requests
from .namespaces import Missing, Place
from .punctual import event_loop

SKIPPED = 77
"""The exit code when this machine cannot have a lab; others know it from automake."""

EPILOG = f"""
The first line on standard output is an object with the names of the namespaces (near, far), the addresses of the far
side (fours, sixes, dns), sources on the near side, and the two ends of a link between this namespace and the near one
(host_address, near_address); or {{"missing": "…"}}, and exit code {SKIPPED}.

From then on one JSON object per line is a request, and gets one line: {{"result": …}} or {{"error": "…"}}. Times are
nanoseconds of CLOCK_MONOTONIC.

  {{"do": "rule", "address": A, "port": P, "protocol": "tcp|udp", "action": "accept|drop|refuse|unreachable", "delay_ms": N}}
        for all ports without "port", for both protocols without "protocol"; the delay is each way
  {{"do": "forget_rules"}}
  {{"do": "record"}}      the packets seen: at, kind (syn, again, fin, rst, udp), to, port, source, source_port, action
  {{"do": "clear"}}       forgets the packets and queries seen so far
  {{"do": "serve", "port": P, "address": A, "kind": "http|silent|http2", "close": B, "certificate": F, "key": F, "alpn": [..]}}
        on all far addresses without "address"
  {{"do": "close", "port": P, "address": A}}
  {{"do": "dns", "name": N, "type": "A|AAAA", "addresses": [..], "ttl": S, "code": "NOERROR|SERVFAIL|NXDOMAIN|REFUSED",
        "delay_ms": N, "aliases": [[NAME, TTL], ..], "truncate": B, "drop": B}}
  {{"do": "forget_name", "name": N}}
  {{"do": "queries"}}     at, name, type, transport

The end of standard input, SIGINT and SIGTERM end it; the namespaces go whatever ends it. Run programs on the near side
with `ip netns exec NEAR …`: /etc/resolv.conf names the lab's DNS server there.
(Requests: {', '.join(REQUESTS)}.)
"""


def main() -> int:
    argparse.ArgumentParser(
        prog="python3 -m wirelab", description="Two network namespaces, and the wire between them.", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    try:
        place = Place()
    except Missing as missing:
        say({"missing": str(missing)})
        return SKIPPED
    try:
        with asyncio.Runner(loop_factory=event_loop) as runner:
            runner.run(serve_requests(place))
    finally:
        place.close()
    return 0


sys.exit(main())
