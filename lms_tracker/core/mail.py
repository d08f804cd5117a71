"""Mails that the product sends: addresses, the server's URL, the texts, and when a mail is tried again.

Texts say that something waits and where to look, never whose it is or what it says: mail is read on the way, and by others.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from msgspec import Struct

LONGEST = 254
"""RFC 5321, 4.5.3.1.3."""
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@"
    r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
"""RFC 5321 without quoted names, comments and numbers: what people have."""
PORTS = {"smtp": 587, "smtps": 465}
BASE = timedelta(minutes=1)
CEILING = timedelta(hours=4)
PATIENCE = timedelta(days=3)
"""A reminder that could not be delivered for so long reminds nobody any more."""


class Server(Struct, frozen=True):
    """Where mail goes out. `tls`: from the first byte (`smtps://`); otherwise STARTTLS wherever the server offers it."""

    host: str
    port: int
    tls: bool = False
    user: str = ""
    password: str = ""


def parse_server(url: str) -> Server:
    """`smtp://[user:password@]host[:port]` or `smtps://…`. Raises ValueError, which never repeats the URL: it holds a secret."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("not an address") from None
    if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must be smtp://[user:password@]host[:port] or smtps://…")
    user, password = (unquote(part or "") for part in (parts.username, parts.password))
    return Server(parts.hostname, port or PORTS[parts.scheme], parts.scheme == "smtps", user, password)


def check_address(text: str) -> str:
    """The address without blanks around it. Raises ValueError when nobody can have it."""
    address = text.strip()
    if len(address) > LONGEST or len(address.split("@")[0]) > 64 or not _ADDRESS.fullmatch(address):
        raise ValueError(f"{address[:LONGEST]!r} is no e-mail address")
    return address


def next_try(made_at: datetime, attempts: int, now: datetime, jitter: float) -> datetime | None:
    """When a mail that failed `attempts` times is tried again; None: never. `jitter`: 0 to 1, so that not all come at once."""
    at = now + min(CEILING, BASE * 2 ** min(attempts - 1, 10)) * (0.5 + jitter / 2)
    return None if at > made_at + PATIENCE else at


class Text(NamedTuple):
    """A kind of mail: subjects and what is said, Chinese and English. `{…}` are taken from the mail's values."""

    zh: str
    zh_says: str
    en: str
    en_says: str
    path: str
    """Where to look, within the product."""


TEXTS = {
    "held": Text(
        "您有学习时间等待复核",
        "系统暂时留下了您的学习时间，请班主任复核，期限 {due}。在此之前它不计入，也没有被扣除。原因和画面可以在系统里查看；您也可以申诉。",
        "Some of your study time waits for review",
        "Study time of yours is held until your head teacher has looked at it, by {due}. Until then it is neither counted nor lost. You can read why, and appeal.",
        "/study",
    ),
    "lapsed": Text(
        "您的学习时间已经恢复",
        "没有人在期限内作出决定，留下复核的学习时间已经重新计入。",
        "Held study time counts again",
        "Nobody decided in time, so the study time that was held counts again.",
        "/study",
    ),
    "reviewed": Text(
        "您的学习时间有了复核结果",
        "先前留下的学习时间已经有人看过。结果和理由请在系统里查看；不同意的，可以申诉。",
        "Your held study time was reviewed",
        "A person has looked at study time of yours that was held. Please read what was decided, and why; you can appeal.",
        "/study",
    ),
    "appeal_decided": Text(
        "您的申诉有了结果",
        "您对学习时间的申诉已经由另一位复核人决定，结果和理由请在系统里查看。",
        "Your appeal was decided",
        "A second person has decided about your appeal. Please read what was decided, and why.",
        "/appeals/{appeal}",
    ),
    "to_review": Text(
        "有学习时间等待您复核",
        "您的班里有学习时间需要复核：请查看原因，决定放行或不予计入。期限 {due}。",
        "Study time waits for your review",
        "Study time in your class is held: please look at the reasons, and release or reject it, by {due}.",
        "/review",
    ),
    "review_soon": Text(
        "复核期限将到",
        "有学习时间的复核期限快要到了（{due}），请尽快处理。",
        "A review is due soon",
        "The time for a review of held study time is nearly over; the last day is {due}.",
        "/review",
    ),
    "review_escalated": Text(
        "复核已过第一个期限",
        "有学习时间没有按期复核，现在也可以由联络员处理；最后期限 {due}。",
        "A review has passed its first deadline",
        "Held study time was not looked at in time; the liaison may decide about it as well now, until {due}.",
        "/review",
    ),
    "review_overdue": Text(
        "复核已逾期",
        "有学习时间过了最后期限（{due}）仍没有人作出决定。",
        "A review is overdue",
        "Nobody has decided about held study time before the last deadline, {due}.",
        "/review",
    ),
    "appeal_filed": Text(
        "有新的申诉",
        "有学员对学习时间提出申诉，处理期限 {due}。请查看；了解情况的人可以先作说明。",
        "There is a new appeal",
        "A learner appeals about study time, to be decided by {due}. Please look; whoever knows about it may say so.",
        "/review",
    ),
    "appeal_soon": Text(
        "申诉期限将到",
        "有申诉的处理期限快要到了（{due}）。",
        "An appeal is due soon",
        "The time to decide about an appeal is nearly over; the last day is {due}.",
        "/review",
    ),
    "appeal_escalated": Text(
        "申诉已过第一个期限",
        "有申诉没有按期处理，最后期限 {due}。",
        "An appeal has passed its first deadline",
        "An appeal was not decided in time; the last day is {due} now.",
        "/review",
    ),
    "appeal_overdue": Text(
        "申诉已逾期",
        "有申诉过了最后期限（{due}）仍没有处理。",
        "An appeal is overdue",
        "An appeal has not been decided before the last deadline, {due}.",
        "/review",
    ),
    "rules_moved": Text(
        "计分规则有变化，您的学习时间已重新计算",
        "{programme}自 {day} 起改用新的计分规则，您从那天起的学习时间因此有变化。变化前后各是多少、改了哪些规定、理由是什么，请在系统里查看；不同意的，可以申诉。",
        "Rules have changed, and your study time with them",
        "From {day} on, other rules hold for study time in the programme {programme}, and yours since that day counts otherwise. Please read what it was and is, which rules changed, and why; you can appeal.",
        "/study?programme={programme_id}#rules-{day}",
    ),
    "rules_ahead": Text(
        "计分规则将有变化：自 {day} 起",
        "{programme}自 {day} 起改用新的计分规则。那天以前的学习不受影响；改了哪些规定、理由是什么，请在系统里查看。",
        "Rules are about to change, from {day} on",
        "From {day} on, other rules hold for study time in the programme {programme}. What you study before that day is not touched. Please read which rules change, and why.",
        "/study?programme={programme_id}#rules-{day}",
    ),
    "class_rules_moved": Text(
        "计分规则有变化，您班里有人的学习时间已重新计算",
        "{programme}自 {day} 起改用新的计分规则，您班里有学员从那天起的学习时间因此有变化。多少人增加、多少人减少、变化最大的是谁，请在系统里查看。",
        "Rules have changed, and study time in your class with them",
        "From {day} on, other rules hold for study time in the programme {programme}, and that of some of your class since that day counts otherwise. Please read how many gained or lost by it, and who most.",
        "/cohorts/{cohort_id}?rules={day}#rules-{day}",
    ),
    "class_rules_ahead": Text(
        "您班的计分规则将有变化：自 {day} 起",
        "{programme}自 {day} 起改用新的计分规则，那天以前的学习不受影响；留了邮箱的学员会同时收到邮件。改了哪些规定、理由是什么，请在系统里查看。",
        "Rules for your class are about to change, from {day} on",
        "From {day} on, other rules hold for study time in the programme {programme}; what is studied before that day is not touched. Learners who left an address are told as well. Please read which rules change, and why.",
        "/cohorts/{cohort_id}?rules={day}#rules-{day}",
    ),
    "work_due": Text(
        "作业即将截止：{title}",
        "“{title}”将于 {due} 截止，您还没有提交。",
        "Work is due soon: {title}",
        "“{title}” is due on {due}, and you have handed in nothing yet.",
        "/tasks",
    ),
    "work_returned": Text(
        "退回的作业即将截止：{title}",
        "“{title}”已退回请您修改，请于 {due} 前重新提交。",
        "Work that came back is due soon: {title}",
        "“{title}” was returned to you to be revised. Please hand it in again by {due}.",
        "/tasks",
    ),
    "reviews_due": Text(
        "互评即将截止：{title}",
        "“{title}”的互评将于 {due} 截止，您还有同学的作业没有评。",
        "Peer reviews are due soon: {title}",
        "Peer reviews of “{title}” are due on {due}, and some of yours are still to be done.",
        "/tasks",
    ),
    "marking_overdue": Text(
        "有作业等待评阅：{title}",
        "“{title}”应在 {due} 前评完，还有作业等待评阅。",
        "Work waits to be marked: {title}",
        "“{title}” was to be marked by {due}, and some works still wait.",
        "/marking",
    ),
    "bulletin_issued": Text(
        "新的通报已经发布：{programme}（{period}）",
        "{programme}的通报（{period}）已经发布，可以在系统里阅读和下载。",
        "A bulletin was issued: {programme} ({period_en})",
        "The bulletin of {programme} ({period_en}) has been issued; it can be read and downloaded.",
        "/bulletins/{bulletin}",
    ),
}
"""By kind. Whoever adds one says in two sentences what waits, and nothing of whom it is about."""


MERGED = frozenset(kind for kind, text in TEXTS.items() if text.path in ("/study", "/review"))
"""What waits at one time for one person comes as one mail: nobody reads thirty that say the same. `merged` puts them together."""


def merged(several: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The values of mails of one kind that become one: of deadlines, which are dates, the first."""
    dues = [values["due"] for values in several if "due" in values]
    return several[0] | ({"due": min(dues)} if dues else {})


def write(kind: str, values: dict[str, Any], public_url: str, times: int = 1) -> tuple[str, str]:
    """(subject, text) of a mail, both in Chinese first and in English second. `times`: how many of the kind are put together
    in it. Raises KeyError for a kind or value missing."""
    text = TEXTS[kind]
    zh, zh_says, en, en_says = (part.format(**values) for part in text[:4])
    if times > 1:
        zh, zh_says, en, en_says = (
            f"{zh}（{times}）",
            f"{zh_says}（共 {times} 项）",
            f"{en} ({times})",
            f"{en_says} ({times} in all)",
        )
    where = public_url.rstrip("/") + text.path.format(**values)
    foot = "您收到这封邮件，是因为系统里有您的邮箱；可以随时在系统里更改或去掉。\nYou get this because the system knows your address; change it or take it out there at any time."
    subject = " ".join(f"{zh} | {en}".split())  # a header is one line
    return subject, f"{zh_says}\n{where}\n\n{en_says}\n{where}\n\n--\n{foot}\n{public_url.rstrip('/')}/mail\n"
