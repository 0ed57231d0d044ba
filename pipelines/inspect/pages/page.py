"""Web pages from the templates beside it, each whole in one file.

Whatever a template prints is escaped, unless another template made it: all
that comes from data may hold `<script>`. A page fetches nothing, and says so
to the browser, whatever a name in the data asks for.
"""

import functools
import pathlib
from typing import Any

import jinja2
import markupsafe

from tftag.console import counts_in_words
from tftag.storage import atomic_write

_TEMPLATES = pathlib.Path(__file__).with_name("templates")


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_writable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["thousands"] = "{:,}".format
    environment.filters["duration"] = counts_in_words.duration
    environment.filters["count_of"] = counts_in_words.count
    return environment


def _writable(value: Any) -> Any:
    """Half a character, from a name that is not UTF-8, cannot be written."""
    if isinstance(value, str) and not isinstance(value, markupsafe.Markup):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value


def draw(template: str, **values: Any) -> markupsafe.Markup:
    """Fills in a template.

    Args:
        template: Its name, `bars.html`.
        **values: What it prints, by name.

    Returns:
        HTML, which another template prints as it is.
    """
    made = _environment().get_template(template).render(values)
    return markupsafe.Markup(made)  # escaped by the template


def write(path: pathlib.Path, template: str, **values: Any) -> None:
    """Writes a page whole, or not at all.

    Args:
        path: HTML file.
        template: One that extends `page.html`.
        **values: What it prints, by name; `title` among them.

    Raises:
        OSError: It cannot be written.
    """
    atomic_write.write(path, draw(template, **values))
