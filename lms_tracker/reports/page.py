"""A bulletin as one HTML page."""

from functools import lru_cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lms_tracker.paths import resource
from lms_tracker.reports import colours
from lms_tracker.reports.chart import BAR, draw
from lms_tracker.reports.view import View


def html_of(view: View) -> str:
    """The page of a view."""
    chart = draw(view.chart, 640)
    return _environment().get_template("bulletin.html").render(view=view, chart=chart, bar=BAR, colours=colours)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(resource("templates") / "reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
