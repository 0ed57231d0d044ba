"""Sphinx's settings: `make docs` writes the pages to site/."""

import os
import pathlib
import re
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

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
# Keras' own docstrings are not ours to show.
autodoc_inherit_docstrings = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"

html_theme = "furo"
html_title = "tftag"
html_show_sphinx = False
html_copy_source = False


def backticks_are_code(app, what, name, obj, options, lines):
    """`[batch, samples]` of a docstring is code, as in Markdown."""
    text = "\n".join(lines)
    lines[:] = re.sub(r"(?<![`:])`([^`]+)`(?!`)", r"``\1``", text).split("\n")


def setup(app):
    """Connects what comes before napoleon, which has priority 500."""
    app.connect("autodoc-process-docstring", backticks_are_code, priority=400)
