"""Previews of imports as a browser sends them back."""

import html
import re


def sent_back(page: str) -> dict[str, str]:
    """The form under a preview: the cells, and the digest of what was shown."""
    fields = re.findall(r'<input type="hidden" name="(table|seen)" value="([^"]*)"', page)
    assert [name for name, _value in fields] == ["table", "seen"], page
    return {name: html.unescape(value) for name, value in fields}
