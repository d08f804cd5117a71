"""Statements to measure with: 1.3-1.6 KB each, seeded, of 1000 learners and 50 videos.

`Mint` makes endless fresh single statements, cheaply enough not to be what is measured. `sessions` makes whole study
sessions of one learner, as a player with heartbeats sends them.
"""

import json
import random
import time
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

LEARNERS, VIDEOS = 1000, 50
VIDEO = "https://w3id.org/xapi/video"
STUDY = "https://w3id.org/xapi/study-time"
ADL = "http://adlnet.gov/expapi/verbs"
SPACE = uuid.UUID("5d8a7c52-3f0b-4f7a-9f53-6f1f5a0f2b11")
LENGTH_S = 1800
BEAT_S = 25
VERBS = {
    f"{VIDEO}/verbs/played": 30,
    f"{VIDEO}/verbs/paused": 25,
    f"{STUDY}/verbs/heartbeat": 35,
    f"{VIDEO}/verbs/seeked": 8,
    f"{ADL}/completed": 2,
}


def named(kind: str, *key: object) -> str:
    """A stable UUID for a thing of the measurement."""
    return str(uuid.uuid5(SPACE, f"{kind} {key}"))


def statement(learner: int, video: int, verb: str, at: str, **extensions: Any) -> dict[str, Any]:
    """A statement of the Video Profile with what players add; `extensions` are the study-time profile's of the context."""
    position = extensions.pop("position", 0.0)
    result = {f"{VIDEO}/extensions/time": position}
    if verb.endswith("seeked"):
        result = {f"{VIDEO}/extensions/time-from": position, f"{VIDEO}/extensions/time-to": position / 2}
    elif not verb.endswith("played"):
        result[f"{VIDEO}/extensions/progress"] = round(position / LENGTH_S, 3)
        result[f"{VIDEO}/extensions/played-segments"] = f"0[.]{position}"
    return {
        "id": extensions.pop("id", ""),
        "actor": {
            "objectType": "Agent",
            "name": f"Learner {learner:05d}",
            "account": {"homePage": "https://lms.example.edu", "name": named("learner", learner)},
        },
        "verb": {"id": verb, "display": {"en-US": verb.rsplit("/", 1)[1]}},
        "object": {
            "objectType": "Activity",
            "id": f"https://lms.example.edu/xapi/activities/video/{named('video', video)}",
            "definition": {
                "type": f"{VIDEO}/activity-type/video",
                "name": {"en-US": f"Lecture {video}: introduction, part {video % 7}"},
            },
        },
        "result": {"extensions": result},
        "context": {
            "registration": named("registration", learner, video),
            "platform": "Example LMS 4.3",
            "language": "en-US",
            "contextActivities": {
                "category": [{"id": VIDEO}, {"id": STUDY}],
                "parent": [{"id": f"https://lms.example.edu/course/{video % 10}/module/{video % 5}"}],
                "grouping": [
                    {
                        "objectType": "Activity",
                        "id": f"https://lms.example.edu/course/{video % 10}",
                        "definition": {"type": "http://adlnet.gov/expapi/activities/course"},
                    }
                ],
            },
            "extensions": {
                f"{VIDEO}/extensions/session-id": extensions.pop("session", named("session", learner, video)),
                f"{VIDEO}/extensions/length": LENGTH_S,
                f"{VIDEO}/extensions/speed": "1x",
                f"{VIDEO}/extensions/volume": 0.8,
                **{f"{STUDY}/extensions/{name}": value for name, value in extensions.items()},
            },
        },
        "timestamp": at,
    }


class Mint:
    """Fresh statements as bytes: a pool of serialised ones, whose id and timestamp are replaced."""

    def __init__(self, seed: int = 1, pool: int = 4000) -> None:
        choose = random.Random(seed)
        self._parts = [self._split(choose) for _ in range(pool)]
        self._random = random.Random(time.time_ns())
        self._next = 0

    @staticmethod
    def _split(choose: random.Random) -> tuple[bytes, bytes, bytes]:
        [verb] = choose.choices(list(VERBS), list(VERBS.values()))
        made = statement(
            choose.randrange(LEARNERS),
            choose.randrange(VIDEOS),
            verb,
            "TIMESTAMP",
            id="STATEMENT",
            position=round(choose.uniform(0, LENGTH_S), 3),
        )
        before, rest = json.dumps(made, separators=(",", ":")).encode().split(b"STATEMENT")
        between, after = rest.split(b"TIMESTAMP")
        return before, between, after

    def one(self, now: bytes) -> bytes:
        """The next statement, with the timestamp `now`."""
        self._next = (self._next + 1) % len(self._parts)
        before, between, after = self._parts[self._next]
        digits = b"%032x" % self._random.getrandbits(128)
        id_ = b"%b-%b-4%b-a%b-%b" % (digits[:8], digits[8:12], digits[13:16], digits[17:20], digits[20:])
        return b"".join((before, id_, between, now, after))

    def body(self, count: int) -> bytes:
        """A request's body: one statement, or an array of `count`."""
        seconds, fraction = divmod(time.time(), 1)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
        now = f"{stamp}.{int(fraction * 1000):03d}Z".encode()
        if count == 1:
            return self.one(now)
        return b"[" + b",".join(self.one(now) for _ in range(count)) + b"]"


def sessions(learner: int, begin: datetime, count: int) -> Iterator[dict[str, Any]]:
    """`count` statements of one learner: a half-hour session a few hours after the other, with honest heartbeats."""
    choose = random.Random(learner)
    made = 0
    for number in range(count):
        at, video = begin + timedelta(hours=5 * number, minutes=choose.randrange(120)), choose.randrange(VIDEOS)
        beats = LENGTH_S // BEAT_S
        verbs = [f"{ADL}/initialized", f"{VIDEO}/verbs/played"]
        verbs += [f"{STUDY}/verbs/heartbeat"] * beats + [f"{VIDEO}/verbs/paused", f"{ADL}/terminated"]
        for sequence, verb in enumerate(verbs):
            if made == count:
                return
            made += 1
            position = BEAT_S * min(max(0, sequence - 1), beats)
            yield statement(
                learner,
                video,
                verb,
                (at + timedelta(seconds=position + sequence / 1000)).isoformat(timespec="milliseconds")[:23] + "Z",
                id=named("statement", learner, number, sequence),
                session=named("session", learner, number),
                position=float(position),
                sequence=sequence,
                playing=1 <= sequence <= beats + 1,
                visible=True,
                inputs=choose.randrange(4),
            )
