"""What gcsfs asks of Google Cloud Storage, answered from memory."""

import base64
import hashlib
import http.server
import json
import re
import urllib.parse

import faulty_server


class Storage(http.server.ThreadingHTTPServer):
    """One bucket: name -> bytes."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = {}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        found = re.fullmatch(
            r"(/download)?/storage/v1/b/music/o/?(.*)", url.path
        )
        if found is None:
            self.answer(404)
        elif not found[2]:
            self.answer(200, self.listing(**query))
        else:
            name = urllib.parse.unquote(found[2])
            content = self.server.files.get(name)
            if content is None:
                self.answer(404)
            elif found[1] or query.get("alt") == "media":
                self.send_part(content)
            else:
                self.answer(200, self.facts(name))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        _, about, content = body.split(b"--==0==", 2)
        name = json.loads(about.split(b"\n\n", 1)[1])["name"]
        content = content.split(b"\n\n", 1)[1]
        self.server.files[name] = content.removesuffix(b"\n--==0==--")
        self.answer(200, self.facts(name))

    def do_DELETE(self):
        name = urllib.parse.unquote(self.path.partition("/o/")[2])
        name = name.partition("?")[0]
        gone = self.server.files.pop(name, None) is None
        self.answer(404 if gone else 204)

    def listing(self, prefix="", delimiter="", **_):
        items, folders = [], set()
        for name in sorted(self.server.files):
            if name.startswith(prefix):
                inside = name[len(prefix) :]
                if delimiter and delimiter in inside:
                    folder = inside.partition(delimiter)[0]
                    folders.add(prefix + folder + delimiter)
                else:
                    items.append(self.facts(name))
        return {"items": items, "prefixes": sorted(folders)}

    def facts(self, name):
        content = self.server.files[name]
        known = base64.b64encode(hashlib.md5(content).digest()).decode()
        return {
            "name": name,
            "bucket": "music",
            "size": str(len(content)),
            "md5Hash": known,
            "updated": "2026-01-01T00:00:00.000Z",
        }

    def send_part(self, content):
        status = 200
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers["Range"] or "")
        if asked:
            status = 206
            content = content[int(asked[1]) : int(asked[2] or -2) + 1 or None]
        self.answer(status, content)

    def answer(self, status, content=b""):
        if isinstance(content, dict):
            content = json.dumps(content).encode()
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def running():
    """The storage, closed with the block."""
    return faulty_server.in_a_thread(Storage())
