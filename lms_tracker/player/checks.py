"""`POST /player/checks/<id>`: the page has rendered a presence check, or somebody has answered it."""

from typing import Annotated

import msgspec
from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from msgspec import Meta, Struct

from lms_tracker.actions.answer_check import UnknownCheck, answer_check, show_check
from lms_tracker.actions.take_beats import Refused
from lms_tracker.core.player import refusals
from lms_tracker.core.player.grant import Forged, read
from lms_tracker.player.common import Declined, db, keys, now


class Said(Struct):
    """The body of the request."""

    g: Annotated[str, Meta(max_length=100)]
    answer: Annotated[str, Meta(max_length=40)] | None = None
    shown: bool = False


_decode = msgspec.json.Decoder(Said).decode


def add_routes(resources: Blueprint) -> None:
    """`live.check`."""

    @resources.route("/checks/<id>", methods=["POST", "OPTIONS"])
    def check(id: str) -> ResponseReturnValue:
        request.max_content_length = 2_000
        try:
            said = _decode(request.get_data(cache=False))
            grant = read(keys(), said.g)
        except (msgspec.MsgspecError, UnicodeError):
            raise Refused(refusals.MALFORMED) from None
        except Forged:
            raise Refused(refusals.FOREIGN) from None
        if "\0" in id:
            raise Declined("no_check")
        try:
            if said.answer is None:
                show_check(db(), grant, id, now())
                return {"shown": True}
            judged = answer_check(db(), grant, id, said.answer, now())
        except UnknownCheck:
            raise Declined("no_check") from None
        body: dict[str, object] = msgspec.to_builtins(judged)
        if judged.check is None:
            del body["check"]
        return body
