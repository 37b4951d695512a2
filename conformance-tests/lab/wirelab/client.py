"""The lab for Python: a process that holds it, and this to talk to it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from . import plan
from .namespaces import Missing

PATIENCE = 30


class Lab:
    """Use it as a context manager. The near side is for whoever is under test, the far side has the addresses."""

    def __init__(self):
        """Raises Missing when this machine cannot have a lab."""
        here = str(Path(__file__).resolve().parent.parent)
        path = os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH"))))
        # A group of its own: Ctrl-C must not take the wire away from whoever is still clearing up.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "wirelab"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": path}, start_new_session=True)
        self.hello = self._read()
        if "missing" in self.hello:
            self.stop()
            raise Missing(self.hello["missing"])

    def __enter__(self) -> "Lab":
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    @staticmethod
    def four(number: int) -> str:
        """A far IPv4 address, numbered from 1."""
        return plan.four(number)

    @staticmethod
    def six(number: int) -> str:
        """A far IPv6 address, numbered from 1."""
        return plan.six(number)

    def near(self, *command: str) -> list[str]:
        """The command line that runs this on the near side."""
        return ["ip", "netns", "exec", self.hello["near"], *command]

    def far(self, *command: str) -> list[str]:
        """The command line that runs this on the far side."""
        return ["ip", "netns", "exec", self.hello["far"], *command]

    def rule(self, address: str, port: int | None = None, action: str = "accept", delay_ms: float = 0,
             protocol: str | None = None) -> None:
        """What becomes of packets to an address (see wire.Rule)."""
        self._ask("rule", address=address, port=port, protocol=protocol, action=action, delay_ms=delay_ms)

    def forget_rules(self) -> None:
        self._ask("forget_rules")

    def clear(self) -> None:
        """Forgets the packets and queries seen so far."""
        self._ask("clear")

    def record(self) -> list[dict]:
        """The packets seen since the last clear (see wire.Seen)."""
        return self._ask("record")["seen"]

    def syns(self, port: int | None = None) -> list[dict]:
        """The first SYN of every attempt since the last clear."""
        return [seen for seen in self.record() if seen["kind"] == "syn" and port in (None, seen["port"])]

    def serve(self, port: int, address: str | None = None, **fields) -> None:
        """Listens on an address, or on all of the far side (see upstream.Service)."""
        self._ask("serve", port=port, address=address, **fields)

    def close(self, port: int, address: str | None = None) -> None:
        """Listens no more."""
        self._ask("close", port=port, address=address)

    def dns(self, name: str, type: str, *addresses: str, **fields) -> None:
        """What is answered for a name and type (see names.Answer)."""
        self._ask("dns", name=name, type=type, addresses=addresses, **fields)

    def forget_name(self, name: str) -> None:
        self._ask("forget_name", name=name)

    def queries(self) -> list[dict]:
        """What the DNS server was asked since the last clear (see names.Query)."""
        return self._ask("queries")

    def stop(self) -> None:
        """Ends the lab, and waits until its namespaces are gone."""
        self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _ask(self, do: str, **fields):
        self._process.stdin.write(json.dumps({"do": do, **fields}) + "\n")
        self._process.stdin.flush()
        response = self._read()
        if "error" in response:
            raise ValueError(response["error"])
        return response["result"]

    def _read(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the lab has ended with {self._process.wait()}")
        return json.loads(line)
