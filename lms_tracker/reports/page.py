"""A bulletin as one HTML page."""

from base64 import b64encode
from functools import lru_cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lms_tracker.paths import resource
from lms_tracker.reports import colours
from lms_tracker.reports.chart import BAR, draw
from lms_tracker.reports.view import View
from lms_tracker.reports.webfont import subset_for


def html_of(view: View) -> str:
    """The page of a view."""
    chart = draw(view.chart, 640)
    template = _environment().get_template("bulletin.html")
    bare = template.render(view=view, chart=chart, bar=BAR, colours=colours, font="")
    font = b64encode(subset_for(bare)).decode()
    return template.render(view=view, chart=chart, bar=BAR, colours=colours, font=font)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(resource("templates") / "reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
