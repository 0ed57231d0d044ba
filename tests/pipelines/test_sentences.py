from pipelines import sentences


def test_words_of_numbers():
    assert sentences.count(1, "tag") == "1 tag"
    assert sentences.count(2_000, "tag") == "2,000 tags"
    assert sentences.some(["a", "b", "c"], 2) == "a, b and 1 more"
    assert sentences.some(["a", "b"], 2) == "a, b"
    durations = [sentences.duration(s) for s in (3.21, 600, 7_200, 9e6)]
    assert durations == ["3.2 s", "10.0 min", "2.0 h", "2,500.0 h"]
