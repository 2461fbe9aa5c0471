"""Sealing, signing, and the file that the keys live in."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from vodkit.core.errors import ConfigError
from vodkit.server.vault import open_vault


def test_sealed_text_comes_back_and_is_never_the_same(tmp_path: Path) -> None:
    vault = open_vault(tmp_path / "keys")
    one, two = vault.seal(b"secret"), vault.seal(b"secret")
    assert one != two
    assert vault.unseal(one) == vault.unseal(two) == b"secret"
    assert set(one) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize("text", ["", "x", "ü", "=" * 9, "A" * 16, "A" * 80, "a b", "\n"])
def test_foreign_text_is_not_unsealed(tmp_path: Path, text: str) -> None:
    assert open_vault(tmp_path / "keys").unseal(text) is None


def test_changed_text_is_not_unsealed(tmp_path: Path) -> None:
    vault = open_vault(tmp_path / "keys")
    sealed = vault.seal(b"secret")
    for at in range(len(sealed) - 1):
        other = "A" if sealed[at] != "A" else "B"
        assert vault.unseal(sealed[:at] + other + sealed[at + 1 :]) is None


def test_signatures_belong_to_a_purpose_and_a_text(tmp_path: Path) -> None:
    vault = open_vault(tmp_path / "keys")
    signature = vault.sign("play", "a")
    assert vault.verify("play", "a", signature)
    assert not vault.verify("play", "b", signature)
    assert not vault.verify("upload", "a", signature)
    assert not vault.verify("play", "a", signature + "ü")
    assert not open_vault(tmp_path / "others").verify("play", "a", signature)


def test_keys_are_kept_and_only_the_owner_reads_them(tmp_path: Path) -> None:
    sealed = open_vault(tmp_path / "keys").seal(b"x")
    assert open_vault(tmp_path / "keys").unseal(sealed) == b"x"
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def test_processes_that_start_together_get_the_same_keys(tmp_path: Path) -> None:
    gate = threading.Barrier(8, timeout=60)
    made: list[str] = []

    def start() -> None:
        gate.wait()
        made.append(open_vault(tmp_path / "keys").sign("p", "t"))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(made) == 8 and len(set(made)) == 1


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"seal": "AA==", "sign": "AA=="}', '{"seal": 1, "sign": 2}']
)
def test_a_broken_key_file_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys"
    path.write_text(text)
    with pytest.raises(ConfigError, match="backup"):
        open_vault(path)
    assert path.read_text() == text
