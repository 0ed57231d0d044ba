def test_the_map_has_every_recording_once(service_client):
    found = service_client.get("/map").json()
    assert found["recordings"] == 5 == len(set(found["id"]))
    assert all(0 <= at <= 1 for at in (*found["x"], *found["y"]))
    columns = ("x", "y", "path", "title", "artist", "tag")
    assert {len(found[name]) for name in columns} == {5}
