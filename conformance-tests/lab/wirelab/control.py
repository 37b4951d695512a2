"""The lab itself, and the lines of JSON by which it is told what to do."""

import asyncio
import functools
import json
import os
import signal
import socket
import sys

from . import names, packet, plan
from .namespaces import Place, inside
from .upstream import Service
from .wire import Rule, Wire

PRIORITY = 1
BACKLOG = 128
LONGEST_LINE = 1 << 20


class Control:
    """Every public method that `do` names is a request; its keyword arguments are the request's other fields, what it
    returns is the response's `result`."""

    def __init__(self, place: Place, wire: Wire):
        self._place = place
        self._wire = wire
        self._zone = names.Zone()
        self._servers: dict[tuple, list[asyncio.AbstractServer]] = {}
        self._connections: set[asyncio.Task] = set()

    def hello(self) -> dict:
        """What is said first, unasked."""
        return {
            "near": self._place.near,
            "far": self._place.far,
            "host_address": self._place.host_address,
            "near_address": self._place.near_address,
            "dns": [plan.DNS_FOUR, plan.DNS_SIX],
            "fours": plan.far_fours()[:-1],
            "sixes": plan.far_sixes()[:-1],
            "near_fours": [plan.NEAR_FOUR, plan.OTHER_NEAR_FOUR],
            "near_sixes": [plan.NEAR_SIX, plan.OTHER_NEAR_SIX],
        }

    async def rule(self, address: str, port=None, protocol=None, action: str = "accept", delay_ms: float = 0) -> None:
        if protocol is not None and port is None:
            raise ValueError("a rule for a protocol is one for a port")
        number = {None: None, "tcp": socket.IPPROTO_TCP, "udp": socket.IPPROTO_UDP}[protocol]
        self._wire.rules[packet.packed(address), port, number] = Rule(action, delay_ms)

    async def forget_rules(self) -> None:
        self._wire.rules.clear()

    async def clear(self) -> None:
        self._wire.record.clear()
        self._zone.clear_queries()

    async def record(self) -> dict:
        return {"seen": self._wire.record.as_json(), "lost": self._wire.record.lost}

    async def serve(self, **fields) -> None:
        service = Service(**{**fields, "alpn": tuple(fields.get("alpn", ()))})
        await self.close(service.port, service.address)
        addresses = [service.address] if service.address else ["0.0.0.0", "::"]
        self._servers[service.port, service.address] = [
            await asyncio.start_server(
                service.serve, sock=self._socket(socket.SOCK_STREAM, address, service.port), ssl=service.tls())
            for address in addresses
        ]

    async def close(self, port: int, address=None) -> None:
        for server in self._servers.pop((port, address), []):
            server.close()

    async def dns(self, name: str, type: str, **fields) -> None:
        fields["addresses"] = tuple(fields.get("addresses", ()))
        fields["aliases"] = tuple((alias, ttl) for alias, ttl in fields.get("aliases", ()))
        self._zone.put(name, type, names.Answer(**fields))

    async def forget_name(self, name: str) -> None:
        self._zone.remove(name)

    async def queries(self) -> list[dict]:
        return self._zone.queries()

    async def start_dns(self) -> None:
        loop = asyncio.get_running_loop()
        for address in (plan.DNS_FOUR, plan.DNS_SIX):
            await loop.create_datagram_endpoint(
                lambda: names.Datagrams(self._zone), sock=self._socket(socket.SOCK_DGRAM, address, 53))
            await asyncio.start_server(
                functools.partial(names.serve_stream, self._zone),
                sock=self._socket(socket.SOCK_STREAM, address, 53))

    def _socket(self, kind: int, address: str, port: int) -> socket.socket:
        with inside(self._place.far):
            opened = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if opened.family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind((address, port))
        if kind == socket.SOCK_STREAM:
            opened.listen(BACKLOG)
        opened.setblocking(False)
        return opened

    async def obey(self, line: bytes) -> dict:
        """One request; what is wrong with it is in the response's `error`."""
        try:
            request = json.loads(line)
            do = request.pop("do")
            if do not in REQUESTS:
                raise ValueError(f"no such request: {do} (there are: {', '.join(REQUESTS)})")
            return {"result": await getattr(self, do)(**request)}
        except (ValueError, TypeError, KeyError, AttributeError, OSError) as e:
            return {"error": f"{type(e).__name__}: {e}"}


REQUESTS = ("rule", "forget_rules", "clear", "record", "serve", "close", "dns", "forget_name", "queries")


def say(message: dict) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def be_punctual() -> None:
    """The times of packets are what this is about: on a busy machine nobody else may come first."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(PRIORITY))
    except OSError:
        pass


async def serve_requests(place: Place) -> None:
    loop = asyncio.get_running_loop()
    control = Control(place, Wire(loop, place.near_tun, place.far_tun))
    await control.start_dns()
    requests = asyncio.StreamReader(limit=LONGEST_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(requests), sys.stdin)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, requests.feed_eof)
    be_punctual()
    say(control.hello())
    while line := await requests.readline():
        say(await control.obey(line))
