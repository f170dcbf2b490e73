"""Makes events.jsonl and the answer of the example session_auditor: sessions.py (no arguments, always the same files)"""

import csv
import datetime
import json
import pathlib
import random

HERE = pathlib.Path(__file__).parent
BEGIN = datetime.datetime(2026, 5, 4, 8, 0, tzinfo=datetime.timezone.utc)
GAP = 30 * 60_000
ACTIONS = ["view", "view", "view", "search", "search", "add to cart", "pay"]

random.seed(30)
start = int(BEGIN.timestamp()) * 1000
events = []
for user in range(60):
    token = f"{random.getrandbits(48):012x}"
    at = start + random.randrange(4 * 3_600_000)
    for _ in range(random.randrange(1, 4)):
        # A session: some failed logins, a little shopping, a pause.
        for _ in range(random.choice([0, 0, 0, 0, 1, 2, 5])):
            events.append((at, token, "login failed"))
            at += random.randrange(1_000, 20_000)
        events.append((at, token, "login"))
        for _ in range(random.randrange(1, 25)):
            at += random.randrange(5_000, 8 * 60_000)
            events.append((at, token, random.choice(ACTIONS)))
        at += GAP + random.randrange(3 * 3_600_000)
# Up to twenty seconds late.
arrivals = sorted((at + random.randrange(20_000), at, token, action) for at, token, action in events)

with open(HERE / "events.jsonl", "w") as out:
    for _, at, token, action in arrivals:
        line = {"unique_session_token": token, "at": at, "action": action}
        out.write(json.dumps(line, separators=(",", ":")) + "\n")

by_token = {}
for at, token, action in events:
    by_token.setdefault(token, []).append((at, action))
rows = []
for token, all_of_it in by_token.items():
    sessions = []
    for at, action in sorted(all_of_it):
        if not sessions or at > sessions[-1][-1][0] + GAP:
            sessions.append([])
        sessions[-1].append((at, action))
    for number, session in enumerate(sessions, 1):
        failed = sum(action == "login failed" for _, action in session)
        paid = sum(action == "pay" for _, action in session)
        verdict = "break-in" if failed >= 5 and paid else "guessing" if failed >= 2 else "ok"
        rows.append([token, number, session[0][0], session[-1][0] + GAP, len(session), failed, verdict])

with open(HERE / "expected" / "session_auditor.csv", "w", newline="") as text:
    out = csv.writer(text, lineterminator="\n")
    out.writerow(["token", "number", "start", "end", "events", "failed_logins", "verdict"])
    out.writerows(sorted(rows))
