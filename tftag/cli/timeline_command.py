"""The command `tftag timeline`: a recording's tags over time, as a picture."""

import argparse
import io
import os
import pathlib
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tftag.audio import audio_files, decoding
from tftag.cli import arguments as arguments_lib
from tftag.cli import chosen_model, command_line, row_output
from tftag.console import quiet, tensorflow_start
from tftag.pretrained import presets
from tftag.storage import atomic_write, escaping, near_names

if TYPE_CHECKING:
    from matplotlib import axes as axes_lib

_TITLE_EMS = 50
_MOST_TAGS = 2_000  # each takes 30 of the 65,535 rows that a PNG may have here
_INSTALL = "A timeline is drawn by matplotlib: install tftag[plots]."


def add_parser(commands: "command_line.Commands") -> None:
    """Adds the command to those of `argparse`."""
    timeline = commands.add_parser(
        "timeline",
        help="draw the tags of a recording over time",
        description="Draws the probabilities of the tags that are likeliest "
        "anywhere in a recording, clip by clip, as a PNG; those of a model "
        "that was trained here are calibrated. The numbers themselves: tftag "
        "tag --timeline.",
        epilog="Exit status: 0; 2 where the arguments are wrong or the file "
        "cannot be read.",
    )
    timeline.set_defaults(run=run)
    timeline.add_argument(
        "file",
        type=arguments_lib.local_path,
        metavar="FILE",
        help="a recording",
    )
    chosen_model.add_flag(timeline, presets.TAGGER, is_to_tag=True)
    timeline.add_argument(
        "--top",
        type=arguments_lib.count,
        default=10,
        metavar="N",
        help="the N likeliest tags (default: %(default)s)",
    )
    timeline.add_argument(
        "--out",
        type=arguments_lib.local_path,
        metavar="PNG",
        required=True,
        help="where the picture goes",
    )


def run(arguments: argparse.Namespace) -> int:
    """Draws the timeline of the command line.

    Args:
        arguments: What the parser of `add_parser` made.

    Returns:
        0.

    Raises:
        ValueError: The file or the model cannot be used, or matplotlib is not
            installed.
        OSError: There is no such file or model, or no place to write to.
    """
    # Before what takes seconds.
    if not os.path.isfile(arguments.file):
        raise FileNotFoundError(
            f"FILE must be a recording. Received: {arguments.file}."
            f"{near_names.hint(arguments.file)}"
        )
    with quiet.libraries():
        decoding.check_file(arguments.file)
    model = arguments.model or presets.TAGGER
    chosen_model.check(model, is_to_tag=True)
    row_output.check(
        arguments.out, [arguments.file], chosen_model.folder(model)
    )
    tensorflow_start.leave_out_missing_backend(os.environ)
    try:
        import matplotlib
        from matplotlib import figure

        from tftag.console import fonts
    except ImportError as error:
        raise ValueError(_INSTALL) from error
    tagger = chosen_model.open_tagger(model, is_for_few=True)
    shown = min(arguments.top, len(tagger.tag_names))
    if shown > _MOST_TAGS:
        raise ValueError(
            f"--top must be at most {_MOST_TAGS:,}, for more no picture is "
            "high enough; tftag tag --timeline prints all. Received: "
            f"{arguments.top}"
        )
    with quiet.libraries():
        found = tagger.timeline_file(arguments.file)
    places = np.argsort(-found.calibrated.max(axis=0), kind="stable")
    places = places[: arguments.top]
    # Not what a matplotlibrc says, as to have LaTeX set all text.
    matplotlib.rcdefaults()
    drawn = figure.Figure(
        figsize=(10, 1.5 + 0.3 * len(places)), layout="constrained"
    )
    _draw(
        drawn.subplots(),
        found.start_seconds,
        found.calibrated[:, places].T,
        [
            fonts.short(escaping.one_line(tagger.tag_names[place]))
            for place in places
        ],
        tagger.spec.clip_seconds,
    )
    name = audio_files.shown(pathlib.Path(arguments.file).name)
    # A dollar sign would begin a formula.
    drawn.suptitle(
        fonts.short(escaping.one_line(name), _TITLE_EMS), parse_math=False
    )
    content = io.BytesIO()
    with fonts.covering(drawn):
        drawn.savefig(content, format="png", dpi=100)
    atomic_write.write(arguments.out, content.getvalue())
    return 0


def _draw(
    axes: "axes_lib.Axes",
    start_seconds: npt.NDArray[np.float32],
    probabilities: npt.NDArray[np.float32],
    names: list[str],
    clip_seconds: float,
) -> None:
    """Draws a row per tag, a column per clip.

    Args:
        axes: Of matplotlib.
        start_seconds: `[clips]`.
        probabilities: `[tags, clips]`.
        names: Of the tags.
        clip_seconds: Length of a clip.
    """
    # A clip is drawn up to the start of the next; the last one as wide as the
    # one before it, and one alone as long as it is.
    steps = np.diff(start_seconds)
    width = steps[-1] if len(steps) else clip_seconds
    edges = np.append(start_seconds, start_seconds[-1] + width)
    image = axes.pcolormesh(
        edges, np.arange(len(names) + 1), probabilities, vmin=0, vmax=1
    )
    axes.invert_yaxis()
    axes.set_yticks(np.arange(len(names)) + 0.5, names, parse_math=False)
    axes.set_xlabel("start of the clip (seconds)")
    axes.figure.colorbar(image, label="probability")
