"""The pages of keys and of who is one person, as an administrator uses them."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert, select, update
from werkzeug.test import TestResponse

from lms_tracker.actions.credentials import authenticate, create_credential
from lms_tracker.actions.ingest import ingest
from lms_tracker.store.credentials import credential_named
from lms_tracker.store.db import reading, writing
from lms_tracker.store.find_people import search_people
from lms_tracker.store.namesakes import possible_namesakes
from lms_tracker.store.tables import enrolment, identity, learner, mark
from tests.web.conftest import LogIn
from tests.web.people import NOW, World

CREDENTIAL = {"name": "省平台", "evidence": "declared", "scope": ["statements/write", "state"]}


def _say(db: Engine, *actors: dict[str, object]) -> None:
    said = [{"actor": one, "verb": {"id": "https://a.b/played"}, "object": {"id": "https://a.b/c"}} for one in actors]
    ingest(db, said, credential=None, evidence="declared", now=NOW)


def _who(db: Engine, ifi: str) -> int:
    with reading(db) as tx:
        return int(tx.scalar(select(identity.c.learner_id).where(identity.c.ifi == ifi)))


def _key(answer: TestResponse) -> tuple[str, str]:
    _, key, secret = re.findall(r"<dd><code>(.*?)</code>", answer.text)
    return key, secret


def test_a_key_is_made_with_its_secret_shown_once_and_nowhere_again(db: Engine, world: World, as_: LogIn) -> None:
    browser = as_("admin")
    bounds = {"actor": "li@example.org", "activity": "https://example.org/v/1", "expires": "2026-05-01"}
    made = browser.post("/admin/credentials/new", data=CREDENTIAL | bounds)
    assert made.status_code == 200 and made.headers["Cache-Control"] == "private, no-store"
    key, secret = _key(made)
    found = authenticate(db, key, secret, now=NOW)
    assert found is not None
    assert (found.name, found.scopes) == ("省平台", {"statements/write", "state"})
    assert (found.bounds.actor, found.bounds.activity) == ("mbox:mailto:li@example.org", "https://example.org/v/1")
    assert f"{found.expires_at}" == "2026-04-30 16:00:00+00:00", "midnight in Shanghai"
    for address in ("/admin/credentials", f"/admin/credentials/{found.id}"):
        page = browser.get(address).text
        assert key in page and secret not in page and "写入语句" in page and "li@example.org" in page


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": " "}, "请填写名称"),
        ({"name": "county-lms"}, "已经用过"),
        ({"scope": []}, "至少选一项权限"),
        ({"scope": ["all"], "actor": "li@example.org"}, "只能有这几项权限"),
        ({"actor": "li"}, "应写成邮箱"),
        ({"activity": "unit one"}, "完整的地址"),
        ({"expires": "2026-04-05"}, "在今天之后"),
        ({"expires": "soon"}, "在今天之后"),
        ({"evidence": "sure"}, "证据的等级"),
    ],
)
def test_a_key_that_cannot_be_is_refused_with_what_was_typed_kept(
    world: World, as_: LogIn, change: dict[str, object], told: str
) -> None:
    answer = as_("admin").post("/admin/credentials/new", data=CREDENTIAL | change)
    assert answer.status_code == 400
    assert told in answer.text
    assert 'value="state" checked' in answer.text or not change.get("scope", True) or change.get("scope") == ["all"]


def test_a_new_secret_replaces_the_old_one_and_a_revoked_key_has_no_buttons(
    db: Engine, world: World, as_: LogIn
) -> None:
    credential, old = create_credential(db, "moodle", now=NOW)
    browser, address = as_("admin"), f"/admin/credentials/{credential.id}"
    key, new = _key(browser.post(f"{address}/rotate"))
    assert key == credential.key
    assert authenticate(db, key, old, now=NOW, remembered=True) is None
    assert authenticate(db, key, new, now=NOW) is not None
    assert browser.post(f"{address}/revoke").status_code == 303
    assert authenticate(db, key, new, now=NOW) is None
    page = browser.get(address).text
    assert "已停用" in page and "<button>换新密钥" not in page
    assert browser.post(f"{address}/rotate").status_code == 303
    assert browser.get("/admin/credentials/999").status_code == 404


def test_the_list_says_how_each_key_is_and_pages_when_there_are_many(db: Engine, world: World, as_: LogIn) -> None:
    for n in range(120):
        expires = NOW + timedelta(days=n + 1)
        create_credential(db, f"source {n:03}", expires_at=expires if n % 2 else None, now=NOW)
    with reading(db) as tx:
        assert credential_named(tx, "source 000") is not None
    first, second = (as_("admin").get(f"/admin/credentials?page={n}").text for n in (1, 2))
    assert first.count('<th scope="row">') == 100 and second.count('<th scope="row">') == 22
    assert "第 1–100 条，共 122 条" in first


def test_people_are_found_by_whatever_they_are_known_by(db: Engine, world: World, as_: LogIn) -> None:
    _say(db, {"account": {"homePage": "https://a.example", "name": "li_ming"}, "name": "李明"})
    browser = as_("admin")
    for asked in ("李明", "p1.li", "li_ming", "a.example"):
        assert "李明" in browser.get("/admin/identities", query_string={"q": asked}).text, asked
    for asked in ("li%ming", "LI__MING", "x" * 500):
        assert "<tbody>" not in browser.get("/admin/identities", query_string={"q": asked}).text, asked
    assert "还没有密钥" not in browser.get("/admin/identities?page=99999999&q=李").text


def test_namesakes_are_suggested_unless_their_schools_say_that_they_are_two(
    db: Engine, world: World, as_: LogIn
) -> None:
    browser = as_("admin")
    assert "没有同名的人需要核对" in browser.get("/admin/identities").text, "Li of the two districts are two"
    _say(db, {"account": {"homePage": "https://a.example", "name": "z"}, "name": "赵强"})
    page = browser.get("/admin/identities").text
    assert page.count("赵强") >= 4 and page.count(">不是同一人<") == 2


def test_namesakes_who_are_two_people_are_asked_about_no_more_until_that_is_taken_back(
    db: Engine, world: World, as_: LogIn
) -> None:
    _say(db, {"account": {"homePage": "https://a.example", "name": "z"}, "name": "赵强"})
    stray, browser = _who(db, "account:https://a.example z"), as_("admin")
    with reading(db) as tx:
        pairs, _ = possible_namesakes(tx, 10)
    (_, first), (_, second) = pairs
    assert "还没有" in browser.get("/admin/identities/namesakes").text
    for one, other in ((stray, first), (first, stray)):  # the second click changes nothing
        browser.post("/admin/identities/namesakes/dismiss", data={"one": one, "other": other})
        with reading(db) as tx:
            assert possible_namesakes(tx, 10) == ([(stray, second)], 1)
    listed = browser.get("/admin/identities/namesakes").text
    assert listed.count('<th scope="row">') == 1 and "管理员" in listed and "2026" in listed
    browser.post("/admin/identities/namesakes/restore", data={"one": stray, "other": first})
    with reading(db) as tx:
        assert possible_namesakes(tx, 10)[1] == 2
    assert "已撤销" in browser.get("/admin/identities/namesakes").text


@pytest.mark.parametrize(
    "pair", [{}, {"one": "x", "other": "1"}, {"one": "1", "other": "1"}, {"one": "1", "other": "9" * 30}]
)
def test_what_is_no_pair_of_people_is_not_dismissed(world: World, as_: LogIn, pair: dict[str, str]) -> None:
    browser = as_("admin")
    for what in ("dismiss", "restore"):
        assert browser.post(f"/admin/identities/namesakes/{what}", data=pair).status_code == 303
        assert "没有改变" in browser.get("/admin/identities").text
    assert "还没有" in browser.get("/admin/identities/namesakes").text


def test_a_person_is_joined_and_split_again_on_the_pages(db: Engine, world: World, as_: LogIn) -> None:
    stray_ifi = "account:https://a.example li"
    _say(db, {"account": {"homePage": "https://a.example", "name": "li"}, "name": "李明"})
    stray, li, browser = _who(db, stray_ifi), world.learner["p1.li"], as_("admin")
    side_by_side = browser.get(f"/admin/identities/{stray}/join?into={li}")
    assert "1 条语句" in side_by_side.text and "p1.li" in side_by_side.text
    refused = browser.post(f"/admin/identities/{stray}/join", data={"into": li, "reason": " "})
    assert refused.status_code == 400 and "请写明理由" in refused.text
    done = browser.post(f"/admin/identities/{stray}/join", data={"into": li, "reason": "核对过学号"})
    assert (done.status_code, done.location) == (303, f"/admin/identities/{li}")
    page = browser.get(done.location).text
    assert "已合并" in page and f"{stray} 号并入 {li} 号" in page and "管理员" in page and "核对过学号" in page
    assert _who(db, stray_ifi) == li
    assert "已经并入另一位" in browser.get(f"/admin/identities/{stray}").text
    nothing = browser.post(f"/admin/identities/{li}/split", data={"reason": "看错了"})
    assert nothing.status_code == 400 and "请选出" in nothing.text
    back = browser.post(f"/admin/identities/{li}/split", data={"ifi": stray_ifi, "reason": "看错了", "to": "former"})
    assert (back.status_code, back.location) == (303, f"/admin/identities/{stray}")
    assert _who(db, stray_ifi) == stray
    history = browser.get("/admin/identities/history").text
    assert "拆分到" in history and "看错了" in history


def test_what_stands_in_the_way_is_said_in_words_and_there_is_no_button(db: Engine, world: World, as_: LogIn) -> None:
    li, wang, browser = world.learner["p1.li"], world.learner["p1.wang"], as_("admin")
    with writing(db) as tx:
        for who, points in ((li, "70"), (wang, "80")):
            work = world.assignment["p1.assignments"]
            tx.execute(insert(mark).values(assignment_id=work, learner_id=who, mark=points, marked_at=NOW))
    page = browser.get(f"/admin/identities/{li}/join?into={wang}").text
    assert (
        "都有登录账号（p1.li 和 p1.wang）" in page
        and "都报名了 p1" in page
        and "“作业一”两边都有分数（70 和 80）" in page
    )
    assert 'name="reason"' not in page
    assert browser.post(f"/admin/identities/{li}/join", data={"into": wang, "reason": "x"}).status_code == 400
    with reading(db) as tx:
        assert tx.scalar(select(enrolment.c.learner_id).where(enrolment.c.learner_id == li)) == li


@pytest.mark.parametrize("into", ["", "0", "-1", "999999", str(2**31), str(2**70), "x"])
def test_a_learner_who_is_not_there_is_not_joined_into(world: World, as_: LogIn, into: str) -> None:
    li, browser = world.learner["p1.li"], as_("admin")
    assert browser.get(f"/admin/identities/{li}/join?into={into}").status_code in (200, 404)
    assert browser.post(f"/admin/identities/{li}/join", data={"into": into, "reason": "x"}).status_code in (
        200,
        400,
        404,
    )


def test_rules_are_made_applied_and_retired_on_the_page(db: Engine, world: World, as_: LogIn) -> None:
    a, b = "https://a.example", "https://b.example"
    _say(db, *({"account": {"homePage": home, "name": name}} for home in (a, b) for name in ("li", "wang")))
    browser, rule = as_("admin"), {"kind": "same-name", "one": a, "other": b}
    wrong = browser.post("/admin/identities/rules", data=rule | {"other": "b.example"})
    assert wrong.status_code == 400 and "写法不对" in wrong.text and a in wrong.text
    assert browser.post("/admin/identities/rules", data=rule).status_code == 303
    assert "已经这样规定" in browser.post("/admin/identities/rules", data=rule).text
    assert browser.post("/admin/identities/rules/apply").status_code == 303
    page = browser.get("/admin/identities/rules").text
    assert "合并了 2 对，0 对未能合并" in page and a in page
    assert _who(db, f"account:{a} li") == _who(db, f"account:{b} li")
    history = browser.get("/admin/identities/history").text
    assert "1 号规则" in history and f"两个平台上同名的账号是同一人 {a} {b}" in history and "same-name" not in history
    assert browser.post("/admin/identities/rules/1/drop").status_code == 303
    assert "停用" in browser.get("/admin/identities/rules").text


def test_who_could_not_be_joined_by_rule_is_listed_with_the_reasons(db: Engine, world: World, as_: LogIn) -> None:
    a, b = "https://a.example", "https://b.example"
    for who, home in (("p1.li", a), ("p1.wang", b)):
        with writing(db) as tx:
            tx.execute(insert(identity).values(ifi=f"account:{home} x", learner_id=world.learner[who]))
    browser = as_("admin")
    browser.post("/admin/identities/rules", data={"kind": "same-name", "one": a, "other": b})
    page = browser.post("/admin/identities/rules/apply").text
    assert "没有合并的" in page and "都报名了 p1" in page


def test_who_was_joined_is_found_as_who_has_the_identities_now(db: Engine, world: World) -> None:
    li, wang = world.learner["p1.li"], world.learner["p1.wang"]
    with writing(db) as tx:
        tx.execute(update(learner).where(learner.c.id == wang).values(joined_into=li))
        assert search_people(tx, "王芳", 10)[0] == [li, world.learner["p2.wang"]]
