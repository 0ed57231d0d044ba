"""Traces of losses: a colour per form, a style per rate, a cross at the end."""

from experiments.figures import trace_plot

NAMES = ("loss", "largest_logit", "logit_gradient", "stuck_share")


def rows(count):
    """As they come from a CSV file."""
    return [{name: str(0.5 + n) for name in NAMES} for n in range(count)]


def test_a_training_that_ended_early_has_a_cross_where_it_ended():
    histories = {
        "with logits, 0.1": rows(4),
        "sigmoid, 0.1": rows(2),
        "sigmoid, 1": rows(4),
    }
    drawn = trace_plot.traces(histories)
    assert len(drawn.axes) == len(NAMES)
    for axes in drawn.axes:
        one, early, cross, other = axes.get_lines()[:4]
        assert cross.get_marker() == "x"
        assert cross.get_xdata().tolist() == [2]
        assert early.get_color() == other.get_color() != one.get_color()
        assert early.get_linestyle() == one.get_linestyle()
        assert early.get_linestyle() != other.get_linestyle()


def test_a_training_without_one_whole_epoch_is_a_cross_at_the_first():
    drawn = trace_plot.traces({"a, 1": rows(3), "b, 1": ()})
    assert drawn.axes[0].get_lines()[2].get_xdata() == [1]
