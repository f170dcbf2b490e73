"""Computes the answers about flights beside it, without Thalweg: flights.py (no arguments, always the same files)"""

import collections
import csv
import datetime
import gzip
import pathlib

HOUR = 3_600_000
HERE = pathlib.Path(__file__).parent


def rows(name):
    with gzip.open(HERE.parent / name, "rt", newline="") as text:
        yield from csv.DictReader(text)


def millis(text):
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()) * 1000


def number(text):
    return None if text == "NA" else float(text)


def write(name, header, table):
    with open(HERE / f"{name}.csv", "w", newline="") as text:
        out = csv.writer(text, lineterminator="\n")
        out.writerow(header)
        out.writerows(table)


flights = [(millis(row["time_hour"]) + int(row["minute"]) * 60_000, row) for row in rows("flights.csv.gz")]

hours = collections.defaultdict(lambda: [0, 0, 0])
for time, row in flights:
    window = hours[row["origin"], time // HOUR * HOUR]
    window[0] += 1
    window[1] += row["dep_time"] == "NA"
    window[2] += int(number(row["dep_delay"]) or 0)
write(
    "hourly_by_origin",
    ["origin", "window_start", "flights", "cancelled", "dep_delay"],
    ([*key, *window] for key, window in sorted(hours.items())),
)

trailing = collections.defaultdict(list)
for time, row in flights:
    for ago in range(6):
        trailing[row["carrier"], (time // HOUR - ago) * HOUR].append(number(row["dep_delay"]))
write(
    "trailing_by_carrier",
    ["carrier", "window_start", "flights", "max_dep_delay"],
    (
        [*key, len(delays), max((int(delay) for delay in delays if delay is not None), default="")]
        for key, delays in sorted(trailing.items())
    ),
)

planes = collections.defaultdict(list)
for time, row in flights:
    if row["tailnum"] != "NA":
        planes[row["tailnum"]].append((time, int(row["distance"])))
sessions = []
for tailnum, times in planes.items():
    times.sort()
    session = None
    for time, distance in times:
        if session is None or time > session[2]:
            session = [tailnum, time, 0, 0, 0]
            sessions.append(session)
        session[2] = time + 12 * HOUR
        session[3] += 1
        session[4] += distance
write("plane_sessions", ["tailnum", "session_start", "session_end", "flights", "distance"], sorted(sessions))

routes = collections.Counter((time // (24 * HOUR) * 24 * HOUR, row["origin"], row["dest"]) for time, row in flights)
busiest = {}
for (day, origin, dest), count in routes.items():
    best = busiest.get(day)
    if best is None or (-count, origin, dest) < best:
        busiest[day] = (-count, origin, dest)
write(
    "busiest_route_per_day",
    ["window_start", "origin", "dest", "flights"],
    ([day, origin, dest, -count] for day, (count, origin, dest) in sorted(busiest.items())),
)

# Of two reports for the same hour the last one counts.
weather = collections.defaultdict(dict)
for row in rows("weather.csv.gz"):
    weather[row["origin"]][millis(row["time_hour"])] = (number(row["wind_speed"]), number(row["visib"]))
months = collections.defaultdict(lambda: [0, 0, []])
for time, row in flights:
    reports = weather[row["origin"]]
    latest = max((at for at in reports if at <= time), default=None)
    if latest is None:
        continue
    wind, visibility = reports[latest]
    month = months[row["origin"], datetime.datetime.fromtimestamp(time / 1000, datetime.timezone.utc).month]
    month[0] += 1
    month[1] += wind is not None and wind >= 20
    if visibility is not None:
        month[2].append(visibility)
write(
    "departures_with_weather",
    ["origin", "month", "flights", "windy", "mean_visib"],
    ([*key, count, windy, round(sum(seen) / len(seen), 6)] for key, (count, windy, seen) in sorted(months.items())),
)
