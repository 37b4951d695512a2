"""What a lab promises: python3 -m unittest, in this folder, as root."""

import errno
import signal
import socket
import struct
import subprocess
import sys
import time
import unittest
import unittest.mock
from pathlib import Path

import wirelab
from wirelab.namespaces import NETNS, inside, require

PORT = 8080


def setUpModule():
    global lab
    try:
        lab = wirelab.Lab()
    except wirelab.Missing as missing:
        raise unittest.SkipTest(str(missing))
    unittest.addModuleCleanup(lab.stop)
    lab.serve(PORT)


def near_socket(address, kind=socket.SOCK_STREAM):
    with inside(lab.hello["near"]):
        opened = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    opened.settimeout(5)
    return opened


def connect(address, timeout=5.0):
    """How it ended, 0 or an errno, and after how many milliseconds."""
    with near_socket(address) as s:
        s.settimeout(timeout)
        before = time.monotonic()
        try:
            s.connect((address, PORT))
            result = 0
        except TimeoutError:
            result = errno.ETIMEDOUT
        except OSError as e:
            result = e.errno
        return result, (time.monotonic() - before) * 1000


class RulesTest(unittest.TestCase):
    def setUp(self):
        lab.forget_rules()
        lab.clear()

    def both(self, action, delay_ms=0.0, timeout=5.0):
        for address in (lab.four(1), lab.six(1)):
            lab.rule(address, action=action, delay_ms=delay_ms)
            yield connect(address, timeout)

    def test_everything_passes_by_default(self):
        for address in (lab.four(2), lab.six(2)):
            with near_socket(address) as s:
                s.connect((address, PORT))
                s.sendall(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
                answer = b"".join(iter(lambda: s.recv(4096), b"")).decode()
            self.assertTrue(answer.endswith("\r\n\r\n" + address), answer)

    def test_a_delay_is_each_way(self):
        for result, took in self.both("accept", 60):
            self.assertEqual(result, 0)
            self.assertTrue(120 <= took < 300, took)

    def test_a_refusal_comes_after_the_delay(self):
        for result, took in self.both("refuse", 30):
            self.assertEqual(result, errno.ECONNREFUSED)
            self.assertTrue(60 <= took < 240, took)

    def test_an_unreachable_host(self):
        for result, took in self.both("unreachable", 30):
            self.assertEqual(result, errno.EHOSTUNREACH)
            self.assertTrue(60 <= took < 240, took)

    def test_a_drop_is_silence_and_the_record_tells_a_repetition_from_an_attempt(self):
        lab.rule(lab.six(9), action="drop")
        self.assertEqual(connect(lab.six(9), timeout=1.5)[0], errno.ETIMEDOUT)
        kinds = [(seen["kind"], seen["to"], seen["port"], seen["action"]) for seen in lab.record()
                 if seen["to"] == lab.six(9)]
        self.assertEqual(
            kinds, [("syn", lab.six(9), PORT, "drop"), ("again", lab.six(9), PORT, "drop")])

    def test_a_rule_for_a_port_goes_before_one_for_the_address(self):
        lab.rule(lab.four(3), action="drop")
        lab.rule(lab.four(3), PORT, action="refuse")
        self.assertEqual(connect(lab.four(3))[0], errno.ECONNREFUSED)

    def test_a_rule_for_a_protocol_leaves_the_other_alone(self):
        lab.serve(PORT)
        lab.rule(lab.four(6), PORT, action="refuse", protocol="udp")
        self.assertEqual(connect(lab.four(6))[0], 0)
        with near_socket(lab.four(6), socket.SOCK_DGRAM) as s:
            s.connect((lab.four(6), PORT))
            s.send(b"?")
            with self.assertRaises(ConnectionRefusedError):
                s.recv(10)

    def test_a_refused_datagram(self):
        for address in (lab.four(4), lab.six(4)):
            lab.rule(address, action="refuse")
            with near_socket(address, socket.SOCK_DGRAM) as s:
                s.connect((address, PORT))
                s.send(b"?")
                with self.assertRaises(ConnectionRefusedError):
                    s.recv(10)

    def test_what_cannot_be_understood_is_an_error(self):
        for fields in ({"action": "explode"}, {"delay_ms": -1}, {"protocol": "udp"}):
            with self.assertRaises(ValueError):
                lab.rule(lab.four(1), **fields)


class NamesTest(unittest.TestCase):
    def ask(self, name, kind, transport="udp"):
        labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
        query = b"\x12\x34\x01\x00\0\1\0\0\0\0\0\0" + labels + b"\0" + struct.pack("!HH", {"A": 1, "AAAA": 28}[kind], 1)
        address = lab.hello["dns"][0]
        with near_socket(address, socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM) as s:
            s.connect((address, 53))
            if transport == "tcp":
                s.sendall(struct.pack("!H", len(query)) + query)
                return s.recv(4096)[2:]
            s.send(query)
            return s.recv(4096)

    def code_and_count(self, answer):
        return struct.unpack_from("!H", answer, 2)[0] & 0xF, struct.unpack_from("!H", answer, 6)[0]

    def test_answers(self):
        lab.clear()
        lab.dns("a.lab", "A", lab.four(1), lab.four(2), aliases=[("b.lab", 5)], ttl=7)
        answer = self.ask("A.lab", "A")
        self.assertEqual(self.code_and_count(answer), (0, 3))
        self.assertIn(b"\1b\3lab\0\0\1\0\1\0\0\0\7\0\4\xc6\x33\x64\1", answer)
        self.assertEqual(self.code_and_count(self.ask("a.lab", "AAAA")), (0, 0))
        self.assertEqual(self.code_and_count(self.ask("other.lab", "A")), (3, 0))
        self.assertEqual(
            [(q["name"], q["type"], q["transport"]) for q in lab.queries()],
            [("a.lab", "A", "udp"), ("a.lab", "AAAA", "udp"), ("other.lab", "A", "udp")])

    def test_failures(self):
        lab.dns("f.lab", "A", code="SERVFAIL", delay_ms=50)
        before = time.monotonic()
        self.assertEqual(self.code_and_count(self.ask("f.lab", "A")), (2, 0))
        self.assertGreaterEqual(time.monotonic() - before, 0.05)

    def test_truncated_over_udp_and_whole_over_tcp(self):
        lab.dns("t.lab", "AAAA", lab.six(1), truncate=True)
        answer = self.ask("t.lab", "AAAA")
        self.assertEqual(self.code_and_count(answer), (0, 0))
        self.assertTrue(answer[2] & 2)
        self.assertEqual(self.code_and_count(self.ask("t.lab", "AAAA", "tcp")), (0, 1))


class LifeTest(unittest.TestCase):
    def start(self):
        return subprocess.Popen(
            [sys.executable, "-m", "wirelab"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=Path(__file__).parent)

    def test_two_at_once(self):
        with wirelab.Lab() as other:
            self.assertNotEqual(other.hello["near"], lab.hello["near"])
            other.rule(lab.four(1), action="drop")
            lab.forget_rules()
            self.assertEqual(connect(lab.four(1))[0], 0)

    def test_nothing_is_left_however_it_ends(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
            with self.start() as process:
                near = process.stdout.readline().split('"')[3]
                self.assertTrue(NETNS.joinpath(near).exists())
                process.send_signal(number)
                process.wait(20)
                deadline = time.monotonic() + 20
                while NETNS.joinpath(near).exists() and time.monotonic() < deadline:
                    time.sleep(0.05)
                self.assertFalse(NETNS.joinpath(near).exists(), number)

    def test_what_is_missing_is_said(self):
        with unittest.mock.patch("shutil.which", return_value=None), unittest.mock.patch("os.geteuid", return_value=1):
            with self.assertRaisesRegex(wirelab.Missing, "as root.*iproute2"):
                require()


if __name__ == "__main__":
    unittest.main()
