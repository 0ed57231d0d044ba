"""The figures of seen and unseen tags as a table."""

from experiments.zero_shot import unseen_draw

FIGURES = {"roc_auc": "ROC-AUC", "map": "MAP", "p_at_10": "P@10"}
SIDES = ("unseen", "seen", "harmonic_mean")


def rows(summary: dict) -> list[dict]:
    """One row per kind of unseen tag, side, method and figure.

    Args:
        summary: what `run_zero_shot` writes into metrics.json.

    Returns:
        Dicts with `protocol`, `kind`, `side`, `method`, `figure`, `mean`,
        `low`, `high` (95 % over the draws; None for one draw), `chance`,
        `random_order` (None where the figure has none) and `draws`.
    """
    table = []
    for kind, methods in by_name(summary).items():
        for side in SIDES:
            for method in unseen_draw.METHODS:
                found = methods[method]["tag_to_recordings"][side]
                for name in FIGURES:
                    figure = found[name]
                    table.append(
                        {
                            "protocol": summary["protocol"],
                            "kind": kind,
                            "side": side,
                            "method": method,
                            "figure": name,
                            **over_draws(figure),
                            "chance": figure["chance"],
                            "random_order": figure.get("random_order"),
                            "draws": len(figure["values"]),
                        }
                    )
    return table


def by_name(summary: dict) -> dict:
    """The figures by kind of unseen tag, or by row of an ablation."""
    return {
        name: found
        for name, found in summary["figures"].items()
        if isinstance(found, dict)
    }


def over_draws(figure: dict) -> dict:
    """`mean`, `low` and `high` of a figure of `repeated_draws.combine`."""
    low, high = figure["ci95_over_draws"] or (None, None)
    return {"mean": figure["mean"], "low": low, "high": high}


def heading(summary: dict) -> str:
    """What a table for the screen is of."""
    draws = len(summary["draws"])
    spread = f", 95 % interval over {draws} draws" if draws > 1 else ""
    return f"protocol {summary['protocol']}; tag -> recordings{spread}"


def text(summary: dict) -> str:
    """The table for the screen: tag -> recordings."""
    lines = [heading(summary)]
    table = rows(summary)
    found = list(by_name(summary))
    parts = [(kind, side) for side in SIDES for kind in found]
    # The seen tags are the same beside every kind.
    parts = [part for part in parts if part[1] != "seen" or part[0] == found[0]]
    for kind, side in parts:
        part = [r for r in table if (r["kind"], r["side"]) == (kind, side)]
        lines += ["", _title(kind, side)]
        lines.append(_line("", FIGURES.values()))
        for method in unseen_draw.METHODS:
            cells = [interval_text(r) for r in part if r["method"] == method]
            # ConSE asks the tagger, which answers for seen tags itself.
            is_tagger = (method, side) == (unseen_draw.CONSE, "seen")
            lines.append(_line("the tagger" if is_tagger else method, cells))
        levels = {r["figure"]: r for r in part}
        chances = [
            levels[name]["random_order"] or levels[name]["chance"]
            for name in FIGURES
        ]
        lines.append(_line("random order", [f"{c:.3f}" for c in chances]))
    if summary["body"] == "own":
        lines += [
            "",
            "The dual encoder trained its own body; random words, the control, "
            "is on",
            "the tagger's, as linear map and ConSE are.",
        ]
    return "\n".join(lines)


def _line(title: str, cells) -> str:
    return f"  {title:14}" + "".join(f"{cell:>21}" for cell in cells)


def _title(kind: str, side: str) -> str:
    if side == "seen":
        return "seen tags"
    unseen = "unseen tags" if kind == "unseen" else f"unseen tags: {kind}"
    if side == "unseen":
        return unseen
    return f"harmonic mean of seen and {unseen}"


def interval_text(row: dict) -> str:
    """Mean and, of more than one draw, the 95 % interval of a row."""
    if row["low"] is None:
        return f"{row['mean']:.3f}"
    return f"{row['mean']:.3f} ({row['low']:.3f}-{row['high']:.3f})"
