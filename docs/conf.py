"""Sphinx's settings: `make docs` writes the pages to site/."""

import inspect
import os
import pathlib
import re
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from sphinx.util import inspect as sphinx_inspect  # noqa: E402

import tftag  # noqa: E402

project = "tftag"
author = "the authors of tftag"
project_copyright = "the authors of tftag, Apache-2.0"
version = release = tftag.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["scripts", "reference/templates"]
templates_path = ["reference/templates"]

# GitHub's anchors, so that a link works there as here.
myst_heading_anchors = 3

napoleon_numpy_docstring = False
# Fields of a tuple or dataclass once, not as objects of their own too.
napoleon_use_ivar = True
# Keras' own docstrings are not ours to show.
autodoc_inherit_docstrings = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"

# Most blocks are commands; Python is named where it is meant.
highlight_language = "none"

html_theme = "furo"
html_title = "tftag"
html_show_sphinx = False
html_copy_source = False


def backticks_are_code(app, what, name, obj, options, lines):
    """`[batch, samples]` of a docstring is code, as in Markdown."""
    text = "\n".join(lines)
    lines[:] = re.sub(r"(?<![`:])`([^`]+)`(?!`)", r"``\1``", text).split("\n")


def constructors_tell(app, what, name, obj, options, signature, returns):
    """Keras hides the arguments of a constructor behind `*args, **kwargs`."""
    if what != "class" or signature != "(*args, **kwargs)":
        return None
    made = inspect.signature(obj.__init__)
    named = list(made.parameters.values())[1:]
    made = made.replace(parameters=named, return_annotation=made.empty)
    return sphinx_inspect.stringify_signature(
        made, unqualified_typehints=True
    ), None


def fields_are_told(app, what, name, obj, skip, options):
    """The fields of a named tuple stand in its docstring already."""
    return True if type(obj).__name__ == "_tuplegetter" else None


def setup(app):
    """Connects them; napoleon comes later, at priority 500."""
    app.connect("autodoc-process-signature", constructors_tell)
    app.connect("autodoc-skip-member", fields_are_told)
    app.connect("autodoc-process-docstring", backticks_are_code, priority=400)
