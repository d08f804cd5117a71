"""Why a request of a player is not taken: the code that the page gets, and what people read about it in the ledger."""

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
