import running_service


def test_found_recordings_are_those_of_the_index(
    service_client, library, small_index
):
    found = service_client.get(
        "/search", params={"q": "rock -choir", "top": 3}
    ).json()
    assert found["recordings"] == 5 and len(found["results"]) == 3
    assert [one["weight"] for one in found["terms"]] == [1.0, -1.0]
    scores = [one["score"] for one in found["results"]]
    assert scores == sorted(scores, reverse=True)
    for one in found["results"]:
        assert (library / one["path"]).is_file()
        assert 0 <= one["percentile"] <= 100
    unknown = service_client.get("/search", params={"q": "rock zzqx"}).json()
    assert "zzqx" in unknown["warnings"][0]


def test_like_others_and_like_an_upload(service_client, library):
    first, second, *_ = service_client.get("/search?q=rock").json()["results"]
    found = service_client.get(
        "/similar", params={"like": first["id"], "unlike": second["id"]}
    ).json()["results"]
    names = [one["id"] for one in found]
    assert first["id"] not in names and second["id"] not in names
    data = (library / first["path"]).read_bytes()
    found = service_client.post("/similar?top=2", files={"file": data}).json()
    assert found["results"][0]["id"] == first["id"]


def test_sound_is_sent_in_parts_and_only_what_is_indexed(
    service_client, library
):
    one = service_client.get("/search?q=rock&top=1").json()["results"][0]
    data = (library / one["path"]).read_bytes()
    whole = service_client.get(f"/audio/{one['id']}")
    assert whole.content == data
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-type"].startswith("audio/")
    part = {"range": "bytes=10-19"}
    answer = service_client.get(f"/audio/{one['id']}", headers=part)
    assert answer.status_code == 206 and answer.content == data[10:20]
    beyond = {"range": f"bytes={len(data)}-"}
    answer = service_client.get(f"/audio/{one['id']}", headers=beyond)
    assert answer.status_code == 416


def test_a_query_that_is_typed_is_completed(service_client):
    found = service_client.get("/suggest", params={"q": "folk -pi"}).json()
    one = {"phrase": "piano", "query": "folk -piano"}
    assert one in found["suggestions"]


def test_a_service_without_an_index_says_what_it_was_started_without(
    encoder_folder, service_client
):
    asked = (
        ("GET", "/search?q=rock"),
        ("GET", "/search"),
        ("GET", "/similar?like=x"),
        ("POST", "/similar"),
        ("GET", "/suggest?q=ro"),
        ("GET", "/map"),
        ("GET", "/audio/x"),
    )
    with running_service.running([encoder_folder.parent]) as bare:
        for method, path in asked:
            answer = bare.client.request(method, path)
            assert answer.status_code == 404
            text = running_service.error_of(answer)
            assert "tftag serve --index" in text
        described = bare.client.get("/openapi.json").json()
    with_index = service_client.get("/openapi.json").json()
    assert described["paths"].keys() == with_index["paths"].keys()
    for _, path in asked:
        place = path.split("?")[0].replace("/x", "/{recording}")
        for operation in described["paths"][place].values():
            assert "--index" in operation["responses"]["404"]["description"]
