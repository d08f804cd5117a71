"""Presence checks: drawn, issued, judged by the server; what a missed one costs, and how somebody comes back."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert, select

from lms_tracker.actions.ask_presence import end_unanswered
from lms_tracker.store.db import reading, writing
from lms_tracker.store.tables import activity, player_check, statement
from tests.player.conftest import PLAYING, SEEN, Clock, Page, adopt, log_in, right_answer, settled
from tests.web.people import World


def credited(any_db: Engine, clock: Clock, world: World) -> float:
    return sum(entry.credited_us for entry in settled(any_db, clock, world.learner["p1.li"])) / 1e6


def until_asked(page: Page, most: float = 3600) -> dict[str, Any]:
    """Watch until a check comes."""
    page.play()
    while not page.answer["check"]:
        page.watch(20, answers=False)
        most -= 20
        assert most > 0
    check: dict[str, Any] = page.answer["check"]
    return check


def test_a_check_comes_no_sooner_than_after_four_minutes_and_its_answer_is_not_in_it(
    browser: FlaskClient, clock: Clock
) -> None:
    page = Page(browser, clock)
    check = until_asked(page)
    assert page.media >= 240
    assert set(check) == {"id", "kind", "parts", "expires_s", "missed", "owed", "wait_s"}
    assert {"zh", "en"} == set(check["parts"][0]["text"])
    assert set(check["parts"][0]) == {"text", "pick", "options"}


def test_answering_in_time_costs_nothing_and_is_told_in_a_statement(
    browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    page = Page(browser, clock)
    check = until_asked(page)
    assert browser.post(f"/player/checks/{check['id']}", json={"g": page.grant, "shown": True}).json == {"shown": True}
    clock.pass_(10)
    answer = page.respond(check).json
    assert (answer["right"], answer["state"]) == (True, "answered")
    clock.pass_(10)
    page.media += 20
    page.send(page.beat())
    assert page.answer["check"] is None
    assert page.answer["credited_s"] == pytest.approx(page.media, abs=1)
    assert credited(any_db, clock, world) == pytest.approx(page.media, abs=1)
    with reading(any_db) as tx:
        raws = [raw.decode() for raw in tx.scalars(select(statement.c.raw))]
        assert tx.scalar(select(player_check.c.state)) == "answered"
    (told,) = [raw for raw in raws if "verbs/answered" in raw]
    assert "presence-check" in told and '"success":true' in told and "PT10" in told


def test_a_check_that_nobody_answers_takes_back_what_nobody_saw_and_a_late_answer_resumes(
    browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    page = Page(browser, clock)
    check = until_asked(page)
    at = page.media
    page.watch(200, answers=False)
    assert page.answer["why"] == "unanswered"
    assert page.answer["credited_s"] == 0  # nobody has shown in this session that anybody is there
    assert credited(any_db, clock, world) == 0
    back = page.respond(page.answer["check"]).json
    assert (back["right"], back["state"]) == (True, "answered")
    page.watch(60, answers=False)
    # The inputs before the check are believed now; what came after them is not.
    assert page.answer["credited_s"] == pytest.approx(at + 60 - 20, abs=21)
    assert credited(any_db, clock, world) == pytest.approx(page.answer["credited_s"], abs=1)
    assert check["id"]


def test_a_wrong_answer_may_be_mended_once_and_then_one_waits(browser: FlaskClient, clock: Clock) -> None:
    page = Page(browser, clock)
    check = until_asked(page)
    first = page.respond(check, "none of them").json
    assert (first["right"], first["state"]) == (False, "again")
    second = page.respond(first["check"], "none of them").json
    assert (second["right"], second["state"]) == (False, "missed")
    assert second["check"]["wait_s"] == 5
    assert page.respond(second["check"]).json["state"] == "wait", "a script that tries one answer after the other"
    clock.pass_(6)
    assert page.respond(second["check"]).json["state"] == "answered"


def test_who_guesses_wrongly_has_no_inputs_to_show_for_the_time_since_the_last_right_answer(
    browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    page = Page(browser, clock)
    page.respond(until_asked(page))
    page.answer["check"] = None
    answered = page.media
    while not page.answer["check"]:
        page.watch(20, answers=False, i=[5, 5, 5])
    check = page.respond(page.answer["check"], "x").json["check"]
    check = page.respond(check, "x").json["check"]
    clock.pass_(6)
    assert page.respond(check).json["right"]  # by chance, in the end
    page.watch(20, answers=False)
    assert page.answer["credited_s"] == pytest.approx(answered + 20, abs=22)
    assert credited(any_db, clock, world) == pytest.approx(page.answer["credited_s"], abs=2)


def test_closing_the_page_instead_of_answering_is_no_way_out(
    browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    page = Page(browser, clock)
    until_asked(page)
    page.send(page.beat("end", f=SEEN))
    clock.pass_(90)
    again = Page(browser, clock)
    assert (again.opened["check"]["owed"], again.opened["check"]["missed"]) == (True, True)
    again.play()
    again.watch(300, answers=False)
    assert credited(any_db, clock, world) == 0
    again.respond(again.answer["check"])
    before = credited(any_db, clock, world)
    assert before == pytest.approx(page.media, abs=42), "who comes back and answers vouches for inputs of then"
    again.media = page.media
    again.watch(60, answers=False)
    assert credited(any_db, clock, world) == pytest.approx(before + 60, abs=21)


def test_nobody_needs_to_come_back_for_a_check_to_be_missed(
    browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    page = Page(browser, clock)
    until_asked(page)
    page.send(page.beat("end", f=SEEN))
    assert end_unanswered(any_db, clock()) == 0, "there is a minute left to answer"
    assert credited(any_db, clock, world) == pytest.approx(page.media, abs=22)
    clock.pass_(70)
    assert end_unanswered(any_db, clock()) == 1
    assert end_unanswered(any_db, clock()) == 0
    assert credited(any_db, clock, world) == 0
    own = browser.get("/study").text
    assert "在场确认没有得到回应，从此前最近一次操作或答对的确认起" in own


def test_a_check_is_answered_on_another_page_in_time_and_costs_nothing(
    app: Flask, browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    page = Page(browser, clock)
    until_asked(page)
    page.send(page.beat("end", f=SEEN))
    clock.pass_(20)
    phone = Page(log_in(app, "p1.li"), clock, activity="https://example.org/elsewhere", device="phone")
    check = phone.opened["check"]
    assert (check["owed"], check["missed"]) == (True, False)
    assert 35 < check["expires_s"] < 45, "its time goes on running"
    phone.play()
    assert phone.respond(check).json["state"] == "answered"
    clock.pass_(120)
    end_unanswered(any_db, clock())
    assert credited(any_db, clock, world) >= page.media - 22


def test_pages_of_one_sitting_are_asked_for_together(
    browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    """Whoever opens a page anew before any check can come has won nothing when it comes."""
    page = Page(browser, clock)
    page.play()
    while not page.answer["check"]:
        page.watch(60, answers=False, i=[3, 1, 0])
        if not page.answer["check"]:
            page.send(page.beat("end", f=SEEN))
            media, page = page.media, Page(browser, clock)
            page.media = media
            page.play()
    assert credited(any_db, clock, world) > 180
    page.watch(120, answers=False)
    assert page.answer["credited_s"] == 0
    assert credited(any_db, clock, world) == 0


def test_a_page_that_is_closed_while_nothing_is_asked_keeps_its_time(
    browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    page = Page(browser, clock)
    page.play()
    page.watch(200, answers=False)
    page.send(page.beat("end", f=SEEN))
    clock.pass_(8 * 3600)  # another day; its check is missed
    another = Page(browser, clock)
    another.media = page.media
    another.play()
    while not another.answer["check"]:
        another.watch(20, answers=False)
    another.watch(120, answers=False)
    assert credited(any_db, clock, world) == pytest.approx(200, abs=2)


def test_a_confirmation_is_never_the_first_nor_the_only_thing_that_is_asked(
    app: Flask, clock: Clock, any_db: Engine, world: World
) -> None:
    adopt(any_db, world, 'check_kinds = ["confirm"]')
    page = Page(log_in(app, "p1.li"), clock)
    kinds = []
    for _ in range(4):
        kinds.append(until_asked(page)["kind"])
        page.respond(page.answer["check"])
        page.answer["check"] = None
    assert kinds == ["choice", "confirm", "choice", "confirm"]


def test_progress_under_a_check_that_was_blocked_does_not_count(
    browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    page = Page(browser, clock)
    until_asked(page)
    page.respond(page.answer["check"])
    page.answer["check"] = None
    until = page.media
    while not page.answer["check"]:
        page.watch(20, answers=False, i=[5, 5, 5])
    asked = page.media
    page.watch(1800, answers=False, i=[5, 5, 5])
    assert credited(any_db, clock, world) == pytest.approx(asked, abs=25)
    assert until < asked


def test_without_network_a_check_waits_until_the_page_has_it(
    browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    page = Page(browser, clock)
    check = until_asked(page)
    clock.pass_(300)
    beats = [page.beat(age_ms=(280 - 20 * i) * 1000, m=page.media + 20 * (i + 1)) for i in range(15)]
    page.media += 300
    page.send(*beats)
    assert page.respond(check).json["state"] == "answered"
    page.watch(40, answers=False)
    assert credited(any_db, clock, world) == pytest.approx(page.media, abs=2)


def test_nobody_answers_for_another(app: Flask, browser: FlaskClient, clock: Clock) -> None:
    page, other = Page(browser, clock), Page(log_in(app, "p1.wang"), clock)
    check = until_asked(page)
    given = {"g": other.grant, "answer": right_answer(page, check)}
    assert other.browser.post(f"/player/checks/{check['id']}", json=given).json["error"]["code"] == "no_check"
    assert browser.post("/player/checks/nothing", json={"g": page.grant, "answer": "a"}).status_code == 404


def test_a_page_that_is_hidden_or_paused_is_not_asked(browser: FlaskClient, clock: Clock) -> None:
    page = Page(browser, clock)
    page.play()
    page.watch(1800, answers=False, f=PLAYING)
    assert page.answer["check"] is None
    page.watch(1800, answers=False, f=SEEN)
    assert page.answer["check"] is None


def test_who_reads_a_document_is_asked_as_well(
    browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    iri = "https://example.org/units/charter"
    with writing(any_db) as tx:
        course = tx.scalar(select(activity.c.course_id).where(activity.c.course_id.is_not(None)).limit(1))
        # Longer than any two checks may take to come: what is read beyond a document's length is not in the ledger.
        values = {"title": "章程", "kind": "document", "position": 9, "length_us": 36_000 * 10**6}
        tx.execute(insert(activity).values(iri=iri, course_id=course, **values))
    page = Page(browser, clock, activity=iri)
    page.send(page.beat(m=None))
    asked = []
    for _ in range(2):
        while not page.answer["check"]:
            page.watch(20, answers=False, m=None)
        asked.append(page.media)
        if len(asked) == 1:
            assert page.answer["check"]["kind"] == "choice", "a text has no last minutes"
            page.respond(page.answer["check"])
            page.answer["check"] = None
    page.watch(120, answers=False, m=None)
    page.send(page.beat("end", m=None, f=SEEN))
    entries = settled(any_db, clock, world.learner["p1.li"])
    counted = sum(entry.credited_us for entry in entries) / 1e6
    assert page.answer["credited_s"] == pytest.approx(counted, abs=2)
    assert asked[0] <= counted <= asked[1] + 1
