import numpy as np
import pytest

from tftag.search import known_terms, query


def test_unknown_words_are_a_line_each(encoder):
    warnings = []
    terms = query.parse(
        "dreamy zzqx, handpann, -jazz, qqyy rrww", encoder.is_known
    )
    known, vectors = known_terms.embed(encoder, terms, warnings.append)
    assert [known_terms.label(term) for term in known] == [
        *("dreamy zzqx", "-jazz"),
    ]
    expected, _ = encoder.embed_texts(["dreamy", "jazz"])
    np.testing.assert_allclose(vectors, expected, atol=1e-6)
    assert warnings == [
        "unknown word 'zzqx' of 'dreamy zzqx', looked for without it",
        "unknown word 'handpann', left out; the nearest spelling is 'handpan'",
        "unknown word 'qqyy' of 'qqyy rrww', left out",
        "unknown word 'rrww' of 'qqyy rrww', left out",
    ]


@pytest.mark.parametrize("text", ["zzqx", "???", "音楽, zzqx"])
def test_nothing_known_is_refused(encoder, text):
    warnings = []
    terms = query.parse(text, encoder.is_known)
    with pytest.raises(ValueError, match="At least one word.*Received: "):
        known_terms.embed(encoder, terms, warnings.append)
    assert len(warnings) == len(terms)


def test_what_was_meant_is_in_the_refusal(encoder):
    terms = query.parse("zzqx, handpann", encoder.is_known)
    with pytest.raises(ValueError) as refused:
        known_terms.embed(encoder, terms, lambda line: None)
    assert str(refused.value).endswith(
        "Received: 'zzqx', 'handpann' (like 'handpan'?)."
    )
