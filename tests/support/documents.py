"""The repository's Markdown documents, parsed: links, anchors, tables and blocks."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
_NOT_OURS = {"build", "dist", "node_modules"}
_MARKDOWN = MarkdownIt("commonmark").enable("table")


def tree() -> Iterator[Path]:
    """Yield every file of the repository; no hidden, built or installed ones."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [f for f in folders if not f.startswith(".") and f not in _NOT_OURS]
        yield from (Path(folder) / name for name in names)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its lines, and the number of the first of them."""

    language: str
    lines: tuple[str, ...]
    number: int


@dataclass(frozen=True)
class Document:
    path: Path

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))

    @cached_property
    def tokens(self) -> list[Token]:
        return _MARKDOWN.parse(self.path.read_text(encoding="utf-8"))

    @property
    def inline(self) -> Iterator[Token]:
        """Yield the pieces of its running text: words, code, links, images."""
        for token in self.tokens:
            yield from token.children or ()

    @property
    def code(self) -> list[str]:
        """Return its words in backticks; a `|` in a table has no backslash before it."""
        found = (token.content for token in self.inline if token.type == "code_inline")
        return [text.replace("\\|", "|") for text in found]

    @property
    def links(self) -> list[str]:
        targets = [token.attrGet("href") or token.attrGet("src") for token in self.inline]
        return [str(target) for target in targets if target is not None]

    @property
    def headings(self) -> list[str]:
        pairs = zip(self.tokens, self.tokens[1:], strict=False)
        return [_text(inline) for opens, inline in pairs if opens.type == "heading_open"]

    @property
    def anchors(self) -> set[str]:
        """Return the anchors of its headings, as GitHub makes them."""
        seen: Counter[str] = Counter()
        found = set()
        for heading in self.headings:
            slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
            seen[slug] += 1
        return found

    @property
    def blocks(self) -> list[Block]:
        return [
            Block(token.info, tuple(token.content.splitlines()), token.map[0] + 2)
            for token in self.tokens
            if token.type == "fence" and token.map
        ]

    def section(self, heading: str) -> "list[Token]":
        """Return the tokens from `heading` to the next one of its level or above."""
        starts = [i for i, token in enumerate(self.tokens) if token.type == "heading_open"]
        start = next(i for i in starts if _text(self.tokens[i + 1]) == heading)
        level = self.tokens[start].tag
        end = (i for i in starts if i > start and self.tokens[i].tag <= level)
        return self.tokens[start : next(end, len(self.tokens))]

    def rows(self, heading: str) -> list[dict[str, str]]:
        """Return the rows of the tables in a section, each cell by the head of its column."""
        rows: list[list[str]] = []
        heads: list[str] = []
        found = []
        for token in self.section(heading):
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline" and rows:
                rows[-1].append(_text(token))
            elif token.type == "thead_close":
                heads = rows.pop()
            elif token.type == "table_close":
                found += [dict(zip(heads, row, strict=True)) for row in rows]
                rows = []
        return found


def _text(inline: Token) -> str:
    return "".join(token.content for token in inline.children or ())


DOCUMENTS = sorted((Document(path) for path in tree() if path.suffix == ".md"), key=str)
