"""The page on which a user agrees that an application acts in the user's name (youku.md §3.1)."""

from __future__ import annotations

import base64
import hashlib
import html
from urllib.parse import quote, urlsplit

from vodkit.server.contract import Account, Send

from .auth import application, new_code, user_password_matches
from .call import Call, invalid, respond

_STYLE = """
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f4f5f7; color: #1d2129;
  font: 16px/1.5 system-ui, sans-serif; }
main { width: min(22rem, 90vw); padding: 2rem; background: #fff; border-radius: 12px;
  box-shadow: 0 1px 3px #0003; }
h1 { margin: 0; font-size: 1.4rem; } code { overflow-wrap: anywhere; } label { display: block; }
input, button { box-sizing: border-box; width: 100%; padding: .6rem; border: 1px solid #c3c8d1;
  border-radius: 6px; font: inherit; }
button { border: 0; background: #1f5fd0; color: #fff; cursor: pointer; } [role=alert] { color: #b3261e; }
"""
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Authorize</title><style>{style}</style></head>
<body><main><h1>Authorize</h1>
<p>The application <code>{client}</code> asks to upload and manage videos in your name.</p>
{problem}<form method="post">{hidden}
<p><label>User name <input name="username" value="{user}" autocomplete="username"></label></p>
<p><label>Password <input name="password" type="password" autocomplete="current-password"></label></p>
<p><button name="agree" value="yes">Agree</button></p></form></main></body></html>
"""
_STYLED = f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; {_STYLED}; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_KEPT = ("client_id", "response_type", "state", "redirect_uri")


async def authorize(call: Call, method: str, send: Send) -> None:
    """Show the page, or take what was filled in and go back to the application with a code.

    Raises:
        Refused: the application is unknown, or the address to go back to cannot be.
    """
    account = await application(call)
    address = call.need("redirect_uri")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or not address.isprintable():
        raise invalid("redirect_uri")
    if call.text("response_type", "code") != "code":
        raise invalid("response_type")
    if method != "POST" or not call.text("agree"):
        await _show(call, account, send)
    elif not user_password_matches(account, call.text("username"), call.text("password")):
        await _show(call, account, send, "The user name or the password is wrong.")
    else:
        code = await new_code(call.service, account, address)
        # Code first and state always there: an app cuts the code out from between the two names.
        query = f"code={code}&state={quote(call.text('state'), safe='')}"
        bare, hash_, fragment = address.partition("#")
        back = f"{bare}{'&' if parts.query else '?'}{query}{hash_}{fragment}"
        location = quote(back, safe="%/:?#[]@!$&'()*+,;=~")
        await respond(send, 302, b"", "text/html; charset=utf-8", {**_HEADERS, "Location": location})


async def _show(call: Call, account: Account, send: Send, problem: str = "") -> None:
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(call.text(name))}">' for name in _KEPT
    )
    page = _PAGE.format(
        style=_STYLE,
        client=html.escape(account.key),
        user=html.escape(str(account.attrs.get("user_name") or "")),
        problem=f"<p role=alert>{problem}</p>\n" if problem else "",
        hidden=hidden,
    )
    await respond(send, 200, page.encode(), "text/html; charset=utf-8", _HEADERS)
