"""Makes the two namespaces and their devices, and sees to it that they go away again."""

import ctypes
import fcntl
import os
import shutil
import signal
import struct
import subprocess
from contextlib import contextmanager
from pathlib import Path

from . import plan

SYSTEM_PATH = ("/usr/sbin", "/sbin")
SLOTS = 64
RUN = Path("/run/bifocal-lab")
NETNS = Path("/run/netns")
RESOLV_CONF = Path("/etc/netns")

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
DEVICE = "lab0"

_libc = ctypes.CDLL(None, use_errno=True)


class Missing(Exception):
    """What this machine lacks for a lab."""


class Place:
    """The namespaces of one run, in one of a fixed number of slots, so that several runs are out of each other's way.

    A slot is taken by a lock on a file, which the kernel gives back whatever happens to its holder. A guardian, which
    is a process of its own, waits for this one's end and clears up; what dies together with its guardian is swept away
    by the next run.
    """

    def __init__(self):
        require()
        self._lock, self.slot = _take_a_slot()
        self.near, self.far = _names(self.slot)
        self.host_address, self.near_address = f"198.18.{self.slot}.1", f"198.18.{self.slot}.2"
        self._guardian, self._leash = self._set_guardian()
        try:
            self._make()
        except OSError as refused:
            self.close()
            raise Missing(f"this machine refuses: {refused}") from refused
        except BaseException:
            self.close()
            raise

    def _set_guardian(self) -> tuple[int, int]:
        waiting, leash = os.pipe()
        guardian = os.fork()
        if guardian:
            os.close(waiting)
            return guardian, leash
        try:
            os.close(leash)
            os.setsid()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            # Who started the lab may wait for the end of its output.
            nothing = os.open(os.devnull, os.O_RDWR)
            for standard in (0, 1, 2):
                os.dup2(nothing, standard)
            os.read(waiting, 1)
            _clear(self.slot)
        finally:
            os._exit(0)

    def _make(self) -> None:
        for name in (self.near, self.far):
            _run("ip", "netns", "add", name)
            with inside(name):
                for scope in ("all", "default"):
                    Path(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6").write_text("0")
        RESOLV_CONF.joinpath(self.near).mkdir(parents=True, exist_ok=True)
        RESOLV_CONF.joinpath(self.near, "resolv.conf").write_text(f"nameserver {plan.DNS_FOUR}\n")
        self.near_tun, self.far_tun = _tun(self.near), _tun(self.far)
        link, other_end = _link(self.slot), f"host{self.slot}"
        _batch(None, f"link add {link} type veth peer name {other_end} netns {self.near}",
               f"addr add {self.host_address}/30 dev {link}", f"link set {link} up")
        _batch(self.near, "link set lo up",
               f"link set {other_end} addrgenmode none", f"addr add {self.near_address}/30 dev {other_end}",
               f"link set {other_end} up", f"link set {DEVICE} addrgenmode none", f"link set {DEVICE} up",
               *(f"addr add {four}/32 dev {DEVICE}" for four in (plan.NEAR_FOUR, plan.OTHER_NEAR_FOUR)),
               *(f"addr add {six}/128 dev {DEVICE} nodad" for six in (plan.OTHER_NEAR_SIX, plan.NEAR_SIX)),
               f"route add {plan.FOUR_NET} dev {DEVICE} src {plan.NEAR_FOUR}",
               f"route add {plan.SIX_NET} dev {DEVICE} src {plan.NEAR_SIX}")
        _batch(self.far, "link set lo up", f"link set {DEVICE} addrgenmode none", f"link set {DEVICE} up",
               *(f"addr add {four}/32 dev {DEVICE}" for four in plan.far_fours()),
               *(f"addr add {six}/128 dev {DEVICE} nodad" for six in plan.far_sixes()),
               f"route add 192.0.2.0/24 dev {DEVICE}", f"route add 2001:db8:1::/64 dev {DEVICE}")

    def close(self) -> None:
        """Lets go of everything, and waits until it is gone."""
        os.close(self._leash)
        os.waitpid(self._guardian, 0)
        os.close(self._lock)


def require() -> None:
    """Raises Missing with all that is."""
    os.environ["PATH"] = os.pathsep.join(filter(None, (os.environ.get("PATH"), *SYSTEM_PATH)))
    missing = []
    if os.geteuid() != 0:
        missing.append("it must run as root, to make network namespaces")
    if not os.path.exists("/dev/net/tun"):
        missing.append("there is no /dev/net/tun (the kernel's module tun, or the container's --device /dev/net/tun)")
    if not shutil.which("ip"):
        missing.append("there is no ip on the path (Debian's package is iproute2)")
    if not os.path.exists("/proc/sys/net/ipv6"):
        missing.append("this kernel has no IPv6")
    if missing:
        raise Missing("; ".join(missing))


@contextmanager
def inside(name: str):
    """Sockets and devices opened by this thread meanwhile belong to the namespace, and stay there."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(NETNS / name, os.O_RDONLY)
    try:
        _setns(there)
        yield
    finally:
        _setns(home)
        os.close(there)
        os.close(home)


def _setns(namespace: int) -> None:
    if _libc.setns(namespace, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, "setns: " + os.strerror(number))


def _tun(name: str) -> int:
    with inside(name):
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
        return device


def _names(slot: int) -> tuple[str, str]:
    return f"bifocal-lab-{slot}-near", f"bifocal-lab-{slot}-far"


def _link(slot: int) -> str:
    return f"bifocal-lab{slot}"


def _take_a_slot() -> tuple[int, int]:
    """The first free one; what is left in other free ones is cleared away in passing."""
    RUN.mkdir(parents=True, exist_ok=True)
    taken = None
    for slot in range(SLOTS):
        lock = os.open(RUN / str(slot), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        _clear(slot)
        if taken is None:
            taken = lock, slot
        else:
            os.close(lock)
    if taken is None:
        raise Missing(f"{SLOTS} labs are open already (see {RUN})")
    return taken


def _clear(slot: int) -> None:
    """Silent about what is not there."""
    if Path("/sys/class/net", _link(slot)).exists():
        subprocess.run(["ip", "link", "del", _link(slot)], capture_output=True, check=False)
    for name in _names(slot):
        if NETNS.joinpath(name).exists():
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
        shutil.rmtree(RESOLV_CONF / name, ignore_errors=True)


def _batch(name, *lines: str) -> None:
    _run("ip", *(["-n", name] if name else []), "-batch", "-", stdin="\n".join(lines) + "\n")


def _run(*command: str, stdin: str = "") -> None:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing(f"`{' '.join(command)}` failed: {(done.stderr or done.stdout).strip()}")
