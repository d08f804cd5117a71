"""A statement of xAPI 1.0.3 or 2.0 as one typed pass reads it (Data 2.4; IEEE 9274.1.1 4.2).

Unknown properties, wrong types and null are refused while decoding; what a type cannot say (formats, and rules across
fields) is in validate.py. Encoding a decoded statement gives an equal statement.

Actors, and objects of all five types, are flat structs: xAPI lets `objectType` be left out and stand anywhere, so no
discriminated union can be decoded in one pass. validate.py refuses properties of another type.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

Number = int | float
LanguageMap = dict[str, str]
Extensions = dict[str, Any]


class _Part(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Trees without cycles, made by the hundred thousand: the garbage collector need not look at them."""


class Account(_Part):
    homePage: str
    name: str


class Actor(_Part):
    """Agent or Group."""

    objectType: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    mbox: str | UnsetType = UNSET
    mbox_sha1sum: str | UnsetType = UNSET
    openid: str | UnsetType = UNSET
    account: Account | UnsetType = UNSET
    member: "list[Actor] | UnsetType" = UNSET


class Verb(_Part):
    id: str
    display: LanguageMap | UnsetType = UNSET


class InteractionComponent(_Part):
    id: str
    description: LanguageMap | UnsetType = UNSET


class Definition(_Part):
    name: LanguageMap | UnsetType = UNSET
    description: LanguageMap | UnsetType = UNSET
    type: str | UnsetType = UNSET
    moreInfo: str | UnsetType = UNSET
    interactionType: str | UnsetType = UNSET
    correctResponsesPattern: list[str] | UnsetType = UNSET
    choices: list[InteractionComponent] | UnsetType = UNSET
    scale: list[InteractionComponent] | UnsetType = UNSET
    source: list[InteractionComponent] | UnsetType = UNSET
    target: list[InteractionComponent] | UnsetType = UNSET
    steps: list[InteractionComponent] | UnsetType = UNSET
    extensions: Extensions | UnsetType = UNSET


class Activity(_Part):
    id: str
    objectType: str | UnsetType = UNSET
    definition: Definition | UnsetType = UNSET


class StatementRef(_Part):
    objectType: str
    id: str


class Score(_Part):
    scaled: Number | UnsetType = UNSET
    raw: Number | UnsetType = UNSET
    min: Number | UnsetType = UNSET
    max: Number | UnsetType = UNSET


class Result(_Part):
    score: Score | UnsetType = UNSET
    success: bool | UnsetType = UNSET
    completion: bool | UnsetType = UNSET
    response: str | UnsetType = UNSET
    duration: str | UnsetType = UNSET
    extensions: Extensions | UnsetType = UNSET


class ContextActivities(_Part):
    """A single activity is accepted and becomes a list of one (Data 2.4.6.2)."""

    parent: list[Activity] | Activity | UnsetType = UNSET
    grouping: list[Activity] | Activity | UnsetType = UNSET
    category: list[Activity] | Activity | UnsetType = UNSET
    other: list[Activity] | Activity | UnsetType = UNSET


class ContextAgent(_Part):
    objectType: str
    agent: Actor
    relevantTypes: list[str] | UnsetType = UNSET


class ContextGroup(_Part):
    objectType: str
    group: Actor
    relevantTypes: list[str] | UnsetType = UNSET


class Context(_Part):
    registration: str | UnsetType = UNSET
    instructor: Actor | UnsetType = UNSET
    team: Actor | UnsetType = UNSET
    contextActivities: ContextActivities | UnsetType = UNSET
    revision: str | UnsetType = UNSET
    platform: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    statement: StatementRef | UnsetType = UNSET
    extensions: Extensions | UnsetType = UNSET
    contextAgents: list[ContextAgent] | UnsetType = UNSET  # 2.0
    contextGroups: list[ContextGroup] | UnsetType = UNSET  # 2.0


class Attachment(_Part):
    usageType: str
    display: LanguageMap
    contentType: str
    length: int
    sha2: str
    description: LanguageMap | UnsetType = UNSET
    fileUrl: str | UnsetType = UNSET


class Object(_Part):
    """Activity (the default), Agent, Group, StatementRef or SubStatement."""

    objectType: str | UnsetType = UNSET
    id: str | UnsetType = UNSET
    definition: Definition | UnsetType = UNSET
    # Agent, Group
    name: str | UnsetType = UNSET
    mbox: str | UnsetType = UNSET
    mbox_sha1sum: str | UnsetType = UNSET
    openid: str | UnsetType = UNSET
    account: Account | UnsetType = UNSET
    member: list[Actor] | UnsetType = UNSET
    # SubStatement
    actor: Actor | UnsetType = UNSET
    verb: Verb | UnsetType = UNSET
    object: "Object | UnsetType" = UNSET
    result: Result | UnsetType = UNSET
    context: Context | UnsetType = UNSET
    timestamp: str | UnsetType = UNSET
    attachments: list[Attachment] | UnsetType = UNSET


class Statement(_Part):
    actor: Actor
    verb: Verb
    object: Object
    id: str | UnsetType = UNSET
    result: Result | UnsetType = UNSET
    context: Context | UnsetType = UNSET
    timestamp: str | UnsetType = UNSET
    stored: str | UnsetType = UNSET
    authority: Actor | UnsetType = UNSET
    version: str | UnsetType = UNSET
    attachments: list[Attachment] | UnsetType = UNSET


class ContextOutline(_Part):
    """A context of 1.0.3 whose parts that sources repeat are left as bytes; fields in the order of Context."""

    registration: str | UnsetType = UNSET
    instructor: msgspec.Raw | UnsetType = UNSET
    team: msgspec.Raw | UnsetType = UNSET
    contextActivities: msgspec.Raw | UnsetType = UNSET
    revision: str | UnsetType = UNSET
    platform: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    extensions: Extensions | UnsetType = UNSET


class Outline(_Part):
    """A statement whose parts that sources repeat are left as bytes; fields in the order of Statement.

    What few statements have is not in it: `core.xapi.draft` leaves those to the whole model.
    """

    actor: msgspec.Raw
    verb: msgspec.Raw
    object: msgspec.Raw
    id: str | UnsetType = UNSET
    result: Result | UnsetType = UNSET
    context: ContextOutline | UnsetType = UNSET
    timestamp: str | UnsetType = UNSET
    stored: str | UnsetType = UNSET
    version: str | UnsetType = UNSET


def identifier(actor: Actor | Object) -> str | None:
    """As `actors.identify`, for an actor that is already decoded."""
    if actor.mbox is not UNSET:
        return f"mbox:{actor.mbox}"
    if actor.mbox_sha1sum is not UNSET:
        return f"sha1:{actor.mbox_sha1sum.lower()}"
    if actor.openid is not UNSET:
        return f"openid:{actor.openid}"
    if actor.account is not UNSET:
        return f"account:{actor.account.homePage} {actor.account.name}"
    return None


def people_of(context: Context) -> list[Actor]:
    """Everybody that a context of 2.0 names beside instructor and team."""
    agents = [] if context.contextAgents is UNSET else [one.agent for one in context.contextAgents]
    return agents + ([] if context.contextGroups is UNSET else [one.group for one in context.contextGroups])


def activities_in(context: Context | UnsetType) -> Iterator[Activity]:
    """Every activity that a context names, of whatever kind."""
    if context is not UNSET and context.contextActivities is not UNSET:
        yield from activities_of_kinds(context.contextActivities)


def activities_of_kinds(of: ContextActivities) -> Iterator[Activity]:
    """Parents first, then grouping, category and other."""
    for activities in (of.parent, of.grouping, of.category, of.other):
        yield from as_list(activities)


def as_list(activities: list[Activity] | Activity | UnsetType) -> list[Activity]:
    """The activities of one kind of context, however they were written."""
    if isinstance(activities, list):
        return activities
    return [] if activities is UNSET else [activities]
