"""The settings of a run: asked for by flags, and kept in its folder."""

from experiments.runs import bucket_copies, run_folder
from experiments.settings import dual_encoder_config, flags
from tftag.cli import arguments as arguments_lib
from tftag.cli import command_line
from tftag.storage import plain_json

# What a run leaves as it works. One that was refused before may be changed.
_BEGUN = ("checkpoints", "draws", "folds", "tagger", "averaged_with")
# Facts that runs of earlier versions do not have; they are taken for the same.
_LATER = ("artists",)


def parser(experiment: str, text: str, presets: dict) -> command_line.Parser:
    """The flags of an experiment: places, copies, and every setting.

    Args:
        experiment: its name, as `baseline`.
        text: what it does; the first line is shown.
        presets: name to maker of the settings; the first is the default.
    """
    made = _parser(experiment, text)
    made.epilog = "In brackets: the value in each preset."
    bucket_copies.add_flag(made)
    flags.add_flags(made, presets)
    return made


def plain_parser(experiment: str, text: str) -> command_line.Parser:
    """The flags of an experiment without settings: where its run lies.

    The arguments are those of `parser`.
    """
    made = _parser(experiment, text)
    made.add_argument("--name", default="", help="of the run (the UTC time)")
    return made


def _parser(experiment, text):
    made = command_line.Parser(
        prog=f"python -m experiments.run_{experiment}",
        description=text.split("\n")[0],
    )
    made.add_argument(
        "--runs",
        type=arguments_lib.local_path,
        default="runs",
        help="folder of runs (runs)",
    )
    return made


def keep(
    run: run_folder.RunDir,
    settings: dict[str, object],
    data: dict[str, object] | None = None,
    config: dual_encoder_config.Settings | None = None,
) -> None:
    """Writes what a run is about, or refuses to go on with another one.

    Args:
        run: gets them.
        settings: what config.json gets.
        data: what data.json gets, with a `fingerprint`; None for no such file.
        config: the config that the settings are of. A setting that there was
            none of when the run began had the default of its class: a field
            that is added later has one that changes nothing.

    Raises:
        ValueError: the run began with other settings or data.
    """
    settings = plain_json.plain(settings)
    before = run.read_json("config.json")
    if before is not None and _has_begun(run):
        if config is not None:
            defaults = plain_json.plain(flags.leaves(type(config)()))
            before = {
                **{k: v for k, v in defaults.items() if k in settings},
                **before,
            }
        facts = {name: settings[name] for name in _LATER if name in settings}
        changed = flags.differences({**facts, **before}, settings)
        if data is not None:
            old = run.load_json("data.json")["fingerprint"]
            if old != data["fingerprint"]:
                changed.append(f"data: {old} -> {data['fingerprint']}")
        if changed:
            raise ValueError(
                "A run must go on as it began; choose another --name. "
                f"Received: {'; '.join(changed)} in {run.path}"
            )
        return
    run.write_json("config.json", settings)
    if data is not None:
        run.write_json("data.json", data)


def _has_begun(run) -> bool:
    return run.finished or any(
        any((run.path / name).glob("*")) for name in _BEGUN
    )
