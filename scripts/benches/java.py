"""Programs among the data plane's tests."""

import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@functools.cache
def java_tests(heap):
    """Builds the data plane's tests, once; the command that runs a class of theirs."""
    maven = shutil.which("mvn") or str(ROOT / "mvnw")
    with tempfile.TemporaryDirectory(prefix="bench") as directory:
        classpath = Path(directory) / "classpath"
        print("bench: building …", flush=True)
        build = [maven, "-B", "-q", "-pl", "dataplane", "-am", "test-compile", "dependency:build-classpath"]
        subprocess.run([*build, f"-Dmdep.outputFile={classpath}"], cwd=ROOT, check=True)
        target = ROOT / "dataplane" / "target"
        path = os.pathsep.join([str(target / "test-classes"), str(target / "classes"), classpath.read_text()])
    return ["java", "-XX:+UseSerialGC", heap, "--enable-native-access=ALL-UNNAMED", "-cp", path]
