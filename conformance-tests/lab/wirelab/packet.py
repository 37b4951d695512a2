"""As much of IP, TCP, UDP and ICMP as the wire has to read, and the two answers that it can give itself."""

import ipaddress
import struct
from typing import NamedTuple, Optional

TCP, UDP = 6, 17
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
MOST_QUOTED = 548
"""Octets of a packet in an ICMP error: what fits in the smallest MTU of IPv4 whatever the options."""


class Packet(NamedTuple):
    """A TCP segment or UDP datagram, unfragmented; addresses are packed octets."""

    raw: bytes
    version: int
    protocol: int
    source: bytes
    source_port: int
    destination: bytes
    destination_port: int
    flags: int
    sequence: int

    @property
    def opens(self) -> bool:
        """Whether it is a client's SYN."""
        return self.protocol == TCP and self.flags & (SYN | ACK) == SYN


def parse(raw: bytes) -> Optional[Packet]:
    """None for anything else than TCP and UDP: such a packet is carried as it is."""
    version = raw[0] >> 4
    if version == 4 and len(raw) >= 24:
        start, protocol, source, destination = (raw[0] & 0x0F) * 4, raw[9], raw[12:16], raw[16:20]
        if struct.unpack_from("!H", raw, 6)[0] & 0x1FFF:
            return None
    elif version == 6 and len(raw) >= 44:
        start, protocol, source, destination = 40, raw[6], raw[8:24], raw[24:40]
    else:
        return None
    flags = sequence = 0
    if protocol == TCP and len(raw) >= start + 20:
        sequence, flags = struct.unpack_from("!I", raw, start + 4)[0], raw[start + 13]
    elif protocol != UDP:
        return None
    source_port, destination_port = struct.unpack_from("!HH", raw, start)
    return Packet(raw, version, protocol, source, source_port, destination, destination_port, flags, sequence)


def reset(syn: Packet) -> bytes:
    """What a host says to a SYN for a port that nobody listens on."""
    segment = struct.pack(
        "!HHIIBBHHH", syn.destination_port, syn.source_port, 0, (syn.sequence + 1) & 0xFFFFFFFF,
        5 << 4, RST | ACK, 0, 0, 0)
    segment = _with_checksum(segment, 16, _pseudo(syn.destination, syn.source, TCP, len(segment)))
    return _ip(syn.version, TCP, syn.destination, syn.source, segment)


def unreachable(packet: Packet, port: bool = False) -> bytes:
    """What a router says when it cannot find the host; or a host, of a UDP port."""
    quoted = packet.raw[:MOST_QUOTED]
    if packet.version == 4:
        message = _with_checksum(struct.pack("!BBHI", 3, 3 if port else 1, 0, 0) + quoted, 2, b"")
        return _ip(4, 1, packet.destination, packet.source, message)
    message = struct.pack("!BBHI", 1, 4 if port else 3, 0, 0) + quoted
    message = _with_checksum(message, 2, _pseudo(packet.destination, packet.source, 58, len(message)))
    return _ip(6, 58, packet.destination, packet.source, message)


def _ip(version: int, protocol: int, source: bytes, destination: bytes, payload: bytes) -> bytes:
    if version == 6:
        return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + source + destination + payload
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0) + source + destination
    return _with_checksum(header, 10, b"") + payload


def _pseudo(source: bytes, destination: bytes, protocol: int, length: int) -> bytes:
    if len(source) == 4:
        return source + destination + struct.pack("!BBH", 0, protocol, length)
    return source + destination + struct.pack("!II", length, protocol)


def _with_checksum(data: bytes, offset: int, pseudo: bytes) -> bytes:
    return data[:offset] + struct.pack("!H", checksum(pseudo + data)) + data[offset + 2:]


def checksum(data: bytes) -> int:
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packed(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


def text(address: bytes) -> str:
    return str(ipaddress.ip_address(address))
