"""Servers of HTTP/3, by aioquic, all with one certificate.

usage: aioquic http3_upstream.py CERTIFICATE KEY

Each line on standard input is an address and a port to listen on, 0 for any; its port is the answer. Behind them may come
streams=N, how many requests there may be at once on a connection, and window=N, bytes unasked on a connection and each
of its streams; certificate=FILE and key=FILE of its own; alpn=NAME, the protocol that is spoken; mute=N, after how many
datagrams a connection hears nothing more; judges=1, if whoever shows no certificate is left; and resumes=1, if sessions
are resumed. The body of an answer is "udp" and the address that was asked, but for

  /echo      a line of JSON: method, path, authority, headers, length of the body
  /large/N   N bytes
  /hints     103 before the answer
  /trailers  a field behind the body
  /reset     the stream is reset with H3_INTERNAL_ERROR
  /refuse    the stream is reset with H3_REQUEST_REJECTED
  /close     the connection is closed with H3_INTERNAL_ERROR, as boom
  /goaway    GOAWAY before the answer
  /session   "resumed", or "new"
"""

import asyncio
import json
import sys

from aioquic import tls
from aioquic.asyncio import serve
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.buffer import encode_uint_var
from aioquic.h3.connection import H3_ALPN, FrameType, H3Connection, encode_frame
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ProtocolNegotiated

INTERNAL_ERROR = 0x102
REQUEST_REJECTED = 0x10B


class CertificateRequired(tls.Alert):
    description = 116  # RFC 8446, section 6; the library has no name for it


def judge(quic):
    """Asks a client for its certificate, and refuses it without one."""
    initialize = quic._initialize

    def begin(peer):
        initialize(peer)
        context = quic.tls
        context._request_client_certificate = True
        finished = context._server_handle_finished

        def end(*arguments):
            if context._peer_certificate is None:
                raise CertificateRequired("there is no certificate")
            finished(*arguments)

        context._server_handle_finished = end

    quic._initialize = begin


def remember(tickets):
    return lambda ticket: tickets.update({ticket.ticket: ticket})


class Server(QuicConnectionProtocol):
    def __init__(self, quic, *arguments, address, options, **more):
        super().__init__(quic, *arguments, **more)
        self.address = address
        if "streams" in options:
            limit = quic._local_max_streams_bidi
            limit.value = limit.sent = int(options["streams"])
        self.left = int(options["mute"]) if "mute" in options else None
        if "judges" in options:
            judge(quic)
        self.http = None
        self.requests = {}

    def quic_event_received(self, event):
        if isinstance(event, ProtocolNegotiated):
            self.http = H3Connection(self._quic)
        if self.http is None:
            return
        for found in self.http.handle_event(event):
            if isinstance(found, HeadersReceived):
                self.requests.setdefault(found.stream_id, [found.headers, 0])
            elif isinstance(found, DataReceived):
                self.requests[found.stream_id][1] += len(found.data)
            self.began(found)
            if getattr(found, "stream_ended", False) and found.stream_id in self.requests:
                self.answer(found.stream_id, *self.requests.pop(found.stream_id))
        self.transmit()

    def transmit(self):
        if self.left is None:
            super().transmit()
            return
        for data, address in self._quic.datagrams_to_send(now=self._loop.time()):
            if self.left > 0:
                self.left -= 1
                self._transport.sendto(data, address)

    def began(self, found):
        """A part of a request has come."""

    def answer(self, stream, headers, length):
        said = {name.decode(): value.decode() for name, value in headers}
        path = said[":path"]
        body = b"" if said[":method"] == "HEAD" else f"udp {self.address}".encode()
        trailers = []
        if path == "/echo":
            body = (json.dumps({
                "method": said[":method"], "path": path, "authority": said.get(":authority"),
                "headers": {name: value for name, value in said.items() if not name.startswith(":")},
                "length": length}) + "\n").encode()
        elif path.startswith("/large/"):
            body = b"x" * int(path.split("/")[2])
        elif path == "/hints":
            self.http.send_headers(stream, [(b":status", b"103"), (b"link", b"</a>; rel=preload")])
        elif path == "/session":
            body = b"resumed" if self._quic.tls.session_resumed else b"new"
        elif path == "/trailers":
            trailers = [(b"x-behind", b"it")]
        elif path in ("/reset", "/refuse"):
            self._quic.reset_stream(stream, INTERNAL_ERROR if path == "/reset" else REQUEST_REJECTED)
            return
        elif path == "/close":
            self._quic.close(error_code=INTERNAL_ERROR, reason_phrase="boom")
            return
        elif path == "/goaway":
            self._quic.send_stream_data(
                self.http._local_control_stream_id, encode_frame(FrameType.GOAWAY, encode_uint_var(stream + 4)))
        self.http.send_headers(
            stream, [(b":status", b"200"), (b"x-peer", b"aioquic"), (b"x-length", str(length).encode())],
            end_stream=not body)
        if body:
            self.http.send_data(stream, body, end_stream=not trailers)
        if trailers:
            self.http.send_headers(stream, trailers, end_stream=True)


async def main(certificate, key, kind=Server):
    loop = asyncio.get_running_loop()
    servers = []
    while line := (await loop.run_in_executor(None, sys.stdin.readline)).strip():
        address, port, *words = line.split()
        options = dict(word.split("=") for word in words)
        configuration = QuicConfiguration(
            is_client=False, alpn_protocols=[options["alpn"]] if "alpn" in options else H3_ALPN,
            max_data=int(options.get("window", 1 << 24)), max_stream_data=int(options.get("window", 1 << 20)))
        configuration.load_cert_chain(options.get("certificate", certificate), options.get("key", key))
        tickets = {}
        server = await serve(
            address, int(port), configuration=configuration,
            session_ticket_fetcher=tickets.get if "resumes" in options else None,
            session_ticket_handler=remember(tickets) if "resumes" in options else None,
            create_protocol=lambda *arguments, at=address, how=options, **more: kind(
                *arguments, address=at, options=how, **more))
        servers.append(server)
        print(server._transport.get_extra_info("sockname")[1], flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
