"""TensorFlow's C library, as its wheel has it beside the Python.

Its functions are those of tensorflow/c/c_api.h and tf_tstring_interface of
tensorflow/c/tf_tensor.h.
"""

import ctypes
import functools
import importlib.util
import os
import pathlib
from typing import Any

from tftag.console import tensorflow_start

POINTER = ctypes.c_void_p
STRING_BYTES = 24  # sizeof(TF_TString)
# Of the wheels for Linux, where this was tried.
_NAME = "libtensorflow_cc.so.2"
_INT, _SIZE = ctypes.c_int, ctypes.c_size_t


class Output(ctypes.Structure):
    """`TF_Output`: one of the results of an operation."""

    _fields_ = (("operation", POINTER), ("index", _INT))


_OUTPUTS, _TENSORS = ctypes.POINTER(Output), ctypes.POINTER(POINTER)
# Result and arguments.
_FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "TF_NewStatus": (POINTER,),
    "TF_GetCode": (_INT, POINTER),
    "TF_Message": (ctypes.c_char_p, POINTER),
    "TF_DeleteStatus": (None, POINTER),
    "TF_NewGraph": (POINTER,),
    "TF_DeleteGraph": (None, POINTER),
    "TF_NewSessionOptions": (POINTER,),
    "TF_DeleteSessionOptions": (None, POINTER),
    "TF_SetConfig": (None, POINTER, ctypes.c_char_p, _SIZE, POINTER),
    "TF_LoadSessionFromSavedModel": (
        *(POINTER, POINTER, POINTER, ctypes.c_char_p),
        *(ctypes.POINTER(ctypes.c_char_p), _INT, POINTER, POINTER, POINTER),
    ),
    "TF_DeleteSession": (None, POINTER, POINTER),
    "TF_GraphOperationByName": (POINTER, POINTER, ctypes.c_char_p),
    "TF_SessionRun": (
        *(None, POINTER, POINTER, _OUTPUTS, _TENSORS, _INT),
        *(_OUTPUTS, _TENSORS, _INT, POINTER, _INT, POINTER, POINTER),
    ),
    "TF_AllocateTensor": (
        *(POINTER, _INT, ctypes.POINTER(ctypes.c_int64), _INT, _SIZE),
    ),
    "TF_DeleteTensor": (None, POINTER),
    "TF_TensorData": (POINTER, POINTER),
    "TF_TensorType": (_INT, POINTER),
    "TF_TensorByteSize": (_SIZE, POINTER),
    "TF_NumDims": (_INT, POINTER),
    "TF_Dim": (ctypes.c_int64, POINTER, _INT),
    "TF_StringInit": (None, POINTER),
    "TF_StringCopy": (None, POINTER, ctypes.c_char_p, _SIZE),
    "TF_StringGetDataPointer": (POINTER, POINTER),
    "TF_StringGetSize": (_SIZE, POINTER),
}


@functools.cache
def loaded() -> ctypes.CDLL | None:
    """The library; None where TensorFlow's wheel has it not, or not all."""
    found = importlib.util.find_spec("tensorflow")
    if found is None or found.origin is None:
        return None
    path = pathlib.Path(found.origin).with_name(_NAME)
    if not path.exists():
        return None
    with tensorflow_start.prepared():
        # Not RTLD_GLOBAL: other libraries would take its symbols.
        library = ctypes.CDLL(os.fspath(path))
    if not all(hasattr(library, name) for name in _FUNCTIONS):
        return None
    for name, (result, *arguments) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
