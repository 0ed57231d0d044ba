"""How a file is to be read, by what it holds.

The contents are looked at before anything is decoded: where the frames of an
MP3 or a FLAC are, which links an Ogg file has, how a WAV lays out its samples.
So it is known what a decoder must give, and what it must not see.
"""

import dataclasses
import os

import soundfile

from tftag.audio import contents, ffmpeg, spliced_file
from tftag.audio.formats import (
    encryption,
    flac_frames,
    mp3_frames,
    mp4_movie,
    ogg_links,
    stated_end,
    wav_chunks,
)

# Of a file beside its audio: more is no tag.
_MOST_BESIDE = 1 / 16
# Of what a file holds, what must be there for it to be whole.
WHOLE_SHARE = 0.99
# Half a second of them is no accident, whatever else is in an MP3.
_MP3_SUFFIXES, _MANY_FRAMES = (".mp3", ".mp2", ".mp1", ".mpa"), 20
# What a decoder of MP3 may cut off, of what the encoder added.
_MOST_DELAY_FRAMES = 3
# libsndfile rounds where the others cut (MS), and forgets what was there
# before each packet (QuickTime's IMA in AIFF): up to 630 and 127 of 32,768. Of
# VOC it takes the headers of later blocks for samples, and of a stereo 8SVX,
# whose channels lie one behind the other, samples in turn.
_MISREAD_FORMATS = {
    ("WAV", "MS_ADPCM"),
    ("W64", "MS_ADPCM"),
    ("AIFF", "IMA_ADPCM"),
} | {("VOC", subtype) for subtype in ("PCM_U8", "PCM_16", "ULAW", "ALAW")}
# Behind what a header states; less is a tag.
_MOST_BEHIND = 0.01
MISREAD = (
    "libsndfile misreads samples of this format; ffmpeg, where it is "
    "installed, does not"
)


@dataclasses.dataclass
class Part:
    """A part of a file that libsndfile reads as if it were all of it.

    Attributes:
        pieces: Where it is, for `spliced_file.opened`; `None` is the file.
        seconds: What it holds; 0 where nobody knows.
        is_open_ended: Whether it is an MP3 that does not state its length.
    """

    pieces: list[spliced_file.Piece] | None = None
    seconds: float = 0.0
    is_open_ended: bool = False


@dataclasses.dataclass
class Layout:
    """How a file is to be read.

    Attributes:
        parts: By libsndfile, one behind the other; none where it would read
            noise.
        lost: What the file says of what it lacks.
        container: What ffmpeg is told that it is; "" where it finds out.
        again: Other parts, where libsndfile cannot read these.
        is_misread: Whether ffmpeg is right where libsndfile is not.
        is_exact: Whether it holds no more than was counted.
        is_encrypted: Whether its sound is; then none of it can be read.
        ignores_edits: Whether an edit list leaves nothing of it.
        has_gaps: Whether frames are damaged, and noise that is louder than
            full scale, which a player would clip.
        unread: What else is lost where ffmpeg reads it, which tells nothing.
        start: Where it begins, for ffmpeg.
        end: Where it ends, for ffmpeg; `None` where the file does.
    """

    parts: list[Part]
    lost: str = ""
    container: str = ""
    again: list[Part] | None = None
    is_misread: bool = False
    is_exact: bool = False
    is_encrypted: bool = False
    ignores_edits: bool = False
    has_gaps: bool = False
    unread: str = ""
    start: int = 0
    end: int | None = None

    @property
    def seconds(self) -> float:
        """What the file holds, as far as it can be counted."""
        return sum(part.seconds for part in self.parts)


def _is_misread(path: str | os.PathLike[str]) -> bool:
    try:
        with soundfile.SoundFile(os.fsencode(path)) as file:
            is_planar = file.format == "SVX" and file.channels > 1
            return is_planar or (file.format, file.subtype) in _MISREAD_FORMATS
    except (soundfile.LibsndfileError, TypeError):
        return False


def find(path: str | os.PathLike[str]) -> Layout:
    """Finds out how a file is to be read.

    Args:
        path: The file.

    Raises:
        OSError: It cannot be read.
    """
    kind, start = contents.kind(path)
    layout = _of_kind(path, kind, start)
    if layout is None:
        # Behind the head of another file, or what a server sent.
        inside = contents.kinds_inside(path)
        layouts = (_of_kind(path, *each) for each in inside)
        layout = next(filter(None, layouts), None)
    if layout is None:
        found = mp3_frames.find(path)
        if found and _is_mp3(path, found):
            return _of_mp3(found)
        layout = _of_flac(flac_frames.find_headless(path))
        if layout is not None:
            texts = "its start with the header is missing", layout.lost
            layout.lost = "; ".join(filter(None, texts))
    return layout or _of_one(path)


def _is_mp3(path: str | os.PathLike[str], found: mp3_frames.Frames) -> bool:
    """Whether a file that begins like none is the MP3 that is found in it."""
    frames = sum(part.frames for part in found.parts)
    is_named = os.fsdecode(path).lower().endswith(_MP3_SUFFIXES)
    is_most = found.covered_bytes > found.all_bytes / 2
    return is_most or (is_named and frames >= _MANY_FRAMES)


def _of_kind(
    path: str | os.PathLike[str], kind: str, start: int
) -> Layout | None:
    """The layout of a file of a kind; `None` where it is none of that."""
    match kind:
        case contents.FLAC:
            return _of_flac(flac_frames.find(path, start))
        case contents.OGG:
            links = ogg_links.find(path, start)
            return _of_ogg(links, start, os.path.getsize(path))
        case contents.WAV:
            layout = _of_samples(path, start) or _of_wavs(path, start)
            if layout is None and not start:
                layout = _of_one(path)
            return layout and dataclasses.replace(
                layout, unread=_unread(path, start)
            )
        case contents.MP3:
            found = mp3_frames.find(path)
            return _of_mp3(found) if found else None
        case contents.OTHER:
            layout = _of_wavs(path, start)  # AIFF, CAF, AU
            if layout is not None:
                layout.unread = _unread(path, start)
            else:
                layout = dataclasses.replace(_of_one(path), start=start)
                layout.end = stated_end.last_tags(path)
                layout.unread = _there(stated_end.there_share(path))
                movie = mp4_movie.read(path, start)
                layout.is_encrypted = encryption.is_there(path, movie, start)
                layout.ignores_edits = mp4_movie.is_edited_away(movie)
            return layout
    return None


def _of_samples(path: str | os.PathLike[str], start: int) -> Layout | None:
    """The layout of a whole file in the place of a WAV's samples.

    Who wraps what came from elsewhere may not know that it has a header, which
    may state another rate.
    """
    place = wav_chunks.samples_start(path, start)
    if not place:
        return None
    kind = contents.kind_at(path, place)
    if kind == contents.WAV:  # of any number of headers two are enough
        return _of_wavs(path, place)
    layout = _of_kind(path, kind, place)
    if layout is not None:
        for part in layout.parts:
            part.pieces = part.pieces or [(place, os.path.getsize(path))]
    return layout


def _of_wavs(path: str | os.PathLike[str], start: int) -> Layout | None:
    """The layout of WAV, AIFF, CAF or AU that is not read as it is."""
    wavs = wav_chunks.find(path, start)
    if all(wav.is_whole for wav in wavs):
        return None
    if len(wavs) == 1 and len(wavs[0].pieces) == 1 and not start:
        ((_, end),) = wavs[0].pieces
        return _of_one(path, end)
    behind = 0.0 if start or len(wavs) > 1 else stated_end.unread_share(path)
    text = _there(wavs[-1].there_share) or _behind(behind)
    return Layout([Part(wav.pieces) for wav in wavs], text)


def _unread(path: str | os.PathLike[str], start: int) -> str:
    """What ffmpeg does not read, or misses, of WAV, AIFF or CAF."""
    wavs = wav_chunks.find(path, start)
    if len(wavs) > 1:
        return _behind(stated_end.unread_share(path))
    return _there(wavs[0].there_share) if wavs else ""


def _there(share: float) -> str:
    if share >= WHOLE_SHARE:
        return ""
    return f"only {100 * share:.1f} % of it is there"


def _of_one(path: str | os.PathLike[str], end: int | None = None) -> Layout:
    behind = _behind(stated_end.unread_share(path))
    container = wav_chunks.coded_as(path)
    if container == "mp3" and (found := mp3_frames.find(path)):
        return _of_mp3(found)
    if container:
        return Layout([], behind, container, is_misread=True)
    parts = [Part(None if end is None else [(0, end)])]
    if not _is_misread(path):
        return Layout(parts, behind, end=end)
    texts = "" if ffmpeg.version() else MISREAD, behind
    text = "; ".join(filter(None, texts))
    return Layout(parts, text, is_misread=True, end=end)


def _behind(share: float) -> str:
    """What is said of what lies behind the end that a file states."""
    if share < _MOST_BEHIND:
        return ""
    return (
        f"{100 * share:.1f} % of it lie behind the end that its header states, "
        "and are not read"
    )


def _of_flac(found: flac_frames.Frames | None) -> Layout | None:
    if found is None:
        return None
    spliced, lost = [], 0
    for part in found.parts:
        pieces: list[spliced_file.Piece] = [
            found.header_of(part),
            (part.start, part.end),
        ]
        spliced.append(Part(pieces, part.samples / part.kind[0]))
        lost += part.lost_samples
    held = sum(part.samples for part in found.parts)
    text = ""
    if max(lost, found.stated_samples - held) > (1 - WHOLE_SHARE) * held:
        whole = max(held + lost, found.stated_samples)
        text = f"only {100 * held / whole:.1f} % of it is there"
    elif lost:
        text = f"{lost} of {held + lost} samples are missing in it"
    text = "; ".join(filter(None, (text, _behind(found.behind_share))))
    is_true = (
        len(found.parts) == 1
        and found.parts[0].kind == found.stated_kind
        and found.stated_samples in (0, held)
        and found.is_block_true
    )
    if is_true:
        direct = Part(None, spliced[0].seconds)
        return Layout([direct], text, again=spliced)
    return Layout(spliced, text)


def _of_ogg(
    links: list[ogg_links.Link], start: int, size: int
) -> Layout | None:
    known = [link for link in links if link.is_known]
    known = known or [link for link in links if link.pages]  # FLAC
    if not known:  # a film
        part = Part([(start, size)] if start else None)
        return Layout([part], start=start) if links else None
    pages = sum(link.pages for link in known)
    lost = sum(link.lost_pages for link in known)
    others = sum(link.end - link.start for link in links if link not in known)
    texts = [_behind(links[-1].behind_share)]
    if others:
        texts.insert(
            0,
            f"{100 * others / size:.1f} % of it are another stream, neither "
            "Vorbis nor Opus, and are not read",
        )
    if lost:
        texts.insert(0, f"{lost} of {pages + lost} pages are missing in it")
    if not all(link.is_ended for link in known):
        texts.append("its end is missing")
    parts = [Part(link.pieces, link.seconds) for link in known]
    if parts[0].pieces == [(0, size)]:
        parts[0].pieces = None
    is_exact = not lost and all(link.seconds for link in known)
    text = "; ".join(filter(None, texts))
    return Layout(parts, text, is_exact=is_exact, start=start)


def _of_mp3(found: mp3_frames.Frames) -> Layout:
    parts = []
    held = sum(part.frames for part in found.parts)
    stated = sum(max(part.frames, part.stated_frames) for part in found.parts)
    first = found.parts[0]
    if first.stated_frames >= max(first.frames + 2, WHOLE_SHARE * held):
        stated = max(held, first.stated_frames)  # who joined them counted all
    for part in found.parts:
        frames = max(0, part.frames - _MOST_DELAY_FRAMES)
        seconds = frames * part.frame_samples / part.rate_hz
        is_open_ended = not part.stated_frames
        pieces: list[spliced_file.Piece] = [*part.pieces]
        if part.stated_frames and part.frames > part.stated_frames + 1:
            # It would end there. The frame that says so is no music.
            pieces[0] = (part.mark, part.pieces[0][1])
            is_open_ended = True
        parts.append(Part(pieces, seconds, is_open_ended))
    texts = ["its start is cut off"] if found.is_start_cut else []
    if held < WHOLE_SHARE * stated:
        texts.append(f"only {100 * held / stated:.1f} % of it is there")
    between = found.lost_bytes / found.all_bytes
    if between:
        texts.append(
            f"{100 * between:.2g} % of it, between its frames, are no MP3 and "
            "are lost"
        )
    beside = 1 - between - found.covered_bytes / found.all_bytes
    if beside > _MOST_BESIDE:
        texts.append(f"{100 * beside:.1f} % around its frames are no MP3")
    text = "; ".join(texts)
    # In one run of frames is nothing that libsndfile stumbles over.
    is_one_run = len(parts) == 1 and len(found.parts[0].pieces) == 1
    if is_one_run and not parts[0].is_open_ended:
        return Layout([Part(None, parts[0].seconds)], text, "mp3", parts)
    return Layout(parts, text, "mp3", has_gaps=between > 0)
