"""One version of a model that is served: its signatures, and who uses it."""

import asyncio
import dataclasses
import functools
import threading
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag import audio
from tftag.console import tensorflow_start
from tftag.inference import loading, saved_dual_encoder
from tftag.server.admission import refusals
from tftag.server.models import batching, signature_rows

with tensorflow_start.prepared():
    import tensorflow as tf
    from tensorflow.core.framework import types_pb2
    from tensorflow.core.protobuf import saved_model_pb2

_MOST_ROWS, _MOST_BYTES = 32, 32 << 20
_DTYPES = {tf.float32: "float", tf.int64: "int64", tf.string: "string"}
# Of an answer: what it takes as JSON, and while it is written.
_MOST_VALUES = 1 << 20


@dataclasses.dataclass(frozen=True)
class Input:
    """What a signature takes by a name.

    Attributes:
        dtype: "float", "int64" or "string".
        shape: None where a size is free; None as a whole where the rank is.
    """

    dtype: str
    shape: tuple[int | None, ...] | None


class ServedVersion:
    """A model that answers several clients at a time.

    Attributes:
        name: Of the model.
        number: Of the version.
        tagger: The model; a `SavedDualEncoder` where it is one.
    """

    def __init__(
        self,
        name: str,
        number: int,
        folder: Any,
        observe: Callable[[int], None],
    ) -> None:
        """Opens a version, and takes a clip through it.

        Args:
            name: Of the model.
            number: Of the version.
            folder: The folder that `saved_model.pb` is in.
            observe: Gets the number of requests in every batch.

        Raises:
            FileNotFoundError: There is none.
            ValueError: It is damaged, or not one that tftag wrote.
            tf.errors.OpError: It fails in its first clip.
        """
        self.name, self.number = name, number
        self.tagger = loading.load(folder)
        self._users, self._changed = 0, threading.Condition()
        self._rows = batching.Batcher(
            self._run, _MOST_ROWS, _MOST_BYTES, observe
        )
        self._clips = batching.Batcher(
            self._run_clips, self.tagger.clips_at_once, _MOST_BYTES, observe
        )
        try:
            if self.tagger.run_clips is not None:
                silence = np.zeros(self.tagger.spec.clip_samples, np.float32)
                self._submit_clip(silence, np.float32(1)).result()
        except BaseException:
            self._close()  # or its threads keep the whole model
            raise

    @property
    def encoder(self) -> saved_dual_encoder.SavedDualEncoder:
        """The model, where it embeds words.

        Raises:
            refusals.Refused: It does not.
        """
        if not isinstance(self.tagger, saved_dual_encoder.SavedDualEncoder):
            refusals.refuse(f"The model {self.name} knows no words.")
        return self.tagger

    def begin_use(self) -> None:
        """Keeps the version up until `end_use`."""
        with self._changed:
            self._users += 1

    def end_use(self) -> None:
        """Lets go of it."""
        with self._changed:
            self._users -= 1
            self._changed.notify_all()

    def drain(self) -> None:
        """Waits for those who use it, and takes it down."""
        with self._changed:
            self._changed.wait_for(lambda: not self._users)
        self._close()

    def inputs(self, signature: str) -> dict[str, Input]:
        """What a signature takes, by name.

        Raises:
            refusals.Refused: There is no such signature.
        """
        return {
            name: Input(
                _DTYPES[spec.dtype],
                None if spec.shape.rank is None else tuple(spec.shape),
            )
            for name, spec in signature_rows.declared(
                self._signature(signature)
            ).items()
        }

    @functools.cached_property
    def signature_definitions(self) -> dict[str, Any]:
        """All signatures, as protobuf writes them in JSON."""
        path = self.tagger.folder / "saved_model.pb"
        saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
        return {
            name: {
                "inputs": _tensors(definition.inputs),
                "outputs": _tensors(definition.outputs),
                "method_name": definition.method_name,
            }
            for name, definition in saved.meta_graphs[0].signature_def.items()
        }

    async def predict(
        self, signature: str, inputs: Mapping[str, npt.NDArray[Any]]
    ) -> dict[str, npt.NDArray[Any]]:
        """Runs a signature, with those of others where that changes nothing.

        A large request is run some rows at a time: others have their turn in
        between, and nothing more is run when it is given up.

        Args:
            signature: Its name.
            inputs: Arrays by the names that it takes, strings as bytes.

        Raises:
            refusals.Refused: A shape does not fit, or the answer would be
                too large.
        """
        function = self._signature(signature)
        signature_rows.check_shapes(inputs, function)
        answers: list[dict[str, npt.NDArray[Any]]] = []
        for part in signature_rows.slices(inputs, function, _MOST_ROWS):
            key = signature_rows.key(signature, part, function)
            waiting = self._rows.submit(key or (signature, object()), part)
            answers.append(await asyncio.wrap_future(waiting))
            if signature_rows.size(answers) > _MOST_VALUES:
                refusals.refuse(
                    f"An answer may have at most {_MOST_VALUES} values: ask "
                    "for less at a time. Received: "
                    f"{signature_rows.size(answers)}, and perhaps more."
                )
        return signature_rows.joined(answers)

    async def run_clips(
        self, samples: npt.NDArray[Any]
    ) -> dict[str, npt.NDArray[Any]]:
        """Takes the clips of a recording through the network.

        Clips of several recordings fill it together, each recording with at
        most as many as it takes at a time: none waits for a long one.

        Args:
            samples: int16 `[samples]`, more than zeros.

        Returns:
            float32 `[clips, width]` by name: "probabilities", of a dual
            encoder "embedding" besides.

        Raises:
            refusals.Refused: The export is of before there were single clips.
        """
        if self.tagger.run_clips is None:
            raise refusals.Refused(
                refusals.NOT_POSSIBLE,
                f"The model {self.name} was exported by an earlier tftag, and "
                "only answers to :predict. Export it again.",
            )
        spec, at_once = self.tagger.spec, self.tagger.clips_at_once
        peak = np.float32(max(int(samples.max()), -int(samples.min())))
        starts = audio.clip_starts(len(samples), spec)
        outputs = []
        for first in range(0, len(starts), at_once):
            waiting = [
                asyncio.wrap_future(
                    self._submit_clip(
                        samples[start : start + spec.clip_samples], peak
                    )
                )
                for start in starts[first : first + at_once]
            ]
            outputs += await asyncio.gather(*waiting)
        return {
            name: np.concatenate([one[name] for one in outputs])
            for name in outputs[0]
        }

    def _close(self) -> None:
        self._rows.close()
        self._clips.close()

    def _submit_clip(self, samples: npt.NDArray[Any], peak: Any) -> Any:
        clip = np.zeros((1, self.tagger.spec.clip_samples), np.float32)
        clip[0, : len(samples)] = samples
        inputs = {"waveform": clip, "peak": np.full(1, peak, np.float32)}
        return self._clips.submit("clips", inputs)

    def _signature(self, name: str) -> Any:
        name = name or "serving_default"
        if name not in self.tagger.signatures:
            refusals.refuse(
                f'Serving signature name: "{name:.100}" not found in '
                "signature def"
            )
        return self.tagger.signatures[name]

    def _run(
        self, key: Any, inputs: batching.Arrays
    ) -> dict[str, npt.NDArray[Any]]:
        function = self._signature(key[0])
        specs = signature_rows.declared(function)
        tensors = {
            name: tf.constant(value, specs[name].dtype)
            for name, value in inputs.items()
        }
        return {
            name: value.numpy() for name, value in function(**tensors).items()
        }

    def _run_clips(
        self, key: Hashable, inputs: batching.Arrays
    ) -> dict[str, npt.NDArray[Any]]:
        given = len(inputs["peak"])
        spare = self.tagger.clips_at_once - given
        # Exports of before take no fewer; more of the last clip is no harm.
        clips = {
            name: np.concatenate([value, np.repeat(value[-1:], spare, axis=0)])
            for name, value in inputs.items()
        }
        run_clips: Any = self.tagger.run_clips  # `run_clips` has looked
        answer = run_clips(clips)
        return {name: value[:given] for name, value in answer.items()}


def _tensors(definitions: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {
            "dtype": types_pb2.DataType.Name(one.dtype),
            "tensor_shape": {
                "dim": [
                    {"size": str(dim.size), "name": dim.name}
                    for dim in one.tensor_shape.dim
                ],
                "unknown_rank": one.tensor_shape.unknown_rank,
            },
            "name": one.name,
        }
        for name, one in definitions.items()
    }
