import json
import logging

import waiting

from tftag.server import json_log


def said(caplog, word):
    """The lines about answers to requests with this word in their path.

    Those to what an earlier test asked may still come.
    """
    lines = [one for one in caplog.records if one.name.endswith("gate")]
    return [one for one in lines if word in one.getMessage()]


def test_the_log_is_a_line_of_json_per_answer_and_obeys_nobody(
    service_client, caplog
):
    with caplog.at_level(logging.INFO, "tftag.server"):
        service_client.get("/v1/models/%1b%5b2J%0aevil")
        # It is written when all has been sent.
        (record,) = waiting.until(lambda: said(caplog, "evil"))
    line = json_log.Lines().format(record)
    assert "\x1b" not in line and "\n" not in line
    found = json.loads(line)
    assert found["path"] == "/v1/models/\x1b[2J\nevil"
    assert (found["method"], found["status"]) == ("GET", 404)
