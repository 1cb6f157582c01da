"""Pages of the scripts, read as a browser reads them."""
from html.parser import HTMLParser


class Reader(HTMLParser):
    """Texts, images and open tags of a page; raises on tags that are not closed in turn."""

    def __init__(self):
        super().__init__()
        self.texts, self.images, self.opened = [], [], []

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.images.append(dict(attributes))
        elif tag not in ("meta", "br"):
            self.opened.append(tag)

    def handle_endtag(self, tag):
        assert self.opened.pop() == tag

    def handle_data(self, text):
        self.texts.append(text)


def read(path):
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    assert reader.opened == []
    return reader, " ".join(" ".join(reader.texts).split())
