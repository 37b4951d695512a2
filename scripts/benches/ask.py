"""On the near side of the lab: asks a proxy for its clusters' answers, as standard input says.

    ask.py PORT

Each line is a cluster and a number of requests, sent one after the other on one connection; the answer is a line of JSON: for each
the milliseconds to the first byte, the status and the body. Waits for the listener first.
"""

import http.client
import json
import socket
import sys
import time

LISTENS_SECONDS = 30
ANSWER_SECONDS = 15


def connect(port):
    deadline = time.monotonic() + LISTENS_SECONDS
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS)
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def ask(client, cluster):
    began = time.monotonic()
    client.sendall(f"GET / HTTP/1.1\r\nhost: server.lab\r\nx-cluster: {cluster}\r\n\r\n".encode())
    client.recv(1, socket.MSG_PEEK)
    millis = 1000 * (time.monotonic() - began)
    answer = http.client.HTTPResponse(client, method="GET")
    answer.begin()
    return [millis, answer.status, answer.read().decode()]


def main():
    for line in sys.stdin:
        cluster, count = line.split()
        with connect(int(sys.argv[1])) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            print(json.dumps([ask(client, cluster) for _ in range(int(count))]), flush=True)


main()
