"""Runs a SavedModel without TensorFlow's Python: in a session of the C library.

Importing any part of TensorFlow's Python imports all of it, which takes longer
than all else that the tagging of one file does. The kernels are the same, and
so are the numbers.
"""

import ctypes
import math
import os
import pathlib
import weakref
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.console import tensorflow_start
from tftag.inference.runtimes import c_library, signature_defs
from tftag.storage import plain_path

_TAG = b"serve"
_STRING = 7
# By the numbers of `tensorflow.DataType`.
_DTYPES: dict[int, type[np.generic]] = {
    1: np.float32,
    2: np.float64,
    3: np.int32,
    9: np.int64,
    10: np.bool_,
}

# A `tensorflow.ConfigProto` with these `graph_options`. All signatures are one
# graph once functions are inlined; placed is what a call needs of it.
_AS_IT_IS = bytes.fromhex(
    "520b"
    "1a022001"  # optimizer_options.do_function_inlining: true
    "3001"  # place_pruned_graph: true
    "5203980101"  # rewrite_options.disable_meta_optimizer: true
)


class CRuntime:
    """A SavedModel that is open."""

    def __init__(self, folder: pathlib.Path, optimises: bool = True):
        """Opens it.

        Args:
            folder: The folder that `saved_model.pb` is in.
            optimises: Whether the graph is optimised. It costs a second or
                two until the first answer, and each takes a tenth less; the
                numbers differ by rounding.

        Raises:
            ValueError: It cannot be opened, or TensorFlow has no C library.
        """
        library = c_library.loaded()
        if library is None:
            raise ValueError("TensorFlow's wheel has no C library here.")
        self._library = library
        # Without them the library opens it all the same.
        if not (folder / "variables" / "variables.index").is_file():
            raise ValueError("it has no variables")
        content = (folder / "saved_model.pb").read_bytes()
        self._signatures = signature_defs.read(content)
        graph = self._graph = library.TF_NewGraph()
        options, status = library.TF_NewSessionOptions(), _Status(library)
        if not optimises:
            library.TF_SetConfig(
                options, _AS_IT_IS, len(_AS_IT_IS), status.pointer
            )
            status.check()
        tags = (ctypes.c_char_p * 1)(_TAG)
        with plain_path.plain(folder) as plain, tensorflow_start.prepared():
            session = library.TF_LoadSessionFromSavedModel(
                *(options, None, os.fsencode(plain), tags, 1),
                *(graph, None, status.pointer),
            )
        library.TF_DeleteSessionOptions(options)
        status.check()
        self._session = session
        closing = weakref.finalize(self, _close, library, session, graph)
        # With the process everything goes.
        closing.atexit = False

    @property
    def names(self) -> set[str]:
        """The signatures."""
        return set(self._signatures)

    def width(self, signature: str, output: str) -> int:
        """The last dimension of an output.

        Raises:
            KeyError: There is no such signature or output.
        """
        return self._signatures[signature].outputs[output].width

    def run(
        self, signature: str, inputs: Mapping[str, npt.ArrayLike]
    ) -> dict[str, npt.NDArray[Any]]:
        """Runs a signature.

        Args:
            signature: Its name.
            inputs: All its inputs, by name; numbers are cast.

        Returns:
            All its outputs, by name; strings as objects that are `bytes`.

        Raises:
            ValueError: TensorFlow refuses the inputs.
        """
        asked, status = self._signatures[signature], _Status(self._library)
        taken = [asked.inputs[name] for name in inputs]
        given = list(asked.outputs.values())
        fed = (c_library.POINTER * len(taken))()
        got = (c_library.POINTER * len(given))()
        try:
            for at, value in enumerate(inputs.values()):
                fed[at] = self._tensor(np.asarray(value), taken[at].dtype)
            self._library.TF_SessionRun(
                *(self._session, None),
                *(self._places(taken), fed, len(taken)),
                *(self._places(given), got, len(given)),
                *(None, 0, None, status.pointer),
            )
            status.check()
            values = map(self._array, got)
            return dict(zip(asked.outputs, values, strict=True))
        finally:
            for tensor in filter(None, (*fed, *got)):
                self._library.TF_DeleteTensor(tensor)

    def _places(
        self, tensors: Iterable[signature_defs.Tensor]
    ) -> ctypes.Array[c_library.Output]:
        """Where tensors are in the graph."""
        places = [
            c_library.Output(
                self._library.TF_GraphOperationByName(
                    self._graph, tensor.operation.encode()
                ),
                tensor.index,
            )
            for tensor in tensors
        ]
        return (c_library.Output * len(places))(*places)

    def _tensor(self, value: npt.NDArray[Any], dtype: int) -> int:
        """Makes a tensor of an array."""
        library, shape = self._library, value.shape
        is_text = dtype == _STRING
        item_bytes = (
            c_library.STRING_BYTES
            if is_text
            else np.dtype(_DTYPES[dtype]).itemsize
        )
        dims = (ctypes.c_int64 * len(shape))(*shape)
        made: int = library.TF_AllocateTensor(
            dtype, dims, len(shape), value.size * item_bytes
        )
        data = library.TF_TensorData(made)
        if is_text:
            for at, text in enumerate(value.ravel().tolist()):
                place = data + at * c_library.STRING_BYTES
                library.TF_StringInit(place)
                library.TF_StringCopy(place, text, len(text))
        elif value.size:
            # int16 becomes float32 right there, without a copy between.
            self._view(data, shape, dtype)[...] = value
        return made

    def _array(self, tensor: int) -> npt.NDArray[Any]:
        """Copies a tensor."""
        library = self._library
        dtype = library.TF_TensorType(tensor)
        shape = tuple(
            library.TF_Dim(tensor, axis)
            for axis in range(library.TF_NumDims(tensor))
        )
        data = library.TF_TensorData(tensor)
        if dtype != _STRING:
            if not math.prod(shape):
                return np.zeros(shape, _DTYPES[dtype])
            return self._view(data, shape, dtype).copy()
        texts = np.empty(math.prod(shape), object)
        for at in range(len(texts)):
            place = data + at * c_library.STRING_BYTES
            texts[at] = ctypes.string_at(
                library.TF_StringGetDataPointer(place),
                library.TF_StringGetSize(place),
            )
        return texts.reshape(shape)

    def _view(
        self, data: int, shape: tuple[int, ...], dtype: int
    ) -> npt.NDArray[Any]:
        """The numbers in the memory of a tensor that is not empty."""
        kind = np.dtype(_DTYPES[dtype])
        length = math.prod(shape) * kind.itemsize
        memory = (ctypes.c_char * length).from_address(data)
        return np.frombuffer(memoryview(memory), kind).reshape(shape)


class _Status:
    """What became of a call."""

    def __init__(self, library: ctypes.CDLL):
        self._library = library
        self.pointer = library.TF_NewStatus()
        weakref.finalize(self, library.TF_DeleteStatus, self.pointer)

    def check(self) -> None:
        """Raises ValueError where it failed."""
        if self._library.TF_GetCode(self.pointer):
            said = self._library.TF_Message(self.pointer)
            raise ValueError(said.decode(errors="replace"))


def _close(library: ctypes.CDLL, session: int, graph: int) -> None:
    status = _Status(library)  # deleted with this name, not before
    library.TF_DeleteSession(session, status.pointer)
    library.TF_DeleteGraph(graph)
