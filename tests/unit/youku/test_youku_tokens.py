"""Access tokens: where they come from, how they are renewed and kept."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vodkit
from vodkit.core.errors import AuthError, ConfigError, CredentialExpired, MissingCredentials
from vodkit.providers.youku.client.tokens import Token

from .platform import Platform, error

Make = Callable[..., Path]


def used(platform: Platform, name: str = "create") -> list[str]:
    return [seen.fields["access_token"] for seen in platform.seen if seen.name == name]


@pytest.mark.parametrize("code", [1008, 1009, "1009"])
@pytest.mark.parametrize("name", ["create", "commit"])
def test_a_token_past_its_life_is_renewed_once_and_the_call_repeated(
    platform: Platform, make: Make, tmp_path: Path, name: str, code: Any
) -> None:
    platform.script[name].append((400, error(code)))
    with platform.connect(tmp_path, refresh_token="first") as vod:
        vod.upload(make(10))
    assert used(platform, name) == ["the-token", "renewed"]
    (asked,) = [seen.fields for seen in platform.seen if seen.name == "token"]
    assert asked == {"client_id": "me", "grant_type": "refresh_token", "refresh_token": "first"}


def test_renewed_tokens_are_kept_for_their_owner_only(platform: Platform, make: Make, tmp_path: Path) -> None:
    platform.script["create"].append((400, error(1009)))
    with platform.connect(tmp_path, refresh_token="first") as vod:
        vod.upload(make(10))
    kept = tmp_path / "state" / "youku-tokens.json"
    assert kept.stat().st_mode & 0o077 == 0
    (entry,) = json.loads(kept.read_text()).values()
    assert (entry["access_token"], entry["refresh_token"]) == ("renewed", "next")
    with platform.connect(tmp_path, refresh_token="first") as vod:
        vod.upload(make(20))
    assert used(platform)[-1] == "renewed"
    platform.script["create"].append((400, error(1009)))
    platform.script["token"].append((200, {"access_token": "again", "refresh_token": "third"}))
    with platform.connect(tmp_path, refresh_token="first") as vod:
        vod.upload(make(30))
    assert [seen.fields["refresh_token"] for seen in platform.seen if seen.name == "token"] == [
        "first",
        "next",
    ]


def test_without_a_refresh_token_the_user_is_told(platform: Platform, make: Make, tmp_path: Path) -> None:
    platform.script["create"].append((400, error(1009)))
    with platform.connect(tmp_path) as vod, pytest.raises(CredentialExpired, match="refresh_token"):
        vod.upload(make(10))


def test_a_callable_is_asked_again(platform: Platform, make: Make, tmp_path: Path) -> None:
    given = iter(["one", "two"])
    platform.script["commit"].append((401, error(1009)))
    settings: dict[str, Any] = {"access_token": None, "tokens": lambda: next(given)}
    with platform.connect(tmp_path, **settings) as vod:
        vod.upload(make(10))
    assert used(platform, "commit") == ["one", "two"]
    with platform.connect(tmp_path, access_token=None, tokens=lambda: 7) as vod, pytest.raises(ConfigError):
        vod.upload(make(10))


def test_a_refusal_of_the_renewal_is_an_error(platform: Platform, make: Make, tmp_path: Path) -> None:
    platform.script["create"].append((400, error(1009)))
    platform.script["token"].append((400, {"error": {"code": 9, "type": "OAuth2Exception"}}))
    with platform.connect(tmp_path, refresh_token="first") as vod, pytest.raises(AuthError):
        vod.upload(make(10))


def test_something_must_say_who_uploads(tmp_path: Path) -> None:
    with pytest.raises(MissingCredentials, match="access_token"):
        vodkit.connect("youku", client_id="me", state_dir=tmp_path)
    with pytest.raises(ConfigError, match="access_token"):
        vodkit.connect("youku", client_id="me", access_token=" token\n", state_dir=tmp_path)


def test_secrets_are_not_shown(platform: Platform, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with platform.connect(tmp_path, refresh_token="first-refresh", client_secret="the-secret") as vod:
        platform.script["token"].append(
            (200, {"access_token": "from-code", "refresh_token": "from-code-too"})
        )
        token = vod.login("the-code", "http://app.example/")  # type: ignore[attr-defined]
    assert isinstance(token, Token)
    for secret in ("from-code", "first-refresh", "the-secret", "the-code", "the-token"):
        assert secret not in f"{caplog.text} {vod!r} {token!r}"


def test_logging_in(platform: Platform, make: Make, tmp_path: Path) -> None:
    with platform.connect(tmp_path, client_secret="s") as vod:
        url = vod.authorize_url("http://app.example/?a=1", "st")  # type: ignore[attr-defined]
        assert url == (
            "https://openapi.youku.com/v2/oauth2/authorize?client_id=me&response_type=code&state=st"
            "&redirect_uri=http%3A%2F%2Fapp.example%2F%3Fa%3D1"
        )
        vod.login("code", "http://app.example/?a=1")  # type: ignore[attr-defined]
        vod.upload(make(10))
        assert used(platform) == ["renewed"]
        platform.script["token"].append((200, {"access_token": "third", "expires_in": 60}))
        assert vod.refresh().access_token == "third"  # type: ignore[attr-defined]
    kept = json.loads((tmp_path / "state" / "youku-tokens.json").read_text())
    assert next(iter(kept.values()))["refresh_token"] == "next"
