"""What the contestants are put through, and what the wire saw of it."""

import itertools
from dataclasses import dataclass, field

NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Trial:
    """The far side of one occasion. sixes and fours: what becomes of each address that the name has, an action and a
    round trip in ms; late_a and late_aaaa: by how many ms an answer of the DNS server is late."""

    sixes: tuple = (("accept", 0),)
    fours: tuple = (("accept", 0),)
    late_a: float = 0
    late_aaaa: float = 0
    connections: int = 1


@dataclass(frozen=True)
class Seen:
    """Times in ms since the first question. attempts: (at, family, number of the address, when it could be connected
    or None)."""

    asked: list = field(default_factory=list)
    attempts: list = field(default_factory=list)
    replies: list = field(default_factory=list)

    @property
    def first(self):
        return self.attempts[0] if self.attempts else None

    @property
    def winner(self):
        """Whoever was connected first, if the contestant was served at all."""
        up = [a for a in self.attempts if a[3] is not None]
        return min(up, key=lambda a: a[3]) if up and self.served else None

    @property
    def served(self):
        return bool(self.replies) and "error" not in self.replies[0]

    def gap(self):
        """Between the first attempt and the first one to another address, or None."""
        others = [a for a in self.attempts if a[1:3] != self.first[1:3]] if self.attempts else []
        return others[0][0] - self.first[0] if others else None

    def connected_after(self):
        """From the first attempt to the connection, or None."""
        return self.winner[3] - self.first[0] if self.winner else None


def play(lab, contestant, trial):
    """Lets a contestant connect to a name that was never asked for before."""
    name = f"n{next(NUMBERS)}.lab"
    sixes = [lab.six(i + 1) for i in range(len(trial.sixes))]
    fours = [lab.four(i + 1) for i in range(len(trial.fours))]
    fate = dict(zip(sixes + fours, trial.sixes + trial.fours))
    lab.forget_rules()
    for address, (action, round_trip) in fate.items():
        lab.rule(address, action=action, delay_ms=round_trip / 2)
    lab.dns(name, "AAAA", *sixes, delay_ms=trial.late_aaaa)
    lab.dns(name, "A", *fours, delay_ms=trial.late_a)
    lab.clear()
    replies = contestant.fetch(lab, name, trial.connections)
    queries = [q for q in lab.queries() if q["name"].rstrip(".") == name]
    syns = [s for s in lab.syns(contestant.port) if s["to"] in fate]
    lab.forget_name(name)
    zero = queries[0]["at"] if queries else syns[0]["at"] if syns else 0
    return Seen([(ms(q["at"] - zero), q["type"]) for q in queries], [attempt(s, zero, sixes, fours, fate) for s in syns], replies)


def attempt(syn, zero, sixes, fours, fate):
    family, addresses = ("6", sixes) if syn["to"] in sixes else ("4", fours)
    action, round_trip = fate[syn["to"]]
    at = ms(syn["at"] - zero)
    return at, family, addresses.index(syn["to"]) + 1, at + round_trip if action == "accept" else None


def ms(nanos):
    return nanos / 1e6
