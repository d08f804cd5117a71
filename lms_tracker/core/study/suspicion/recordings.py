"""Sessions that show what an earlier one has shown: a recording that is sent again, one's own or a colleague's."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from lms_tracker.core.study.suspicion.found import Found, wilson_lower
from lms_tracker.core.study.suspicion.openings import SessionKey
from lms_tracker.core.study.suspicion.sketches import COARSE, OF_HANDS, Sketch, salt_of
from lms_tracker.core.study.suspicion.steps import ROOM

FEW_GRAMS, ENOUGH_GRAMS = 4, 12
"""With fewer grams of a timer or of counts a session is like some other by chance; fewer in all, or in one that is judged by itself, say too little."""
COMMON = 50
"""A gram that more sessions share than this is no fingerprint of anybody."""
COPY = 0.8
"""A session with so much of what hands did in an earlier one is its copy …"""
OWN_GRAMS = 2
"""… if it is that much at least; of another learner's FEW_GRAMS, for there are many others."""


Shared = dict[int, Counter[tuple[int, SessionKey]]]
"""By way of looking: how many grams each earlier session, of whom and which, has as well."""


class Recordings:
    """Everybody's sessions, found by the grams that they may share."""

    def __init__(self, sketches: Iterable[Sketch]) -> None:
        self._of_gram: dict[int, list[Sketch]] = defaultdict(list)
        for item in sketches:
            for gram in item.grams:
                self._of_gram[gram].append(item)
        self._asked: list[Sketch] = []
        self._answer: list[tuple[Sketch, Shared]] = []

    def replay(self, own: list[Sketch]) -> Found | None:
        """Share of what sessions show, in one way of looking at them, that one earlier session shows as well, as far as so
        little proves it (Wilson, lower bound): of many short sessions some are like another by chance.

        Of all sessions together, each with the earlier session most like it; or of a single one that is long enough.
        """
        best, shown, compared = 0.0, [], 0
        found: Counter[int] = Counter()
        of: Counter[int] = Counter()
        for item, shared in self._alike(own):
            compared += 1
            counts = Counter(map(salt_of, item.grams))
            for salt, count in counts.items():
                if count < FEW_GRAMS and salt not in OF_HANDS:
                    continue
                most = max(shared[salt].values(), default=0)
                found[salt] += most
                of[salt] += count
                if count >= ENOUGH_GRAMS:
                    best = max(best, wilson_lower(most, count))
                if most > 0.2 * count and (most > 1 or most == count) and item.key not in shown:
                    shown.append(item.key)
        pooled = [wilson_lower(found[salt], of[salt]) for salt in of if of[salt] >= ENOUGH_GRAMS]
        return Found(max(best, *pooled), compared, tuple(shown)) if pooled else None

    def copies(self, own: list[Sketch]) -> Found | None:
        """Sessions that are an earlier one again in nearly all that hands did, however many are somebody's own study."""
        found = [item.key for item, shared in self._alike(own) if _is_copy(item, shared)]
        return Found(float(len(found)), len(own), tuple(found)) if found else None

    def _alike(self, own: list[Sketch]) -> list[tuple[Sketch, Shared]]:
        """Each of the sessions with what it shares. Both signals ask for the same ones, one after the other."""
        if self._asked is not own:
            self._asked, self._answer = own, [(item, self._shared(item)) for item in own]
        return self._answer

    def _shared(self, item: Sketch) -> Shared:
        shared: Shared = defaultdict(Counter)
        for gram in item.grams:
            holders = self._of_gram[gram]
            if len(holders) <= COMMON:
                salt = salt_of(gram)
                shared[salt].update(
                    (other.learner_id, other.key)
                    for other in holders
                    if _before(other, item) and not (salt in COARSE and _in_one_room(other, item))
                )
        return shared


def _is_copy(item: Sketch, shared: Shared) -> bool:
    counts = Counter(map(salt_of, item.grams))
    return any(
        most >= max(COPY * counts[salt], OWN_GRAMS if learner_id == item.learner_id else FEW_GRAMS)
        for salt, found in shared.items()
        if salt in OF_HANDS
        for (learner_id, _), most in found.items()
    )


def _before(other: Sketch, item: Sketch) -> bool:
    """The earlier of two like sessions is the recording. The same learner at the same moment has one session twice."""
    if other.learner_id == item.learner_id and other.key == item.key:
        return False
    return (other.start, other.learner_id, other.key) < (item.start, item.learner_id, item.key)


def _in_one_room(other: Sketch, item: Sketch) -> bool:
    """Two people at the same time, who stop when the other stops: their rhythm is one. Who plays for both keeps step."""
    return other.learner_id != item.learner_id and abs(other.start - item.start) <= ROOM
