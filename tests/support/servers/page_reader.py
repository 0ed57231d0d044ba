"""What a browser would find in a page."""

import html.parser


class Reader(html.parser.HTMLParser):
    """Collects the tags that were opened, and the text."""

    def __init__(self):
        super().__init__()
        self.opened, self.text = [], []

    def handle_starttag(self, tag, attributes):
        self.opened.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text.append(data)


def read(html):
    reader = Reader()
    reader.feed(html)
    return reader
