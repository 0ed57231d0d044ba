"""Files that only ffmpeg writes, and programs that stand in for it."""

import struct
import subprocess
import sys

import numpy as np
import odd_audio

# Name -> options of ffmpeg. The first ones lose nothing.
LOSSLESS = {
    "alac.m4a": "-c:a alac",
    "alac.mov": "-c:a alac",
    "a.wv": "-c:a wavpack",
    "a.tta": "-c:a tta",
    "flac.mka": "-c:a flac",
    "flac.ogg": "-c:a flac",
    "a.voc": "-c:a pcm_s16le",
    "pcm.avi": "-c:a pcm_s16le",
}
LOSSY = {
    "aac.m4a": "-c:a aac -b:a 192k",
    "aac.mp4": "-c:a aac -b:a 192k -movflags frag_keyframe+empty_moov",
    "front.m4a": "-c:a aac -b:a 192k -movflags faststart",
    "adts.aac": "-c:a aac -b:a 192k",
    "latm.aac": "-c:a aac -b:a 192k -f latm",
    "really_aac.mp3": "-c:a aac -b:a 192k -f mp4",
    "no ending": "-c:a aac -b:a 192k -f mp4",
    "a.wma": "-c:a wmav2 -b:a 192k",
    "wma.wav": "-c:a wmav2 -b:a 192k",
    "opus.webm": "-c:a libopus -b:a 192k",
    "opus.mka": "-c:a libopus -b:a 192k",
    "opus.mp4": "-c:a libopus -b:a 192k -strict -2",
    "a.ac3": "-c:a ac3 -b:a 192k",
    "a.thd": "-c:a truehd -strict -2 -ar 48000",
    "a.mlp": "-c:a mlp -strict -2 -ar 48000",
    "aac.flv": "-c:a aac -b:a 192k",
    "ac3.vob": "-c:a ac3 -b:a 192k",
}


def write(folder, name, options, x, rate_hz):
    """Writes a file by ffmpeg; returns its path."""
    source = folder / f".{name}.wav"
    source.write_bytes(odd_audio.encoded(x, rate_hz))
    path = folder / name
    subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", f"file:{source}"]
        + [*options.split(), f"file:{path}"],
        check=True,
        timeout=60,
    )
    source.unlink()
    return path


def dsf(x, times):
    """A mono DSF of samples in -1..1 at 44.1 kHz `times` the bits."""
    ones = np.floor(np.cumsum(np.repeat((1 + x) / 2, times)))
    bits = np.diff(ones, prepend=0).astype(np.uint8)
    data = np.packbits(bits, bitorder="little").tobytes()
    blocks = data.ljust(-(-len(data) // 4_096) * 4_096, b"\x69")
    form = struct.pack(
        "<6IQ2I", 1, 0, 1, 1, 44_100 * times, 1, len(bits), 4_096, 0
    )
    body = b"fmt " + struct.pack("<Q", 12 + len(form)) + form
    body += b"data" + struct.pack("<Q", 12 + len(blocks)) + blocks
    return b"DSD " + struct.pack("<3Q", 28, 28 + len(body), 0) + body


def stand_in(folder, program, monkeypatch):
    """Puts a Python program in the place of ffmpeg."""
    folder.mkdir(exist_ok=True)
    script = folder / "ffmpeg"
    script.write_text(f"#!{sys.executable} -SE\n{_BEGIN}{program}")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def uninstall(folder, monkeypatch):
    """Leaves no ffmpeg to be found."""
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv("PATH", str(folder))


_BEGIN = """
import os, struct, sys, time
def say(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
def header(rate_hz=8_000, channels=1, coding=6, offset=24):
    say(struct.pack(">4s5I", b".snd", offset, 2**32 - 1, coding, rate_hz,
        channels) + bytes(offset - 24))
if "-version" in sys.argv:
    say(b"ffmpeg version 0.1-test Copyright\\n")
    sys.exit()
"""
