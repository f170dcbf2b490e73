"""Makes readings.csv and the answer of the example trailing_average: readings.py (no arguments, always the same files)"""

import collections
import csv
import datetime
import math
import pathlib
import random

HERE = pathlib.Path(__file__).parent
BEGIN = datetime.datetime(2026, 7, 1, 6, 0, tzinfo=datetime.timezone.utc)
MINUTE = 60_000
SENSORS = {"attic": 31.0, "cellar": 14.5, "kitchen": 23.0, "north wall": 19.25}

random.seed(11)
start = int(BEGIN.timestamp()) * 1000
readings = []
for sensor, mean in SENSORS.items():
    at = start
    while at < start + 3 * 60 * MINUTE:
        # About one reading in fifteen seconds, arriving up to twenty seconds late.
        at += random.randrange(5_000, 25_000)
        warmth = mean + 4 * math.sin((at - start) / (90 * MINUTE)) + random.gauss(0, 0.3)
        # Quarters of a degree: their sums are exact, in whatever order they are added.
        readings.append((at + random.randrange(20_000), at, sensor, round(warmth * 4) / 4))
readings.sort()

windows = collections.defaultdict(list)
with open(HERE / "readings.csv", "w", newline="") as text:
    out = csv.writer(text, lineterminator="\n")
    out.writerow(["sensor", "at", "celsius"])
    for _, at, sensor, celsius in readings:
        out.writerow([sensor, at, celsius])
        for ago in range(10):
            windows[sensor, (at // MINUTE - ago) * MINUTE].append(celsius)

with open(HERE / "expected" / "trailing_average.csv", "w", newline="") as text:
    out = csv.writer(text, lineterminator="\n")
    out.writerow(["sensor", "window_start", "readings", "mean_celsius"])
    for key, celsius in sorted(windows.items()):
        out.writerow([*key, len(celsius), sum(celsius) / len(celsius)])
