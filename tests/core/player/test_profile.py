"""The study-time profile has the form that the specification of xAPI Profiles asks for (Structure, 7.0 to 9.0).

https://github.com/adlnet/xapi-profiles/blob/master/xapi-profiles-structure.md
"""

import json
from typing import Any

import pytest

from lms_tracker.core.player.profile import CONCEPTS, ID, PROFILE, TEMPLATES, VERSION
from lms_tracker.core.xapi import vocabulary as v
from lms_tracker.core.xapi.formats import is_iri

REQUIRED = {"id", "@context", "type", "conformsTo", "prefLabel", "definition", "versions", "author"}
ALLOWED = REQUIRED | {"seeAlso", "concepts", "templates", "patterns"}
KINDS = {"Verb", "ActivityType", "ContextExtension", "ResultExtension", "ActivityExtension", "AttachmentUsageType"}


def test_the_document_has_the_properties_of_a_profile() -> None:
    assert ALLOWED >= PROFILE.keys() >= REQUIRED
    assert PROFILE["@context"] == "https://w3id.org/xapi/profiles/context"
    assert PROFILE["type"] == "Profile"
    assert PROFILE["conformsTo"].startswith("https://w3id.org/xapi/profiles#1.")
    assert is_iri(ID) and ID != VERSION
    assert all(is_iri(one["id"]) and one["generatedAtTime"].endswith("Z") for one in PROFILE["versions"])
    assert PROFILE["author"]["type"] in ("Organization", "Person") and PROFILE["author"]["name"]
    assert "await registration" in PROFILE["definition"]["en"]


@pytest.mark.parametrize("concept", CONCEPTS, ids=lambda concept: str(concept["id"]))
def test_every_concept_is_whole(concept: dict[str, Any]) -> None:
    assert concept["type"] in KINDS
    assert concept["inScheme"] in {one["id"] for one in PROFILE["versions"]}
    assert set(concept["prefLabel"]) == set(concept["definition"]) == {"en", "zh-CN"}
    assert concept["id"].startswith(ID)
    if concept["type"].endswith("Extension"):
        assert json.loads(concept["inlineSchema"])["type"]
        assert concept["recommendedVerbs"] and "recommendedActivityTypes" not in concept


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: str(template["id"]))
def test_every_template_is_whole(template: dict[str, Any]) -> None:
    assert template["type"] == "StatementTemplate" and template["inScheme"] == VERSION
    assert is_iri(template["verb"])
    for rule in template["rules"]:
        assert rule["location"].startswith("$.")
        assert {"presence", "any", "all", "none"} & rule.keys()
        assert rule.get("presence", "included") in ("included", "excluded", "recommended")


def test_every_iri_of_the_study_time_vocabulary_is_in_it() -> None:
    ours = {
        value
        for value in vars(v).values()
        if isinstance(value, str) and value.startswith(f"{ID}/") and value[-1] != "/"
    }
    assert {concept["id"] for concept in CONCEPTS} == ours
