"""One client's connection of HTTP/3, by aioquic.

usage: aioquic http3.py HOST PORT SERVER-NAME < requests

Requests come as lines of JSON, each as it is to be sent; answers go out as lines of JSON:
  {"method", "path", "headers": {}, "body": text or null, "size": bytes of "x" instead,
   "trailers": {}, "reset": true to give the request up after its head}
  {"status", "informational": [], "headers": {}, "body": text, "length", "trailers": {}}
  or {"reset": code}, {"closed": code}
"goaway" waits for one: {"goaway": id}.
"""

import asyncio
import json
import ssl
import sys

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, StreamReset


class Connection(H3Connection):
    goaway = None

    def _handle_control_frame(self, frame_type, frame_data):
        if frame_type == 0x7:
            length = 1 << (frame_data[0] >> 6)
            self.goaway = int.from_bytes(frame_data[:length], "big") & ((1 << (8 * length - 2)) - 1)
        else:
            super()._handle_control_frame(frame_type, frame_data)


class Client(QuicConnectionProtocol):
    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.http = Connection(self._quic)
        self.answers = {}
        self.waiting = {}
        self.closed = None

    def quic_event_received(self, event):
        for found in self.http.handle_event(event):
            answer = self.answers.get(found.stream_id)
            if answer is None:
                continue
            if isinstance(found, HeadersReceived):
                headers = {name.decode(): value.decode() for name, value in found.headers}
                status = int(headers.pop(":status", 0))
                if status == 0:
                    answer["trailers"] = headers
                elif status < 200:
                    answer["informational"].append(status)
                else:
                    answer["status"] = status
                    answer["headers"] = headers
            elif isinstance(found, DataReceived):
                answer["body"] += found.data
            if found.stream_ended:
                self.end(found.stream_id, answer)
        if isinstance(event, StreamReset):
            self.end(event.stream_id, {"reset": event.error_code})
        elif isinstance(event, ConnectionTerminated):
            self.closed = event.error_code
            for stream in list(self.waiting):
                self.end(stream, {"closed": event.error_code})

    def end(self, stream, answer):
        waiting = self.waiting.pop(stream, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    async def ask(self, request, authority):
        stream = self._quic.get_next_available_stream_id()
        self.answers[stream] = {
            "informational": [],
            "body": b"",
            "trailers": {},
        }
        waiting = asyncio.get_running_loop().create_future()
        self.waiting[stream] = waiting
        headers = [
            (b":method", request.get("method", "GET").encode()),
            (b":scheme", b"https"),
            (b":authority", request.get("authority", authority).encode()),
            (b":path", request.get("path", "/").encode()),
        ]
        headers += [(k.encode(), v.encode()) for k, v in request.get("headers", {}).items()]
        body = b"x" * request["size"] if "size" in request else (request.get("body") or "").encode()
        trailers = [(k.encode(), v.encode()) for k, v in request.get("trailers", {}).items()]
        more = bool(body or trailers or request.get("reset"))
        self.http.send_headers(stream, headers, end_stream=not more)
        if body:
            self.http.send_data(stream, body, end_stream=not trailers and not request.get("reset"))
        if trailers:
            self.http.send_headers(stream, trailers, end_stream=True)
        self.transmit()
        if request.get("reset"):
            await asyncio.sleep(0.1)
            self._quic.reset_stream(stream, 0x10C)
            self._quic.stop_stream(stream, 0x10C)
            self.transmit()
            return {"gave": "up"}
        return await waiting


async def main(host, port, name):
    configuration = QuicConfiguration(
        is_client=True,
        alpn_protocols=H3_ALPN,
        verify_mode=ssl.CERT_NONE,
        server_name=name,
        max_data=1 << 24,
        max_stream_data=1 << 20,
    )
    async with connect(
        host, int(port), configuration=configuration, create_protocol=Client
    ) as client:
        loop = asyncio.get_running_loop()
        while True:
            line = (await loop.run_in_executor(None, sys.stdin.readline)).strip()
            if not line:
                break
            if line == "goaway":
                while client.http.goaway is None:
                    await asyncio.sleep(0.02)
                answer = {"goaway": client.http.goaway}
            elif line == "closed":
                while client.closed is None:
                    await asyncio.sleep(0.02)
                answer = {"closed": client.closed}
            else:
                answer = dict(await client.ask(json.loads(line), name))
            if "body" in answer:
                body = answer["body"]
                answer["length"] = len(body)
                answer["body"] = body[:200].decode(errors="replace")
            print(json.dumps(answer), flush=True)


asyncio.run(main(*sys.argv[1:]))
