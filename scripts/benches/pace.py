"""How long requests take when all proxies are asked at the same rate."""

import os
import statistics
import subprocess

PACE = 0.5
SECONDS = 5


def paced(bench, proxy, rate):
    """The 50th and 99th percentile in ms of requests that come at a rate, per second."""
    work, clients = bench.work, 8 if bench.work.http2 else bench.options.connections
    log = bench.directory / f"{proxy.name}.paced"
    log.unlink(missing_ok=True)  # h2load would add to it
    command = [
        "h2load",
        "--threads=1",
        f"--clients={clients}",
        f"--rps={rate / clients:.2f}",
        f"--duration={SECONDS}",
        f"--log-file={log}",
        *(["--max-concurrent-streams=8"] if work.http2 else ["--h1"]),
        *work.header_options(),
        work.url(proxy.port),
    ]
    subprocess.run(
        command,
        check=True,
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, bench.other_cores),
    )
    with log.open() as lines:
        times = [int(line.split()[2]) / 1000 for line in lines]
    proxy.requests += len(times)
    cuts = statistics.quantiles(times, n=100)
    return cuts[49], cuts[98]
