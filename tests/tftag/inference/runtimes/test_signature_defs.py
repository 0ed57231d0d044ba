import pytest
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2

from tftag.inference.runtimes import signature_defs

Tensor = signature_defs.Tensor


def saved_model():
    made = saved_model_pb2.SavedModel(saved_model_schema_version=1)
    graph = made.meta_graphs.add()
    graph.graph_def.node.add(name="something else", op="NoOp")
    one = graph.signature_def["serving_default"]
    for infos, name, place, dtype, dims in (
        (one.inputs, "waveform", "in:0", types_pb2.DT_FLOAT, [-1, -1]),
        (one.inputs, "row", "rows", types_pb2.DT_INT64, []),
        (one.outputs, "lauter ü", "out:13", types_pb2.DT_STRING, [-1, 300]),
    ):
        infos[name].name, infos[name].dtype = place, dtype
        for size in dims:
            infos[name].tensor_shape.dim.add(size=size)
    graph.signature_def["empty"].method_name = "none"
    return made.SerializeToString()


def test_signatures_are_read():
    assert signature_defs.read(saved_model()) == {
        "serving_default": signature_defs.Signature(
            {
                "waveform": Tensor("in", 0, types_pb2.DT_FLOAT, 0),
                "row": Tensor("rows", 0, types_pb2.DT_INT64, 0),
            },
            {"lauter ü": Tensor("out", 13, types_pb2.DT_STRING, 300)},
        ),
        "empty": signature_defs.Signature({}, {}),
    }


def test_what_is_cut_is_refused():
    whole = saved_model()
    # The first two bytes are a message of their own.
    for length in range(3, len(whole)):
        with pytest.raises(ValueError, match="cannot be read"):
            signature_defs.read(whole[:length])
