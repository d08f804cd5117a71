"""The bell on a real Redis, and without one."""

import threading
import time

from lms_tracker.store.bell import Bell
from tests.patience import HELD_S, PATIENCE_S


def test_a_ring_in_one_process_ends_the_wait_in_another(redis_url: str) -> None:
    began = time.monotonic()
    threading.Timer(0.2, Bell(redis_url).ring).start()
    Bell(redis_url).wait(HELD_S)
    assert time.monotonic() - began < PATIENCE_S


def test_many_rings_are_one(redis_url: str) -> None:
    bell = Bell(redis_url)
    for _ in range(5):
        bell.ring()
    bell.wait(5)
    began = time.monotonic()
    bell.wait(1)
    assert time.monotonic() - began >= 0.9
    bell.ring()  # a good while after the last one
    began = time.monotonic()
    bell.wait(HELD_S)
    assert time.monotonic() - began < PATIENCE_S


def test_without_redis_the_wait_is_a_pause_and_ringing_costs_nothing() -> None:
    bell = Bell("")
    bell.ring()
    began = time.monotonic()
    bell.wait(0.05)
    assert time.monotonic() - began >= 0.05


def test_a_redis_that_is_away_is_left_alone_and_loses_nothing() -> None:
    bell = Bell("redis://127.0.0.1:1/0")
    began = time.monotonic()
    for _ in range(100):
        bell.ring()
    assert time.monotonic() - began < 25  # asking each time would take half a second where nobody answers
    bell.wait(0.01)
