"""`lms-tracker demo`: an invented programme under way, to look at."""

import ipaddress
import time
import unicodedata
from datetime import UTC, datetime

import click

from lms_tracker.demo import card, cast, past, reserve
from lms_tracker.demo.load import DemoRefused, is_loaded, load_demo
from lms_tracker.demo.term import ZONE
from lms_tracker.settings import Settings, media_folder
from lms_tracker.store.db import open_db

# The people whom it is worth being; the other principals are p02 to p53.
SHOWN = {
    "p01": "班长 monitor, well ahead",
    "p06": "steady principal; rules that changed; a morning in our own player, one check missed",
    "p03": "fell behind",
    "p12": "poor network: evidence arrives late; appealed",
    "p23": "a script clicks for them: time is held",
    "p10": "older platform without heartbeats",
    "p05": "leaves tabs playing",
    "p28": "plays two courses at once",
    "p02": "speeds playback up",
    "r01": "reserve pool: reports, self-analysis",
    "g01": "last year's programme: certificates of completion and honour",
    "g04": "last year's programme: failed, objected to the results",
    "c02": "annual credit card: failed an exam, passed the resit",
    "c04": "annual credit card: points set by hand",
}
PAGES = {
    "learner": "/ 我的学习 my study, 我的课程 my courses, 我的作业 my assignments",
    "monitor": "/ 我的学习 my study, 我的课程 my courses, 我的作业 my assignments, 我的班级 my class, 时间复核 reviews",
    "head_teacher": "/ 我的班级 my class (rules that changed), 时间复核 reviews, 学习通报 bulletins",
    "liaison": "/ 我的班级 my class, 计分规则 rules, 时间复核 reviews, 评阅作业 marking, 学习通报 bulletins",
    "expert": "/ 评阅作业 marking",
    "staff": "/ 我的班级 my class, 计分规则 rules, 时间复核 reviews, 培训项目 programmes (布置作业 assignments, 课程内容 course content), 学习通报 bulletins",
    "bureau": "/ 学习通报 bulletins",
    "leading_group": "/ 我的班级 classes, 学习通报 bulletins, 培训项目 programme: who manages what",
    "centre": "/ 我的班级 classes, 学习通报 bulletins, 培训项目 programme: its own people",
    "district": "/ 学习通报 bulletins, 培训项目 programme: its own learners",
    "administrator": "/ 系统管理 administration",
}


@click.group()
def group() -> None:
    """Load the demo programme, list its accounts."""


@group.command()
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, other evidence.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day on which it looks under way; default today.")
@click.option("--force", is_flag=True, help="Also where others can reach the server. Its passwords are public!")
@click.pass_obj
def load(settings: Settings, seed: int, as_of: datetime | None, force: bool) -> None:
    """Load the demo once: 53 invented principals, five weeks of evidence, marks, two bulletins."""
    if not force:
        _require_private(settings)
    db = open_db(settings.database_url)
    try:
        if is_loaded(db):
            click.echo("the demo is there already")
        else:
            began = time.monotonic()
            today = as_of.date() if as_of else datetime.now(ZONE).date()
            click.echo(f"loading the demo as of {today}; this takes about a minute, once")
            load_demo(
                db,
                seed=seed,
                today=today,
                clock=lambda: datetime.now(UTC),
                say=click.echo,
                media=media_folder(settings),
            )
            click.echo(f"demo loaded in {time.monotonic() - began:.0f} s")
    except DemoRefused as e:
        raise click.ClickException(str(e)) from e
    finally:
        db.dispose()
    _print_accounts(settings)


@group.command()
@click.pass_obj
def accounts(settings: Settings) -> None:
    """List the demo's accounts and the pages to look at."""
    db = open_db(settings.database_url)
    loaded = is_loaded(db)
    db.dispose()
    if not loaded:
        raise click.ClickException("the demo is not loaded: `lms-tracker demo load`")
    _print_accounts(settings)


def _print_accounts(settings: Settings) -> None:
    names = {p.login: p.name for p in cast.learners()}
    names |= {login: name for people in (card.PEOPLE, past.PEOPLE, reserve.PEOPLE) for login, name, *_ in people}
    rows = [(login, name, role, PAGES[role]) for login, name, role in cast.STAFF]
    rows += [
        (login, name, f"{role}, {of}", PAGES["district" if role == "bureau" else role])
        for login, name, role, of in cast.OVERSEERS
    ]
    rows += [
        (login, names[login], what, PAGES["monitor" if login == "p01" else "learner"]) for login, what in SHOWN.items()
    ]
    table = [("login", "name", "who", "pages"), *rows]
    widths = [max(_width(row[n]) for row in table) for n in range(3)]
    for row in table:
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=False)]
        click.echo("  ".join([*cells, row[3]]))
    click.echo(
        f"password of all, p01 to p{len(cast.learners())}, c01 to c{len(card.PEOPLE):02d}, g01 to g{len(past.PEOPLE):02d}, r01 to r{len(reserve.PEOPLE):02d} too: {cast.PASSWORD}    address: {settings.public_url}"
    )


def _require_private(settings: Settings) -> None:
    why = "LMS_TRACKER_SECURE_COOKIES is on" if settings.secure_cookies else None
    if not _is_loopback(settings.host):
        why = f"LMS_TRACKER_HOST is {settings.host}"
    if why:
        raise click.ClickException(
            f"the demo's passwords are public and {why}, so others may reach this server; --force loads it all the same"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in text)
