"""Rules that a type cannot say, each with a name (errors.RULES gives the paragraph). `check_statement` is the entry.

A path is a string handed down; it costs one concatenation a level, and every error names its place with it.
"""

from msgspec import UNSET, UnsetType

from lms_tracker.core.xapi import formats, versions
from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.core.xapi.model import (
    Activity,
    Actor,
    Attachment,
    Context,
    ContextActivities,
    ContextAgent,
    ContextGroup,
    ContextOutline,
    Definition,
    InteractionComponent,
    Object,
    Result,
    Score,
    Statement,
    StatementRef,
    Verb,
    as_list,
    identifier,
)
from lms_tracker.core.xapi.timestamps import parse_duration
from lms_tracker.core.xapi.values import (
    MAX_INT,
    check_extensions,
    check_iri,
    check_language_map,
    check_language_tag,
    check_length,
    check_timestamp,
    check_uuid,
    shown,
)
from lms_tracker.core.xapi.vocabulary import VERB_VOIDED

INTERACTION_TYPES = frozenset(
    [
        "true-false",
        "choice",
        "fill-in",
        "long-fill-in",
        "matching",
        "performance",
        "sequencing",
        "likert",
        "numeric",
        "other",
    ]
)
COMPONENT_LISTS = ("choices", "scale", "source", "target", "steps")
CONTEXT_KINDS = ("parent", "grouping", "category", "other")

_ACTOR_FIELDS = frozenset(["objectType", "name", "mbox", "mbox_sha1sum", "openid", "account", "member"])
_OBJECT_FIELDS = {
    "Activity": frozenset(["objectType", "id", "definition"]),
    "StatementRef": frozenset(["objectType", "id"]),
    "Agent": _ACTOR_FIELDS - {"member"},
    "Group": _ACTOR_FIELDS,
    "SubStatement": frozenset(
        ["objectType", "actor", "verb", "object", "result", "context", "timestamp", "attachments"]
    ),
}
_OTHER_FIELDS = {
    kind: tuple(f for f in Object.__struct_fields__ if f not in own) for kind, own in _OBJECT_FIELDS.items()
}


def check_statement(statement: Statement, path: str = "$") -> None:
    """Raises StatementError for the first rule broken. `stored` is not looked at: an LRS sets its own."""
    check_uuid(statement.id, path + ".id")
    check_subject(statement.actor, path + ".actor")
    check_verb(statement.verb, path + ".verb")
    kind = check_target(statement.object, path + ".object")
    if statement.verb.id == VERB_VOIDED and kind != "StatementRef":
        raise StatementError(path + ".object.objectType", "voiding", f"a voiding statement about {_a(kind)}")
    _check_rest(statement, kind, path)
    if statement.authority is not UNSET:
        check_authority(statement.authority, path + ".authority")


def _check_rest(statement: Statement | Object, kind: str, path: str) -> None:
    if statement.result is not UNSET:
        check_result(statement.result, path + ".result")
    if statement.context is not UNSET:
        check_context(statement.context, kind, path + ".context")
    check_timestamp(statement.timestamp, path + ".timestamp")
    if statement.attachments is not UNSET:
        for i, attachment in enumerate(statement.attachments):
            check_attachment(attachment, f"{path}.attachments[{i}]")


def check_subject(actor: Actor, path: str) -> None:
    """The actor of a statement: it is found by its identifier."""
    check_actor(actor, path)
    check_length(identifier(actor) or "", path)


def check_verb(verb: Verb, path: str) -> None:
    """The verb of a statement."""
    check_iri(verb.id, path + ".id")
    check_language_map(verb.display, path + ".display")
    check_length(verb.id, path + ".id")


def check_target(target: Object, path: str) -> str:
    """The object of a statement; its type."""
    kind = check_object(target, path)
    if kind == "Activity":
        check_length(target.id or "", path + ".id")
    return kind


def check_version(statement: Statement, request_version: str | None) -> None:
    """That the statement needs no newer xAPI than the request (or, in a file, it itself) says. Raises StatementError."""
    own = check_own_version(statement.version, request_version)
    if not versions.is_two(request_version or own):
        for path, context in (("$.context", statement.context), ("$.object.context", statement.object.context)):
            for field in ("contextAgents", "contextGroups"):
                if context is not UNSET and getattr(context, field) is not UNSET:
                    raise StatementError(f"{path}.{field}", "unknown-property", "no such property before xAPI 2.0")


def check_own_version(version: str | UnsetType, request_version: str | None) -> str:
    """The version that a statement names, or is given where it names none."""
    if version is UNSET:
        return versions.given_to_a_statement_without(request_version)
    if not versions.is_supported(version):
        raise StatementError("$.version", "version", f"{shown(version)} is not supported")
    if request_version is not None and versions.is_two(version) and not versions.is_two(request_version):
        raise StatementError("$.version", "version", f"{shown(version)} in a request of version {request_version}")
    return version


# --- actors -----------------------------------------------------------------------------------------------------


def check_actor(actor: Actor | Object, path: str) -> None:
    """Agent or Group, by `objectType`."""
    kind = actor.objectType
    if kind is UNSET or kind == "Agent":
        if actor.member is not UNSET:
            raise StatementError(path + ".member", "agent-members", "an Agent with members")
        if _check_identifiers(actor, path) != 1:
            raise StatementError(path, "one-identifier", "an Agent without an identifier")
        return
    if kind != "Group":
        raise StatementError(path + ".objectType", "actor-type", f"{shown(kind)} is no type of actor")
    identified = _check_identifiers(actor, path)
    if actor.member is UNSET:
        if not identified:
            raise StatementError(path, "group-members", "a Group with neither identifier nor members")
        return
    for i, member in enumerate(actor.member):
        if member.objectType is not UNSET and member.objectType != "Agent":
            rule = "nested-group" if member.objectType == "Group" else "actor-type"
            raise StatementError(f"{path}.member[{i}].objectType", rule, f"{shown(member.objectType)} as a member")
        check_actor(member, f"{path}.member[{i}]")


def _check_identifiers(actor: Actor | Object, path: str) -> int:
    count = 0
    if actor.account is not UNSET:
        count += 1
        check_iri(actor.account.homePage, path + ".account.homePage")
    if actor.mbox is not UNSET:
        count += 1
        if not formats.is_mbox(actor.mbox):
            raise StatementError(path + ".mbox", "mbox", f"{shown(actor.mbox)} is no mailto address")
    if actor.mbox_sha1sum is not UNSET:
        count += 1
        if not formats.is_sha1(actor.mbox_sha1sum):
            raise StatementError(path + ".mbox_sha1sum", "sha1", f"{shown(actor.mbox_sha1sum)} is no SHA-1")
    if actor.openid is not UNSET:
        count += 1
        check_iri(actor.openid, path + ".openid")
    if count > 1:
        raise StatementError(path, "one-identifier", f"{count} identifiers")
    return count


def check_authority(authority: Actor, path: str) -> None:
    """An Agent, or the pair of OAuth consumer and user."""
    check_actor(authority, path)
    if authority.objectType == "Group":
        if _check_identifiers(authority, path):
            raise StatementError(path, "authority", "an identified Group")
        if authority.member is UNSET or len(authority.member) != 2:
            raise StatementError(path + ".member", "authority", "a Group that has not two members")


# --- objects ----------------------------------------------------------------------------------------------------


def check_object(target: Object, path: str, *, inside_sub_statement: bool = False) -> str:
    """The type of the object, once it is found to follow the rules of that type."""
    kind = "Activity" if target.objectType is UNSET else target.objectType
    if kind not in _OBJECT_FIELDS:
        raise StatementError(path + ".objectType", "object-type", f"{shown(kind)} is no type of object")
    for field in _OTHER_FIELDS[kind]:
        if getattr(target, field) is not UNSET:
            rule = "sub-statement" if kind == "SubStatement" and field == "id" else "object-property"
            raise StatementError(f"{path}.{field}", rule, f"{_a(kind)} with the property {field}")
    if kind == "Activity":
        if target.id is UNSET:
            raise StatementError(path + ".id", "required", "an Activity without id")
        check_iri(target.id, path + ".id")
        if target.definition is not UNSET:
            check_definition(target.definition, path + ".definition")
    elif kind == "StatementRef":
        check_reference(target, path)
    elif kind == "SubStatement":
        if inside_sub_statement:
            raise StatementError(path + ".objectType", "sub-statement", "a SubStatement inside a SubStatement")
        check_sub_statement(target, path)
    else:
        check_actor(target, path)
    return kind


def check_sub_statement(sub: Object, path: str) -> None:
    """A statement without its own identity, as the object of another."""
    for field in ("actor", "verb", "object"):
        if getattr(sub, field) is UNSET:
            raise StatementError(f"{path}.{field}", "required", f"a SubStatement without {field}")
    assert sub.actor is not UNSET and sub.verb is not UNSET and sub.object is not UNSET
    check_actor(sub.actor, path + ".actor")
    check_iri(sub.verb.id, path + ".verb.id")
    check_language_map(sub.verb.display, path + ".verb.display")
    kind = check_object(sub.object, path + ".object", inside_sub_statement=True)
    _check_rest(sub, kind, path)


def check_reference(ref: StatementRef | Object, path: str) -> None:
    """StatementRef, named as such, with the id of a statement that need not be here."""
    if ref.objectType != "StatementRef":
        raise StatementError(path + ".objectType", "object-type", f"{shown(ref.objectType)} is not StatementRef")
    if ref.id is UNSET:
        raise StatementError(path + ".id", "required", "a StatementRef without id")
    check_uuid(ref.id, path + ".id")


def check_activity(activity: Activity, path: str) -> None:
    """An activity of a context."""
    if activity.objectType is not UNSET and activity.objectType != "Activity":
        raise StatementError(path + ".objectType", "object-type", f"{shown(activity.objectType)} is not Activity")
    check_iri(activity.id, path + ".id")
    if activity.definition is not UNSET:
        check_definition(activity.definition, path + ".definition")


def check_definition(definition: Definition, path: str) -> None:
    """Texts, types and interaction of an activity."""
    check_language_map(definition.name, path + ".name")
    check_language_map(definition.description, path + ".description")
    check_iri(definition.type, path + ".type")
    check_iri(definition.moreInfo, path + ".moreInfo")
    check_extensions(definition.extensions, path + ".extensions")
    interaction = definition.interactionType
    if interaction is not UNSET and interaction not in INTERACTION_TYPES:
        raise StatementError(path + ".interactionType", "interaction-type", f"{shown(interaction)} is none of them")
    if interaction is UNSET and definition.correctResponsesPattern is not UNSET:
        raise StatementError(path + ".correctResponsesPattern", "interaction-components", "no interactionType")
    for field in COMPONENT_LISTS:
        components = getattr(definition, field)
        if components is not UNSET:
            if interaction is UNSET:
                raise StatementError(f"{path}.{field}", "interaction-components", "no interactionType")
            _check_components(components, f"{path}.{field}")


def _check_components(components: list[InteractionComponent], path: str) -> None:
    seen = set()
    for i, component in enumerate(components):
        if component.id in seen:
            raise StatementError(f"{path}[{i}].id", "interaction-components", f"{shown(component.id)} stands twice")
        seen.add(component.id)
        check_language_map(component.description, f"{path}[{i}].description")


# --- result, context, attachments -------------------------------------------------------------------------------


def check_result(result: Result, path: str) -> bool:
    """Score, duration, extensions. Whether those hold lists or objects."""
    if result.score is not UNSET:
        check_score(result.score, path + ".score")
    if result.duration is not UNSET:
        try:
            parse_duration(result.duration)
        except ValueError as e:
            raise StatementError(path + ".duration", "duration", f"{shown(result.duration)}: {e}") from None
    return check_extensions(result.extensions, path + ".extensions")


def check_score(score: Score, path: str) -> None:
    """Bounds, where both sides are given."""
    if score.scaled is not UNSET and not -1 <= score.scaled <= 1:
        raise StatementError(path + ".scaled", "score-scaled", f"{score.scaled:.10g}")
    low, raw, high = score.min, score.raw, score.max
    if low is not UNSET and high is not UNSET and not low < high:
        raise StatementError(path + ".min", "score-order", "min is not less than max")
    if raw is not UNSET and ((low is not UNSET and raw < low) or (high is not UNSET and raw > high)):
        raise StatementError(path + ".raw", "score-order", "raw lies outside min and max")


def check_context(context: Context, kind: str, path: str) -> None:
    """`kind` is the type of the statement's object."""
    check_context_values(context, kind, path)
    if context.instructor is not UNSET:
        check_actor(context.instructor, path + ".instructor")
    if context.team is not UNSET:
        check_team(context.team, path + ".team")
    if context.statement is not UNSET:
        check_reference(context.statement, path + ".statement")
    if context.contextActivities is not UNSET:
        check_context_activities(context.contextActivities, path + ".contextActivities")
    if context.contextAgents is not UNSET:
        for i, one in enumerate(context.contextAgents):
            _check_relevant(one, "contextAgent", f"{path}.contextAgents[{i}]")
            if one.agent.objectType is not UNSET and one.agent.objectType != "Agent":
                raise StatementError(f"{path}.contextAgents[{i}].agent.objectType", "context-actor", "not an Agent")
            check_actor(one.agent, f"{path}.contextAgents[{i}].agent")
    if context.contextGroups is not UNSET:
        for i, other in enumerate(context.contextGroups):
            _check_relevant(other, "contextGroup", f"{path}.contextGroups[{i}]")
            if other.group.objectType != "Group":
                raise StatementError(f"{path}.contextGroups[{i}].group.objectType", "context-actor", "not a Group")
            check_actor(other.group, f"{path}.contextGroups[{i}].group")


def check_context_values(context: Context | ContextOutline, kind: str, path: str) -> bool:
    """What is neither a person, an activity nor a statement. Whether extensions hold lists or objects."""
    check_uuid(context.registration, path + ".registration")
    if kind != "Activity":
        for field in ("revision", "platform"):
            if getattr(context, field) is not UNSET:
                raise StatementError(f"{path}.{field}", "activity-only", f"the object is {_a(kind)}")
    if context.language is not UNSET:
        check_language_tag(context.language, path + ".language")
    return check_extensions(context.extensions, path + ".extensions")


def check_team(team: Actor, path: str) -> None:
    """A Group."""
    if team.objectType != "Group":
        raise StatementError(path + ".objectType", "team", "team is not a Group")
    check_actor(team, path)


def _check_relevant(one: ContextAgent | ContextGroup, kind: str, path: str) -> None:
    if one.objectType != kind:
        raise StatementError(path + ".objectType", "context-actor", f"{shown(one.objectType)} is not {kind}")
    if one.relevantTypes is not UNSET:
        if not one.relevantTypes:
            raise StatementError(path + ".relevantTypes", "context-actor", "an empty list")
        for i, iri in enumerate(one.relevantTypes):
            check_iri(iri, f"{path}.relevantTypes[{i}]")


def check_context_activities(activities: ContextActivities, path: str) -> None:
    """Those of all kinds."""
    for kind in CONTEXT_KINDS:
        value = getattr(activities, kind)
        if value is not UNSET:
            for i, activity in enumerate(as_list(value)):
                check_activity(activity, f"{path}.{kind}[{i}]" if isinstance(value, list) else f"{path}.{kind}")


def check_attachment(attachment: Attachment, path: str) -> None:
    """The description of an attachment; its data is checked where it arrives."""
    check_iri(attachment.usageType, path + ".usageType")
    check_iri(attachment.fileUrl, path + ".fileUrl")
    check_language_map(attachment.display, path + ".display")
    check_language_map(attachment.description, path + ".description")
    if not formats.is_media_type(attachment.contentType):
        raise StatementError(path + ".contentType", "content-type", f"{shown(attachment.contentType)} is none")
    if not 0 <= attachment.length < MAX_INT:
        raise StatementError(path + ".length", "number-range", "not a length in bytes")
    if not formats.is_sha2(attachment.sha2):
        raise StatementError(path + ".sha2", "sha2", f"{shown(attachment.sha2)} is none")


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "AEIOU" else f"a {kind}"
