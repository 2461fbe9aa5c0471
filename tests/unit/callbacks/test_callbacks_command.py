"""``vodkit callbacks`` on a data folder, and ``vodkit callbacks listen``."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.processes import child
from vodkit import ConfigError, NotFound, SignatureInvalid, webhooks
from vodkit.cli.main import cli
from vodkit.sandbox.listen import Arrival, Judge, listening

from .desk import Desk
from .receiver import Got, receiving, status


class Shell:
    """Runs ``vodkit callbacks`` on the desk's folder."""

    def __init__(self, data: str, capsys: pytest.CaptureFixture[str]) -> None:
        self._data = data
        self._capsys = capsys

    def __call__(self, *words: str) -> str:
        self._capsys.readouterr()
        cli.main(["callbacks", "--data", self._data, *words], standalone_mode=False)
        return self._capsys.readouterr().out

    def json(self, *words: str) -> list[Any]:
        return [json.loads(line) for line in self(*words).splitlines()]


@pytest.fixture
def shell(desk: Desk, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(desk.service.settings.data, capsys)


def test_a_webhook_is_added_told_listed_and_removed(desk: Desk, shell: Shell) -> None:
    with receiving() as receiver:
        [added] = shell.json("add", receiver.url)
        assert added["secret"].startswith("whsec_")
        id = desk.happens()
        desk.send()
        [got] = receiver.got
        assert webhooks.verify("vodkit", got.headers, got.body, key=added["secret"]).id == id
        [listed] = shell.json("list", "--json")
        assert (listed["id"], listed["url"], listed["disabled"]) == (added["id"], receiver.url, False)
        assert added["secret"] not in json.dumps(listed)
        assert added["id"] in shell("list")
        assert shell("remove", added["id"]) == f"removed {added['id']}\n"
        assert shell.json("list", "--json") == []


def test_a_secret_takes_the_place_of_another_without_a_gap(desk: Desk, shell: Shell) -> None:
    def signed_with(got: Got, secret: str) -> bool:
        try:
            webhooks.verify("vodkit", got.headers, got.body, key=secret, now=desk.service.now())
        except SignatureInvalid:
            return False
        return True

    with receiving() as receiver:
        [added] = shell.json("add", receiver.url)
        [rotated] = shell.json("rotate", added["id"])
        assert rotated["secret"] != added["secret"]
        desk.happens()
        desk.send()
        assert [signed_with(receiver.got[0], each["secret"]) for each in (added, rotated)] == [True, True]
        [tried] = shell.json("test", added["id"])
        assert tried["accepted"]
        assert [signed_with(receiver.got[1], each["secret"]) for each in (added, rotated)] == [True, True]
        desk.clock.ahead += 24 * 3600 + 1
        desk.happens()
        desk.send()
        assert [signed_with(receiver.got[2], each["secret"]) for each in (added, rotated)] == [False, True]
    with pytest.raises(NotFound, match="no webhook"):
        shell("rotate", "wh_other")


def test_what_an_address_hides_is_not_listed(shell: Shell) -> None:
    shell("add", "https://example.com/hook?token=s3cret")
    assert "s3cret" not in shell("list") + shell("list", "--json")


def test_webhooks_of_one_account_and_of_some_types(desk: Desk, shell: Shell) -> None:
    with receiving() as receiver:
        [mine] = shell.json("add", receiver.url, "--account", "youku:client", "--type", "media.deleted")
        assert (mine["account"], mine["types"]) == ("youku:client", ["media.deleted"])
        desk.happens()
        id = desk.happens(type="media.deleted")
        desk.send()
        assert receiver.ids == [id]
    with pytest.raises(NotFound, match="no account"):
        shell("add", receiver.url, "--account", "youku:other")
    with pytest.raises(ConfigError, match="not of the form PROVIDER:ID"):
        shell("deliveries", "--account", "youku/client")


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["add", "ftp://example.com/"], ConfigError),
        (["add", "https://user:password@example.com/"], ConfigError),
        (["add", "https://example.com/", "--type", "media.upload"], ConfigError),
        (["remove", "wh_nothing"], NotFound),
        (["enable", "wh_nothing"], NotFound),
        (["test", "wh_nothing"], NotFound),
        (["replay", "nothing"], NotFound),
        (["replay", "--since", "yesterday"], ConfigError),
    ],
)
def test_what_cannot_be_is_a_clear_error(shell: Shell, words: list[str], kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        shell(*words)
    assert "password" not in str(caught.value).replace("a password", "")
    assert shell.json("list", "--json") == []


def test_deliveries_are_listed_and_replayed(desk: Desk, shell: Shell) -> None:
    with receiving(status("500 Oops")) as receiver, receiving() as other:
        id = desk.happens(f"{receiver.url}?token=s3cret")
        late = desk.happens(other.url)
        for _ in range(3):
            desk.send()
            desk.clock.ahead += 6.0
        [dead] = shell.json("deliveries", "--dead", "--json")
        assert (dead["event"], dead["state"], dead["attempts"], dead["status"]) == (id, "dead", 3, 500)
        assert dead["target"] == f"{receiver.url}?token=***"
        assert [row["event"] for row in shell.json("deliveries", "--json")] == [late, id]
        assert [row["event"] for row in shell.json("deliveries", "--state", "done", "--json")] == [late]
        assert "the receiver answered 500" in shell("deliveries")

        receiver.answer = lambda peer, number: peer.answer()
        assert shell("replay", "--dead") == "replaying 1\n"
        desk.send()
        assert receiver.ids == [id] * 4
        assert shell("replay", late) == "replaying 1\n"
        assert shell("replay", dead["id"]) == "replaying 1\n"
        desk.clock.ahead += 1.0
        desk.send()
        assert (other.ids, len(receiver.got)) == ([late] * 2, 5)
        assert shell("replay", "--since", "1h", "--account", "youku:client") == "replaying 2\n"
        assert shell("replay", "--dead") == "replaying 0\n"


def test_a_receiver_that_was_gone_is_told_again(desk: Desk, shell: Shell) -> None:
    with receiving(status("410 Gone", "200 OK")) as receiver:
        [added] = shell.json("add", receiver.url)
        desk.happens()
        desk.send()
        assert shell.json("list", "--json")[0]["disabled"]
        shell("enable", added["id"])
        desk.happens()
        desk.send()
        assert len(receiver.got) == 2


def test_trying_a_webhook_out(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    with receiving(status("200 OK", "500 Oops")) as receiver:
        [added] = shell.json("add", receiver.url)
        [end] = shell.json("test", added["id"])
        assert (end["status"], end["accepted"]) == (200, True)
        assert "private address" in end["remark"]
        [got] = receiver.got
        assert webhooks.verify("vodkit", got.headers, got.body, key=added["secret"]).type == "webhook.test"
        cli.main(["callbacks", "--data", shell._data, "test", added["id"]], standalone_mode=False)
        assert json.loads(capsys.readouterr().out)["accepted"] is False


@contextmanager
def heard(style: str = "", forward: str = "", **keys: list[str]) -> Iterator[tuple[str, list[Arrival]]]:
    """A listener's URL, and what came."""
    came: list[Arrival] = []
    with listening("127.0.0.1:0", Judge(style, keys), came.append, forward=forward) as url:
        yield url, came


def post(url: str, body: bytes, **headers: str) -> tuple[int, bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, named)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.read()


NETEASE = (
    '{"type":"upload","vid":1001,"name":"视频.mp4","origAddr":"http://media.example/vodtest/x.mp4"}'.encode()
)


def test_the_listener_tells_who_called_and_whether_it_is_genuine() -> None:
    secret, other = webhooks.new_secret(), webhooks.new_secret()
    own = b'{"type":"media.uploaded","data":{"provider":"youku","id":"X"}}'
    tencent = b'{"EventType":"FileDeleted","FileDeleteEvent":{"FileIdSet":["7"]},"T":1,"Sign":"x"}'
    with heard(vodkit=[other, secret]) as (url, came):
        at = int(time.time())
        signature = webhooks.sign(secret, "e1", at, own)
        named = {"webhook_id": "e1", "webhook_timestamp": str(at)}
        assert post(f"{url}/hook?token=x", own, webhook_signature=signature, **named) == (200, b"{}")
        post(url, own, webhook_signature="v1,AAAA", **named)
        post(url, NETEASE, sign="dad50a6a25b486a799f01971bb8273e2")
        post(url, NETEASE, sign="9f01aac8687d2398136d126b063a3ef4")
        post(url, tencent)
        post(url, b'{"retcode":0,"task_id":"t"}')
        post(url, "héllo".encode("latin-1"))
        post(url, b'{"EventType":')
    assert [(a.style, a.type, a.media, a.verified) for a in came] == [
        ("vodkit", "media.uploaded", "X", True),
        ("vodkit", "media.uploaded", "X", False),
        ("netease", "media.uploaded", "1001", True),
        ("netease", "media.uploaded", "1001", False),
        ("tencent", "media.deleted", "7", None),
        ("ucloud", "procedure.changed", "", None),
        ("", "", "", None),
        ("tencent", "", "", None),
    ]
    assert came[0].path == "/hook"
    assert came[0].payload["data"]["id"] == "X"
    assert "--key tencent=KEY" in came[4].remark
    assert "does not sign" in came[5].remark
    assert "not JSON" in came[7].remark
    shown = "\n".join(came[0].lines())
    assert "vodkit media.uploaded X" in shown
    assert "verified" in shown
    assert '"provider": "youku"' in shown


def test_a_listener_that_is_told_the_style_and_the_key() -> None:
    with heard("ucloud") as (url, came):
        post(url, b"a=1")
    assert (came[0].style, came[0].payload) == ("ucloud", {"a": "1"})
    with heard(netease=["MyKey2024"]) as (url, came):
        post(url, NETEASE, sign="9f01aac8687d2398136d126b063a3ef4")
    assert came[0].verified
    with pytest.raises(ConfigError, match="no callbacks"):
        Judge("youku", {})
    with pytest.raises(ConfigError, match="no provider"):
        Judge("", {"nobody": ["k"]})


def test_a_listener_passes_on_and_answers_what_comes_back() -> None:
    with receiving(lambda peer, number: peer.answer(b"made", "201 Created")) as receiver:
        with heard(forward=receiver.url + "?a=1") as (url, came):
            assert post(f"{url}/x?b=2", NETEASE, sign="s") == (201, b"made")
        assert (came[0].status, came[0].verified) == (201, False)
        [got] = receiver.got
        assert (got.path, got.body, got.headers["sign"]) == ("/hook?a=1&b=2", NETEASE, "s")
    with heard(forward=receiver.url) as (url, came):
        assert post(url, b"{}")[0] == 502


def test_the_command_listens_until_it_is_stopped(desk: Desk) -> None:
    [_, secret] = desk.webhook("http://127.0.0.1:9/")
    words = ["callbacks", "--data", desk.service.settings.data, "listen", "--json"]
    with child(
        [sys.executable, "-m", "vodkit", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        url = process.stderr.readline().split()[-1]
        at = int(desk.service.now())
        body = b'{"type":"media.uploaded","data":{}}'
        signature = webhooks.sign(secret, "e1", at, body)
        post(url, body, webhook_id="e1", webhook_timestamp=str(at), webhook_signature=signature)
        arrival = json.loads(process.stdout.readline())
        process.terminate()
        process.wait(60)
    assert (arrival["style"], arrival["verified"]) == ("vodkit", True)
    assert secret not in json.dumps(arrival)


def test_addresses_that_cannot_be_listened_at() -> None:
    for address in ("nowhere", "127.0.0.1:http", "127.0.0.1:70000", ":1"):
        with pytest.raises(ConfigError), listening(address, Judge("", {}), print):
            pass


def test_a_listener_at_an_ipv6_address() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    came: list[Arrival] = []
    with listening("[::1]:0", Judge("", {}), came.append) as url:
        assert url.startswith("http://[::1]:")
        assert post(url, b"x") == (200, b"{}")
    assert len(came) == 1
