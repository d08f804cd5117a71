"""Why time did not count, in one sentence per reason, for the person whose time it is. Chinese and English."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from lms_tracker.core.instants import from_us
from lms_tracker.core.study.decisions import Decision, Window, amount_within
from lms_tracker.core.study.entries import REASONS, Entry, Interval

SENTENCES = {
    "gap": (
        "{when}，学习记录中断，共 {amount} 没有收到任何信号，这段时间不计入。",
        "{when}: no signal arrived for {amount} in all, so this time does not count.",
    ),
    "hidden": (
        "{when}，学习页面被遮住或切到了后台，共 {amount} 不计入。",
        "{when}: the page was hidden or in the background; not counted: {amount}.",
    ),
    "unanswered": (
        "{when}，在场确认没有得到回应，从此前最近一次操作或答对的确认起，到下一次为止，共 {amount} 不计入。",
        "{when}: a presence check went unanswered, so nothing counts from the latest input or answered check before it until the next one; not counted: {amount}.",
    ),
    "idle": (
        "{when}，很长时间没有任何操作，共 {amount} 不计入。",
        "{when}: nothing was touched for a long time; not counted: {amount}.",
    ),
    "rate": (
        "{when}，播放或拖动的速度超过允许的倍速，共 {amount} 不计入。",
        "{when}: played or moved on faster than allowed; not counted: {amount}.",
    ),
    "stalled": (
        "{when}，时间在走而画面没有前进（卡顿或未播放），共 {amount} 不计入。",
        "{when}: the clock ran but the video did not (buffering or not playing); not counted: {amount}.",
    ),
    "overlap": (
        "{when}，同一时间已在另一处学习中计时，共 {amount} 不重复计入。",
        "{when}: you were already credited elsewhere at that moment; not counted twice: {amount}.",
    ),
    "repeat": (
        "{when}，这部分内容以前已经计过时或超出了课程长度，共 {amount} 不重复计入。",
        "{when}: this content was credited before or lies beyond the unit's length; not counted again: {amount}.",
    ),
    "cap": (
        "{when}，当天计入的学习时间已达上限，其余 {amount} 不计入。",
        "{when}: the daily limit was reached; not counted: the remaining {amount}.",
    ),
    "clock": (
        "{when}，记录的时间与服务器时间不符或上传太迟，共 {amount} 不计入。",
        "{when}: the recorded time disagrees with the server's, or arrived too late; not counted: {amount}.",
    ),
    "aggregate": (
        "{when}，来源平台只报了总时长、没有学习过程，共 {amount} 不计入。",
        "{when}: the source reported more than it is trusted for without evidence of study; not counted: {amount}.",
    ),
    "rejected": (
        "{when}，有 {amount} 先被暂存待核，经人工核实不计入。",
        "{when}: {amount} had been held; a person has found that this time does not count.",
    ),
    "held": (
        "{when}，有 {amount} 疑似自动操作，暂存待班主任审核，尚未判定。",
        "{when}: this looks automated and waits for your head teacher, with nothing decided yet; held: {amount}.",
    ),
}
DECIDED = {
    "release": (
        "{when}，有 {amount} 曾暂存待核，经人工核实，照常计入。",
        "{when}: {amount} had been held; a person has looked, and this time counts.",
    ),
    "lapsed": (
        "{when}，有 {amount} 曾暂存待核，到期无人作出决定，照常计入。",
        "{when}: {amount} had been held; nobody decided in time, so this time counts.",
    ),
    "grant": (
        "{when}，申诉成立：这段时间里有 {amount} 计入。",
        "{when}: an appeal was upheld; counted of this time: {amount}.",
    ),
}
"""What people decided in the learner's favour. What they decided otherwise is `rejected`, what they have not yet, `held`."""
LANGUAGES = ("zh", "en")


class Sentence(Struct, frozen=True):
    """One reason of one entry: how much, from which moment, in words, and the pieces and statements behind it. `reason` is
    one of SENTENCES or of DECIDED."""

    reason: str
    seconds: float
    start_us: int
    text: str
    pieces: tuple[Interval, ...]
    """In order of time; the words name the longest."""

    @property
    def statements(self) -> tuple[str, ...]:
        """Each once. Events that are no statements (a player's beats) have no name."""
        return tuple(dict.fromkeys(name for piece in self.pieces for name in piece.statements if name))


def explain(entry: Entry, timezone: ZoneInfo, locale: str) -> list[Sentence]:
    """One sentence per reason for which time of the entry does not count (or does not count yet), in the table's order.

    `locale` is "zh" or "en"; any other reads English.
    """
    said = []
    for reason in (*REASONS, "held"):
        intervals = [interval for interval in entry.intervals if interval.verdict == reason]
        if intervals:
            said.append(_sentence(reason, intervals, timezone, locale))
    return said


def explain_decisions(entry: Entry, decisions: Iterable[Decision], timezone: ZoneInfo, locale: str) -> list[Sentence]:
    """One sentence for each kind of decision by which time of the entry counts that would not otherwise; `decisions` are
    those that stand for the learner. Of a grant, all that counts between its first and its last moment."""
    found: dict[str, list[Interval]] = {}
    for decision in decisions:
        kind = "lapsed" if (decision.kind, decision.reason) == ("release", "lapsed") else decision.kind
        if kind in DECIDED and decision.window.key == entry.key[:3]:
            found.setdefault(kind, []).extend(_within(entry, decision.window))
    return [
        _sentence(kind, sorted(set(found[kind]), key=lambda i: i.start_us), timezone, locale)
        for kind in DECIDED
        if found.get(kind)
    ]


def _within(entry: Entry, window: Window) -> list[Interval]:
    """What is credited within a window, cut at its edges."""
    pieces = []
    for interval in entry.intervals:
        amount = amount_within(replace(entry, intervals=[interval]), window, "credited")
        if amount:
            start, end = max(interval.start_us, window.start_us), min(interval.end_us, window.end_us)
            pieces.append(Interval(start, end, amount, None, "credited", interval.statements))
    return pieces


def _sentence(reason: str, intervals: list[Interval], timezone: ZoneInfo, locale: str) -> Sentence:
    amount = sum(interval.amount_us for interval in intervals)
    chinese = locale.startswith("zh")
    text = (SENTENCES | DECIDED)[reason][0 if chinese else 1]
    return Sentence(
        reason,
        amount / 1_000_000,
        intervals[0].start_us,
        text.format(when=_moment(intervals, timezone, chinese), amount=duration(amount, locale)),
        tuple(intervals),
    )


def _moment(intervals: list[Interval], timezone: ZoneInfo, chinese: bool) -> str:
    def clock(us: int) -> str:
        return f"{from_us(us).astimezone(timezone):%H:%M:%S}"

    first = max(intervals, key=lambda interval: (interval.amount_us, -interval.start_us))
    text = clock(first.start_us)
    if clock(first.end_us) != text:
        text += ("—" if chinese else "–") + clock(first.end_us)
    more = len(intervals) - 1
    if not more:
        return text
    return f"{text}等 {more + 1} 处" if chinese else f"{text} and {more} more"


def duration(us: int, locale: str) -> str:
    """An amount of time as people say it, to the second; less than one second is said so."""
    seconds = round(us / 1_000_000)
    chinese = locale.startswith("zh")
    if seconds == 0:
        return "不到 1 秒" if chinese else "less than a second"
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    parts = [(hours, " 小时", " h"), (minutes, " 分", " min"), (rest, " 秒", " s")]
    if chinese:
        return " ".join(f"{number}{unit}" for number, unit, _ in parts if number)
    return " ".join(f"{number}{unit}" for number, _, unit in parts if number)
