"""Files over HTTP: taken from a form, and given out as a download, never shown in a page of ours."""

from io import BytesIO

from flask import Response, request, send_file

from lms_tracker.core.uploads import KINDS, Limits


def handed_in(field: str, limits: Limits) -> list[tuple[str, bytes]]:
    """(name, content) of a form's files, none read further than needed to see that it is too large."""
    files = []
    for one in request.files.getlist(field):
        with one.stream:  # a large one is a file on disk
            if one.filename:
                files.append((one.filename, one.stream.read(limits.file_bytes + 1)))
    return files


def as_download(name: str, kind: str, content: bytes) -> Response:
    """The answer. Even a browser that would show it may run nothing of it, and knows no address of ours."""
    answer = send_file(BytesIO(content), mimetype=KINDS[kind], as_attachment=True, download_name=name)
    answer.content_type = KINDS[kind]  # Flask has put a second charset behind that of a text
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
