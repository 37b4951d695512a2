"""Races by the thousand on one worker, over real sockets: scripts/bench load --help"""

import argparse
import subprocess

from .java import java_tests

RACE_LOAD = "io.bifocal.dataplane.connect.RaceLoad"


def arguments(argv):
    parser = argparse.ArgumentParser(
        prog="scripts/bench load",
        description="Races by the thousand on one worker, on loopback: how late second attempts and winners are at a steady "
        "rate with half of the first addresses silent; what a burst costs; whether a long run leaves anything behind.",
    )
    parser.add_argument("--rate", type=int, default=1000, help="races a second (default: 1000)")
    parser.add_argument("--seconds", type=int, default=20, help="for how long (default: 20)")
    parser.add_argument("--burst", type=int, default=1000, help="races at once (default: 1000)")
    parser.add_argument("--races", type=int, default=1_000_000, help="of the long run (default: 1000000)")
    return parser.parse_args(argv)


def main(argv):
    options = arguments(argv)
    numbers = map(str, (options.rate, options.seconds, options.burst, options.races))
    subprocess.run([*java_tests("-Xmx128m"), RACE_LOAD, *numbers], check=True)
