"""The figures of a study as a page shows them."""

import shlex

from tftag.console import counts_in_words

TITLES = {"map": "MAP", "roc_auc": "ROC-AUC", "p_at_10": "P@10"}


def section(found: dict) -> str:
    """Table, answer, command and cost, as Markdown.

    Args:
        found: what a study writes into metrics.json.
    """
    control, *_ = found["arms"]
    count = counts_in_words.count
    minutes = max(1, round(found["seconds"] / 60))
    lines = [
        f"**{found['answer']}**",
        "",
        "```",
        f"python -m experiments.run_study {shlex.join(found['command'])}",
        "```",
        "",
        f"{count(found['recordings'], 'recording')} of {len(found['folds'])} "
        f"of {found['all_folds']} folds by artist, "
        f"{count(len(found['seeds']), 'seed')}, {count(minutes, 'minute')} of "
        "processor time; behind each figure its difference from the first "
        "row, with the 95 % interval over recordings drawn again in pairs.",
        "",
        f"| | {' | '.join(TITLES.values())} | CPU s a fold |",
        "| --- " * (len(TITLES) + 2) + "|",
    ]
    for title, arm in found["arms"].items():
        cells = [
            f"{arm[name]:.3f}"
            + (f", {_over(arm, name)}" if title != control else "")
            for name in TITLES
        ]
        lines.append(
            f"| {title} | {' | '.join(cells)} | {arm['seconds']:.0f} |"
        )
    if chosen := found["chosen"]:
        cells = [
            f"{chosen[name]:.3f}, {_over(chosen, name)}" for name in TITLES
        ]
        lines.append(f"| chosen on other folds | {' | '.join(cells)} | |")
    for title, why in found["failed"].items():
        lines.append(f"| {title} | {why} | | | |")
    return "\n".join(lines) + "\n"


def difference(over: dict) -> str:
    """A difference and its interval, as text."""
    low, high = over["ci95"]
    return f"{over['value']:+.3f} ({low:+.3f} to {high:+.3f})"


def _over(arm, name) -> str:
    return difference(arm["over_control"][name])
