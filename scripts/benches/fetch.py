"""On the near side of the lab: asks a proxy, as soon as it listens, over connections of their own.

    fetch.py PORT COUNT [SECONDS]

Prints a line of JSON for each: body or error, and ms. Waits for the listener first: so whoever is asked resolves names
with a client at the door.
"""

import http.client
import json
import sys
import time

POLL_SECONDS = 0.002
ANSWER_SECONDS = 15


def fetch(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/", headers={"connection": "close"})
        return {"body": connection.getresponse().read().decode()}
    except (OSError, http.client.HTTPException) as e:
        return {"error": f"{type(e).__name__}: {e}"}
    finally:
        connection.close()


def await_listener(port, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        began = time.monotonic()
        reply = fetch(port)
        if "ConnectionRefusedError" not in reply.get("error", ""):
            return {**reply, "ms": 1000 * (time.monotonic() - began)}
        time.sleep(POLL_SECONDS)
    return {"error": f"nothing listened within {seconds} s", "ms": 1000 * seconds}


def main():
    port, count = int(sys.argv[1]), int(sys.argv[2])
    print(json.dumps(await_listener(port, float(sys.argv[3]) if len(sys.argv) > 3 else 30)), flush=True)
    for _ in range(count - 1):
        began = time.monotonic()
        reply = fetch(port)
        print(json.dumps({**reply, "ms": 1000 * (time.monotonic() - began)}), flush=True)


main()
