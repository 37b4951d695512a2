"""Programs among the data plane's tests."""

import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def java_tests(heap):
    """The command that runs a class of theirs."""
    return ["java", "-XX:+UseSerialGC", heap, "--enable-native-access=ALL-UNNAMED", "-cp", built()]


@functools.cache
def built():
    """Builds the data plane's tests, once; their class path."""
    maven = shutil.which("mvn") or str(ROOT / "mvnw")
    with tempfile.TemporaryDirectory(prefix="bench") as directory:
        classpath = Path(directory) / "classpath"
        print("bench: building …", flush=True)
        build = [maven, "-B", "-q", "-pl", "dataplane", "-am", "test-compile", "dependency:build-classpath"]
        subprocess.run([*build, f"-Dmdep.outputFile={classpath}"], cwd=ROOT, check=True)
        target = ROOT / "dataplane" / "target"
        return os.pathsep.join([str(target / "test-classes"), str(target / "classes"), classpath.read_text()])
