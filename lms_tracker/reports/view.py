"""What a bulletin shows, worked out once for every form: texts and formatted numbers, in one language.

Renderers lay this out and add nothing. Cells keep their number beside the text, so that a workbook can store it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from lms_tracker.core.study.entries import REASONS
from lms_tracker.reports.words import kind, reason, word

Form = Literal["count", "one", "percent", "signed", "text"]
NONE = "—"


class Cell(Struct, frozen=True):
    """A value as text, and as a number where it is one. `unit` stands behind it in prose."""

    text: str
    number: Decimal | None = None
    form: Form = "text"


class Table(Struct, frozen=True):
    """A table: the first column names the row, the others hold figures."""

    title: str
    header: list[str]
    rows: list[list[Cell]]
    strong: int | None = None
    """Index of a row that sums up the others."""
    words: tuple[int, ...] = ()
    """Indexes of columns after the first that hold words, not figures."""


class Headline(Struct, frozen=True):
    """One of the four figures at the top. `share` (0-1) of its target, where it has one."""

    label: str
    value: str
    unit: str
    note: str
    share: float | None


class Bars(Struct, frozen=True):
    """A group of bars: percentages (0-100) of each series, None where there is nobody."""

    label: str
    values: list[float | None]


class Chart(Struct, frozen=True):
    """Bars by group; `mark` is where the calendar stands."""

    title: str
    series: list[str]
    groups: list[Bars]
    mark: float
    mark_label: str


class View(Struct, frozen=True):
    """A bulletin ready to be laid out."""

    locale: str
    programme: str
    title: str
    period: str
    version: str
    meta: list[tuple[str, str]]
    headlines: list[Headline]
    chart: Chart
    parts: Table
    kinds: Table
    time: Table
    changes_title: str
    changes: Table | None
    changes_note: str
    progress: Table | None
    """Who made progress, by name; None where the bulletin names nobody."""
    notes_title: str
    notes: list[str]
    seal: str


def view_of(content: Mapping[str, Any], locale: str = "zh") -> View:
    """The view of a bulletin's content (as `core.bulletin.opened` gives it, or plain JSON), in "zh" or "en"."""
    locale = "en" if locale.startswith("en") else "zh"

    def t(key: str, **values: object) -> str:
        return word(key, locale, **values)

    everybody = content["all"]
    organisation = content["programme"]["organisation"]
    meta = [(t("issued_for"), organisation)] if organisation else []
    cut_off = datetime.fromisoformat(content["as_of"]).astimezone(ZoneInfo(content["timezone"]))
    meta += [
        (t("cut_off"), f"{cut_off:%Y-%m-%d %H:%M:%S} ({content['timezone']})"),
        (t("rules"), content["policy"]),
        (t("engine"), content["engine"]),
    ]
    return View(
        locale=locale,
        programme=content["programme"]["name"],
        title=t("report"),
        period=_period(content, locale),
        version=t("version", n=content["version"]),
        meta=meta,
        headlines=_headlines(content, t),
        chart=_chart(content, locale, t),
        parts=_parts(content, locale, t),
        kinds=_kinds(content, locale, t),
        time=_time(content, locale, t),
        changes_title=t("changes"),
        changes=_changes(content, t),
        changes_note=_changes_note(content, t),
        progress=_progress(content, t),
        notes_title=t("notes"),
        notes=([] if everybody["enrolled"] else [t("nobody")])
        + [
            t("note_study"),
            t(
                "note_contact",
                pace=plain(content["contact_rule"]["pace_below_pct"]),
                quiet=content["contact_rule"]["quiet_days"],
                grace=content["contact_rule"]["grace_days"],
            ),
            t("note_hour", minutes=plain(Decimal(content["class_hour_s"]) / 60)),
            t("note_names") if "made_progress" in content else t("note_no_names"),
        ],
        seal=f"{t('seal')} {content.get('sha256', NONE)}",
    )


def plain(value: Any) -> str:
    """A number without the zeros that say nothing."""
    text = f"{Decimal(str(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _period(content: Mapping[str, Any], locale: str) -> str:
    first, last = (date.fromisoformat(content["period"][key]) for key in ("first", "last"))
    if locale == "en":
        return f"{first.isoformat()} to {last.isoformat()}"
    return f"{first.year} 年 {first.month} 月 {first.day} 日 – {last.month} 月 {last.day} 日"


def _number(value: Any, form: Form, after: str = "") -> Cell:
    if value is None:
        return Cell(NONE)
    number = Decimal(str(value))
    rounded = number.quantize(Decimal("0.1"), ROUND_HALF_UP)
    text = {
        "count": f"{int(number):,}",
        "one": f"{rounded:,}",
        "percent": f"{rounded}%",
        "signed": f"{plain(rounded) if rounded < 0 else '+' + plain(rounded) if rounded else '±0'}",
        "text": str(value),
    }[form]
    return Cell((text + after).replace("-", "−") if form == "signed" else text + after, number, form)


def _hours(content: Mapping[str, Any], seconds: Any) -> Decimal:
    return Decimal(str(seconds)) / Decimal(str(content["class_hour_s"]))


def _headlines(content: Mapping[str, Any], t: Any) -> list[Headline]:
    everybody = content["all"]
    enrolled = everybody["enrolled"]
    of, people = t("of_enrolled", n=enrolled), t("people")
    goal = Decimal(str(content["period_expected_hours"]))
    mean = _hours(content, everybody["hours"]["credited_s"]) / enrolled if enrolled else None

    def share(count: int) -> float | None:
        return count / enrolled if enrolled else None

    return [
        Headline(t("studied"), str(everybody["studied"]), people, of, share(everybody["studied"])),
        Headline(
            t("credited"),
            _number(mean, "one").text,
            t("hours_unit") if mean is not None else "",
            t("hours_goal", n=plain(goal)),
            min(1.0, float(mean / goal)) if mean is not None and goal else None,
        ),
        Headline(t("progressed"), str(everybody["progressed"]), people, of, share(everybody["progressed"])),
        Headline(
            t("need_contact"),
            str(everybody["need_contact"]),
            people,
            t("contact_goal", behind=everybody["behind"], quiet=everybody["quiet"]),
            share(everybody["need_contact"]),
        ),
    ]


def _chart(content: Mapping[str, Any], locale: str, t: Any) -> Chart:
    groups = [("all", content["all"])] + [(group["kind"], group) for group in content["by_school_kind"]]
    expected = content["expected_pct"]
    return Chart(
        title=t("chart"),
        series=[part["title"][locale] for part in content["all"]["components"]],
        groups=[
            Bars(
                f"{kind(key, locale)} ({group['enrolled']})",
                [None if part["score_mean"] is None else float(part["score_mean"]) for part in group["components"]],
            )
            for key, group in groups
        ],
        mark=float(expected),
        mark_label=t("calendar", n=plain(expected)),
    )


def _worth(part: Mapping[str, Any], t: Any, *, points: bool) -> Cell:
    """The weight of a part; of points the most that there are to be had."""
    if not part["weight"]:
        return Cell(NONE)
    if points:
        return Cell(t("n_points", n=plain(part["weight"])))
    return Cell(f"{plain(part['weight'])}%", Decimal(str(part["weight"])), "percent")


def _parts(content: Mapping[str, Any], locale: str, t: Any) -> Table:
    everybody = content["all"]
    units = {"class_hours": t("hours_unit"), "marks": t("items_unit"), "items": t("times_unit")}
    points = content.get("scheme") == "points"
    rows = [
        [
            Cell(part["title"][locale]),
            _worth(part, t, points=points),
            Cell(f"{plain(part['target'])} {units[part['unit']]}" if part["target"] else NONE),
            _number(part["have_mean"], "one", " " + units[part["unit"]]),
            _number(part["score_mean"], "percent"),
            _number(part["points_mean"], "one"),
        ]
        for part in everybody["components"]
    ]
    rows.append([Cell(t("total" if points else "final")), *[Cell("")] * 4, _number(everybody["final_mean"], "one")])
    header = [t("part"), t("weight"), t("target"), t("mean_have"), t("mean_score"), t("mean_points")]
    return Table(t("parts"), header, rows, strong=len(rows) - 1)


def _kinds(content: Mapping[str, Any], locale: str, t: Any) -> Table:
    groups = [(group["kind"], group) for group in content["by_school_kind"]] + [("all", content["all"])]
    rows = [
        [
            Cell(kind(key, locale)),
            _number(group["enrolled"], "count"),
            _number(group["studied"], "count"),
            _number(_hours(content, group["hours"]["credited_s"]) / group["enrolled"], "one")
            if group["enrolled"]
            else Cell(NONE),
            _number(group["progressed"], "count"),
            _number(group["need_contact"], "count"),
            _number(group["passed"], "count"),
            _number(group["final_mean"], "one"),
        ]
        for key, group in groups
    ]
    keys = ("kind", "enrolled", "studied", "credited", "progressed", "need_contact", "passed", "final_mean")
    return Table(t("by_kind"), [t(key) for key in keys], rows, strong=len(rows) - 1)


def _time(content: Mapping[str, Any], locale: str, t: Any) -> Table:
    hours = content["all"]["hours"]
    claimed = Decimal(str(hours["claimed_s"]))

    def row(label: str, seconds: Any) -> list[Cell]:
        share = Decimal(str(seconds)) * 100 / claimed if claimed else None
        return [Cell(label), _number(_hours(content, seconds), "one"), _number(share, "percent")]

    discounted = hours["discounted_s"]
    order = [key for key in REASONS if key in discounted] + sorted(set(discounted) - set(REASONS))
    rows = [
        row(t("claimed"), hours["claimed_s"]),
        row(t("credited_time"), hours["credited_s"]),
        row(t("held"), hours["held_s"]),
        *(row(t("discounted", reason=reason(key, locale)), discounted[key]) for key in order),
    ]
    return Table(t("time"), [t("item"), t("class_hours"), t("share")], rows, strong=0)


def _changes(content: Mapping[str, Any], t: Any) -> Table | None:
    changes, now = content["changes"], content["all"]
    if changes is None:
        return None
    rows = [
        [Cell(t(key)), _number(now[key], "count"), _number(changes[key], "signed")]
        for key in ("enrolled", "studied", "progressed", "need_contact", "passed")
    ]
    for key, label in (("claimed_s", "claimed"), ("credited_s", "credited_time")):
        was, change = (_hours(content, of[key]) for of in (now["hours"], changes))
        name = f"{t(label)} ({t('class_hours')})"
        rows.append([Cell(name), _number(was, "one"), _number(change, "signed")])
    rows.append([Cell(t("final_mean")), _number(now["final_mean"], "one"), _number(changes["final_mean"], "signed")])
    return Table(t("changes"), [t("item"), t("value"), t("change")], rows)


def _progress(content: Mapping[str, Any], t: Any) -> Table | None:
    rows = [
        [
            Cell(f"{person['name']} · {person['school']}" if person["school"] else person["name"]),
            _number(_hours(content, person["credited_s"]), "one"),
            _number(person["final_before"], "one"),
            _number(person["final"], "one"),
            _number(Decimal(str(person["final"])) - Decimal(str(person["final_before"])), "signed"),
        ]
        for person in content.get("made_progress", ())
    ]
    header = [t("learner"), t("hours_in_period"), t("final_before"), t("final_now"), t("change")]
    return Table(t("made_progress"), header, rows) if rows else None


def _changes_note(content: Mapping[str, Any], t: Any) -> str:
    changes = content["changes"]
    if changes is None:
        return str(t("first"))
    note = t("since", period=changes["since"]["period"], version=changes["since"]["version"])
    return str(note if changes["same_policy"] else f"{note} {t('policy_changed')}")
