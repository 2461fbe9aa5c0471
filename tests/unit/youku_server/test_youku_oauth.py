"""Logging in: the page, codes, tokens and their renewal (youku.md §3)."""

from __future__ import annotations

import hashlib
import html
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from vodkit.providers.youku.server import auth

from .world import API, OPEN, Answer, World, create_fields, running

BACK = "http://app.example/back"
ALICE = {"username": "Alice", "password": "password-of-alice", "agree": "yes"}


def consent(world: World, state: str = "", back: str = BACK, **filled: str) -> Answer:
    query = {"client_id": "one", "response_type": "code", "state": state, "redirect_uri": back}
    target = f"/v2/oauth2/authorize?{urlencode(query)}"
    page = world.call("GET", OPEN, target)
    assert page.status == 200
    fields = re.findall(r'name="(\w+)" value="([^"]*)"', page.body.decode())
    form = {name: html.unescape(value) for name, value in fields} | {**ALICE, **filled}
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return world.call("POST", OPEN, "/v2/oauth2/authorize", urlencode(form).encode(), kind)


def code(world: World) -> str:
    location = consent(world).headers["location"]
    found = re.search(r"code=(.*?)&state=", location)
    assert found
    return found.group(1)


def exchange(world: World, path: str = "oauth2/token.json", host: str = API, **fields: Any) -> Answer:
    return world.post(path, host, **{"client_id": "one", "client_secret": "secret-of-one", **fields})


def by_code(world: World, value: str, **more: Any) -> Answer:
    return exchange(world, grant_type="authorization_code", code=value, **{"redirect_uri": BACK, **more})


def renew(world: World, token: str) -> Answer:
    return world.post("oauth2/token.json", client_id="one", grant_type="refresh_token", refresh_token=token)


def works(world: World, token: str) -> int:
    """0, or the code with which create refuses the token."""
    return world.get("uploads/create.json", **{**create_fields(b"x"), "access_token": token}).code


def test_the_page_leads_back_with_code_then_state(world: World) -> None:
    for state in ("", "a b&c=d"):
        answer = consent(world, state)
        assert answer.status == 302
        query = urlsplit(answer.headers["location"]).query
        assert re.fullmatch(r"code=[0-9a-f]{32}&state=(a%20b%26c%3Dd)?", query)
    assert consent(world, back=f"{BACK}?x=1").headers["location"].startswith(f"{BACK}?x=1&code=")


def test_the_page_is_for_the_user_only(world: World) -> None:
    for filled in ({"password": "wrong"}, {"username": "Eve"}, {"password": ""}):
        answer = consent(world, **filled)
        assert (answer.status, b"wrong" in answer.body) == (200, True)
    md5 = hashlib.md5(b"password-of-alice").hexdigest()
    assert consent(world, password=md5).status == 302


def test_the_page_shows_what_it_is_given_as_text(world: World) -> None:
    answer = consent(world, state='"><script>', agree="")
    assert b"<script>" not in answer.body
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("back", ["javascript:alert(1)", "", "/path", "http:///x"])
def test_the_page_leads_to_web_addresses_only(world: World, back: str) -> None:
    query = {"client_id": "one", "response_type": "code", "redirect_uri": back}
    assert world.get("oauth2/authorize", OPEN, **query).status == 400


@pytest.mark.covers("youku 10-7")
@pytest.mark.parametrize(
    "path", ["oauth2/token.json", "oauth2/token", "v2/oauth2/token", "v2/oauth2/token.json"]
)
def test_a_code_is_exchanged_once_at_four_paths(world: World, path: str) -> None:
    fields = {"grant_type": "authorization_code", "code": code(world), "redirect_uri": BACK}
    answer = exchange(world, path, OPEN, **fields)
    assert answer.status == 200
    assert set(answer.data) == {"access_token", "expires_in", "refresh_token", "token_type"}
    assert isinstance(answer.data["expires_in"], int)
    assert works(world, answer.data["access_token"]) == 0
    again = exchange(world, path, OPEN, **fields)
    assert (again.status, again.data["error"]["type"]) == (400, "OAuth2Exception")


def test_a_code_is_bound_to_address_application_and_time(world: World) -> None:
    assert by_code(world, code(world), redirect_uri="http://other.example/").status == 400
    assert by_code(world, code(world), client_id="two", client_secret="secret-of-two").status == 400
    old = code(world)
    world.clock.ahead += auth.CODE_LIFE + 1
    assert by_code(world, old).status == 400


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"client_secret": "wrong"}, 1005),
        ({"client_secret": ""}, 1012),
        ({"client_id": "nobody"}, 1005),
        ({"grant_type": ""}, 1012),
        ({"grant_type": "magic"}, 1013),
        ({"grant_type": "password", "username": "Alice", "password": "password-of-alice"}, 1013),
    ],
)
def test_what_gets_no_token(world: World, fields: dict[str, str], wanted: int) -> None:
    given = {"grant_type": "client_credentials", **fields}
    assert exchange(world, **given).code == wanted


def test_the_password_grant_is_off_unless_the_account_has_it(world: World) -> None:
    mine = {"client_id": "two", "client_secret": "secret-of-two", "grant_type": "password", "username": "Bob"}
    assert world.post("v2/oauth2/token", OPEN, **mine, password="secret-of-two").status == 200
    assert world.post("v2/oauth2/token", OPEN, **mine, password="wrong").code == 1008


@pytest.mark.covers("youku 10-6")
def test_an_expired_token_is_1009_and_a_renewal_helps(world: World) -> None:
    token = by_code(world, code(world)).data
    world.clock.ahead += token["expires_in"] + 1
    assert works(world, token["access_token"]) == 1009
    renewed = renew(world, token["refresh_token"])
    assert renewed.status == 200
    assert works(world, renewed.data["access_token"]) == 0


def test_a_renewal_can_be_repeated_for_a_minute_and_then_betrays_a_thief(world: World) -> None:
    first = by_code(world, code(world)).data
    second = renew(world, first["refresh_token"]).data
    assert renew(world, first["refresh_token"]).status == 200
    assert works(world, second["access_token"]) == 0
    world.clock.ahead += auth.GRACE + 1
    assert renew(world, first["refresh_token"]).code == 1008
    assert renew(world, second["refresh_token"]).code == 1008
    assert works(world, second["access_token"]) == 1008


def test_tokens_are_kept_by_their_fingerprints_and_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path) as world:
        token = by_code(world, code(world)).data
        world.clock.ahead += 400 * 86400
        world.sweep()
        assert works(world, token["access_token"]) == 1008
        files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
        assert not [path for path in files if token["access_token"].encode() in path.read_bytes()]


def test_a_token_is_good_for_its_own_application_only(world: World) -> None:
    token = exchange(world, grant_type="client_credentials").data["access_token"]
    answer = world.get("uploads/create.json", **{**create_fields(b"x", "two"), "access_token": token})
    assert answer.code == 1008


def test_open_accounts_need_no_secrets(tmp_path: Path) -> None:
    with running(tmp_path, strict=False) as world:
        fields = create_fields(b"x") | {"client_id": "'anybody'", "access_token": "anything"}
        assert world.get("uploads/create.json", **fields).status == 201
