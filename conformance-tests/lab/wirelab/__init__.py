"""A wire that a test holds in its hand.

Two network namespaces are joined by a pair of TUN devices, and one process carries the packets between them: it can
delay, drop or refuse what goes to an address, and writes down when every SYN passed. The near side is for whoever is
under test, the far side has addresses of both families, with upstream servers and a DNS server that say what they are
told to.

    with wirelab.Lab() as lab:
        lab.serve(80)
        lab.rule(lab.six(1), action="drop")
        subprocess.run(lab.near("curl", "http://name.lab/"))
        print(lab.record())

`python3 -m wirelab --help` tells of the protocol that other languages speak. Only the standard library is needed, and
root, `ip` and /dev/net/tun.
"""

from .client import Lab, Missing

__all__ = ["Lab", "Missing"]
