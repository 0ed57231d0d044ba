from tftag.console import counts_in_words


def test_words_of_numbers():
    assert counts_in_words.count(1, "tag") == "1 tag"
    assert counts_in_words.count(2_000, "tag") == "2,000 tags"
    assert counts_in_words.count(1.0, "second") == "1 second"
    assert counts_in_words.count(0.5, "second") == "0.5 seconds"
    assert counts_in_words.count(12_345_678, "row") == "12,345,678 rows"
    assert counts_in_words.are(1, "tag") == "1 tag is"
    assert counts_in_words.are(0, "tag") == "0 tags are"
    assert counts_in_words.some(["a", "b", "c"], 2) == "a, b and 1 more"
    assert counts_in_words.some(["a", "b"], 2) == "a, b"
    durations = [counts_in_words.duration(s) for s in (3.21, 600, 7_200, 9e6)]
    assert durations == ["3.2 s", "10.0 min", "2.0 h", "2,500.0 h"]
