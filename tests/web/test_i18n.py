"""Chinese first, English complete."""

import re
from string import Formatter

import pytest
from babel.messages.pofile import read_po
from flask.testing import FlaskClient

from tests.web import messages
from tests.web.conftest import LogIn
from tests.web.people import World

CHINESE = re.compile(r"[\u3400-\u9fff]")


def test_every_message_is_translated() -> None:
    kept = messages.kept()
    wanted = {message.id for message in messages.extracted() if message.id}
    assert wanted == {message.id for message in kept if message.id}, "run `python -m tests.web.messages`"
    assert [message.id for message in kept if message.id and not messages.is_translated(message)] == []
    assert [message.id for message in kept if message.id and message.fuzzy] == []
    assert [message.id for message in kept if CHINESE.search(str(message.string))] == []


def test_a_text_that_is_counted_is_counted_wherever_it_stands() -> None:
    texts = [message for message, *_ in messages.found()]
    counted = {message[0] for message in texts if isinstance(message, tuple)}
    assert counted & {message for message in texts if isinstance(message, str)} == set()


def test_translations_take_the_same_values_as_the_source() -> None:
    def values(text: str) -> list[str]:
        named = re.findall(r"%\((\w+)\)", text)
        return sorted(named + [name for _, name, _, _ in Formatter().parse(text.replace("%", "")) if name])

    faults = [m.id for m in messages.kept() if m.id and values(str(m.id)) != values(str(m.string))]
    assert faults == []


def test_the_compiled_catalogue_is_in_step() -> None:
    with messages.PO.open("rb") as f:
        assert messages.MO.read_bytes() == messages.compiled(read_po(f, locale="en"))


@pytest.mark.parametrize(
    ("login", "addresses"),
    [
        ("p1.li", ["/study", "/password", "/nowhere"]),
        ("p1.zhao", ["/study"]),
        ("p1.head_teacher", ["/cohorts", "/cohorts/{cohort}", "/cohorts/{cohort}/learners/{learner}"]),
        ("p1.bureau", ["/bulletins", "/bulletins/{bulletin}", "/bulletins/{bulletin}.html"]),
        ("p1.expert", ["/marking", "/marking/{assignment}"]),
        ("admin", ["/admin/forwarding", "/admin/forwarding/new", "/admin/forwarding/{target}"]),
        ("admin", ["/admin", "/admin/quarantine", "/admin/quarantine/{refused}"]),
    ],
)
def test_english_pages_hold_no_chinese_but_peoples_own_words(
    login: str, addresses: list[str], as_: LogIn, studied: World
) -> None:
    browser = as_(login)
    browser.post("/language", data={"locale": "en"})
    ids = {
        "cohort": studied.cohort["p1.one"],
        "learner": studied.learner["p1.li"],
        "bulletin": studied.bulletin["p1"],
        "assignment": studied.assignment["p1.research"],
        "target": studied.target,
        "refused": studied.refused,
    }
    own = re.compile(
        r"[东西][湖山]区(教育局|中小学校长远程培训|\w*班(?:班主任)?)?|李明|王芳|赵强|所在学校|学校管理|依法治校|作业一|研修成果|"
        r"论证充分，建议补充数据。|中文|管理员|教育局记录库"
    )
    for address in addresses:
        text = browser.get(address.format(**ids)).text
        left = {
            found
            for found in CHINESE.findall(
                own.sub("", re.sub(r"<style.*?</style>|<!--.*?-->", "", text, flags=re.DOTALL))
            )
        }
        assert left == set(), address
        assert '<html lang="en' in text


def test_the_language_is_kept_on_the_account_and_before_the_login_in_a_cookie(
    client: FlaskClient, as_: LogIn, world: World
) -> None:
    assert '<html lang="zh-CN"' in client.get("/login").text
    client.post("/language", data={"locale": "en"})
    assert "Log in" in client.get("/login").text
    as_("p1.li").post("/language", data={"locale": "en", "next": "/study"})
    assert "My study" in as_("p1.li").get("/study").text


def test_an_unknown_language_changes_nothing(as_: LogIn, world: World) -> None:
    browser = as_("p1.li")
    assert browser.post("/language", data={"locale": "tlh", "next": "/study"}).location == "/study"
    assert "我的学习" in browser.get("/study").text
