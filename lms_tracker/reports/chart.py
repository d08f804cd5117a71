"""Where the bars of a chart go: one layout for SVG and PDF. Units are points, the origin is the top left corner."""

from msgspec import Struct

from lms_tracker.reports.colours import SERIES
from lms_tracker.reports.view import NONE, Chart

BAR, GAP, GROUP_GAP, TOP, LEFT, RIGHT = 8.0, 2.0, 9.0, 18.0, 108.0, 40.0
STEPS = {25: 5, 50: 10, 75: 25, 100: 25}
CHARACTER = 4.4  # width of a figure of the values' size, rounded up


class Bar(Struct, frozen=True):
    """One bar from the left axis, and its value as text behind it."""

    y: float
    width: float
    colour: str
    text: str
    text_x: float
    name: str


class Label(Struct, frozen=True):
    """A group's name, centred on its bars."""

    y: float
    text: str


class Drawn(Struct, frozen=True):
    """A chart of `width` x `height` with the axis from `left` to `right`; the calendar stands at `mark_x`."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    bars: list[Bar]
    labels: list[Label]
    ticks: list[tuple[float, str]]
    mark_x: float
    mark_anchor: str
    legend: list[tuple[str, str]]


def draw(chart: Chart, width: float) -> Drawn:
    """Lay out horizontal bars, group under group. The axis ends at 25, 50, 75 or 100 %, the first that has room."""
    left, right = LEFT, width - RIGHT
    most = max([chart.mark, *(value or 0.0 for group in chart.groups for value in group.values)])
    end = next((end for end in (25, 50, 75) if most * 1.1 <= end), 100)
    scale = (right - left) / end
    mark_x = left + scale * min(chart.mark, end)
    y = TOP + 5
    bars: list[Bar] = []
    labels: list[Label] = []
    for group in chart.groups:
        begin = y
        for n, value in enumerate(group.values):
            text = NONE if value is None else f"{value:.1f}%"
            colour = SERIES[n % len(SERIES)]
            length = min(max(value or 0.0, 0.0), end) * scale
            text_x = left + length + 4
            if text_x - 4 < mark_x < text_x + CHARACTER * len(text) + 2:
                text_x = mark_x + 4  # the calendar's line must not cross a figure
            bars.append(Bar(y, length, colour, text, text_x, chart.series[n]))
            y += BAR + GAP
        labels.append(Label((begin + y - GAP) / 2, group.label))
        y += GROUP_GAP
    bottom = y - GROUP_GAP + 4
    ticks = [(left + scale * at, f"{at}%") for at in range(0, end + 1, STEPS[end])]
    legend = [(SERIES[n % len(SERIES)], name) for n, name in enumerate(chart.series)]
    anchor = "start" if mark_x < left + 40 else "end" if mark_x > right - 40 else "middle"
    return Drawn(width, bottom + 13, left, right, TOP, bottom, bars, labels, ticks, mark_x, anchor, legend)
