"""Other rules, adopted while the demo's programme is under way, so that the pages of whom they touch have something to explain:
from four weeks before the demo's day on, time away from the page counts for 10 s at most, and no longer for a minute.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from lms_tracker.actions.adopt_policy import adopt_policy
from lms_tracker.actions.policies import policy_text
from lms_tracker.actions.settle_study import settle_all
from lms_tracker.demo.term import ZONE, Term
from lms_tracker.store.db import reading
from lms_tracker.store.policies import adoptions_of

BEFORE, NAME = "p1-principals", "p1-principals-2"
CHANGED = {
    '远程培训", en = "Distance programme for school principals"': '远程培训（修订）", en = "Distance programme for school principals, revised"',
    "[study]\n": "[study]\nhidden_s = 10  # 60 by default\n",
}
"""What the new file says instead of the one that is installed."""
REASON = "领导小组第二次会议决定：离开学习页面的时间从严计算。"
FIRST, DECIDED = timedelta(days=28), timedelta(days=2, hours=14)
"""Before the midnight up to which the demo knows: the first day, and ten in the morning of the day on which it is adopted."""


def adopt_other_rules(db: Engine, programme_id: int, so_far: Term, clock: Callable[[], datetime]) -> None:
    """As `lms-tracker policy adopt` does from a file. Done again it changes nothing."""
    with reading(db) as tx:
        if any(row.from_on is not None for row in adoptions_of(tx, programme_id)):
            return
    text = policy_text(BEFORE)
    for old, new in CHANGED.items():
        assert old in text
        text = text.replace(old, new)
    first = so_far.as_of.astimezone(ZONE).date() - FIRST
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{NAME}.toml"
        file.write_text(text, encoding="utf-8")
        adopt_policy(db, programme_id, str(file), first, REASON, now=so_far.as_of - DECIDED)
    settle_all(db, clock)
