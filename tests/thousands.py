"""What thousands of tests do anew each, done once in a process: nothing here changes what is made, only how often it is worked out.

A test makes an application, two engines and their databases. An application has 250 rules, each parsed and two functions of it
compiled; an engine compiles each query that it meets for the first time. That was half of the time of the tests of pages.
"""

import gc
import sys
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from lms_tracker.store import db as store_db

QUERIES = 3000
"""So many compiled ones are kept; all tests together have about two thousand."""
MODULES = 20
"""So many new ones are worth setting apart."""


def do_once(patch: pytest.MonkeyPatch) -> None:
    """Until `patch` is undone."""
    patch.setattr(Rule, "compile", _compiling(Rule.compile))
    patch.setattr(Rule, "_compile_builder", _building(Rule._compile_builder))
    patch.setattr(store_db, "create_engine", _opening(store_db.create_engine))
    patch.setitem(Flask.jinja_options, "bytecode_cache", _Templates())


class _Templates(BytecodeCache):
    """Compiled templates, shared by all applications of a run."""

    def __init__(self) -> None:
        self.code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.code:
            bucket.bytecode_from_string(self.code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.code[bucket.key] = bucket.bytecode_to_string()


class _Queries(LRUCache[Any, Any]):
    """Compiled queries, shared by all engines of a kind; an engine's own are kept under its own dialect."""

    __slots__ = ()

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_of_kind(key), default)

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(_of_kind(key))

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_of_kind(key), value)


def _of_kind(key: tuple[Any, ...]) -> tuple[Any, ...]:
    dialect, *rest = key
    return (type(dialect), dialect.server_version_info, *rest)


def _opening(create: Callable[..., Engine]) -> Callable[..., Engine]:
    queries = _Queries(QUERIES)

    def create_engine(*args: Any, **more: Any) -> Engine:
        engine = create(*args, **more)
        engine._compiled_cache = queries
        return engine

    return create_engine


def _address(rule: Rule) -> tuple[object, ...]:
    """What a rule's parts, converters and functions are made of."""
    return rule.rule, rule.merge_slashes, rule.map.host_matching, rule.host, rule.subdomain, repr(rule.defaults)


def _compiling(compile: Callable[[Rule], None]) -> Callable[[Rule], None]:
    parsed: dict[tuple[object, ...], Rule] = {}

    def compile_once(rule: Rule) -> None:
        first = parsed.get(_address(rule))
        if first is None:
            compile(rule)
            parsed[_address(rule)] = rule
            return
        rule._parts, rule._trace, rule._converters = first._parts, first._trace, first._converters
        rule.arguments = set(first.arguments)
        rule._build = rule._compile_builder(False).__get__(rule, None)
        rule._build_unknown = rule._compile_builder(True).__get__(rule, None)

    return compile_once


def _building(build: Callable[..., Callable[..., Any]]) -> Callable[..., Callable[..., Any]]:
    """The functions that make addresses are compiled when the first address is asked for."""
    built: dict[tuple[object, ...], Callable[..., Any]] = {}

    def build_once(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        key = (append_unknown, *_address(rule))

        def address(self: Rule, **values: Any) -> Any:
            if key not in built:
                built[key] = build(self, append_unknown)
            return built[key](self, **values)

        return address

    return build_once


class Modules:
    """What modules hold stays to the end: looking time and again whether any of it is garbage took a fifth of the tests' time."""

    def __init__(self) -> None:
        self._apart = 0

    def set_apart(self) -> None:
        """Of those that were imported since the last time, if they are many."""
        if len(sys.modules) > self._apart + MODULES:
            self._apart = len(sys.modules)
            gc.collect()
            gc.freeze()
