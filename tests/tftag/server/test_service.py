"""What all endpoints have in common."""

import pytest
import running_service

error_of = running_service.error_of


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/page/../service.py", 404),
        ("GET", "/page/%2e%2e/service.py", 404),
        ("GET", "/page/..%2fservice.py", 404),
        ("DELETE", "/tag", 405),
        ("GET", "/tag", 405),
        ("POST", "/tag?timeline=maybe", 400),
        ("POST", "/tag?model=no", 404),
        ("POST", "/tag", 400),
        ("GET", "/search", 400),
        ("GET", "/search?q=", 400),
        ("GET", "/search?q=%22", 400),
        ("GET", "/search?q=zzqx", 400),
        ("GET", "/search?q=rock&top=0", 400),
        ("GET", "/search?q=rock&top=x", 400),
        ("GET", "/search?q=rock&tag=no", 400),
        ("GET", "/search?q=rock&year=1990-1999", 400),  # year_from, year_to
        ("GET", "/search?q=" + "a" * 1_001, 400),
        ("GET", "/similar", 400),
        ("GET", "/similar?like=x", 404),
        ("GET", "/similar?like=" + "0" * 16, 404),
        ("GET", "/audio/" + "0" * 16, 404),
        ("GET", "/audio/..%2F..%2Fetc%2Fpasswd", 404),
        ("GET", "/audio/%2Fetc%2Fpasswd", 404),
        ("GET", "/suggest", 400),
    ],
)
def test_errors_have_one_form_and_a_status(
    service_client, method, path, status
):
    answer = service_client.request(method, path)
    assert answer.status_code == status
    text = error_of(answer)
    assert text and "root:" not in text


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/similar", "GET, HEAD, POST"),
        ("/tag", "POST"),
        ("/audio/x", "GET, HEAD"),
        ("/page/api.js", "GET, HEAD"),
    ],
)
def test_another_method_is_told_all_that_an_address_takes(
    service_client, path, methods
):
    answer = service_client.request("DELETE", path)
    assert answer.status_code == 405 and error_of(answer)
    assert answer.headers["allow"] == methods


def test_head_is_answered_as_get_without_a_body(service_client):
    for path in ("/", "/healthz", "/page/api.js", "/search?q=rock", "/nothing"):
        get, head = service_client.get(path), service_client.head(path)
        assert head.status_code == get.status_code and head.content == b""
        for name in ("content-type", "content-length"):
            assert head.headers[name] == get.headers[name]


def test_a_compressed_body_is_refused_by_its_name(service_client):
    answer = service_client.post(
        "/tag", content=b"\x1f\x8b", headers={"content-encoding": "gzip"}
    )
    assert answer.status_code == 400
    assert "without a Content-Encoding. Received: 'gzip'" in error_of(answer)


def test_what_a_page_needs_to_begin(service_client, tagger):
    found = service_client.get("/config").json()
    assert not found["needs_token"]
    tiny, dual = found["models"]
    assert tiny["tags"] == list(tagger.tag_names)
    assert tiny["thresholds"] == tagger.thresholds.tolist()
    assert (tiny["kind"], dual["kind"]) == ("tagger", "dual_encoder")
    assert found["index"] == {"recordings": 5, "has_map": True}
    assert found["limits"]["body_bytes"] == 1 << 20


def test_every_answer_tells_browsers_to_be_careful(service_client):
    for path in ("/", "/config", "/nothing", "/v1/models/tiny"):
        headers = service_client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'self'" in headers["content-security-policy"]


def test_openapi_names_no_status_that_is_never_sent(service_client):
    described = service_client.get("/openapi.json").json()
    for path in described["paths"].values():
        for operation in path.values():
            assert "422" not in operation["responses"]


def test_openapi_says_where_another_method_is_no_405(service_client):
    described = service_client.get("/openapi.json").json()
    for path, operations in described["paths"].items():
        says = path.startswith("/v1/")
        for operation in operations.values():
            assert ("not 405" in operation.get("description", "")) == says
        if says and "version}" not in path and "label}" not in path:
            answer = service_client.put(path.replace("{name}", "tiny"))
            assert answer.status_code == 400
