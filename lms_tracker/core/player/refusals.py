"""Why a request of a player is not taken: the code that the page gets, and what people read about it in the ledger."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from lms_tracker.core.counted import Counted
from lms_tracker.core.player.checks import Words

MALFORMED, EXPIRED, REPLAYED, SKIPPED, FORGED, FOREIGN, LATE = (
    "malformed",
    "expired",
    "replayed",
    "skipped",
    "forged",
    "foreign",
    "late",
)
REFUSALS = {
    MALFORMED: Words("请求的格式不对，没有记录。", "The request is malformed; nothing was recorded."),
    EXPIRED: Words("学习许可已过期，请重新打开或刷新页面。", "The grant is over; open the page anew."),
    REPLAYED: Words("这条记录以前已经交过，不再计入。", "This was sent before; it does not count again."),
    SKIPPED: Words("前面的记录没有收到，这条不能计入。", "What comes before this never arrived; it does not count."),
    FORGED: Words(
        "记录没有带上服务器发出的凭证，不能计入。", "This does not carry the proof that was issued; it does not count."
    ),
    FOREIGN: Words("凭证是发给另一次学习的，不能计入。", "The proof was issued to another session; it does not count."),
    LATE: Words(
        "断网时间超过上限，较早的记录不能计入。", "The network was away for too long; the earlier part does not count."
    ),
}
"""By code. All but the first two are counted for each session."""
STATUS = {MALFORMED: 400, EXPIRED: 401, REPLAYED: 409, SKIPPED: 409, FORGED: 409, FOREIGN: 409}
"""Of HTTP. What is late is left out of a request that is taken."""


class Refused(Struct, frozen=True):
    """How many requests of a session were refused for a reason, from when until when."""

    reason: str
    times: int
    first_at: datetime
    last_at: datetime


SENTENCES = {
    REPLAYED: (
        "{when}，有 {times} 次提交重复了以前的记录，没有再次计入。",
        "{when}: {times:request|requests} repeated what had been sent before; nothing was counted again.",
    ),
    SKIPPED: (
        "{when}，有 {times} 次提交之前的记录没有收到，没有计入。",
        "{when}: {times:request|requests} came without what went before; this does not count.",
    ),
    FORGED: (
        "{when}，有 {times} 次提交没有带上服务器发出的凭证，没有计入。",
        "{when}: {times:request|requests} did not carry the proof that was issued; this does not count.",
    ),
    FOREIGN: (
        "{when}，有 {times} 次提交带着另一次学习的凭证，没有计入。",
        "{when}: {times:request|requests} carried a proof issued to another session; this does not count.",
    ),
    LATE: (
        "{when}，有 {times} 条断网期间的记录超过了可补交的时限，没有计入。",
        "{when}: {times:record|records} kept without network came too late to count.",
    ),
}


def explain_refusals(refused: Iterable[Refused], timezone: ZoneInfo, locale: str) -> list[str]:
    """One sentence for each reason, for the person whose session it is. `locale` is "zh" or "en"; any other reads English."""
    chinese = locale.startswith("zh")
    said = []
    for one in refused:
        first, last = (f"{at.astimezone(timezone):%H:%M:%S}" for at in (one.first_at, one.last_at))
        when = first if first == last else f"{first}{'—' if chinese else '–'}{last}"
        said.append(SENTENCES[one.reason][0 if chinese else 1].format(when=when, times=Counted(one.times)))
    return said
