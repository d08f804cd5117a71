"""Whatever is imported, in whatever order and pieces: the ledger is one, nothing is lost in it, and no second counts twice."""

import itertools
import json
import random
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lms_tracker.cli import cli
from tests.commands.hostile import Liar, Statement


class Site:
    """A database of its own, by commands alone."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder, self.files = folder, 0
        self.run("db", "upgrade")

    def run(self, *args: str) -> Result:
        environ = {"LMS_TRACKER_DATABASE_URL": f"sqlite:///{self.folder}/db", "LMS_TRACKER_VAR_DIR": str(self.folder)}
        result = CliRunner().invoke(cli, args, env=environ, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result

    def take(self, said: list[Statement]) -> None:
        self.files += 1
        path = self.folder / f"{self.files}.jsonl"
        path.write_text("".join(json.dumps(one) + "\n" for one in said))
        self.run("statements", "import", str(path), "--keep-stored")
        self.run("study", "settle")

    def ledger(self) -> list[dict[str, Any]]:
        lines = self.run("ledger", "export", "--format", "jsonl").stdout.splitlines()
        return sorted(map(json.loads, lines), key=lambda entry: json.dumps(entry, sort_keys=True))


@pytest.mark.parametrize(("seed", "wild"), [(1, 0.02), (2, 0.1), (3, 0.3)])
def test_hostile_streams_give_one_ledger_that_adds_up(tmp_path: Path, seed: int, wild: float) -> None:
    said = [one for number in range(4) for one in Liar(f"liar-{number}", seed, wild).says()]
    once, pieces = Site(tmp_path / "once"), Site(tmp_path / "pieces")
    once.take(said)
    ledger = once.ledger()
    once.run("study", "recompute")
    assert once.ledger() == ledger

    shuffled = random.Random(seed).sample(said, len(said))
    for start in range(0, len(shuffled), 150):
        pieces.take(shuffled[start : start + 150])
    pieces.take(shuffled[::3])
    assert pieces.ledger() == ledger
    adds_up(ledger)


def adds_up(ledger: list[dict[str, Any]]) -> None:
    seconds, content, by_date = defaultdict(list), defaultdict(list), Counter[tuple[str, str]]()
    for entry in ledger:
        parts = entry["credited_seconds"] + entry["held_seconds"] + sum(entry["discounted"].values())
        assert entry["raw_seconds"] == pytest.approx(parts, abs=2e-6)
        who = entry["learner"]["account"]["name"]
        by_date[who, entry["date"]] += entry["credited_seconds"]
        for interval in entry["intervals"]:
            if interval["verdict"] == "credited":
                times = [datetime.fromisoformat(interval[end]).timestamp() for end in ("from", "to")]
                seconds[who].append(times)
                if interval["media"] and interval["media"][0] < interval["media"][1]:
                    content[who, entry["activity"]].append(interval["media"])
    assert by_date, "something counts"
    assert max(by_date.values()) <= 8 * 3600 + 1e-6
    for spans in (*seconds.values(), *content.values()):
        for (_, end), (start, _) in itertools.pairwise(sorted(spans)):
            assert start >= end - 1e-5, "counts twice"
