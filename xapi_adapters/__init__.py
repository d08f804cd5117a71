"""Translations of other systems' records into xAPI. The registry is explicit: nothing is found by scanning."""

from xapi_adapters.contract import Adapter

ADAPTERS: dict[str, Adapter] = {}
"""Name -> adapter. Empty for now: systems that speak xAPI need none."""
