import dataclasses

import pytest

from pipelines.prepare import flags, preparation
from pipelines.sources import catalogue


def _parse(text):
    return flags.make_parser("What it does.").parse_args(text.split())


def test_defaults_are_those_of_the_library():
    asked, wishes = _parse("--table x --out y"), preparation.Wishes()
    for field in dataclasses.fields(wishes):
        if hasattr(asked, field.name):
            assert getattr(asked, field.name) == getattr(wishes, field.name)


def test_every_flag_stands_in_a_group_and_says_what_it_is():
    parser = flags.make_parser("What it does.")
    first, *groups = (g for g in parser._action_groups if g._group_actions)
    assert [a.dest for a in first._group_actions] == ["help", "list"]
    said = [action for group in groups for action in group._group_actions]
    assert len(said) == len(parser._actions) - 2
    for action in said:
        assert len(action.help) > 10, action.dest
        # What is counted or measured shows its default.
        if action.default not in (None, False):
            assert "default:" in action.help


def test_the_help_has_every_subset():
    text = " ".join(flags.make_parser("").format_help().split())
    for name, subsets in flags.SUBSETS.items():
        assert f"{flags.flag(name)}: {', '.join(subsets)}" in text


def test_the_list_needs_nothing_else(capsys):
    with pytest.raises(SystemExit) as ended:
        _parse("--list")
    assert ended.value.code == 0
    assert capsys.readouterr().out == catalogue.text()
