from pipelines.sources import gtzan_split


def test_ten_genres_in_each_part():
    parts = (gtzan_split.TRAIN, gtzan_split.VALIDATION, gtzan_split.TEST)
    assert [len(part) for part in parts] == [10, 10, 10]
    assert len({tuple(part) for part in parts}) == 1


def test_repetitions_point_at_what_stays():
    for pairs in gtzan_split.REPEATED.values():
        assert not set(pairs) & set(pairs.values())
