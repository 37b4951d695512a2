"""Clients of HTTP/3, by aioquic. Each line of JSON says what one is to do, and is answered by a line.

  {"connect": NAME, "to": [HOST, PORT], "server": SNI, "trust": FILE, "certificate": [CHAIN, KEY], "alpn": [],
   "window": BYTES, "stuck": true to take no more than that, "token": HEX, "patience": SECONDS,
   "keep": NAME of the session that it gets, "resume": NAME of one}
      connected h3 by CERTIFICATE, resumed h3, or closed CODE REASON
  {"ask": NAME, "head": [[NAME, VALUE], …], "then": [PART, …], "end": false to leave it open, "as": ID,
   "half": true for half a head}
      what came of it; with an id only that it was asked
      parts: {"data": TEXT}, {"size": BYTES}, {"head": […]}, {"raw": HEX}, {"reset": CODE}, {"stop": CODE}, {"wait": SECONDS}
  {"answer": ID, "head": true to wait for its head only}
      what came of what was asked before
  {"goaway": NAME}, {"closed": NAME}
      waits for it
  {"settings": NAME}, {"close": NAME}, {"move": NAME}, {"control": NAME, "raw": HEX}
  {"knock": COUNT, "to": [HOST, PORT]}
      so many first packets from one address, of clients who go no further
  {"load": NAME, "to": [HOST, PORT], "head": [[NAME, VALUE], …], "many": CONNECTIONS, "renew": REQUESTS on each of them}
      asks one after the other on each connection, and makes a new one when told to leave
  {"loaded": NAME}
      ends that, and tells how many were answered, on how many connections, and what failed
"""

import asyncio
import json
import socket
import ssl
import sys
import traceback

from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.events import (
    ConnectionTerminated,
    HandshakeCompleted,
    ProtocolNegotiated,
    StopSendingReceived,
    StreamDataReceived,
    StreamReset,
)

PATIENCE = 8
sessions = {}
BY_CHANCE = ("date", "x-envoy-upstream-service-time")


class Http(H3Connection):
    def _check_content_length(self, stream):
        pass  # of an answer to HEAD, too, it takes one without a body for a wrong one


class Control:
    """What came on the server's control stream, of which the library does not tell all."""

    def __init__(self):
        self.data = {}

    def add(self, event):
        if event.stream_id % 4 == 3:  # of the server's making, and one way
            self.data[event.stream_id] = self.data.get(event.stream_id, b"") + event.data

    @property
    def goaways(self):
        for data in self.data.values():
            if data[:1] == b"\0":
                return tuple(number(body)[0] for kind, body in frames(data[1:]) if kind == 0x7)
        return ()


def number(data):
    """A variable-length integer and what is behind it; nothing if it is not whole (RFC 9000, section 16)."""
    length = 1 << (data[0] >> 6) if data else 1
    if len(data) < length:
        return None, data
    return int.from_bytes(data[:length], "big") & ((1 << (8 * length - 2)) - 1), data[length:]


def frames(data):
    while True:
        kind, data = number(data)
        size, data = number(data)
        if kind is None or size is None or len(data) < size:
            return
        yield kind, data[:size]
        data = data[size:]


class Answer:
    def __init__(self):
        self.heads = []
        self.trailers = None
        self.body = b""
        self.ends = []
        self.done = False

    def __str__(self):
        parts = [head(h) for h in self.heads]
        if self.body:
            parts.append("%d bytes %s" % (len(self.body), self.body[:60].decode(errors="replace").strip()))
        if self.trailers is not None:
            parts.append("trailers " + head(self.trailers))
        return " | ".join(parts + self.ends) or "nothing"


def head(headers):
    status = headers.get(":status", "")
    rest = {k: v for k, v in sorted(headers.items()) if k != ":status" and k not in BY_CHANCE}
    return (status + " " + str(rest)).strip()


def merged(headers):
    found = {}
    for name, value in headers:
        name, value = name.decode(), value.decode()
        found[name] = found[name] + " AND " + value if name in found else value
    return found


class Client(QuicConnectionProtocol):
    def __init__(self, quic, *more):
        super().__init__(quic, *more)
        self.http = None
        self.control = Control()
        self.alpn = None
        self.answers = {}
        self.ended = None
        self.connected = False
        self.changed = asyncio.Event()

    def quic_event_received(self, event):
        if isinstance(event, ProtocolNegotiated):
            self.alpn = event.alpn_protocol
            self.http = Http(self._quic)
        elif isinstance(event, StreamDataReceived):
            self.control.add(event)
        elif isinstance(event, HandshakeCompleted):
            self.connected = True
        elif isinstance(event, StreamReset):
            self.end(event.stream_id, "reset 0x%x" % event.error_code)
        elif isinstance(event, StopSendingReceived):
            answer = self.answers.get(event.stream_id)
            if answer is not None:
                answer.ends.append("stop 0x%x" % event.error_code)
        elif isinstance(event, ConnectionTerminated):
            kind = "closed" if event.frame_type is None else "quic-closed"
            self.ended = ("%s 0x%x %s" % (kind, event.error_code, event.reason_phrase)).strip()
            for stream in list(self.answers):
                self.end(stream, self.ended)
        if self.http is not None:
            for found in self.http.handle_event(event):
                self.found(found)
        self.changed.set()

    def found(self, event):
        answer = self.answers.get(event.stream_id)
        if answer is None or answer.done:
            return
        if isinstance(event, HeadersReceived):
            headers = merged(event.headers)
            if ":status" in headers:
                answer.heads.append(headers)
            else:
                answer.trailers = headers
        elif isinstance(event, DataReceived):
            answer.body += event.data
        if event.stream_ended:
            answer.done = True

    def end(self, stream, how):
        answer = self.answers.get(stream)
        if answer is not None and not answer.done:
            answer.ends.append(how)
            answer.done = True

    async def until(self, condition, patience=PATIENCE):
        async def wait():
            while not condition():
                self.changed.clear()
                await self.changed.wait()

        try:
            await asyncio.wait_for(wait(), patience)
            return True
        except asyncio.TimeoutError:
            return False

    def send(self, stream, part, end):
        quic = self._quic
        if "head" in part:
            quic.send_stream_data(stream, frame(0x1, self.encode(stream, part["head"])), end)
        elif "raw" in part:
            quic.send_stream_data(stream, bytes.fromhex(part["raw"]), end)
        elif "reset" in part:
            quic.reset_stream(stream, part["reset"])
        elif "stop" in part:
            quic.stop_stream(stream, part["stop"])
        else:
            data = b"x" * part["size"] if "size" in part else part["data"].encode()
            quic.send_stream_data(stream, frame(0x0, data), end)

    def encode(self, stream, headers):
        return self.http._encode_headers(stream, [(n.encode(), v.encode()) for n, v in headers])

    async def ask(self, step):
        answer, sending = self.begin(step)
        await sending
        return answer

    def begin(self, step):
        """The answer that will come, and the rest of the request."""
        stream = self._quic.get_next_available_stream_id()
        answer = Answer()
        if self.ended is not None:
            answer.done = True
        else:
            self.answers[stream] = answer
        return answer, self.sending(step, stream, answer)

    async def sending(self, step, stream, answer):
        if answer.done:
            return
        parts = [{"head": step["head"]}] + step.get("then", [])
        for i, part in enumerate(parts):
            if "wait" in part:
                await asyncio.sleep(part["wait"])
            elif step.get("half"):
                head = frame(0x1, self.encode(stream, part["head"]))
                self._quic.send_stream_data(stream, head[: len(head) // 2], step.get("end", True))
                break
            elif not answer.done:
                self.send(stream, part, i + 1 == len(parts) and step.get("end", True))
                self.transmit()
        self.transmit()


def frame(kind, data):
    size = len(data)
    if size < 1 << 6:
        length = bytes([size])
    elif size < 1 << 14:
        length = (size | 1 << 14).to_bytes(2, "big")
    else:
        length = (size | 2 << 30).to_bytes(4, "big")
    return bytes([kind]) + length + data


async def bound(family):
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
    return sock


async def connect(step):
    configuration = QuicConfiguration(
        is_client=True,
        alpn_protocols=step.get("alpn", ["h3"]),
        verify_mode=ssl.CERT_REQUIRED if "trust" in step else ssl.CERT_NONE,
        cafile=step.get("trust"),
        server_name=step.get("server"),
        idle_timeout=step.get("idle", 60.0),
        max_data=step.get("window", 1 << 24),
        max_stream_data=step.get("window", 1 << 24),
    )
    if "token" in step:
        configuration.token = bytes.fromhex(step["token"])
    if "certificate" in step:
        configuration.load_cert_chain(*step["certificate"])
    host, port = step["to"]
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if "resume" in step:
        configuration.session_ticket = sessions[step["resume"]]

    def keep(session):
        sessions[step.get("keep")] = session

    quic = QuicConnection(configuration=configuration, session_ticket_handler=keep)
    if step.get("stuck"):
        quic._write_connection_limits = quic._write_stream_limits = lambda *args, **more: None
    sock = await bound(family)
    _, client = await asyncio.get_running_loop().create_datagram_endpoint(lambda: Client(quic), sock=sock)
    client.family = family
    # As the system writes it, so that it is known again in what comes from there.
    client.connect(socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0][4])
    await client.until(lambda: client.ended is not None or client.connected, step.get("patience", PATIENCE))
    return client


def shown(client):
    if client.ended is not None:
        return client.ended
    if not client.connected:
        return "nothing"
    if client._quic.tls.session_resumed:
        return "resumed %s" % client.alpn
    certificate = client._quic.tls._peer_certificate
    names = str(certificate.subject.rfc4514_string())
    return "connected %s by %s" % (client.alpn, names)


async def move(client):
    """The client's address changes: a new socket, the same connection."""
    sock = await bound(client.family)
    loop = asyncio.get_running_loop()

    class Other(asyncio.DatagramProtocol):
        def datagram_received(self, data, address):
            client.datagram_received(data, address)

    old = client._transport
    client._transport, _ = await loop.create_datagram_endpoint(Other, sock=sock)
    old.abort() if hasattr(old, "abort") else old.close()
    return "moved"


async def knock(step):
    host, port = step["to"]
    sock = await bound(socket.AF_INET)
    for _ in range(step["knock"]):
        quic = QuicConnection(configuration=QuicConfiguration(alpn_protocols=["h3"], server_name="one.test"))
        quic.connect((host, port), now=0)
        for data, to in quic.datagrams_to_send(now=0):
            sock.sendto(data, to)
        await asyncio.sleep(0.002)  # the server's buffer takes about a hundred
    return sock


class Load:
    """Requests without end. What is rejected unseen (RFC 9114, section 4.1.1) is asked again."""

    def __init__(self, step):
        self.step = step
        self.ended = False
        self.answered, self.rejected, self.connections = 0, 0, 0
        self.failures = []
        self.tasks = [asyncio.ensure_future(self.work()) for _ in range(step.get("many", 1))]

    async def work(self):
        client, left = None, 0
        while not self.ended:
            if client is None or client.ended is not None or client.control.goaways or left == 0:
                leave(client)
                left = self.step.get("renew", -1)
                client = await connect(self.step)
                if not client.connected or client.ended is not None:
                    self.failures.append("connect: " + shown(client))
                    client = None
                    await asyncio.sleep(0.05)
                    continue
                self.connections += 1
            left -= 1
            answer = await client.ask({"head": self.step["head"]})
            await client.until(lambda: answer.done)
            if answer.done and answer.heads and not answer.ends:
                self.answered += 1
            elif answer.ends and answer.ends[-1] == "reset 0x10b":
                self.rejected += 1
            else:
                self.failures.append("%s at %d" % (answer, self.answered))
            await asyncio.sleep(self.step.get("pause", 0.005))
        leave(client)

    async def end(self):
        self.ended = True
        await asyncio.gather(*self.tasks)
        return "%d answered, %d rejected, %d connections, failures %s" % (
            self.answered,
            self.rejected,
            self.connections,
            self.failures[:5],
        )


def leave(client):
    if client is not None and client.ended is None:
        client._quic.close(error_code=0x100)
        client.transmit()


async def main():
    loop = asyncio.get_running_loop()
    clients, pending, loads, knocks = {}, {}, {}, []

    async def do(step):
        if "knock" in step:
            knocks.append(await knock(step))
            return "knocked"
        if "load" in step:
            loads[step["load"]] = Load(step)
            return "loading"
        if "loaded" in step:
            return await loads.pop(step["loaded"]).end()
        if "connect" in step:
            client = await connect(step)
            clients[step["connect"]] = client
            return shown(client)
        if "ask" in step:
            client = clients[step["ask"]]
            if "as" in step:
                answer, sending = client.begin(step)
                pending[step["as"]] = (client, answer, asyncio.ensure_future(sending))
                return "asked"
            answer = await client.ask(step)
            await client.until(lambda: answer.done)
            return str(answer)
        if "answer" in step:
            client, answer, _ = pending[step["answer"]]
            await client.until(lambda: answer.done or (step.get("head") and answer.heads))
            return str(answer)
        if "goaway" in step:
            client = clients[step["goaway"]]
            count = step.get("count", 1)
            await client.until(lambda: client.ended is not None or len(client.control.goaways) >= count)
            return "goaway %s" % (client.control.goaways,)
        if "closed" in step:
            client = clients[step["closed"]]
            await client.until(lambda: client.ended is not None)
            return client.ended or "open"
        if "settings" in step:
            client = clients[step["settings"]]
            await client.until(lambda: client.http.received_settings is not None)
            return str(sorted(client.http.received_settings.items()))
        if "close" in step:
            leave(clients[step["close"]])
            return "left"
        if "move" in step:
            return await move(clients[step["move"]])
        if "control" in step:
            client = clients[step["control"]]
            stream = client.http._local_control_stream_id
            client._quic.send_stream_data(stream, bytes.fromhex(step["raw"]))
            client.transmit()
            return "sent"
        raise ValueError(step)

    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line.strip():
            break
        try:
            answer = await do(json.loads(line))
        except Exception:
            answer = "failed: " + traceback.format_exc()
        print(answer.replace("\n", " "), flush=True)


asyncio.run(main())
