"""The figures of an ablation as tables: losses, then sources of words."""

from experiments.zero_shot import table as zero_shot_table

SIDES = ("unseen", "seen")


def rows(summary: dict) -> list[dict]:
    """One row per fitted row, kind of unseen tag, side and figure.

    Args:
        summary: what `run_ablation` writes into metrics.json.

    Returns:
        Dicts with `row`, `kind`, `side`, `figure`, `mean`, `low`, `high`
        (95 % over the draws; None for one draw), `random_order` and `draws`.
    """
    table = []
    for title, kinds in zero_shot_table.by_name(summary).items():
        for kind, found in kinds.items():
            for side in SIDES:
                for name in zero_shot_table.FIGURES:
                    figure = found[side][name]
                    table.append(
                        {
                            "row": title,
                            "kind": kind,
                            "side": side,
                            "figure": name,
                            **zero_shot_table.over_draws(figure),
                            "random_order": figure.get(
                                "random_order", figure["chance"]
                            ),
                            "draws": len(figure["values"]),
                        }
                    )
    return table


def text(summary: dict) -> str:
    """The tables for the screen: tag -> recordings."""
    table = rows(summary)
    lines = [zero_shot_table.heading(summary)]
    kinds = list(dict.fromkeys(row["kind"] for row in table))
    sources = summary["coverage"]
    titles = list(zero_shot_table.by_name(summary))
    losses = [title for title in titles if title not in sources]
    counts = [draw["tags_every_source_knows"] for draw in summary["draws"]]
    seen, unseen = (
        f"{min(c)} to {max(c)}" if min(c) < max(c) else str(c[0])
        for c in zip(*counts, strict=True)
    )
    for group, said in (
        (losses, "all tags"),
        (list(sources), f"the {seen} seen and {unseen} unseen tags all know"),
    ):
        for side in SIDES:
            for kind in kinds if side == "unseen" else kinds[:1]:
                named = side if kind == "unseen" else f"{side}, {kind}"
                named = "seen" if side == "seen" else named
                lines += ["", f"{named}; {said}"]
                lines.append(_line("", zero_shot_table.FIGURES.values()))
                part = [
                    r for r in table if (r["kind"], r["side"]) == (kind, side)
                ]
                for title in group:
                    cells = [
                        zero_shot_table.interval_text(r)
                        for r in part
                        if r["row"] == title
                    ]
                    lines.append(_line(title, cells))
                chances = [r for r in part if r["row"] == group[0]]
                cells = [f"{r['random_order']:.3f}" for r in chances]
                lines.append(_line("random order", cells))
    lines += ["", "share that has a vector for any word, then for every word"]
    lines.append(_line("", ("tags", "annotations") * 2, width=14))
    for title, share in sources.items():
        cells = [f"{value:.1%}" for value in share.values()]
        lines.append(_line(title, cells, width=14))
    return "\n".join(lines)


def _line(title: str, cells, width: int = 20) -> str:
    return f"  {title:18}" + "".join(f"{cell:>{width}}" for cell in cells)
