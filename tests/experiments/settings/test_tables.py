import pytest

from experiments.settings import tables


def test_a_name_of_no_entry_is_refused_with_those_that_there_are():
    table = {"one": 1, "two": 2}
    tables.check("number", "two", table)
    table["three"] = 3
    with pytest.raises(ValueError, match="`number`.*one, two, three.*'four'"):
        tables.check("number", "four", table)


@pytest.mark.parametrize("seed", [-1, 2**32, 10**30])
def test_a_number_out_of_range_is_refused_with_its_bounds(seed):
    tables.check("seed", 2**32 - 1, tables.SEEDS)
    with pytest.raises(ValueError, match=f"0 to 4294967295.*: {seed}$"):
        tables.check("seed", seed, tables.SEEDS)
