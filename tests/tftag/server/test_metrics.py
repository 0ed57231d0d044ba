def test_metrics_count_answers_by_endpoint_and_never_by_path(service_client):
    service_client.get("/nothing-that-is-there")
    service_client.get("/healthz")
    text = service_client.get("/metrics").text
    assert 'tftag_requests_total{endpoint="/healthz",status="200"}' in text
    assert 'state="AVAILABLE",version="1"} 1.0' in text
    assert "nothing-that-is-there" not in text
    assert "process_resident_memory_bytes" in text
