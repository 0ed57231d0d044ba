"""MagnaTagATune: 25,863 annotated clips of 29 seconds, with 188 tags.

The published split goes by the sixteen folders of the audio: 0 to b train,
c validates, d to f test. It shares artists: of 75 that are tested, 45 are
trained on. The version `artist` has all clips and no split, so that one is
made by artist.
"""

import collections
import csv
import dataclasses
import os
import pathlib
from collections.abc import Iterable

from pipelines.sources import data_set, listings
from pipelines.sources.published import copies, index_files

PUBLICATION = data_set.Publication(
    name="MagnaTagATune",
    homepage="https://mirg.city.ac.uk/codeapps/the-magnatagatune-dataset",
    licence="audio: Magnatune, CC BY-NC-SA; annotations: none stated",
    citation="Law, West, Mandel, Bay and Downie: Evaluation of algorithms "
    "using games: the case of music tagging. ISMIR 2009.",
)
VERSIONS = {
    "clean": data_set.Version(
        "clean", (15_244, 1_529, 4_332), 50, "with one of the top 50 tags"
    ),
    "full": data_set.Version("full", (18_706, 1_825, 5_329), 50),
    "artist": data_set.Version(
        "artist",
        (25_860,),
        50,
        "split by artist, made here",
        # The sizes of the published split.
        split_weights=(18_706, 1_825, 5_329),
    ),
}
ANNOTATIONS = "annotations_final.csv"
CLIP_INFO = "clip_info_final.csv"
TAG_COUNT = 188
# Empty files in the published archive. They carry tags, so that figures of
# 15,247 and 18,709 training clips count them.
FAULTS = {
    "6/norine_braun-now_and_zen-08-gently-117-146.mp3": "empty file",
    "8/jacob_heringman-josquin_des_prez_lute_settings-19-gintzler__"
    "pater_noster-204-233.mp3": "empty file",
    "9/american_baroque-dances_and_suites_of_rameau_and_couperin-25-"
    "le_petit_rien_xiveme_ordre_couperin-88-117.mp3": "empty file",
}


def read_magnatagatune(
    folder: str | os.PathLike[str],
    subset: str,
    *,
    all_tags: bool = False,
    merge_synonyms: bool = False,
) -> index_files.Index:
    """Reads `annotations_final.csv` and `clip_info_final.csv`.

    Args:
        folder: Where they are.
        subset: One of `VERSIONS`.
        all_tags: Whether to learn all tags rather than the top 50.
        merge_synonyms: Whether tags that mean the same become one. The top
            50 are then counted again; who is in `clean` stays the same.

    Returns:
        The clips of that version.

    Raises:
        FileNotFoundError: An index file is missing.
        ValueError: An index file is damaged.
    """
    annotations = index_files.find(PUBLICATION, folder, ANNOTATIONS)
    clip_info = index_files.find(PUBLICATION, folder, CLIP_INFO)
    artists = _read_artists(clip_info)
    clips = _read_annotations(annotations)
    rows = []
    counts: collections.Counter[str] = collections.Counter()
    for clip_id, path, tags in clips:
        merged = merge(tags) if merge_synonyms else tags
        counts.update(merged)
        known = not set(tags).isdisjoint(TOP_50)
        if path in FAULTS or (subset == "clean" and not known):
            continue
        rows.append(
            index_files.IndexRow(
                names=(path,),
                tags=merged,
                artist=artists.get(clip_id, ""),
                split="" if subset == "artist" else _split(path, annotations),
            )
        )
    version = VERSIONS[subset]
    if merge_synonyms:
        note = f"{version.note}; synonyms merged".removeprefix("; ")
        version = dataclasses.replace(version, note=note)
    vocabulary = TOP_50
    if all_tags:
        vocabulary = tuple(sorted(counts))
    elif merge_synonyms:
        by_count = sorted(counts, key=lambda name: (-counts[name], name))
        vocabulary = tuple(by_count[:50])
    return index_files.Index(
        PUBLICATION,
        version,
        rows,
        files=(annotations, clip_info),
        faults=FAULTS,
        vocabulary=vocabulary,
    )


def _split(path: str, where: pathlib.Path) -> str:
    name = path.split("/", 1)[0].lower()
    if len(name) != 1 or name not in "0123456789abcdef":
        raise ValueError(
            f"{where}: a clip must lie in one of the folders 0 to f. "
            f"Received: {path!r}"
        )
    if name in "def":
        return "test"
    return "validation" if name == "c" else "train"


def _read_annotations(
    path: pathlib.Path,
) -> list[tuple[str, str, tuple[str, ...]]]:
    """Id, path and tags of each clip."""
    with index_files.open_text(path) as file:
        reader = csv.reader(file, delimiter="\t")
        header = next(reader, [])
        names = header[1:-1]
        if (header[:1], header[-1:]) != (["clip_id"], ["mp3_path"]) or len(
            names
        ) != TAG_COUNT:
            raise ValueError(
                f"{path} must start with clip_id, {TAG_COUNT} tags and "
                f"mp3_path, separated by tabs. Received {len(header)} "
                f"columns: {header[:1]!s:.60} to {header[-1:]!s:.60}"
            )
        clips = []
        for cells in filter(any, reader):
            others = sorted(set(cells[1:-1]) - {"0", "1"})
            if len(cells) != len(header) or others:
                raise ValueError(
                    f"{path}, line {reader.line_num}: a clip must have "
                    f"{len(header)} cells, zeros and ones between its id and "
                    "its path. "
                    f"Received: {len(cells)} cells, {others[:3]!s:.60}"
                )
            held = zip(names, cells[1:-1], strict=True)
            tags = listings.clean_tags(name for name, on in held if on == "1")
            clips.append((cells[0], cells[-1], tags))
    return clips


def _read_artists(path: pathlib.Path) -> dict[str, str]:
    """Artist of each clip id."""
    table = index_files.read_table(
        path,
        ("clip_id", "artist"),
        separator="\t",
        errors="surrogateescape",
    )
    return {
        cells["clip_id"]: listings.clean_artist(cells["artist"] or "")
        for _, cells in table
    }


def merge(tags: Iterable[str]) -> tuple[str, ...]:
    """Replaces each tag by the one that stands for its synonyms.

    Args:
        tags: Tags of a clip.

    Returns:
        The tags in their order, each once.
    """
    return tuple(dict.fromkeys(_KEPT.get(name, name) for name in tags))


def _names(text: str) -> tuple[str, ...]:
    return tuple(" ".join(text.split()).split(", "))


# By falling number of clips; the order of the published label arrays.
TOP_50 = _names("""
guitar, classical, slow, techno, strings, drums, electronic, rock, fast,
piano, ambient, beat, violin, vocal, synth, female, indian, opera, male,
singing, vocals, no vocals, harpsichord, loud, quiet, flute, woman, male
vocal, no vocal, pop, soft, sitar, solo, man, classic, choir, voice, new age,
dance, male voice, female vocal, beats, harp, cello, no voice, weird, country,
metal, female voice, choral
""")
# The list that most published work with merged tags uses; the first of each
# group is kept.
_GROUPS = """
beat, beats;
chant, chanting;
choir, choral;
classical, clasical, classic;
drum, drums;
electro, electronic, electronica, electric;
fast, fast beat, quick;
female, female singer, female singing, female vocals, female vocal,
female voice, woman, woman singing, women;
flute, flutes;
guitar, guitars;
hard, hard rock;
harpsichord, harpsicord;
heavy, heavy metal, metal;
horn, horns;
india, indian;
jazz, jazzy;
male, male singer, male vocal, male vocals, male voice, man, man singing, men;
no beat, no drums;
no singer, no singing, no vocal, no vocals, no voice, no voices, instrumental;
opera, operatic;
orchestra, orchestral;
quiet, silence;
singer, singing;
space, spacey;
string, strings;
synth, synthesizer;
violin, violins;
vocal, vocals, voice, voices;
strange, weird
"""
SYNONYMS = tuple(_names(group) for group in _GROUPS.split(";"))
_KEPT = {name: group[0] for group in SYNONYMS for name in group}


DATA_SET = data_set.DataSet(
    name=PUBLICATION.name,
    flag=data_set.Flag(
        "--magnatagatune", f"folder of {ANNOTATIONS} and {CLIP_INFO}", "DIR"
    ),
    read=copies.reader(
        lambda asked: read_magnatagatune(
            asked.magnatagatune,
            asked.subset,
            all_tags=asked.all_tags,
            merge_synonyms=asked.merge_synonyms,
        )
    ),
    publication=PUBLICATION,
    versions=tuple(VERSIONS.values()),
    options=(
        data_set.Flag("--all-tags", "learn all tags, not just the top 50"),
        data_set.Flag(
            "--merge-synonyms", "female, woman and so on are one tag"
        ),
    ),
)
