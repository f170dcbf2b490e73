"""Makes payments.jsonl, rules.jsonl and the answer of the example rule_engine: payments.py (always the same files)"""

import csv
import datetime
import json
import pathlib
import random

HERE = pathlib.Path(__file__).parent
BEGIN = datetime.datetime(2026, 9, 14, 10, 0, tzinfo=datetime.timezone.utc)
MINUTE = 60_000

random.seed(77)
start = int(BEGIN.timestamp()) * 1000
# A rule: more than `limit` cents by one account within `minutes` is worth a look, from `since` on.
rules = [
    {"kind": "card", "limit": 90_000, "minutes": 10, "since": start},
    {"kind": "transfer", "limit": 250_000, "minutes": 30, "since": start},
    {"kind": "cash", "limit": 60_000, "minutes": 5, "since": start + 90 * MINUTE},
]
payments = []
for account in range(80):
    at = start + random.randrange(20 * MINUTE)
    while at < start + 180 * MINUTE:
        # A kind that no rule knows is one in fifty.
        kind = random.choices(["card", "transfer", "cash", "crypto"], [30, 12, 7, 1])[0]
        cents = int(random.paretovariate(1.3) * {"card": 4_000, "transfer": 30_000, "cash": 5_000, "crypto": 9_000}[kind])
        payments.append({"account": account, "kind": kind, "cents": cents, "at": at})
        at += random.randrange(1_000, 9 * MINUTE)


def lines(name, rows):
    with open(HERE / name, "w") as out:
        for row in rows:
            out.write(json.dumps(row, separators=(",", ":")) + "\n")


lines("rules.jsonl", rules)
# Up to a minute late.
lines("payments.jsonl", sorted(payments, key=lambda payment: payment["at"] + random.randrange(MINUTE)))

alerts = []
of_kind = {rule["kind"]: rule for rule in rules}
by_account = {}
for payment in payments:
    by_account.setdefault((payment["account"], payment["kind"]), []).append((payment["at"], payment["cents"]))
for (account, kind), paid in by_account.items():
    rule = of_kind.get(kind)
    for at, _ in paid:
        if rule and at >= rule["since"]:
            recent = sum(cents for time, cents in paid if at - rule["minutes"] * MINUTE < time <= at)
            if recent > rule["limit"]:
                alerts.append([account, kind, at, recent])

with open(HERE / "expected" / "rule_engine.csv", "w", newline="") as text:
    out = csv.writer(text, lineterminator="\n")
    out.writerow(["account", "kind", "at", "cents"])
    out.writerows(sorted(alerts))
