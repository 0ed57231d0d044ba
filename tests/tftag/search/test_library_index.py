"""The index against a slow reference that compares all with all."""

import pathlib

import drawn_index
import numpy as np
import pytest
import slow_ranking

from tftag.search import library_index, query
from tftag.search.index import filters, ranking, writer
from tftag.search.index.segments import segment

COUNT = 400
ROWS = drawn_index.vectors(COUNT)
QUERY = np.random.default_rng(5).normal(size=(3, drawn_index.DIM))
TERMS = (query.Term("a"), query.Term("b", 2.0), query.Term("c", -0.5))


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("library") / "my.index"
    drawn_index.write(folder, range(COUNT), ROWS, at_once=70)
    return library_index.LibraryIndex.open(folder)


def number(hit):
    return int(hit.path.stem)


def slow_scores(rows, terms, vectors):
    weights = np.array([term.weight for term in terms])
    return slow_ranking.scores(rows, weights, vectors)


def numbers(hits):
    return [number(hit) for hit in hits]


def test_search_ranks_as_every_word_standardised_and_added_up(index):
    scores = slow_scores(ROWS, TERMS, QUERY)
    hits = index.search(TERMS, QUERY, COUNT, collapse_copies=False)
    assert numbers(hits) == np.argsort(-scores).tolist()
    expected = slow_ranking.standardized(scores)
    unit = QUERY / np.linalg.norm(QUERY, axis=1, keepdims=True)
    for hit in hits:
        assert hit.score == pytest.approx(expected[number(hit)], abs=1e-6)
        below = (scores < scores[number(hit)]).mean()
        assert hit.percentile == pytest.approx(below, abs=1.01 / COUNT)
        cosines = unit @ ROWS[number(hit)].astype(np.float64)
        assert hit.cosines == pytest.approx(cosines, abs=1e-6)


def test_a_hit_says_what_is_known_of_its_recording(index):
    (hit,) = index.search(TERMS, QUERY, 1)
    said = drawn_index.recording(number(hit))
    assert str(hit.path) == f"/music/{said.name}"
    assert (hit.title, hit.artist, hit.album) == (
        *(said.title, said.artist, said.album),
    )
    assert hit.year == (said.year or None)
    assert (hit.seconds, hit.tags) == (said.seconds, said.tags)


def test_the_weight_of_words_counts_and_not_their_length(index):
    hits = index.search(TERMS, QUERY)
    again = index.search(TERMS, QUERY * [[9], [0.1], [3]])
    assert numbers(again) == numbers(hits)
    twice = [query.Term(t.phrase, 2 * t.weight) for t in TERMS]
    assert numbers(index.search(twice, QUERY)) == numbers(hits)
    other = [query.Term(t.phrase, t.weight**2) for t in TERMS]
    assert numbers(index.search(other, QUERY)) != numbers(hits)


def test_a_recording_is_most_like_itself_unless_left_out(index):
    hits = index.similar([ROWS[17]], top=5)
    assert number(hits[0]) == 17 and hits[0].cosines[0] == pytest.approx(1)
    scores = ROWS.astype(np.float64) @ ROWS[17].astype(np.float64)
    assert numbers(hits) == np.argsort(-scores)[:5].tolist()


def test_what_is_unlike_is_turned_away_from(index):
    near = index.similar([ROWS[17]], top=COUNT, collapse_copies=False)
    away = index.similar(
        [ROWS[17]], [ROWS[18]], top=COUNT, collapse_copies=False
    )
    before, after = (numbers(hits).index(18) for hits in (near, away))
    assert after > before
    assert len(away[0].cosines) == 2
    terms = [query.Term("like"), query.Term("unlike", -0.5)]
    scores = slow_scores(ROWS, terms, ROWS[[17, 18]].astype(np.float64))
    assert numbers(away) == np.argsort(-scores).tolist()


FILTERS = (
    filters.Filter(tags=("rock",)),
    filters.Filter(tags=("rock", "piano"), without_tags=("vocals",)),
    filters.Filter(artists=("ARTIST  3", "artist 4")),
    filters.Filter(albums=("Album 2",), years=(1990, None)),
    filters.Filter(years=(None, 1999)),
    filters.Filter(seconds=(100, 120)),
    filters.Filter(folders=("folder 1",)),
    filters.Filter(folders=("folder 1/", "folder 2"), artists=("Artist 1",)),
    filters.Filter(artists=("nobody",)),
)


def passes(at, where):
    """What a filter means, of one recording."""
    one = drawn_index.recording(at)
    low, high = where.years
    return (
        set(where.tags) <= set(one.tags)
        and not set(where.without_tags) & set(one.tags)
        and (
            not where.artists
            or one.artist.lower()
            in {" ".join(name.lower().split()) for name in where.artists}
        )
        and (not where.albums or one.album in where.albums)
        and (where.years == (None, None) or one.year != 0)
        and (low is None or one.year >= low)
        and (high is None or one.year <= high)
        and (where.seconds[0] is None or one.seconds >= where.seconds[0])
        and (where.seconds[1] is None or one.seconds <= where.seconds[1])
        and (
            not where.folders
            or any(
                one.name.startswith(f"{name.rstrip('/')}/")
                for name in where.folders
            )
        )
    )


@pytest.mark.parametrize("where", FILTERS, ids=range(len(FILTERS)))
def test_filters_leave_the_best_of_those_that_pass(index, where):
    scores = slow_scores(ROWS, TERMS, QUERY)
    expected = [at for at in np.argsort(-scores) if passes(at, where)]
    hits = index.search(TERMS, QUERY, COUNT, where=where, collapse_copies=False)
    assert numbers(hits) == expected
    # Scores and percentiles stay those of the whole library.
    whole = index.search(TERMS, QUERY, COUNT, collapse_copies=False)
    of_all = {number(hit): (hit.score, hit.percentile) for hit in whole}
    for hit in hits:
        assert of_all[number(hit)] == (hit.score, hit.percentile)


@pytest.mark.parametrize("most", [1, 2])
def test_no_artist_has_more_than_is_asked_for(index, most):
    scores = slow_scores(ROWS, TERMS, QUERY)
    taken, expected = {}, []
    for at in np.argsort(-scores).tolist():
        artist = drawn_index.recording(at).artist
        if artist and taken.get(artist, 0) == most:
            continue
        taken[artist] = taken.get(artist, 0) + 1
        expected.append(at)
    hits = index.search(
        TERMS, QUERY, COUNT, most_per_artist=most, collapse_copies=False
    )
    assert numbers(hits) == expected
    few = index.search(
        TERMS, QUERY, 4, most_per_artist=most, collapse_copies=False
    )
    assert numbers(few) == expected[:4]


def test_copies_are_found_once_and_named(tmp_path):
    rows = ROWS.copy()
    # One is as long, the other five seconds longer.
    rows[200], rows[205] = rows[0], rows[0]
    folder = drawn_index.write(tmp_path / "i", range(COUNT), rows)
    index = library_index.LibraryIndex.open(folder)
    hits = index.similar([rows[0]], top=COUNT)
    assert numbers(hits)[:2] == [0, 205]
    assert [int(path.stem) for path in hits[0].copies] == [200]
    assert hits[1].copies == ()
    assert len(hits) == COUNT - 1
    each = index.similar([rows[0]], top=3, collapse_copies=False)
    assert numbers(each) == [0, 205, 200]
    assert len({hit.score for hit in each}) == 1


def test_left_out_files_are_not_found(tmp_path):
    (tmp_path / "music").mkdir()
    path = tmp_path / "music" / "a.mp3"
    path.write_bytes(b"12345")
    state = path.stat()
    one = drawn_index.recordings.Recording(
        "a.mp3", 0, state.st_size, state.st_mtime_ns
    )
    begun = drawn_index.begun(roots=(str(tmp_path / "music"),))
    with writer.opened(tmp_path / "i", begun) as index:
        index.change([(one, ROWS[0]), (drawn_index.recording(1), ROWS[1])])
    index = library_index.LibraryIndex.open(tmp_path / "i")
    np.testing.assert_array_equal(index.vector_of(path), ROWS[0])
    assert index.vector_of(tmp_path / "music" / "b.mp3") is None
    assert index.vector_of("a\0b") is None
    for left_out in (path, one.key):
        hits = index.similar([ROWS[0]], leave_out=[left_out])
        assert numbers(hits) == [1]
    found, known = index.find(one.key)
    assert (found, known.name) == (path, one.name)
    path.write_bytes(b"1234567")
    assert index.vector_of(path) is None


def test_lists_find_what_comparing_all_finds(tmp_path, monkeypatch):
    """All cells looked into: what the codes lose, float32 gets back."""
    pytest.importorskip("faiss")
    monkeypatch.setattr(segment, "LISTS_FROM_ROWS", 300)
    monkeypatch.setattr(ranking, "EXACT_ROWS", 50)
    folder = drawn_index.write(tmp_path / "i", range(COUNT), ROWS)
    index = library_index.LibraryIndex.open(folder)
    asked = []
    lists = index._parts.parts[0].segment.lists
    search = lists.search
    monkeypatch.setattr(
        lists, "search", lambda *a: asked.append(a) or search(*a)
    )
    # 80 cells of 400 recordings: 64 are looked into, of a filter all.
    scores = slow_scores(ROWS, TERMS, QUERY)
    order = np.argsort(-scores).tolist()
    hits = index.search(TERMS, QUERY, 5, collapse_copies=False)
    assert asked and numbers(hits) == order[:5]
    for where in FILTERS[:8]:
        hits = index.search(TERMS, QUERY, 5, where=where, collapse_copies=False)
        expected = [at for at in order if passes(at, where)][:5]
        assert numbers(hits) == expected


@pytest.mark.parametrize("at_once", [9, 70, 400])
def test_grown_and_shrunk_equals_made_anew(tmp_path, at_once, monkeypatch):
    monkeypatch.setattr(segment, "LISTS_FROM_ROWS", 120)
    kept = [at for at in range(COUNT) if at % 3][:150]
    extra = [at for at in range(COUNT) if not at % 3][:40]
    grown = tmp_path / "grown"
    order = sorted(kept + extra, key=lambda at: at * 7919 % 401)
    drawn_index.write(grown, order, ROWS, at_once=at_once)
    with writer.opened(grown, drawn_index.begun()) as index:
        gone = {drawn_index.recording(at).key for at in extra}
        index.change([], gone)
        index.settle()
    anew = drawn_index.write(tmp_path / "anew", kept, ROWS)
    answers = []
    for folder in (grown, anew):
        index = library_index.LibraryIndex.open(folder)
        assert len(index) == len(kept)
        assert sorted(index.paths) == sorted(
            pathlib.Path("/music", drawn_index.recording(at).name)
            for at in kept
        )
        answers.append(index.search(TERMS, QUERY, 200))
    for one, other in zip(*answers, strict=True):
        assert one.path == other.path and one.copies == other.copies
        assert one.score == pytest.approx(other.score, abs=1e-9)
        assert one.percentile == other.percentile


def test_an_empty_index_finds_nothing(tmp_path):
    folder = drawn_index.write(tmp_path / "i", [], ROWS)
    index = library_index.LibraryIndex.open(folder)
    assert len(index) == 0 and list(index.paths) == []
    assert index.search(TERMS, QUERY) == []


def test_an_open_index_stays_and_says_that_it_is_old(tmp_path):
    folder = drawn_index.write(tmp_path / "i", range(50), ROWS)
    index = library_index.LibraryIndex.open(folder)
    first = index.search(TERMS, QUERY)
    assert index.is_current
    drawn_index.write(folder, range(50, 90), ROWS)
    assert not index.is_current
    assert index.search(TERMS, QUERY) == first
    assert len(library_index.LibraryIndex.open(folder)) == 90


def test_refuses_what_it_cannot_answer(index, tmp_path):
    with pytest.raises(ValueError, match=r"`vectors` must be \[terms, 12\]"):
        index.search(TERMS, QUERY[:2])
    with pytest.raises(ValueError, match="`vectors` must be"):
        index.search(TERMS, QUERY[:, :5])
    with pytest.raises(ValueError, match="finite"):
        index.search(TERMS, QUERY * 0)
    with pytest.raises(ValueError, match="`like` must have"):
        index.similar([])
    with pytest.raises(ValueError, match="`top` must be"):
        index.search(TERMS, QUERY, 0)
    with pytest.raises(ValueError, match="`leave_out` must be a list"):
        index.search(TERMS, QUERY, leave_out="/music/a.mp3")
    with pytest.raises(ValueError, match="one of the model's.*'jazz'"):
        index.search(TERMS, QUERY, where=filters.Filter(tags=("jazz",)))
    begun = drawn_index.begun(has_file_tags=False, has_model_tags=False)
    folder = drawn_index.write(tmp_path / "i", range(9), ROWS, begun)
    bare = library_index.LibraryIndex.open(folder)
    for where in (filters.Filter(artists=("x",)), filters.Filter(years=(1, 2))):
        with pytest.raises(ValueError, match=r"tftag\[write-tags\]"):
            bare.search(TERMS, QUERY, where=where)
    with pytest.raises(ValueError, match=r"tftag\[write-tags\]"):
        bare.search(TERMS, QUERY, most_per_artist=2)
    with pytest.raises(ValueError, match="model's tags"):
        bare.search(TERMS, QUERY, where=filters.Filter(tags=("rock",)))
    with pytest.raises(FileNotFoundError, match="must be a folder that"):
        library_index.LibraryIndex.open(tmp_path)
