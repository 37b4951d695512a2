"""A DNS server that answers what it is told to, as late and as wrongly as it is told to."""

import asyncio
import ipaddress
import struct
import time
from dataclasses import asdict, dataclass
from typing import Optional

TYPES = {"A": 1, "CNAME": 5, "AAAA": 28}
TYPE_NAMES = {number: name for name, number in TYPES.items()}
CODES = {"NOERROR": 0, "FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "NOTIMP": 4, "REFUSED": 5}
MOST_QUERIES = 10_000
RESPONSE, AUTHORITATIVE, TRUNCATED = 0x8000, 0x0400, 0x0200
RECURSION = 0x0180


@dataclass(frozen=True)
class Answer:
    """What a name and type get.

    aliases is a chain of CNAMEs, (name, TTL) each; truncate sends no records over UDP but the flag to come by TCP;
    drop sends nothing at all.
    """

    addresses: tuple[str, ...] = ()
    ttl: int = 60
    code: str = "NOERROR"
    delay_ms: float = 0
    aliases: tuple[tuple[str, int], ...] = ()
    truncate: bool = False
    drop: bool = False

    def __post_init__(self):
        if self.code not in CODES:
            raise ValueError(f"no such response code: {self.code} (there are: {', '.join(CODES)})")
        for address in self.addresses:
            ipaddress.ip_address(address)


@dataclass(frozen=True)
class Query:
    """at is CLOCK_MONOTONIC in nanoseconds."""

    at: int
    name: str
    type: str
    transport: str


class Zone:
    """Names and what is said of them. A name of which nothing is known does not exist; one that is known by another
    type has no records of this one."""

    def __init__(self):
        self._answers: dict[tuple[str, str], Answer] = {}
        self._queries: list[Query] = []

    def put(self, name: str, kind: str, answer: Answer) -> None:
        if kind not in ("A", "AAAA"):
            raise ValueError(f"no such type: {kind} (there are: A, AAAA)")
        self._answers[name.lower(), kind] = answer

    def remove(self, name: str) -> None:
        for kind in ("A", "AAAA"):
            self._answers.pop((name.lower(), kind), None)

    def queries(self) -> list[dict]:
        return [asdict(query) for query in self._queries]

    def clear_queries(self) -> None:
        self._queries.clear()

    async def respond(self, message: bytes, transport: str) -> Optional[bytes]:
        """None when there is nothing to say, or nothing to understand."""
        if len(message) < 17:
            return None
        name, end = _read_name(message)
        kind = TYPE_NAMES.get(struct.unpack_from("!H", message, end)[0], "other")
        if len(self._queries) < MOST_QUERIES:
            self._queries.append(Query(time.monotonic_ns(), name, kind, transport))
        answer = self._find(name, kind)
        if answer.delay_ms:
            await asyncio.sleep(answer.delay_ms / 1000)
        return None if answer.drop else _encode(message, end + 4, name, answer, transport)

    def _find(self, name: str, kind: str) -> Answer:
        known = self._answers.get((name, kind))
        if known:
            return known
        exists = any((name, other) in self._answers for other in ("A", "AAAA"))
        return Answer(code="NOERROR" if exists else "NXDOMAIN")


def _read_name(message: bytes) -> tuple[str, int]:
    """The question's name, lower-case, and where its type begins."""
    labels, at = [], 12
    while length := message[at]:
        labels.append(message[at + 1:at + 1 + length].decode("latin-1").lower())
        at += 1 + length
    return ".".join(labels), at + 1


def _write_name(name: str) -> bytes:
    labels = [label.encode("latin-1") for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _encode(query: bytes, question_end: int, name: str, answer: Answer, transport: str) -> bytes:
    cut = answer.truncate and transport == "udp"
    records = [] if cut else _records(name, answer)
    flags = RESPONSE | AUTHORITATIVE | RECURSION | CODES[answer.code] | (TRUNCATED if cut else 0)
    header = query[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0)
    return header + query[12:question_end] + b"".join(records)


def _records(name: str, answer: Answer) -> list[bytes]:
    records, owner = [], name
    for alias, ttl in answer.aliases:
        target = _write_name(alias)
        records.append(_write_name(owner) + struct.pack("!HHIH", TYPES["CNAME"], 1, ttl, len(target)) + target)
        owner = alias
    for address in answer.addresses:
        packed = ipaddress.ip_address(address).packed
        kind = TYPES["A"] if len(packed) == 4 else TYPES["AAAA"]
        records.append(_write_name(owner) + struct.pack("!HHIH", kind, 1, answer.ttl, len(packed)) + packed)
    return records


class Datagrams(asyncio.DatagramProtocol):
    """The server's UDP side."""

    def __init__(self, zone: Zone):
        self._zone = zone
        self._tasks: set[asyncio.Task] = set()

    def connection_made(self, transport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(data, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, data: bytes, addr) -> None:
        response = await self._zone.respond(data, "udp")
        if response is not None:
            self._transport.sendto(response, addr)


async def serve_stream(zone: Zone, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The server's TCP side: one connection, to its end."""
    try:
        while True:
            length = struct.unpack("!H", await reader.readexactly(2))[0]
            response = await zone.respond(await reader.readexactly(length), "tcp")
            if response is not None:
                writer.write(struct.pack("!H", len(response)) + response)
                await writer.drain()
    except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
        pass  # The client has gone, or the lab goes.
    finally:
        writer.close()
