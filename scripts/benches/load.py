"""Races by the thousand on one worker, over real sockets: scripts/bench load --help"""

import argparse
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
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
    maven = shutil.which("mvn") or str(ROOT / "mvnw")
    with tempfile.TemporaryDirectory(prefix="bench") as directory:
        classpath = Path(directory) / "classpath"
        print("bench: building …", flush=True)
        build = [maven, "-B", "-q", "-pl", "dataplane", "-am", "test-compile", "dependency:build-classpath"]
        subprocess.run([*build, f"-Dmdep.outputFile={classpath}"], cwd=ROOT, check=True)
        target = ROOT / "dataplane" / "target"
        command = [
            "java",
            "-XX:+UseSerialGC",
            "-Xmx128m",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            os.pathsep.join([str(target / "test-classes"), str(target / "classes"), classpath.read_text()]),
            RACE_LOAD,
            *map(str, (options.rate, options.seconds, options.burst, options.races)),
        ]
        subprocess.run(command, check=True)
