"""The servers of http3_upstream.py, which do as well what servers seldom do.

usage: aioquic http3_unruly.py CERTIFICATE KEY

  /status/N            an answer of that status, with a body where there may be one
  /head/N, /many/N     a field of N bytes, N fields
  /early               an answer before the request's end, of which no more is wanted
  /reset/CODE          the stream is reset
  /part/reset/CODE     the same, behind a part of an answer
  /part/close/CODE     there the connection is closed by HTTP/3
  /part/break/CODE     there it is closed by QUIC
  /break/CODE          the same, without an answer
  /goaway/before       GOAWAY: a request that comes then on this connection has not been looked at
  /goaway/NAME         the same of this request, when it is the first of that name; others are answered
  /slow/MS             an answer after that time
  /never               no answer
  /answers/NAME        an answer that is none, or only just one: see ANSWERS
"""

import asyncio
import sys

import http3_upstream
from aioquic.buffer import encode_uint_var
from aioquic.h3.connection import FrameType, encode_frame
from aioquic.h3.events import HeadersReceived

OK = [(b":status", b"200")]
HEADERS, DATA = FrameType.HEADERS, FrameType.DATA

# Frames and whether the stream ends then.
ANSWERS = {
    "no-status": [(HEADERS, [(b"x", b"y")])],
    "two-statuses": [(HEADERS, [(b":status", b"200"), (b":status", b"200")])],
    "status-late": [(HEADERS, [(b"x", b"y"), (b":status", b"200")])],
    "of-a-request": [(HEADERS, [(b":method", b"GET"), (b":path", b"/")])],
    "upper": [(HEADERS, [*OK, (b"X-Upper", b"y")])],
    "connection": [(HEADERS, [*OK, (b"connection", b"close")])],
    "te": [(HEADERS, [*OK, (b"transfer-encoding", b"chunked")])],
    "two-lines": [(HEADERS, [*OK, (b"x", b"a\r\nb")])],
    "pseudo-trailers": [(HEADERS, OK), (DATA, b"body"), (HEADERS, [(b":status", b"200")])],
    "good-trailers": [(HEADERS, OK), (DATA, b"body"), (HEADERS, [(b"x-behind", b"it")])],
    "trailers-alone": [(HEADERS, OK), (HEADERS, [(b"x-behind", b"it")])],
    "101": [(HEADERS, [(b":status", b"101")])],
    "100": [(HEADERS, [(b":status", b"100")]), (HEADERS, OK), (DATA, b"body")],
    "102": [(HEADERS, [(b":status", b"102")]), (HEADERS, OK), (DATA, b"body")],
    "103-alone": [(HEADERS, [(b":status", b"103")])],
    "hundred-hints": [(HEADERS, [(b":status", b"103")])] * 100 + [(HEADERS, OK), (DATA, b"body")],
    "data-first": [(DATA, b"body"), (HEADERS, OK)],
    "nothing": [],
    "short": [(HEADERS, [*OK, (b"content-length", b"10")]), (DATA, b"body")],
    "long": [(HEADERS, [*OK, (b"content-length", b"2")]), (DATA, b"body")],
    "no-number": [(HEADERS, [*OK, (b"content-length", b"four")]), (DATA, b"body")],
    "two-lengths": [(HEADERS, [*OK, (b"content-length", b"4"), (b"content-length", b"4")]), (DATA, b"body")],
    "unknown-frames": [(0x21, b"grease"), (HEADERS, OK), (0x40, b""), (DATA, b"body"), (0x21, b"")],
    "settings": [(FrameType.SETTINGS, b""), (HEADERS, OK)],
    "garbage": [(HEADERS, b"\xff\xff\xff\xff")],
    "empty-data": [(HEADERS, OK), (DATA, b""), (DATA, b"body"), (DATA, b"")],
}


def literal(fields):
    """Fields of any length (RFC 9204, section 4.5.6)."""
    block = bytearray(2)
    for name, value in fields:
        for text, flags, prefix in (name, 0x20, 3), (value, 0, 7):
            most, length = (1 << prefix) - 1, len(text)
            if length < most:
                block.append(flags | length)
            else:
                block.append(flags | most)
                length -= most
                while length >= 0x80:
                    block.append(0x80 | length & 0x7F)
                    length >>= 7
                block.append(length)
            block += text
    return bytes(block)


class Unruly(http3_upstream.Server):
    seen = set()

    def answer(self, stream, headers, length):
        path = dict(headers)[b":path"].decode()
        match path.split("/")[1:]:
            case ["status", code]:
                bare = code in ("204", "304")
                self.send(stream, HEADERS, [(b":status", code.encode())], bare)
                if not bare:
                    self.send(stream, DATA, b"body", True)
            case ["head", size]:
                self.send(stream, HEADERS, literal([*OK, (b"x", b"y" * int(size))]), True)
            case ["many", count]:
                self.send(stream, HEADERS, [*OK, *((b"x%d" % i, b"y") for i in range(int(count)))], True)
            case ["reset", code]:
                self._quic.reset_stream(stream, int(code, 16))
            case ["part", how, code]:
                self.send(stream, HEADERS, OK)
                self.send(stream, DATA, b"part")
                self.transmit()
                asyncio.get_running_loop().call_later(0.2, self.end, how, stream, int(code, 16))
            case ["break", code]:
                self.end("break", stream, int(code, 16))
            case ["goaway", "before"]:
                self.go_away(stream + 4)
                super().answer(stream, headers, length)
            case ["goaway", name] if name not in self.seen:
                self.seen.add(name)
                self.go_away(stream)
            case ["slow", milliseconds]:
                asyncio.get_running_loop().call_later(
                    int(milliseconds) / 1000, self.later, super().answer, stream, headers, length)
            case ["never"]:
                pass
            case ["answers", name]:
                for frame, content in ANSWERS[name]:
                    self.send(stream, frame, content)
                self._quic.send_stream_data(stream, b"", end_stream=True)
            case _:
                super().answer(stream, headers, length)

    def began(self, found):
        if isinstance(found, HeadersReceived) and (b":path", b"/early") in found.headers and not found.stream_ended:
            super().answer(found.stream_id, found.headers, 0)
            self._quic.stop_stream(found.stream_id, 0x100)

    def later(self, what, *arguments):
        what(*arguments)
        self.transmit()

    def go_away(self, first):
        self._quic.send_stream_data(
            self.http._local_control_stream_id, encode_frame(FrameType.GOAWAY, encode_uint_var(first)))

    def end(self, how, stream, code):
        match how:
            case "reset":
                self._quic.reset_stream(stream, code)
            case "close":
                self._quic.close(error_code=code, reason_phrase="enough")
            case "break":
                self._quic.close(error_code=code, frame_type=0, reason_phrase="enough")
        self.transmit()

    def send(self, stream, frame, content, end=False):
        if isinstance(content, list):
            content = self.http._encode_headers(stream, content)
        self._quic.send_stream_data(stream, encode_frame(frame, content), end)


if __name__ == "__main__":
    asyncio.run(http3_upstream.main(*sys.argv[1:], kind=Unruly))
