"""Carries packets between the two TUN devices, by rules, and remembers who knocked when."""

import asyncio
import os
import time
from dataclasses import asdict, dataclass, field
from typing import Optional

from . import packet
from .packet import Packet

ACTIONS = ("accept", "drop", "refuse", "unreachable")
MOST_RECORDED = 100_000
MOST_ON_THE_WAY = 10_000
LARGEST_PACKET = 65_536


@dataclass(frozen=True)
class Rule:
    """What becomes of packets to a far address, and of those that come back from it.

    accept carries them; drop loses all of them; refuse answers a SYN with RST, a datagram with "port unreachable";
    unreachable answers both with "host unreachable". Whatever passes takes delay_ms each way, so does the path to the
    one that refuses: its answer is back after twice that.
    """

    action: str = "accept"
    delay_ms: float = 0

    def __post_init__(self):
        if self.action not in ACTIONS:
            raise ValueError(f"no such action: {self.action} (there are: {', '.join(ACTIONS)})")
        if self.delay_ms < 0:
            raise ValueError(f"a delay of {self.delay_ms} ms")


@dataclass(frozen=True)
class Seen:
    """One packet from the near side. kind: syn, again (the same SYN once more), fin, rst, udp (the first datagram
    between two sockets). at is CLOCK_MONOTONIC in nanoseconds, which is also what System.nanoTime() reads."""

    at: int
    kind: str
    to: str
    port: int
    source: str
    source_port: int
    action: str


@dataclass
class Record:
    """Bounded: what comes when it is full is counted in lost."""

    seen: list[Seen] = field(default_factory=list)
    flows: set[tuple] = field(default_factory=set)
    lost: int = 0

    def clear(self) -> None:
        """Forgets the packets, not the flows: a SYN that comes again after this is still no new one."""
        self.seen.clear()
        self.lost = 0

    def note(self, at: int, what: Packet, action: str) -> None:
        kind = self._kind(what)
        if kind is None:
            return
        if len(self.seen) >= MOST_RECORDED:
            self.lost += 1
            return
        self.seen.append(Seen(
            at, kind, packet.text(what.destination), what.destination_port,
            packet.text(what.source), what.source_port, action))

    def _kind(self, what: Packet) -> Optional[str]:
        flow = what[2:7]
        if what.protocol == packet.UDP:
            return "udp" if self._is_new(flow) else None
        if what.opens:
            return "syn" if self._is_new((*flow, what.sequence)) else "again"
        if what.flags & packet.RST:
            return "rst"
        return "fin" if what.flags & packet.FIN else None

    def _is_new(self, flow: tuple) -> bool:
        if flow in self.flows:
            return False
        if len(self.flows) >= MOST_RECORDED:
            self.flows.clear()
        self.flows.add(flow)
        return True

    def as_json(self) -> list[dict]:
        return [asdict(seen) for seen in self.seen]


class Wire:
    """Runs on one event loop, and only there."""

    def __init__(self, loop: asyncio.AbstractEventLoop, near: int, far: int):
        self._loop = loop
        self._near, self._far = near, far
        self._on_the_way = 0
        self.rules: dict[tuple[bytes, Optional[int], Optional[int]], Rule] = {}
        self.record = Record()
        loop.add_reader(near, self._drain, near, self._out)
        loop.add_reader(far, self._drain, far, self._back)

    def rule(self, address: bytes, port: Optional[int], protocol: int) -> Rule:
        """The one for address, port and protocol, else for address and port, else for the address, else that everything
        passes."""
        return (self.rules.get((address, port, protocol)) or self.rules.get((address, port, None))
                or self.rules.get((address, None, None)) or Rule())

    def _drain(self, device: int, handle) -> None:
        while True:
            try:
                raw = os.read(device, LARGEST_PACKET)
            except BlockingIOError:
                return
            handle(time.monotonic_ns(), raw)

    def _out(self, at: int, raw: bytes) -> None:
        what = packet.parse(raw)
        if what is None:
            self._carry(self._far, raw, 0)
            return
        rule = self.rule(what.destination, what.destination_port, what.protocol)
        self.record.note(at, what, rule.action)
        if rule.action == "drop":
            return
        asks = what.opens or what.protocol == packet.UDP
        if rule.action == "accept" or not asks:
            self._carry(self._far, raw, rule.delay_ms)
        elif rule.action == "unreachable" or what.protocol == packet.UDP:
            answer = packet.unreachable(what, port=rule.action == "refuse")
            self._carry(self._near, answer, 2 * rule.delay_ms)
        else:
            self._carry(self._near, packet.reset(what), 2 * rule.delay_ms)

    def _back(self, at: int, raw: bytes) -> None:
        what = packet.parse(raw)
        rule = self.rule(what.source, what.source_port, what.protocol) if what else Rule()
        if rule.action != "drop":
            self._carry(self._near, raw, rule.delay_ms)

    def _carry(self, device: int, raw: bytes, delay_ms: float) -> None:
        if delay_ms == 0:
            self._write(device, raw)
        elif self._on_the_way < MOST_ON_THE_WAY:
            self._on_the_way += 1
            self._loop.call_later(delay_ms / 1000, self._arrive, device, raw)

    def _arrive(self, device: int, raw: bytes) -> None:
        self._on_the_way -= 1
        self._write(device, raw)

    def _write(self, device: int, raw: bytes) -> None:
        try:
            os.write(device, raw)
        except BlockingIOError:
            pass  # A full queue loses packets, here as anywhere.
