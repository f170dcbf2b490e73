"""Computes hourly_by_origin.csv from the flights beside it, without Thalweg: hourly_by_origin.py > hourly_by_origin.csv"""

import collections
import csv
import datetime
import gzip
import pathlib
import sys

HOUR = 3_600_000
flights = pathlib.Path(__file__).parent.parent / "flights.csv.gz"

windows = collections.defaultdict(lambda: [0, 0, 0])
with gzip.open(flights, "rt", newline="") as text:
    for row in csv.DictReader(text):
        hour = datetime.datetime.fromisoformat(row["time_hour"].replace("Z", "+00:00"))
        time = int(hour.timestamp()) * 1000 + int(row["minute"]) * 60_000
        window = windows[row["origin"], time // HOUR * HOUR]
        window[0] += 1
        window[1] += row["dep_time"] == "NA"
        window[2] += 0 if row["dep_delay"] == "NA" else int(row["dep_delay"])

out = csv.writer(sys.stdout, lineterminator="\n")
out.writerow(["origin", "window_start", "flights", "cancelled", "dep_delay"])
for (origin, start), window in sorted(windows.items()):
    out.writerow([origin, start, *window])
