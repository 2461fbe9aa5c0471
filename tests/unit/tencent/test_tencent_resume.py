"""Crashes, lost answers and keys past their life, against a cloud in memory that verifies every signature."""

from __future__ import annotations

import os

import pytest

from vodkit.core.contract import Reply
from vodkit.core.errors import (
    AuthError,
    CredentialExpired,
    InvalidRequest,
    Superseded,
)
from vodkit.providers.tencent import wire
from vodkit.providers.tencent.client import plan
from vodkit.providers.tencent.client.credentials import Credential, Credentials

from .drive import DATA, SMALL, Crash, Ledger, items, options, provider, run, stored
from .fake_cloud import ID, KEY, FakeCloud, Seen, api_fault, cos_fault


@pytest.mark.covers("tencent G-23")
@pytest.mark.parametrize("crash_after", range(16))
def test_a_crash_anywhere_is_resumed(crash_after: int) -> None:
    cloud, ledger = FakeCloud(), Ledger()
    upload = items(("media", "a.mp4", DATA), ("cover", "c.png", b"png"))
    with pytest.raises(Crash):
        run(provider(cloud), cloud, upload, SMALL, ledger, crash_after=crash_after)
    before = len(cloud.did("PUT uploadId partNumber"))
    media = run(provider(cloud), cloud, upload, SMALL, ledger)
    assert cloud.objects[cloud.media[media.id]["MediaUrl"].partition(".com/")[2]] == DATA
    sent_again = len(cloud.did("PUT uploadId partNumber")) - 11
    assert sent_again == 0, f"all of the {before} parts that had arrived are kept"
    assert ledger.supersedes == 0
    assert len(cloud.media) == 1


@pytest.mark.covers("tencent G-23")
def test_a_part_without_receipt_is_kept_only_if_its_bytes_are_ours() -> None:
    cloud, ledger = FakeCloud(), Ledger()
    upload = items(("media", "a.mp4", DATA))
    with pytest.raises(Crash):
        run(provider(cloud), cloud, upload, SMALL, ledger, crash_after=6)
    (parts,) = cloud.uploads.values()
    parts[5] = b"x" * 1000
    run(provider(cloud), cloud, upload, SMALL, ledger)
    assert stored(cloud, ".mp4") == DATA
    numbers = [seen.fields["partNumber"] for seen in cloud.did("PUT uploadId partNumber")]
    assert numbers.count("5") == 2


def test_the_server_is_believed_over_the_ledger() -> None:
    cloud, ledger = FakeCloud(), Ledger()
    upload = items(("media", "a.mp4", DATA))
    with pytest.raises(Crash):
        run(provider(cloud), cloud, upload, SMALL, ledger, crash_after=6)
    (parts,) = cloud.uploads.values()
    del parts[2]
    parts[3] = b"y" * 1000
    run(provider(cloud), cloud, upload, SMALL, ledger)
    assert stored(cloud, ".mp4") == DATA


def test_an_upload_that_the_store_forgot_begins_anew_under_the_same_grant() -> None:
    cloud, ledger = FakeCloud(), Ledger()
    upload = items(("media", "a.mp4", DATA))
    with pytest.raises(Crash):
        run(provider(cloud), cloud, upload, SMALL, ledger, crash_after=6)
    cloud.uploads.clear()
    run(provider(cloud), cloud, upload, SMALL, ledger)
    assert stored(cloud, ".mp4") == DATA
    assert len(cloud.did("ApplyUpload")) == 1


def test_a_stream_whose_size_came_to_be_known_keeps_its_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "_GROWTH", 3000)
    monkeypatch.setattr(plan, "_EVERY", 4)
    data = os.urandom(30_500)
    cloud, ledger = FakeCloud(), Ledger()
    with pytest.raises(Crash):
        run(
            provider(cloud), cloud, items(("media", "a.mp4", data), stream=True), SMALL, ledger, crash_after=9
        )
    run(provider(cloud), cloud, items(("media", "a.mp4", data)), SMALL, ledger)
    assert stored(cloud, ".mp4") == data
    numbers = [seen.fields["partNumber"] for seen in cloud.did("PUT uploadId partNumber")]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("code", ["InvalidAccessKeyId", "NoSuchBucket"])
def test_a_service_that_forgot_everything_is_begun_anew(code: str) -> None:
    cloud, ledger = FakeCloud(), Ledger()
    upload = items(("media", "a.mp4", DATA))
    with pytest.raises(Crash):
        run(provider(cloud), cloud, upload, SMALL, ledger, crash_after=6)
    cloud.fault = lambda seen: cos_fault(403, code, "gone") if seen.key and len(cloud.sessions) == 1 else None
    run(provider(cloud), cloud, upload, SMALL, ledger)
    assert stored(cloud, ".mp4") == DATA
    assert ledger.supersedes == 1


def test_other_options_on_resume() -> None:
    cloud, ledger = FakeCloud(), Ledger()
    upload = items(("media", "a.mp4", DATA))
    with pytest.raises(Crash):
        run(provider(cloud), cloud, upload, SMALL, ledger, crash_after=6)
    media = run(provider(cloud), cloud, upload, options(1000, title="New", category=3), ledger)
    assert ledger.supersedes == 0
    assert (cloud.media[media.id]["Name"], cloud.media[media.id]["ClassId"]) == ("New", 3)
    assert media.title == "New"


def test_options_that_cannot_be_amended_supersede() -> None:
    cloud, ledger = FakeCloud(), Ledger()
    upload = items(("media", "a.mp4", DATA))
    with pytest.raises(Crash):
        run(provider(cloud), cloud, upload, SMALL, ledger, crash_after=6)
    media = run(provider(cloud), cloud, upload, options(1000, procedure="P"), ledger)
    assert ledger.supersedes == 1
    assert cloud.media[media.id]["Procedure"] == "P"


def test_a_session_that_the_server_forgot_is_superseded_on_resume_only() -> None:
    cloud, ledger = FakeCloud(), Ledger()
    upload = items(("media", "a.mp4", b"hello"))
    with pytest.raises(Crash):
        run(provider(cloud), cloud, upload, SMALL, ledger, crash_after=1)
    number_one = dict(cloud.sessions)
    cloud.fault = lambda seen: (
        api_fault(wire.codes.VOD_SESSION_KEY, "bad")
        if seen.do == "CommitUpload" and seen.fields["VodSessionKey"] in number_one
        else None
    )
    run(provider(cloud), cloud, upload, SMALL, ledger)
    assert ledger.supersedes == 1
    fresh = FakeCloud(
        fault=lambda s: api_fault(wire.codes.VOD_SESSION_KEY, "bad") if s.do == "CommitUpload" else None
    )
    with pytest.raises(InvalidRequest):
        run(provider(fresh), fresh, upload, SMALL)


def test_lost_answers_are_repeated_without_harm() -> None:
    for do in ("ApplyUpload", "POST uploads", "PUT uploadId partNumber", "POST uploadId", "CommitUpload"):
        cloud = FakeCloud()
        lost: list[Seen] = []

        def lose(seen: Seen, do: str = do, lost: list[Seen] = lost) -> bool:
            if seen.do == do and not lost:
                lost.append(seen)
                return True
            return False

        cloud.lose = lose
        media = run(provider(cloud), cloud, items(("media", "a.mp4", DATA)), SMALL)
        assert lost
        assert cloud.objects[media.url.partition(".com/")[2]] == DATA
        assert len(cloud.media) == 1


def test_a_lost_completion_of_something_else_is_not_believed() -> None:
    cloud = FakeCloud()
    ledger = Ledger(supersedes=3)

    def lose(seen: Seen) -> bool:
        if seen.do == "POST uploadId" and cloud.objects:
            cloud.objects[seen.key] = b"else"
            return len(cloud.did("POST uploadId")) == 1
        return False

    cloud.lose = lose
    with pytest.raises(Superseded):
        run(provider(cloud), cloud, items(("media", "a.mp4", DATA)), SMALL, ledger)
    assert not cloud.did("CommitUpload")


# --- keys --------------------------------------------------------------------------------------------


@pytest.mark.covers("tencent G-22")
def test_upload_key_past_its_life_is_superseded() -> None:
    cloud, ledger = FakeCloud(), Ledger()

    def grow_old(seen: Seen) -> None:
        if (
            seen.do == "PUT uploadId partNumber"
            and seen.fields["partNumber"] == "5"
            and len(cloud.sessions) == 1
        ):
            cloud.now += cloud.life + 1

    cloud.fault = grow_old
    media = run(provider(cloud), cloud, items(("media", "a.mp4", DATA)), SMALL, ledger)
    assert ledger.supersedes == 1
    assert cloud.objects[media.url.partition(".com/")[2]] == DATA


def test_request_expired_while_the_key_lives_blames_the_clock() -> None:
    cloud = FakeCloud(
        fault=lambda s: cos_fault(403, "AccessDenied", "Request has expired") if s.do == "PUT" else None
    )
    with pytest.raises(CredentialExpired, match="clock"):
        run(provider(cloud), cloud, items(("media", "a.mp4", b"x")), SMALL)


@pytest.mark.covers("tencent G-22")
def test_callable_credentials_are_renewed_in_mid_upload() -> None:
    cloud = FakeCloud(certificate=False, token="token 1")
    asked: list[str] = []

    def fresh() -> dict[str, str]:
        asked.append(cloud.token)
        return {"secret_id": ID, "secret_key": KEY, "token": cloud.token}

    def rotate(seen: Seen) -> None:
        if seen.do == "PUT uploadId partNumber" and seen.fields["partNumber"] == "4":
            cloud.token = "token 2"
        elif seen.do == "CommitUpload":
            cloud.token = "token 3"

    cloud.fault = rotate
    run(provider(cloud, Credentials(fresh)), cloud, items(("media", "a.mp4", DATA)), SMALL)
    assert stored(cloud, ".mp4") == DATA
    assert asked == ["token 1", "token 2", "token 3"]


def test_fixed_credentials_that_expired_are_reported() -> None:
    cloud = FakeCloud(token="new")
    keys = Credentials(None, Credential(ID, KEY, "old"))
    with pytest.raises(CredentialExpired, match="callable") as caught:
        run(provider(cloud, keys), cloud, items(("media", "a.mp4", b"x")), SMALL)
    assert caught.value.code == "AuthFailure.TokenFailure"


def test_wrong_secret() -> None:
    cloud = FakeCloud(secret="another")
    with pytest.raises(AuthError, match="secret_key") as caught:
        run(provider(cloud), cloud, items(("media", "a.mp4", b"x")), SMALL)
    assert caught.value.code == "AuthFailure.SignatureFailure"
    assert caught.value.request_id == "req-1"


def test_skewed_clock_is_told() -> None:
    cloud = FakeCloud()
    room = provider(cloud)

    def late(seen: Seen) -> Reply:
        answer = api_fault(wire.codes.SIGNATURE_EXPIRE, "expired")
        return Reply(200, {**answer.headers, "date": "Wed, 01 Jan 2025 01:00:00 GMT"}, answer.body)

    cloud.fault = late
    with pytest.raises(CredentialExpired, match="3600 seconds behind"):
        run(room, cloud, items(("media", "a.mp4", b"x")), SMALL)


def test_account_is_stable_and_holds_no_secret() -> None:
    cloud = FakeCloud()
    assert provider(cloud).account() == f"vod.tencentcloudapi.com/{ID}"
    temporary = provider(cloud, Credentials(lambda: ("a", "b", "c")))
    assert temporary.account() == "vod.tencentcloudapi.com/"
    assert provider(cloud, sub_app=7).destination(options(storage_region="ap-beijing")) == "7/ap-beijing/"
