"""GTZAN: excerpts of 30 seconds, a hundred in each of ten genres.

Used in its fault-filtered split, 930 of the 1,000 excerpts, which leaves out
repetitions and keeps an artist on one side. The artists themselves are not
published, so nobody can tell from the data. `jazz.00054`, a training
excerpt, cannot be read in the copy that most people hold: a preparation then
rejects it and 442 are left.
"""

from pipelines.sources import data_set
from pipelines.sources.published import copies, index_files

PUBLICATION = data_set.Publication(
    name="GTZAN",
    homepage="http://marsyas.info/downloads/datasets.html",
    licence="none stated; excerpts of copyrighted recordings",
    citation="Tzanetakis and Cook: Musical genre classification of audio "
    "signals. IEEE Transactions on Speech and Audio Processing 10(5), 2002.",
)
VERSION = data_set.Version(
    "filtered", (443, 197, 290), 10, "fault-filtered, artists apart"
)
# Numbers of the excerpts by genre, from Kereliuk, Sturm and Larsen, "Deep
# learning and music adversaries", 2015. The excerpts that it leaves out repeat
# others or are distorted; what they repeat is in Sturm's catalogue of the
# faults of GTZAN (arXiv:1306.1461).
TRAIN = {
    "blues": "29-49 73-97",
    "classical": "30-33 43-48 50-67 80-99",
    "country": "19-26 28-29 65-99",
    "disco": "5 15-20 22-37 39-45 47 49 53-54 56-57 59 61 70 73-74 89",
    "hiphop": "2-25 28-29 31-38 41-42 55-61 77-80",
    "jazz": "0-1 11-24 41 47-72",
    "metal": "2-3 5 21 24 35 46-57 59-66 69 71-72 79-80 84 86 89-99",
    "pop": "2-9 11-12 16-20 23-29 31-36 38-42 44 46 49-50 80 97-99",
    "reggae": "0-2 4 6 9 11-12 14-32 42-45 49-51 54-60 63 69",
    "rock": "0-9 16-26 57-70 91-99",
}
VALIDATION = {
    "blues": "0-11 50-60",
    "classical": "0-10 68-76",
    "country": "0-7 9-18 27 41-42 45 49",
    "disco": "0 2-4 6-14 46 48 52 67-68 72 75 90 95",
    "hiphop": "81-98",
    "jazz": "2-10 25-32",
    "metal": "0-1 6-11 16-20 36-37 68 76-77 81-82",
    "pop": "10 53 55 58-62 81 83-86",
    "reggae": "61-62 70 72 74 76-78 85 92-99",
    "rock": "38 49-56 71-85",
}
TEST = {
    "blues": "12-28 61-72 98-99",
    "classical": "11-29 34-41 49 77-79",
    "country": "30-40 43-44 46-48 50-51 53-64",
    "disco": "1 21 58 62-66 69 76-88 91-94 96-97 99",
    "hiphop": "0 26-27 30 40 43-45 51-54 62-75 99",
    "jazz": "73-99",
    "metal": "12-15 22-23 25-33 38-39 67 70 73-75 78 83 85 87-88",
    "pop": "0-1 13-14 43 63-66 69-79 82 88-96",
    "reggae": "34-40 46-48 52-53 64-68 71 79 82-84 87-90",
    "rock": "10-15 27-37 39-48 86-90",
}
# Left out: each with the excerpt that stays and that it repeats.
REPEATED = {
    "classical": {42: 53},
    "country": {8: 51, 52: 60},
    "disco": {38: 78, 50: 70, 51: 70, 55: 89, 60: 89, 71: 74, 98: 99},
    "hiphop": {
        **{1: 42, 39: 45, 46: 65, 47: 67},
        **{48: 68, 49: 69, 50: 72, 76: 78},
    },
    "jazz": {
        **{33: 51, 34: 53, 35: 55, 36: 58, 37: 60, 38: 62, 39: 65},
        **{40: 67, 42: 68, 43: 69, 44: 70, 45: 71, 46: 72},
    },
    "metal": {
        **{4: 13, 34: 94, 40: 61, 41: 62},
        **{42: 63, 43: 64, 44: 65, 45: 66},
    },
    "pop": {30: 31, 45: 46, 47: 80, 54: 60, 56: 59, 67: 71, 68: 73, 87: 90},
    "reggae": {
        **{3: 54, 5: 56, 7: 59, 8: 57, 10: 60, 13: 58, 33: 44},
        **{41: 69, 73: 74, 75: 92, 80: 82, 81: 82, 91: 92},
    },
}
GENRES = tuple(TRAIN)
_SPLITS = (("train", TRAIN), ("validation", VALIDATION), ("test", TEST))
# Those that repeat another genre's or one that is left out too, and those of
# which the catalogue says more than a pair.
_OTHER_FAULTS = {
    ("metal", 58): "repeats rock.00016",
    ("pop", 15): "repeats pop.00022",
    ("pop", 22): "repeats pop.00015",
    ("pop", 52): "repeats pop.00057",
    ("pop", 57): "repeats pop.00052",
    **{("pop", n): "repeated or distorted" for n in (21, 37, 48, 51)},
    ("reggae", 86): "distorted but for the first seconds",
}


def faults() -> dict[str, str]:
    """Name and fault of each of the 70 excerpts that are left out."""
    found = {
        _name(genre, number): f"repeats {genre}.{kept:05d}"
        for genre, pairs in REPEATED.items()
        for number, kept in pairs.items()
    }
    for (genre, number), fault in _OTHER_FAULTS.items():
        found[_name(genre, number)] = fault
    return found


def index() -> index_files.Index:
    """The excerpts of the fault-filtered split, each with its genre as tag."""
    rows = [
        index_files.IndexRow((_name(genre, number),), (genre,), split=split)
        for split, genres in _SPLITS
        for genre, text in genres.items()
        for number in _numbers(text)
    ]
    return index_files.Index(
        PUBLICATION, VERSION, rows, faults=faults(), vocabulary=GENRES
    )


def _name(genre: str, number: int) -> str:
    return f"{genre}/{genre}.{number:05d}.wav"


def _numbers(text: str) -> list[int]:
    """[3, 4, 5, 8] of "3-5 8"."""
    numbers: list[int] = []
    for part in text.split():
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


DATA_SET = data_set.DataSet(
    name=PUBLICATION.name,
    flag=data_set.Flag("--gtzan", "folder of the ten genres", "DIR"),
    read=copies.reader(lambda _: index()),
    publication=PUBLICATION,
    versions=(VERSION,),
)
