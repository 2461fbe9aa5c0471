from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest

from vodkit.core.capabilities import Capabilities
from vodkit.core.config import convert, resolve
from vodkit.core.errors import ConfigError, MissingCredentials, UnknownProvider, UnsupportedOption
from vodkit.core.registry import Descriptor, Setting
from vodkit.engine.profiles import ConfigWarning, choose, config_path, load_profiles

TOY = Descriptor(
    name="toy",
    title="Toy",
    client="nowhere:Toy",
    server=None,
    settings=(
        Setting("access_id", "public id", required=True),
        Setting("access_key", "its secret", required=True, secret=True),
        Setting("chunk", "bytes", kind="size"),
        Setting("hosts", "host names", kind="list"),
        Setting("tries", "how often", kind="int"),
        Setting("fast", "whether", kind="bool"),
    ),
    capabilities=Capabilities(options={}),
    account_id="access_id",
    account_secret="access_key",
)
KEYS = {"access_id": "A", "access_key": "B"}


def profile_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_closer_names_win() -> None:
    environment = {"VODKIT_TOY_ACCESS_ID": "env", "VODKIT_TOY_TRIES": "2", "VODKIT_TOY_FAST": "yes"}
    profile = {"access_id": "profile", "tries": 3, "hosts": ["a", "b"]}
    found = resolve(TOY, {"access_id": "option", "access_key": "k"}, profile, environment)
    assert found == {"access_id": "option", "access_key": "k", "tries": 3, "fast": True, "hosts": ["a", "b"]}


def test_shared_settings_have_variables_of_their_own() -> None:
    environment = {"VODKIT_SERVICE": "http://h:1", "VODKIT_BANDWIDTH": "2M", "VODKIT_TOY_PARALLEL": "3"}
    found = resolve(TOY, KEYS, {}, environment)
    assert (found["service"], found["bandwidth"], found["parallel"]) == ("http://h:1", 2 << 20, 3)


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        ("size", "1.5K", 1536),
        ("size", "8MiB", 8 << 20),
        ("size", 7, 7),
        ("int", "12", 12),
        ("float", "0.5", 0.5),
        ("bool", "off", False),
        ("list", "a, b,", ["a", "b"]),
        ("str", 1400000001, "1400000001"),
    ],
)
def test_conversion(kind: str, value: Any, wanted: Any) -> None:
    assert convert(Setting("x", "", kind=kind), value, "here") == wanted


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("size", "0"),
        ("size", "many"),
        ("int", 1.5),
        ("int", True),
        ("float", "-1"),
        ("float", "nan"),
        ("bool", "x"),
        ("str", True),
        ("list", 5),
    ],
)
def test_conversion_refuses(kind: str, value: Any) -> None:
    with pytest.raises(ConfigError, match="here: x cannot be"):
        convert(Setting("x", "", kind=kind), value, "here")


def test_a_secret_of_the_wrong_kind_is_not_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        convert(Setting("x", "", kind="int", secret=True), "hunter2", "here")
    assert "hunter2" not in str(caught.value)


def test_typos_are_named_with_the_nearest_name() -> None:
    with pytest.raises(UnsupportedOption, match="access_id"):
        resolve(TOY, {"acess_id": "x"}, {}, {})
    with pytest.raises(ConfigError, match=r"profile 'p'.*'acces_key'.*access_key"):
        resolve(TOY, KEYS, {"acces_key": "x"}, {}, profile_name="p")
    with pytest.raises(ConfigError, match=r"VODKIT_TOY_.*'acessid'.*access_id"):
        resolve(TOY, KEYS, {}, {"VODKIT_TOY_ACESSID": "x"})


def test_missing_credentials_say_how_to_give_them() -> None:
    with pytest.raises(MissingCredentials, match=r"access_id.*access_key.*VODKIT_TOY_ACCESS_ID"):
        resolve(TOY, {}, {}, {})


def test_nothing_configured_says_how_to_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"vodkit demo.*vodkit serve"):
        choose(None, {}, {"VODKIT_CONFIG": str(tmp_path / "none.toml")})


def test_unknown_name(tmp_path: Path) -> None:
    path = profile_file(tmp_path, '[profiles.holiday]\nprovider = "x"\n')
    with pytest.raises(UnknownProvider, match="Did you mean 'holiday'"):
        choose("hollyday", {}, {"VODKIT_CONFIG": str(path)})
    with pytest.raises(ConfigError, match=r"VODKIT_PROFILE.*'holiday'"):
        choose(None, {}, {"VODKIT_CONFIG": str(path), "VODKIT_PROFILE": "holidays"})


def test_several_profiles_without_a_default(tmp_path: Path) -> None:
    path = profile_file(tmp_path, '[profiles.a]\nprovider = "x"\n[profiles.b]\nprovider = "y"\n')
    with pytest.raises(ConfigError, match="Name one of: a, b"):
        choose(None, {}, {"VODKIT_CONFIG": str(path)})


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("[profiles.a]\nregion = 'x'", "does not say its provider"),
        ("[profile.a]\nprovider = 'x'", "no section 'profile'"),
        ("profiles = 3", "not a table"),
        ("[profiles.a", "not valid TOML"),
    ],
)
def test_broken_files(tmp_path: Path, text: str, match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        load_profiles(profile_file(tmp_path, text))


def test_a_file_that_others_can_read_brings_a_warning(tmp_path: Path) -> None:
    text = '[profiles.a]\nprovider = "x"\nsecret = "s3cret"\n'
    with pytest.warns(ConfigWarning, match="chmod 600"):
        load_profiles(profile_file(tmp_path, text, 0o644))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        profiles = load_profiles(profile_file(tmp_path, text))
    assert "s3cret" not in repr(profiles)


def test_misspelt_variable_brings_a_warning(tmp_path: Path) -> None:
    environment = {"VODKIT_PROVIDR": "x", "VODKIT_CONFIG": str(tmp_path / "none.toml")}
    with pytest.warns(ConfigWarning, match="VODKIT_PROVIDER"), pytest.raises(ConfigError):
        choose(None, {}, environment)


def test_place_of_the_file(tmp_path: Path) -> None:
    assert config_path({"VODKIT_CONFIG": "/x/y.toml"}) == Path("/x/y.toml")
    assert config_path({}).parts[-2:] == ("vodkit", "config.toml")
