"""Counts what surefire reported since a moment: summary.py ROOT MARKER-FILE. Ends with 1 when a test failed or none ran."""

import os
import re
import sys
import xml.etree.ElementTree as xml
from collections import Counter
from pathlib import Path


def reports(root: Path, since: float):
    for report in sorted(root.glob("*/target/surefire-reports/TEST-*.xml")):
        if report.stat().st_mtime >= since:
            yield report


def first_line(text: str | None) -> str:
    lines = (text or "").strip().splitlines()
    return lines[0] if lines else "no reason given"


def reason(text: str) -> str:
    """The words of whoever wrote the test, without JUnit's before them."""
    return re.sub(r"^.*?(Assumption failed: | ==> |TestAbortedException: )", "", text)


def by_reason(skipped: list[tuple[str, str]]) -> dict[str, Counter[str]]:
    """Tests by why they were skipped; the cases of one test are counted."""
    reasons: dict[str, Counter[str]] = {}
    for name, why in skipped:
        reasons.setdefault(why, Counter())[re.sub(r"(\([^()]*\))?\[\d+\].*$", "", name)] += 1
    return reasons


def main() -> int:
    root, since = Path(sys.argv[1]), os.stat(sys.argv[2]).st_mtime
    passed, failed, skipped = 0, [], []
    for report in reports(root, since):
        for case in xml.parse(report).getroot().iter("testcase"):
            name = f"{case.get('classname')}.{case.get('name')}"
            problem = next((case.find(tag) for tag in ("failure", "error") if case.find(tag) is not None), None)
            skip = case.find("skipped")
            if problem is not None:
                failed.append((name, first_line(problem.get("message") or problem.text)))
            elif skip is not None:
                skipped.append((name, reason(first_line(skip.get("message") or skip.text))))
            else:
                passed += 1
    print()
    for why, names in by_reason(skipped).items():
        print(f"skipped, {why}:")
        for name, cases in names.items():
            print(f"  {name}" + (f" ({cases} cases)" if cases > 1 else ""))
    for name, why in failed:
        print(f"failed: {name}: {why}")
    print(f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed or not passed else 0


sys.exit(main())
