"""HTTP/1.1 servers of the far side: each answer's body is the address that was asked."""

import asyncio
import ssl
from dataclasses import dataclass
from typing import Optional

KINDS = ("http", "silent", "http2")
EMPTY_SETTINGS = bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
LARGEST_HEAD = 65_536


@dataclass(frozen=True)
class Service:
    """What is listened on. kind: http answers every request; silent accepts connections and never says a word;
    http2 greets with the server's preface, and says no more: enough for a client to call itself connected.

    close: whether an answer ends its connection. certificate and key: paths to PEM files, for TLS.
    """

    port: int
    address: Optional[str] = None
    kind: str = "http"
    close: bool = False
    certificate: Optional[str] = None
    key: Optional[str] = None
    alpn: tuple[str, ...] = ()

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"no such kind of service: {self.kind} (there are: {', '.join(KINDS)})")

    def tls(self) -> Optional[ssl.SSLContext]:
        if self.certificate is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        if self.alpn:
            context.set_alpn_protocols(list(self.alpn))
        return context

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        try:
            if self.kind == "http2":
                writer.write(EMPTY_SETTINGS)
            if self.kind != "http":
                while await reader.read(LARGEST_HEAD):
                    pass
            else:
                while await self._answer_one(reader, writer):
                    pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # The client has gone, as clients do, or the lab goes.
        finally:
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        first = await reader.readexactly(1)
        if not first.isalpha():
            writer.write(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            return False
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        read = await _read_body(head, reader)
        body = writer.get_extra_info("sockname")[0]
        last = self.close or "connection: close" in head
        writer.write((
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"
            f"content-length: {len(body)}\r\nx-body-read: {read}\r\n"
            + ("connection: close\r\n" if last else "") + f"\r\n{body}").encode())
        await writer.drain()
        return not last


async def _read_body(head: str, reader: asyncio.StreamReader) -> int:
    headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    if headers.get("transfer-encoding") != "chunked":
        return await _skip(reader, int(headers.get("content-length", "0")))
    total = 0
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        total += await _skip(reader, size)
        await reader.readexactly(2)
    await reader.readuntil(b"\r\n")
    return total


async def _skip(reader: asyncio.StreamReader, size: int) -> int:
    left = size
    while left:
        part = await reader.read(min(left, LARGEST_HEAD))
        if not part:
            raise asyncio.IncompleteReadError(b"", left)
        left -= len(part)
    return size
