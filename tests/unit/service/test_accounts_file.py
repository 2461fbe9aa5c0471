"""Reading and writing ``accounts.toml``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from vodkit.core import registry
from vodkit.core.errors import ConfigError
from vodkit.server import accounts_file
from vodkit.server.allowances import ALLOWANCES
from vodkit.server.nouns import AccountSettings

from .conftest import HERE


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The toy room, found by its entry point."""
    monkeypatch.syspath_prepend(str(HERE / "toy"))
    caches = (registry.names, registry._modules, registry.descriptor)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


GOOD = """
[[account]]
provider = "toy"
id = "Your SecretId"
secret = "Your SecretKey"
number = 7
tags = ["a", "b"]

[[account]]
provider = "toy"
id = "other"
secret = "s"
"""


def test_accounts_with_their_facts_and_defaults() -> None:
    first, second = accounts_file.parse(GOOD)
    assert (first.provider, first.key, first.secret) == ("toy", "Your SecretId", "Your SecretKey")
    assert first.attrs == {"number": 7, "tags": ["a", "b"], "region": "here"}
    assert second.attrs == {"region": "here"}


def test_what_accounts_may() -> None:
    said = 'quota = "1.5GiB"\nmax_seconds = 600\nprocedure = ""\nprivate_targets = true\nnumber = 7'
    first, second = accounts_file.parse(GOOD.replace("number = 7", said))
    assert first.allowances == {
        "quota": 3 << 29,
        "max_seconds": 600.0,
        "procedure": "",
        "private_targets": True,
    }
    assert first.attrs["number"] == 7
    assert second.allowances == {}
    assert accounts_file.parse(accounts_file.format_entries([first, second])) == [first, second]


def test_the_allowances_are_the_settings_and_no_rooms_facts() -> None:
    assert set(ALLOWANCES) == {field.name for field in fields(AccountSettings)}
    for name in registry.names():
        assert not set(ALLOWANCES) & {setting.name for setting in registry.descriptor(name).account}


def test_secrets_are_not_in_the_repr() -> None:
    entry = accounts_file.parse(GOOD.replace("number = 7", 'hidden = "hush"'))[0]
    assert "Your SecretKey" not in repr(entry)
    assert "hush" not in repr(entry)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            ("number", "nmuber"),
            r"account 1 \(toy, id 'Your SecretId'\): no key 'nmuber'. Did you mean 'number'",
        ),
        (('"toy"', '"tyo"'), r"account 1 \(tyo, id 'Your SecretId'\): there is no provider 'tyo'"),
        (("number = 7", "number = true"), "'number' must be of type int"),
        (("number = 7", 'number = "7"'), "'number' must be of type int"),
        (('["a", "b"]', '"a"'), "'tags' must be of type list"),
        (('id = "other"', 'id = "Your SecretId"'), "account 2 .* is there twice"),
        (('secret = "s"', ""), "account 2 .*'secret' is missing"),
        (('secret = "s"', 'secret = ""'), "account 2 .*'secret' is missing"),
        (('secret = "s"', "secret = 5"), "account 2 .*'secret' is missing or not text"),
        (("number = 7", 'quota = "much"'), r"account 1 .*quota cannot be 'much'. It takes bytes"),
        (("number = 7", "quota = 0"), r"quota cannot be 0"),
        (("number = 7", "concurrency = 0"), r"concurrency cannot be 0"),
        (("number = 7", "qouta = 5"), r"no key 'qouta'. Did you mean 'quota'"),
        (("[[account]]", "[account]"), "not TOML|only \\[\\[account\\]\\]"),
        (("[[account]]", "[[acount]]"), "only \\[\\[account\\]\\]"),
        (("[[account]]", "[[account"), "is not TOML"),
    ],
)
def test_mistakes_are_refused_by_name(change: tuple[str, str], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint) as caught:
        accounts_file.parse(GOOD.replace(*change))
    assert "Your SecretKey" not in str(caught.value)


def test_what_is_written_is_read_back() -> None:
    entries = [
        accounts_file.Entry("toy", 'a "quoted" \\ \x7f ü \n key', "s", {"region": "there", "tags": ["x"]}),
        accounts_file.generate(registry.descriptor("toy")),
    ]
    assert accounts_file.parse(accounts_file.format_entries(entries[:1]))[0].attrs == entries[0].attrs
    assert accounts_file.parse(accounts_file.format_entries(entries)) == entries


def test_generated_keys_differ() -> None:
    made = [accounts_file.generate(registry.descriptor("toy")) for _ in range(20)]
    assert len({entry.key for entry in made} | {entry.secret for entry in made}) == 40
    assert {entry.provider for entry in made} == {"toy"}


def test_a_file_that_is_missing_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read the accounts"):
        accounts_file.load(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        accounts_file.load(tmp_path / "bytes.toml")
