"""Events: what one piece of evidence says, whatever produced it, and the verbs that say it.

Vocabulary: xAPI Video Profile 1.0 and the study-time profile (study-time.md, section 1).
"""

from enum import IntEnum

from msgspec import Struct

from lms_tracker.core.xapi import vocabulary as v

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Kind(IntEnum):
    """What a statement says of its session. The order breaks ties between statements of one instant."""

    INITIALIZED = 0
    FOCUSED = 1
    HEARTBEAT = 2
    ANSWERED = 3
    MISSED = 4
    SEEKED = 5
    INTERACTED = 6
    OTHER = 7
    PAUSED = 8
    PLAYED = 9
    UNFOCUSED = 10
    COMPLETED = 11
    TERMINATED = 12


KINDS = {
    v.VERB_INITIALIZED: Kind.INITIALIZED,
    v.VERB_PLAYED: Kind.PLAYED,
    v.VERB_PAUSED: Kind.PAUSED,
    v.VERB_SEEKED: Kind.SEEKED,
    v.VERB_INTERACTED: Kind.INTERACTED,
    v.VERB_COMPLETED: Kind.COMPLETED,
    v.VERB_TERMINATED: Kind.TERMINATED,
    v.VERB_FOCUSED: Kind.FOCUSED,
    v.VERB_UNFOCUSED: Kind.UNFOCUSED,
    v.VERB_HEARTBEAT: Kind.HEARTBEAT,
}
MEDIA_KINDS = frozenset({Kind.PLAYED, Kind.PAUSED, Kind.SEEKED})
MEDIA_TYPES = frozenset({v.ACTIVITY_VIDEO, v.ACTIVITY_AUDIO, v.ACTIVITY_MEDIA})


class Event(Struct, frozen=True, gc=False, kw_only=True):
    """One statement as evidence. Instants and lengths in integer microseconds; None: the producer does not say."""

    id: str
    at: int
    """The producer's clock."""
    stored: int
    """Our clock."""
    received: bool = True
    """Whether `stored` is when it arrived, so that lateness can be judged."""
    kind: Kind
    activity: str
    registration: str = ""
    session: str = ""
    """The session id; "" when the producer names none."""
    sequence: int | None = None
    position: int | None = None
    """Where in the media it stands after the event."""
    position_before: int | None = None
    """Where it stood before; differs for seeks."""
    playing: bool | None = None
    visible: bool | None = None
    inputs: int | None = None
    rate_milli: int | None = None
    """Playback rate in thousandths."""
    success: bool | None = None
    duration: int | None = None
    length: int | None = None
    segments: tuple[tuple[int, int], ...] | None = None
    """Media played so far in this session, by `played-segments`; open ends are left out."""
    media: bool = False
    """Whether it can only come from media."""
    promises: bool = False
    """The producer promises heartbeats: silence is a gap."""
    source: str = ""
    proved: bool = False
