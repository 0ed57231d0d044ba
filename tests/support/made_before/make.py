"""Makes made_before.tar.xz, which test_made_before.py reads.

What a version of tftag left behind, and what it said of it: exports, a
finished run, runs that were killed, an index of a folder. Made once, by the
commit before folders and modules were named anew, e1f27e1, in a checkout of
it with its own environment (requirements/default-py311.txt, no GPU):

    PYTHONPATH=.:tests .venv/bin/python make.py FOLDER

It is not to be made again by a later version: then it would say nothing.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tarfile
import time

TONES = {"train": 16, "validation": 6, "test": 6, "seconds": 0.75}
PHRASES = ("high", "low", "noise", "bright", "deep", "hiss", "no noise")
SMALL = (
    "--data data --runs runs --sample-rate-hz 8000 --clip-seconds 0.5 "
    "--window-samples 512 --hop-samples 512 --mel-bands 8 --max-hz 4000 "
    "--width 0.015625 --blocks 2 --mel-mask-bands 2 --time-mask-frames 2 "
    "--batch-size 4 --checkpoint-seconds 0"
)
# All that has a state: dropout, averages, adaptive weights, mixing, masks.
TAGGER = (
    f"{SMALL} --epochs 6 --dropout 0.3 --tag-weights adaptive "
    "--average-decay 0.9 --patience 5 --mixup-alpha 0.4 --mel-masks 1 "
    "--time-masks 1 --tag-balance 0.5 --export saved_models/tagger"
)
DUAL = (
    f"{SMALL} --epochs 8 --dim 8 --text-units 16 --words words.txt "
    "--average-decay 0.9 --export saved_models/dual"
)
BASELINE = "experiments.run_baseline"
DUAL_ENCODER = "experiments.run_dual_encoder"
EVALUATE = "experiments.run_evaluate"
TFTAG = "tftag.__main__"
# Title: module, arguments, and the run that has the figures.
COMMANDS = {
    "train": (BASELINE, f"{TAGGER} --name whole", "baseline/whole"),
    "train a dual encoder": (
        DUAL_ENCODER,
        f"{DUAL} --name whole",
        "dual_encoder/whole",
    ),
    "evaluate": (
        EVALUATE,
        "saved_models/tagger data --runs runs --name first --split test",
        "evaluate/first",
    ),
    "start from an export": (
        BASELINE,
        f"{SMALL} --epochs 1 --init-from saved_models/tagger --freeze "
        "--export saved_models/next --name from_export",
        "baseline/from_export",
    ),
    "start from a run": (
        BASELINE,
        f"{SMALL} --epochs 1 --init-from runs/baseline/whole "
        "--export saved_models/next --name from_run",
        "baseline/from_run",
    ),
    "tag": (
        TFTAG,
        "tag saved_models/tagger data/audio --all --format jsonl",
        None,
    ),
    "tag a timeline": (
        TFTAG,
        "tag saved_models/dual/1 data/audio/003.wav --all --timeline "
        "--format jsonl",
        None,
    ),
    "tag with any words": (
        TFTAG,
        "tag saved_models/dual data/audio --tags bright,hiss --format jsonl",
        None,
    ),
    "search": (
        TFTAG,
        "search saved_models/dual data/audio hiss^2/-deep --format jsonl",
        None,
    ),
}
KILLED = {
    "resume": ("train", 8),
    "resume a dual encoder": ("train a dual encoder", 6),
}
# Nothing reads these again, or another command makes them.
LEFT_OUT = (
    "runs/baseline/from_export",
    "runs/baseline/from_run",
    "runs/dual_encoder/whole",
    "runs/evaluate",
    "saved_models/next",
)
LEFT_OUT_ANYWHERE = ("figures", "tensorboard", ".lock")


def main(folder: str) -> None:
    """Runs the commands in a new folder, and packs what they left there."""
    folder = pathlib.Path(folder).resolve()
    folder.mkdir(parents=True)
    before = os.path.abspath(".")
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [before, os.path.join(before, "tests")]
    )
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    os.chdir(folder)
    answers = make()
    pathlib.Path("answers.json").write_text(
        json.dumps(answers, indent=1, ensure_ascii=False) + "\n", "utf-8"
    )
    forget(f"{folder}/", f"{before}/")
    with tarfile.open(f"{folder}.tar.xz", "w:xz", preset=9) as packed:
        packed.add(".", filter=kept)


def make() -> dict[str, dict]:
    """Runs the commands in the working directory; returns their answers."""
    # The helper of that commit's tests.
    import tone_manifest

    tone_manifest.make(pathlib.Path("data"), **TONES)
    for path in pathlib.Path("data/audio").iterdir():
        # An archive keeps whole seconds, and the index knows files by them.
        os.utime(path, (1_700_000_000, 1_700_000_000))
    pathlib.Path("words.txt").write_text(word_vectors())
    answers = {}
    for title, (module, arguments, run) in COMMANDS.items():
        # A query is one argument: / stands for its space.
        line = [word.replace("/-", " -") for word in arguments.split()]
        print(title, module, line, flush=True)
        done = subprocess.run(
            [sys.executable, "-m", module, *line],
            check=True,
            text=True,
            stdout=subprocess.PIPE,
        )
        answers[title] = {"module": module, "arguments": line, "run": run}
        if run is None:
            rows = map(json.loads, done.stdout.splitlines())
            answers[title]["answer"] = list(rows)
        else:
            metrics = pathlib.Path("runs", run, "metrics.json")
            answers[title]["answer"] = json.loads(metrics.read_text())
    for title, (whole, state) in KILLED.items():
        answers[title] = kill(answers[whole], state)
    answers["Keras model"] = embeddings()
    return answers


def kill(whole: dict, state: int) -> dict:
    """Starts a command again as another run, and kills it at a state."""
    line = [*whole["arguments"][:-1], "killed"]
    run = str(pathlib.PurePath(whole["run"]).with_name("killed"))
    states = pathlib.Path("runs", run)
    first = f"state-{state:010d}.npz"
    process = subprocess.Popen([sys.executable, "-m", whole["module"], *line])
    while not any(path.name >= first for path in states.rglob("state-*")):
        time.sleep(0.0005)
        if process.poll() is not None:
            raise ValueError(f"Ended before state {state}: {line}")
    process.send_signal(signal.SIGKILL)
    process.wait()
    return {**whole, "arguments": line, "run": run}


def word_vectors() -> str:
    """A GloVe file of a few phrases, with neighbours that mean the same."""
    import numpy as np

    drawn = np.random.default_rng(0).normal(size=(len(PHRASES), 8))
    drawn[3:6] = drawn[:3] + 0.3 * drawn[3:6]
    return "".join(
        f"{phrase} {' '.join(f'{number:.4f}' for number in row)}\n"
        for phrase, row in zip(PHRASES, drawn, strict=True)
    )


def embeddings() -> dict:
    """What the Keras models of the exports say of a chord."""
    import keras
    import numpy as np

    from tftag.models import dual_encoder, tagger  # noqa: F401

    answers = {}
    for kind, file in (("tagger", "tagger"), ("dual", "dual_encoder")):
        path = f"saved_models/{kind}/1/assets.extra/{file}.keras"
        model = keras.saving.load_model(path, compile=False)
        seconds = np.arange(4_000) / 8_000
        chord = np.sin(2 * np.pi * np.outer([220, 277, 1_900], seconds))
        wave = chord.sum(axis=0, dtype=np.float32)[np.newaxis]
        found = model({"waveform": wave, "peak": np.abs(wave).max(axis=1)})
        answers[path] = np.array(found).tolist()
    return {"answer": answers}


def forget(*places: str) -> None:
    """Takes the folders of this machine out of runs and model cards."""
    for path in pathlib.Path(".").rglob("*.json"):
        text = path.read_text("utf-8")
        for place in places:
            text = text.replace(place, "")
        path.write_text(text, "utf-8")


def kept(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Leaves out what nothing reads, and whose machine it was."""
    path = pathlib.PurePath(member.name)
    if str(path) in LEFT_OUT or path.name in LEFT_OUT_ANYWHERE:
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    main(*sys.argv[1:])
