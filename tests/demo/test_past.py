"""What the demo shows of a programme that is over."""

from datetime import UTC, date, datetime

from sqlalchemy import Engine, select

from lms_tracker.core.sealed import opened
from lms_tracker.demo.past import add_past_programme
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading
from tests.demo.twice import added_twice


def test_last_years_programme_has_certificates_of_whoever_passed_and_a_notice_that_ended(db: Engine) -> None:
    today, now = date(2026, 4, 20), datetime(2026, 4, 20, 9, tzinfo=UTC)
    dates = date(2026, 3, 1), date(2027, 2, 28)
    tables = (t.frozen_result, t.result_notice, t.objection, t.certificate, t.statement, t.mark)
    counts = added_twice(db, lambda: add_past_programme(db, today, lambda: now), tables, dates, now)
    assert counts[0] == counts[1], "done again it changes nothing"
    with reading(db) as tx:
        content = opened(tx.execute(select(t.frozen_result.c.content)).scalar_one())
        notice = tx.execute(select(t.result_notice)).one()
        answer = tx.execute(select(t.objection)).one()
        given = [
            (opened(row.content)["name"], row.kind, row.issued_at, row.number)
            for row in tx.execute(select(t.certificate).order_by(t.certificate.c.number))
        ]
    people = {one["name"]: one for one in content["people"]}
    assert {name: one["status"] for name, one in people.items()} == {
        "祝清晏": "passed", "宋时微": "passed", "努尔比耶·阿布都热合曼": "passed", "简不言": "failed", "戚远道": "passed",
    }  # fmt: skip
    # 18 lectures of 150 min are 60 class hours, 7 are 23.3: below 60 % of 60
    assert [str(one["parts"][0]["have"]) for one in content["people"]][:1] == ["60"]
    assert (
        answer.outcome == "rejected" and answer.answered_at < notice.closes_at < min(at for _, _, at, _ in given) < now
    )
    assert sorted((name, kind) for name, kind, *_ in given) == sorted(
        [(name, "passed") for name, one in people.items() if one["status"] == "passed"] + [("祝清晏", "honour")]
    )
    assert given[0][3] == "P2-LAST-YEAR-2026-00001"
