"""The HTML of the watch page. Every text that comes from outside goes through :func:`html.escape` here."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any

HERE = Path(__file__).parent
ASSETS = "-"
"""The name, in place of a media's id, under which scripts and styles are served."""

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Nothing from elsewhere, and nothing inline."""

_PAGE = Template((HERE / "page.html").read_text(encoding="utf-8"))
_PLAYER = Template((HERE / "player.html").read_text(encoding="utf-8"))
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that the pages use.

    Attributes:
        body: Bytes.
        content_type: Of the answer.
        tag: Changes with the bytes.
    """

    body: bytes
    content_type: str
    tag: str


@functools.cache
def assets() -> Mapping[str, Asset]:
    """The files that the pages use, by name."""
    found = {}
    for path in (*(HERE / "static").iterdir(), *(HERE / "vendor").glob("*.js")):
        body = path.read_bytes()
        found[path.name] = Asset(body, _TYPES[path.suffix], hashlib.sha256(body).hexdigest()[:16])
    return found


def page(
    title: str, body: str, *, scripts: tuple[str, ...] = (), data: Mapping[str, Any] | None = None
) -> str:
    """A whole document.

    Args:
        title: Text.
        body: HTML.
        scripts: Names of assets.
        data: What the scripts are told.
    """
    told = json.dumps(data or {}, ensure_ascii=False).replace("<", "\\u003c")
    loaded = "".join(f'<script src="{_asset(name)}" defer></script>' for name in scripts)
    return _PAGE.substitute(
        title=escape(title),
        body=body,
        style=_asset("page.css"),
        icon=_asset("icon.svg"),
        scripts=loaded,
        data=told,
    )


def player(title: str, line: str, kind: str, without_scripts: str) -> str:
    """The player of a video or an audio.

    Args:
        title, line: Texts.
        kind: ``video`` or ``audio``.
        without_scripts: Address of a file that a browser plays by itself, or ``""``.
    """
    plain = f'<video controls playsinline src="{escape(without_scripts)}"></video>' if without_scripts else ""
    return _PLAYER.substitute(title=escape(title), line=escape(line), kind=kind, plain=plain)


def picture(title: str, line: str, url: str) -> str:
    """An image."""
    shown = f'<img class="picture" src="{escape(url)}" alt="{escape(title)}">' if url else ""
    return f"{shown}{about(title, line)}"


def about(title: str, line: str) -> str:
    """What stands below."""
    return f'<div class="about"><h1>{escape(title)}</h1><p>{escape(line)}</p></div>'


def message(title: str, text: str, more: str = "") -> str:
    """A page that only says something; ``more`` is HTML."""
    return f'<section class="message"><h1>{escape(title)}</h1><p>{escape(text)}</p>{more}</section>'


def download(url: str) -> str:
    """A link to a file."""
    joint = "&" if "?" in url else "?"
    return f'<p><a class="button" href="{escape(url + joint)}download">Download</a></p>'


def processing(title: str) -> str:
    """What is shown while a media is being processed; a script fills it in."""
    return message(
        title,
        "This media is being processed. The page goes on by itself.",
        '<progress id="progress" max="1" aria-label="Progress"></progress><p id="step" role="status"></p>'
        "<noscript><p>Reload the page to see how far it is.</p></noscript>",
    )


def failed(title: str, reason: str) -> str:
    """What is shown in place of a media that could not be processed."""
    why = f"<p>{escape(reason[:1].upper() + reason[1:])}</p>" if reason else ""
    return message(title, "This media could not be processed.", why)


def password(problem: str) -> str:
    """The form that asks for a password."""
    said = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    return message(
        "A password is needed",
        "This media plays for those who know its password.",
        f'<form method="post"><label for="password">Password</label><input id="password" name="password" '
        f'type="password" autocomplete="off" required autofocus><button>Watch</button>{said}</form>',
    )


def _asset(name: str) -> str:
    return f"{ASSETS}/{name}?{assets()[name].tag}"
