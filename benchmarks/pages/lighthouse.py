"""What Lighthouse says of a page, on its slow phone: medians of five scores out of 100. Only where there is Node."""

import json
import os
import shutil
import statistics
import subprocess
import sys
from typing import Any, Final

LIGHTHOUSE: Final = "lighthouse@13"
RUNS: Final = 5
CATEGORIES: Final = ("performance", "accessibility", "best-practices")
CHROMIUM: Final = "/usr/bin/chromium"


def judge(url: str, *, cookie: str = "") -> dict[str, float]:
    """Have a page judged that whoever has this cookie opens; gives nothing where there is no Node, and says so."""
    if shutil.which("npx") is None:
        sys.stderr.write("There is no Node here, so Lighthouse is left out.\n")
        return {}
    runs = [_judge(url, cookie) for _ in range(RUNS)]
    return {category: statistics.median(run[category] for run in runs) for category in CATEGORIES}


def _judge(url: str, cookie: str) -> dict[str, float]:
    answer = subprocess.run(
        ["npx", "--yes", LIGHTHOUSE, url, "--quiet", "--output=json", f"--only-categories={','.join(CATEGORIES)}",
         f"--extra-headers={json.dumps({'Cookie': cookie} if cookie else {})}",
         "--chrome-flags=--headless=new --no-sandbox"],
        check=True, stdout=subprocess.PIPE, env={"CHROME_PATH": CHROMIUM, **os.environ},
    )  # fmt: skip
    report = json.loads(answer.stdout)
    for audit in report["audits"].values():
        if audit["score"] is not None and audit["score"] < 1 and audit["scoreDisplayMode"] == "binary":
            sys.stderr.write(f"{audit['id']}: {_where(audit)}\n")
    return {category: report["categories"][category]["score"] * 100 for category in CATEGORIES}


def _where(audit: dict[str, Any]) -> str:
    """Say which parts of the page fail an audit."""
    items = audit.get("details", {}).get("items", [])
    return ", ".join(item["node"]["selector"] for item in items if "node" in item) or audit["title"]
