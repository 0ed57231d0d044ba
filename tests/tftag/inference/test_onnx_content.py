import onnx
import pytest
from onnx import helper

from tftag.inference import onnx_content


def outside(tensor_name="w"):
    """A tensor whose numbers are in another file."""
    tensor = onnx.TensorProto(name=tensor_name, data_type=1, dims=[2])
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")
    return tensor


def hide_in_weights(model):
    model.graph.initializer.append(outside())


def hide_in_sparse_weights(model):
    model.graph.sparse_initializer.add().values.CopyFrom(outside())


def hide_in_a_constant(model):
    model.graph.node.append(
        helper.make_node("Constant", [], ["c"], value=outside())
    )


def hide_in_a_branch(model):
    branch = helper.make_graph([], "inner", [], [], [outside()])
    model.graph.node.append(
        helper.make_node("If", ["x"], ["y"], then_branch=branch)
    )


def hide_in_a_function(model):
    function = model.functions.add(name="f", domain="d")
    function.node.append(
        helper.make_node("Constant", [], ["c"], value=outside())
    )


def name_a_place_alone(model):
    tensor = model.graph.initializer.add(name="w")
    tensor.external_data.add(key="location", value="/etc/passwd")


def test_bytes_and_card_are_read(onnx_file, tagger):
    content, card = onnx_content.read(onnx_file)
    assert content == onnx_file.read_bytes()
    made_of = card.pop("made_of")
    assert card == tagger.card
    assert len(made_of["saved_model"]) == 32
    assert card["licences"][0]["name"] == "ISC"


@pytest.mark.parametrize(
    "hide",
    [
        *(hide_in_weights, hide_in_sparse_weights, hide_in_a_constant),
        *(hide_in_a_branch, hide_in_a_function, name_a_place_alone),
    ],
)
def test_a_file_that_names_others_is_refused(hide, onnx_file, tmp_path):
    model = onnx.load(onnx_file)
    hide(model)
    path = tmp_path / "bad.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ValueError, match=r"bad\.onnx, which names other files"):
        onnx_content.read(path)


def test_damaged_foreign_and_missing_files_are_refused(onnx_file, tmp_path):
    path = tmp_path / "bad.onnx"
    with pytest.raises(FileNotFoundError):
        onnx_content.read(path)
    content = onnx_file.read_bytes()
    for cut in (1, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:cut])
        with pytest.raises(ValueError, match=r"ONNX file.*bad\.onnx"):
            onnx_content.read(path)
    path.write_bytes(b"RIFF" * 100)
    with pytest.raises(ValueError, match=r"ONNX file.*bad\.onnx"):
        onnx_content.read(path)
    foreign = onnx.load(onnx_file)
    del foreign.metadata_props[:]
    path.write_bytes(foreign.SerializeToString())
    with pytest.raises(ValueError, match=r"tftag onnx wrote.*bad\.onnx"):
        onnx_content.read(path)
    foreign.metadata_props.add(key=onnx_content.CARD, value='{"format": 99}')
    path.write_bytes(foreign.SerializeToString())
    with pytest.raises(ValueError, match="newer tftag"):
        onnx_content.read(path)


def test_graphs_within_graphs_do_not_end_the_process(onnx_file, tmp_path):
    deep = b""
    for _ in range(3_000):  # graph in attribute in node in graph
        for field in (6, 5, 1):
            deep = bytes([field << 3 | 2]) + _size(len(deep)) + deep
    path = tmp_path / "deep.onnx"
    path.write_bytes(b"\x3a" + _size(len(deep)) + deep)
    with pytest.raises(ValueError, match=r"deep\.onnx"):
        onnx_content.read(path)


def _size(number):
    found = b""
    while number > 0x7F:
        found += bytes([number & 0x7F | 0x80])
        number >>= 7
    return found + bytes([number])
