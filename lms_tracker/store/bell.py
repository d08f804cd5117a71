"""Waking the worker at once when evidence arrives, through Redis where there is one.

Redis only saves waiting: the worker looks into the database by itself every `settle_every_s`, so that nothing is lost
when Redis is away, and nothing but speed when there is none.
"""

import logging
import time

import redis

log = logging.getLogger(__name__)

KEY = "lms_tracker:unsettled"
QUIET_S = 30.0
"""After a failure Redis is left alone this long: a dead one must not slow every request down."""
SOON_S = 0.05
"""Who rang less than this ago need not ring again: whoever was woken takes all that is there, and by itself looks every second.
Those who are stored together ring together, one after the other, while the next wait."""


class Bell:
    """One per process; safe to share between threads."""

    def __init__(self, redis_url: str) -> None:
        self._redis = (
            redis.Redis.from_url(redis_url, socket_connect_timeout=0.5, socket_timeout=None) if redis_url else None
        )
        self._silent_until = self._next = 0.0

    def ring(self) -> None:
        """Say that there is something to settle. Never fails and never waits for long."""
        at = time.monotonic()
        if self._redis is None or at < max(self._silent_until, self._next):
            return
        self._next = at + SOON_S
        try:
            pipe = self._redis.pipeline(transaction=False)
            pipe.lpush(KEY, 1).ltrim(KEY, 0, 0).execute()  # one ring is enough, however many wait
        except redis.RedisError as e:
            self._fall_silent(e)

    def wait(self, seconds: float) -> None:
        """Until somebody rings, `seconds` at most."""
        if self._redis is not None and time.monotonic() >= self._silent_until:
            try:
                self._redis.blpop(KEY, timeout=seconds)
                return
            except redis.RedisError as e:
                self._fall_silent(e)
        time.sleep(seconds)

    def _fall_silent(self, e: redis.RedisError) -> None:
        log.warning("Redis does not answer (%s); the database is asked instead for %s s", e, QUIET_S)
        self._silent_until = time.monotonic() + QUIET_S
