"""Makes impressions.jsonl and the answer of the example: impressions.py (no arguments, always the same files)"""

import collections
import csv
import datetime
import json
import math
import pathlib
import random

HERE = pathlib.Path(__file__).parent
BEGIN = datetime.datetime(2026, 3, 2, 17, 0, tzinfo=datetime.timezone.utc)
WINDOW = 5 * 60_000
REGIONS = {"DE-BY": 9, "DE-BE": 7, "FR-IDF": 12, "ES-MD": 6, "IT-25": 5, "PL-14": 4, "NL-NH": 4, "GB-LND": 14}

random.seed(5)
start = int(BEGIN.timestamp()) * 1000
reports = []
for _ in range(4000):
    # Two hours of an evening, arriving up to forty seconds late.
    at = start + random.randrange(2 * 3_600_000)
    region = random.choices(list(REGIONS), REGIONS.values())[0]
    evening = 1 + math.sin(math.pi * (at - start) / (2 * 3_600_000))
    reports.append((at + random.randrange(40_000), at, region, int(random.paretovariate(1.6) * 40 * evening)))
reports.sort()

totals = collections.Counter()
with open(HERE / "impressions.jsonl", "w") as out:
    for _, at, region, impressions in reports:
        time = datetime.datetime.fromtimestamp(at / 1000, datetime.timezone.utc)
        line = {
            "region_code": region,
            "total_impressions": impressions,
            "at": time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03}Z",
        }
        out.write(json.dumps(line, separators=(",", ":")) + "\n")
        totals[region, at // WINDOW * WINDOW] += impressions

with open(HERE / "expected" / "impressions.csv", "w", newline="") as text:
    out = csv.writer(text, lineterminator="\n")
    out.writerow(["region_code", "window_start", "total_impressions"])
    out.writerows([*key, total] for key, total in sorted(totals.items()))
