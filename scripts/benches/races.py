"""The field, measured on the wire: scripts/bench races --help"""

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

from . import picture
from .contestants import CONTESTANTS, HTTP2_PORT, PORT, ROOT, peer
from .trials import Trial, play

sys.path.insert(0, str(ROOT / "conformance-tests" / "lab"))
import wirelab  # noqa: E402

DELAYS = (0, 50, 100, 150, 200, 250, 275, 325, 400, 600, 1000, 2000)
LATENESS = (10, 30, 70, 150, 400, 1000)
SILENT = ("drop", 0)
FOUR = (SILENT,) * 4


class Field:
    """Plays the trials to one contestant after the other."""

    def __init__(self, lab, rounds):
        self.lab = lab
        self.rounds = rounds

    def median(self, contestant, trial, figure):
        """Of a figure over the rounds; None when there was none in most of them."""
        values = [figure(play(self.lab, contestant, trial)) for _ in range(self.rounds)]
        there = [v for v in values if v is not None]
        return statistics.median(there) if len(there) * 2 > len(values) else None

    def measure(self, contestant):
        figures = {}
        many = play(self.lab, contestant, Trial(sixes=FOUR, fours=FOUR))
        figures["gap"], figures["many"] = many.gap(), many.attempts
        figures["sweep"] = [self.winner(contestant, Trial(sixes=(("accept", delay),))) for delay in DELAYS]
        usual = self.median(contestant, Trial(), lambda s: s.first and s.first[0])
        figures["late AAAA"] = [self.held_up(contestant, Trial(late_aaaa=late), usual) for late in LATENESS]
        figures["late A"] = [self.held_up(contestant, Trial(late_a=late), usual) for late in LATENESS]
        figures["asked"] = self.asked(contestant)
        for title, trial in DEAD.items():
            figures[title] = self.median(contestant, trial, lambda s: s.connected_after())
        figures["second"] = self.median(contestant, Trial(sixes=(SILENT,), connections=2), second)
        return figures

    def winner(self, contestant, trial):
        won = play(self.lab, contestant, trial).winner
        return won[1] if won else "-"

    def held_up(self, contestant, trial, usual):
        """By how much later than usual the first SYN was sent, and to which family."""
        first = play(self.lab, contestant, trial).first
        return (max(0, first[0] - usual), first[1]) if first and usual is not None else None

    def asked(self, contestant):
        orders = [" ".join(t for _, t in play(self.lab, contestant, Trial()).asked[:2]) for _ in range(self.rounds)]
        return "varies" if len(set(orders)) > 1 else orders[0]


def second(seen):
    """How long the second connection took, in ms."""
    return seen.replies[1]["ms"] if len(seen.replies) == 2 and "error" not in seen.replies[1] else None


DEAD = {
    "IPv6 silent": Trial(sixes=(SILENT,)),
    "IPv6 refused": Trial(sixes=(("refuse", 0),)),
    "IPv6 unreachable": Trial(sixes=(("unreachable", 0),)),
    "IPv4 silent": Trial(fours=(SILENT,)),
}


def number(value):
    return "never" if value is None else f"{value:.0f}"


def held_up(figures):
    return "; ".join("never" if s is None else f"{s[0]:.0f} (v{s[1]})" for s in figures)


def order(attempts):
    return " ".join(f"{family}{'abcd'[index - 1]}" for _, family, index, _ in attempts[:12]) or "none"


def longest_v6(sweep):
    """The longest round trip at which IPv6 still won, and the shortest at which it did not."""
    lost = next((i for i, family in enumerate(sweep) if family != "6"), len(sweep))
    if lost == 0:
        return "never"
    return f"up to {DELAYS[lost - 1]}" + (f" (not {DELAYS[lost]})" if lost < len(DELAYS) else "")


def tables(results):
    """Markdown: one row a contestant."""
    first = [
        "| | attempt delay | IPv6 wins at a round trip | IPv6 silent | IPv6 refused | IPv6 unreachable | IPv4 silent | second connection, IPv6 silent |",
        "|---|---|---|---|---|---|---|---|",
    ]
    names = [
        "| | asks first | late AAAA holds the first SYN up by | late A holds it up by | of four silent each |",
        "|---|---|---|---|---|",
    ]
    for name, f in results.items():
        dead = " | ".join(number(f[title]) for title in DEAD)
        first.append(f"| {name} | {number(f['gap'])} | {longest_v6(f['sweep'])} | {dead} | {number(f['second'])} |")
        names.append(f"| {name} | {f['asked']} | {held_up(f['late AAAA'])} | {held_up(f['late A'])} | {order(f['many'])} |")
    return first, names


def arguments(argv):
    parser = argparse.ArgumentParser(
        prog="scripts/bench races",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="How each client of the field connects to a name with addresses of both families: what the wire saw.",
        epilog="The dimensions are those of \"Lazy Eye Inspection\" (IMC 2025). Needs root, ip and /dev/net/tun for the lab, "
        "and what\nscripts/peers brings: envoy curl go-dialer java-clients. Nothing else should run meanwhile.\n",
    )
    names = [c.name for c in CONTESTANTS]
    parser.add_argument("--only", help=f"which contestants, with commas between them (of: {', '.join(names)})")
    parser.add_argument("--rounds", type=int, default=3, help="times each figure is taken; the median counts (default: 3)")
    parser.add_argument("--write", action="store_true", help="put tables and picture into docs/happy-eyeballs.md")
    options = parser.parse_args(argv)
    wanted = options.only.split(",") if options.only else names
    if unknown := set(wanted) - set(names):
        parser.error(f"no such contestant: {', '.join(sorted(unknown))}")
    options.contestants = [c for c in CONTESTANTS if c.name in wanted]
    return options


def main(argv):
    options = arguments(argv)
    for name in sorted({need for c in options.contestants for need in c.needs}):
        if not Path(peer(name)).exists():
            sys.exit(f"bench: {name} is missing: scripts/peers {name} brings it")
    # Builds what is run, so that no contestant pays for it.
    subprocess.run([ROOT / "scripts" / "bifocal", "--version"], check=True, stdout=subprocess.DEVNULL)
    results = {}
    try:
        with wirelab.Lab() as lab:
            lab.serve(PORT, close=True)
            lab.serve(HTTP2_PORT, kind="http2")
            field = Field(lab, options.rounds)
            for contestant in options.contestants:
                print(f"bench: {contestant.name} …", file=sys.stderr, flush=True)
                results[contestant.name] = field.measure(contestant)
    except wirelab.Missing as missing:
        sys.exit(f"bench: no lab: {missing}")
    first, names = tables(results)
    print("\n".join([*first, "", *names]))
    if options.write:
        picture.write(ROOT / "docs", options.contestants, first, names, results, DELAYS, LATENESS)
