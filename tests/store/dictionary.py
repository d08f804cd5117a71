"""How the dictionaries of store.packing came to be: trained on invented statements, of no system and of no person.

`python -m tests.store.dictionary NUMBER` writes a new one. A number that statements were stored with is never written
again: they could not be read any more. tests/store/test_packing.py holds the digests of those in use.
"""

import json
import random
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import zstandard

from lms_tracker.core.xapi import vocabulary as v
from lms_tracker.core.xapi.parse import encode_statement, parse_statement
from lms_tracker.store.packing import FOLDER

SIZE = 8192
SAMPLES = 12_000
VIDEO, STUDY = "https://w3id.org/xapi/video", "https://w3id.org/xapi/study-time"
ADL, CMI5 = "http://adlnet.gov/expapi", "https://w3id.org/xapi/cmi5"
TYPES = [f"{VIDEO}/activity-type/video", f"{ADL}/activities/course", f"{ADL}/activities/lesson",
         f"{ADL}/activities/module", f"{ADL}/activities/assessment", f"{ADL}/activities/media"]  # fmt: skip
MEDIA = [v.VERB_PLAYED, v.VERB_PAUSED, v.VERB_SEEKED, v.VERB_HEARTBEAT, v.VERB_INTERACTED, v.VERB_INITIALIZED,
         v.VERB_COMPLETED, v.VERB_TERMINATED, v.VERB_FOCUSED, v.VERB_UNFOCUSED]  # fmt: skip
OTHERS = [f"{ADL}/verbs/{name}" for name in ("answered", "attempted", "launched", "passed", "failed", "experienced",
          "scored", "progressed", "registered", "commented")]  # fmt: skip
SURNAMES, WORDS = "王李张刘陈杨赵黄周吴", ["Unit", "Lesson", "Chapter", "第一讲", "第二讲", "课程", "Introduction"]


def samples(seed: int = 1) -> Iterator[bytes]:
    """Statements as they are stored: what players of the Video Profile, of cmi5 and of SCORM send."""
    rng = random.Random(seed)
    for _ in range(SAMPLES):
        made = _media(rng) if rng.random() < 0.8 else _other(rng)
        # what the store adds
        made |= {"timestamp": _instant(rng, 3), "stored": _instant(rng, 6), "version": rng.choice(["1.0.0", "2.0.0"])}
        home = f"https://{rng.choice(['study', 'lrs', 'xapi'])}.{_host(rng)}"
        made["authority"] = {"objectType": "Agent", "account": {"homePage": home, "name": _host(rng)}}
        yield encode_statement(parse_statement(made))


def _media(rng: random.Random) -> dict[str, Any]:
    verb, site = rng.choice(MEDIA), f"https://{rng.choice(['lms', 'moodle', 'learn', 'www'])}.{_host(rng)}"
    at = round(rng.uniform(0, 3600), 3)
    result = {f"{VIDEO}/extensions/time": at}
    if verb == v.VERB_SEEKED:
        result = {f"{VIDEO}/extensions/time-from": at, f"{VIDEO}/extensions/time-to": round(at / 3, 3)}
    elif verb != v.VERB_PLAYED:
        result |= {f"{VIDEO}/extensions/progress": round(rng.random(), 3)}
        result |= {f"{VIDEO}/extensions/played-segments": f"0[.]{at}"}
    extensions: dict[str, Any] = {f"{VIDEO}/extensions/session-id": _id(rng), f"{VIDEO}/extensions/length": 1234}
    if rng.random() < 0.6:
        extensions |= {f"{VIDEO}/extensions/speed": "1x", f"{VIDEO}/extensions/volume": 1}
    if rng.random() < 0.5:
        for name, value in (("sequence", 7), ("playing", True), ("visible", True), ("inputs", 2), ("rate", 1.0)):
            extensions[f"{STUDY}/extensions/{name}"] = value
    category = [{"id": VIDEO}, {"id": STUDY}][: rng.choice([1, 2, 2])]
    made = _frame(rng, verb, site, result={"extensions": result}, extensions=extensions, category=category)
    if rng.random() < 0.3:
        made["result"]["duration"] = f"PT{at}S"
    return made


def _other(rng: random.Random) -> dict[str, Any]:
    site = f"https://{rng.choice(['lms', 'moodle', 'scorm', 'courses'])}.{_host(rng)}"
    score = {"scaled": round(rng.random(), 2), "raw": rng.randrange(100), "min": 0, "max": 100}
    result = {"score": score, "success": rng.random() < 0.7, "completion": True, "duration": "PT12M30S"}
    session = {f"{CMI5.rsplit('/', 1)[0]}/cmi5/context/extensions/sessionid": _id(rng)}
    category = [{"id": f"{CMI5}/context/categories/{rng.choice(['cmi5', 'moveon'])}"}]
    return _frame(rng, rng.choice(OTHERS), site, result=result, extensions=session, category=category)


def _frame(rng: random.Random, verb: str, site: str, *, result: Any, extensions: Any, category: Any) -> dict[str, Any]:
    language, name = rng.choice([("en-US", "Name"), ("zh-CN", rng.choice(SURNAMES) + "老师"), ("en", "Student")])
    account = {"account": {"homePage": site, "name": rng.choice([_id(rng), f"{rng.randrange(10**6):06d}"])}}
    kind = rng.choice(TYPES)
    place = rng.choice(["course", "mod/video/view.php?id=", "activities", "videos", "units"])
    activities = {
        "category": category,
        "parent": [{"id": f"{site}/course/{rng.randrange(99)}/module/{rng.randrange(9)}", "objectType": "Activity"}],
        "grouping": [{"id": f"{site}/course/{rng.randrange(99)}", "definition": {"type": rng.choice(TYPES)}}],
    }
    return {
        "id": _id(rng),
        "actor": {"objectType": "Agent", "name": name, **rng.choice([account, account, {"mbox": f"mailto:{_id(rng)[:6]}@{_host(rng)}"}])},
        "verb": {"id": verb, "display": {language: verb.rsplit("/", 1)[1]}},
        "object": {
            "objectType": "Activity",
            "id": f"{site}/{place}/{rng.choice([_id(rng), str(rng.randrange(10**4))])}",
            "definition": {"type": kind, "name": {language: f"{rng.choice(WORDS)} {rng.randrange(30)}"}},
        },
        "result": result,
        "context": {
            "registration": _id(rng),
            "platform": rng.choice(["Moodle", "Open edX", "Canvas", "Web", "青禾教师网"]),
            "language": language,
            "contextActivities": activities,
            "extensions": extensions,
        },
    }  # fmt: skip


def _id(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _host(rng: random.Random) -> str:
    return "".join(rng.choices("abcdefghiklmnoprstuvy", k=rng.randrange(4, 9))) + rng.choice([".cn", ".org", ".edu.cn"])


def _instant(rng: random.Random, digits: int) -> str:
    day = f"20{rng.randrange(24, 40)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"
    clock = f"{rng.randrange(24):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}"
    return f"{day}T{clock}.{rng.randrange(10**digits):0{digits}d}Z"


def main(number: int) -> None:
    """Write one, unless it is there."""
    path = FOLDER / f"{number}.zstd"
    if path.exists():
        raise SystemExit(f"{path} exists; statements may have been stored with it")
    trained = zstandard.train_dictionary(SIZE, list(samples()))
    path.write_bytes(trained.as_bytes())
    print(json.dumps({"file": str(path), "bytes": len(trained.as_bytes())}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
