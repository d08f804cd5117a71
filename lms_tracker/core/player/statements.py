"""Statements that the server makes of a session's state changes (study-time.md, section 1; Video Profile 1.0)."""

from typing import Any, Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from msgspec import Struct

from lms_tracker.core.instants import from_us
from lms_tracker.core.player.checks import Words
from lms_tracker.core.player.live import Live, join, progress
from lms_tracker.core.xapi import vocabulary as v
from lms_tracker.core.xapi.timestamps import format_timestamp

What = Literal[
    "initialized", "played", "paused", "seeked", "interacted", "completed", "terminated", "answered", "missed"
]
VERBS: dict[str, tuple[str, str, str]] = {
    "initialized": (v.VERB_INITIALIZED, "打开了", "initialized"),
    "played": (v.VERB_PLAYED, "播放了", "played"),
    "paused": (v.VERB_PAUSED, "暂停了", "paused"),
    "seeked": (v.VERB_SEEKED, "跳转了", "seeked"),
    "interacted": (v.VERB_INTERACTED, "调整了", "interacted"),
    "completed": (v.VERB_COMPLETED, "完成了", "completed"),
    "terminated": (v.VERB_TERMINATED, "关闭了", "terminated"),
    "answered": (v.VERB_ANSWERED, "回答了", "answered"),
    "missed": (v.VERB_MISSED, "错过了", "missed"),
}
_IDS = uuid5(NAMESPACE_URL, "https://w3id.org/xapi/study-time/player")
# Ids of statements follow from this: another one would tell the same twice.


class Said(Struct, omit_defaults=True):
    """One state change, as it waits to become a statement. `at` in microseconds since 1970, positions in milliseconds."""

    what: What
    at: int
    position: int = -1
    before: int = -1
    rate_pct: int = 100
    playing: bool = False
    segments: str | None = None
    progress: float | None = None
    check: str = ""
    kind: str = ""
    text: Words | None = None
    success: bool | None = None
    took_us: int = 0


def sum_up(said: Said, live: Live, length_us: int) -> None:
    """Put what the session has played into what is said at its end."""
    said.segments = segments_text(join(live.played)) if live.media else None
    if length_us > 0 and live.media:
        said.progress = progress(live, length_us, live.seen)


def last_word(live: Live, last_at: int, length_us: int) -> Said:
    """Of a session that its page did not end: it was terminated when it was last heard of."""
    said = Said("terminated", max(live.at, last_at), live.position // 1000 if live.position >= 0 else -1)
    sum_up(said, live, length_us)
    return said


class Session(Struct, frozen=True):
    """Whose session it is, and of what."""

    uuid: UUID
    actor: dict[str, Any]
    activity: str
    registration: str
    device: str
    media: bool
    length_us: int
    """-1: not known."""


def statement_of(said: Said, session: Session, authority: dict[str, Any]) -> dict[str, Any]:
    """The statement. The same change gives the same statement, with the same id, however often it is made."""
    iri, chinese, english = VERBS[said.what]
    extensions: dict[str, Any] = {v.EXT_SESSION_ID: str(session.uuid), v.EXT_DEVICE: session.device}
    extensions |= {v.EXT_PLAYING: said.playing, v.EXT_RATE: said.rate_pct / 100}
    if session.length_us > 0:
        extensions[v.EXT_LENGTH] = session.length_us / 1e6
    categories = [v.CATEGORY_STUDY_TIME, *([v.CATEGORY_VIDEO] if session.media else [])]
    activities: dict[str, Any] = {"category": [{"id": category} for category in categories]}
    thing: dict[str, Any] = {"objectType": "Activity", "id": session.activity}
    if session.media:
        thing["definition"] = {"type": v.ACTIVITY_VIDEO}
    if said.check:
        activities["parent"] = [{"objectType": "Activity", "id": session.activity}]
        thing = _check(said)
        del extensions[v.EXT_PLAYING]  # whoever answers says nothing of the media
    made: dict[str, Any] = {
        "id": str(uuid5(_IDS, f"{session.uuid} {said.what} {said.at} {said.check}")),
        "actor": session.actor,
        "verb": {"id": iri, "display": {"zh-CN": chinese, "en": english}},
        "object": thing,
        "context": {"registration": session.registration, "contextActivities": activities, "extensions": extensions},
        "timestamp": format_timestamp(from_us(said.at)),
        "authority": authority,
    }
    if result := _result(said):
        made["result"] = result
    return made


def _check(said: Said) -> dict[str, Any]:
    definition: dict[str, Any] = {"type": v.ACTIVITY_PRESENCE_CHECK}
    if said.text is not None:
        definition["name"] = {"zh-CN": said.text.zh, "en": said.text.en}
    return {"objectType": "Activity", "id": f"urn:uuid:{UUID(said.check)}", "definition": definition}


def _result(said: Said) -> dict[str, Any]:
    result: dict[str, Any] = {}
    extensions: dict[str, Any] = {}
    if said.position >= 0 and said.what != "seeked":
        extensions[v.EXT_TIME] = said.position / 1000
    if said.what == "seeked" and said.position >= 0 and said.before >= 0:
        extensions |= {v.EXT_TIME_FROM: said.before / 1000, v.EXT_TIME_TO: said.position / 1000}
    if said.segments is not None:
        extensions[v.EXT_PLAYED_SEGMENTS] = said.segments
    if said.progress is not None:
        extensions[v.EXT_PROGRESS] = round(said.progress, 4)
    if extensions:
        result["extensions"] = extensions
    if said.what == "completed":
        result["completion"] = True
    if said.success is not None:
        result["success"] = said.success
    if said.check:
        result["duration"] = f"PT{said.took_us / 1e6:.3f}S"
    return result


def segments_text(spans: list[tuple[int, int]]) -> str:
    """Content in microseconds as `played-segments` (Video Profile 1.0, 4.3.4)."""
    return "[,]".join(f"{low / 1e6:.3f}[.]{high / 1e6:.3f}" for low, high in spans)
