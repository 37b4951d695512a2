"""Both ends of WebSocket as the library websockets speaks it, with permessage-deflate.

    websocket.py serve [CERTIFICATE KEY]   listens on 127.0.0.1, says where on a line, and serves
    websocket.py talk URI [CA]             says what a client can, and on a line each what came of it
"""

import asyncio
import http
import random
import ssl
import sys

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed, InvalidStatus

LARGE = 1 << 20
LARGEST = 4 << 20
closed = []


async def answer(socket):
    """Says everything back, but what it is told to do otherwise."""
    try:
        async for message in socket:
            if message == "close":
                await socket.close(4001, "as told")
            elif message == "ping":
                await (await socket.ping(b"from the server"))
                await socket.send("ponged")
            elif message == "fragments":
                await socket.send(["a", "b" * 70_000, "", "c"])
            elif message == "closed":
                while not closed:
                    await asyncio.sleep(0.01)
                await socket.send(closed.pop())
            else:
                await socket.send(message)
    except ConnectionClosed:
        pass
    closed.append(f"{socket.close_code} {socket.close_reason}")


def refuse(socket, request):
    return socket.respond(http.HTTPStatus.FORBIDDEN, "no\n") if request.path == "/forbidden" else None


async def listen(certificate=None, key=None):
    tls = None
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
    options = {"ssl": tls, "max_size": LARGEST, "subprotocols": ["chat"], "process_request": refuse}
    async with serve(answer, "127.0.0.1", 0, **options) as server:
        print("%s:%d" % server.sockets[0].getsockname(), flush=True)
        await server.serve_forever()


async def talk(uri, authority=None):
    options = {"max_size": LARGEST, "subprotocols": ["soup", "chat"], "proxy": None}
    if authority:
        options["ssl"] = ssl.create_default_context(cafile=authority)

    async def said_back(socket, message):
        await socket.send(message)
        return await socket.recv()

    async with connect(uri, **options) as socket:
        extensions = [extension.name for extension in socket.protocol.extensions]
        print(f"agreed: {socket.subprotocol} {extensions}")
        print("text:", await said_back(socket, "hellö"))
        print("binary:", await said_back(socket, b"\x00\xff"))
        print("empty:", [await said_back(socket, ""), await said_back(socket, b"")])
        noise = random.Random(1).randbytes(LARGE)
        print("large, binary:", await said_back(socket, noise) == noise)
        print("large, text:", await said_back(socket, "ö" * LARGE) == "ö" * LARGE)
        parts = [noise[i : i + 1000] for i in range(0, 100_000, 1000)]
        print("fragments up:", await said_back(socket, parts) == noise[:100_000])
        await socket.send("fragments")
        print("fragments down:", [len(part) async for part in socket.recv_streaming()])
        print("ping up:", await (await socket.ping(b"from the client")) >= 0)
        print("ping down:", await said_back(socket, "ping"))
        await socket.close(1001, "bye")
    async with connect(uri, **options) as socket:
        print("closed by the client:", await said_back(socket, "closed"))
        await socket.send("close")
        try:
            print("not closed, but", await socket.recv())
        except ConnectionClosed as end:
            print("closed by the server:", end.rcvd.code, end.rcvd.reason)
    try:
        async with connect(uri + "forbidden", **options):
            print("not refused")
    except InvalidStatus as refusal:
        print("refused:", refusal.response.status_code, refusal.response.body)


if __name__ == "__main__":
    asyncio.run({"serve": listen, "talk": talk}[sys.argv[1]](*sys.argv[2:]))
