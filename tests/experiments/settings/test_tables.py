import pytest

from experiments.settings import tables


def test_a_name_of_no_entry_is_refused_with_those_that_there_are():
    table = {"one": 1, "two": 2}
    tables.check("number", "two", table)
    table["three"] = 3
    with pytest.raises(ValueError, match="`number`.*one, two, three.*'four'"):
        tables.check("number", "four", table)
