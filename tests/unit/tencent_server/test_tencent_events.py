"""Events by pull (checklist G 16)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from vodkit.providers.tencent.server import events

from .world import Caller, World


def app_with_events(caller: Caller, **switches: str) -> dict[str, Any]:
    app = {"SubAppId": caller("CreateSubAppId", Name="events")["SubAppId"]}
    given = {"UploadMediaCompleteEventSwitch": "ON", "DeleteMediaCompleteEventSwitch": "ON", **switches}
    caller("ModifyEventConfig", Mode="PULL", **given, **app)
    return app


@pytest.mark.covers("tencent G-16")
def test_g16_an_upload_is_pulled_with_its_contexts(one: Caller) -> None:
    app = app_with_events(one)
    committed = one.upload(
        b"12345", MediaName="n", SourceContext="s" * 250, SessionContext="t" * 1000, Procedure="p", **app
    )
    (event,) = one("PullEvents", **app)["EventSet"]
    assert event["EventType"] == "NewFileUpload"
    body = event["FileUploadEvent"]
    assert body["FileId"] == committed["FileId"]
    assert body["ProcedureTaskId"] == ""
    basic = body["MediaBasicInfo"]
    assert basic["SourceInfo"] == {"SourceType": "Upload", "SourceContext": "s" * 250}
    assert (basic["Description"], basic["ClassId"], basic["CoverUrl"]) == ("", 0, "")
    assert (basic["TagSet"], basic["ExpireTime"]) == ([], "9999-12-31T23:59:59Z")
    assert (basic["Vid"], basic["MediaUrl"]) == (committed["FileId"], committed["MediaUrl"])
    assert body["MetaData"]["Size"] == 5


@pytest.mark.covers("tencent G-16")
def test_g16_a_repeated_commit_tells_once(one: Caller) -> None:
    app = app_with_events(one)
    applied = one("ApplyUpload", MediaType="mp4", **app)
    one.fill(applied, b"x")
    for _ in range(3):
        one("CommitUpload", VodSessionKey=applied["VodSessionKey"], **app)
    assert len(one("PullEvents", **app)["EventSet"]) == 1


@pytest.mark.covers("tencent G-16")
def test_g16_unconfirmed_events_come_again_after_30_seconds(one: Caller, world: World) -> None:
    app = app_with_events(one)
    file_id = one.upload(b"x", **app)["FileId"]
    (first,) = one("PullEvents", **app)["EventSet"]
    assert one("PullEvents", **app)["EventSet"] == []
    world.clock.ahead += 31
    late = one.refused("ConfirmEvents", EventHandles=[first["EventHandle"]], **app)
    assert late == "InvalidParameterValue.EventHandles"
    (again,) = one("PullEvents", **app)["EventSet"]
    assert again["FileUploadEvent"]["FileId"] == file_id
    one("ConfirmEvents", EventHandles=[again["EventHandle"]], **app)
    world.clock.ahead += 31
    try:
        assert one("PullEvents", **app)["EventSet"] == []
    finally:
        world.clock.ahead -= 62


@pytest.mark.covers("tencent G-16")
def test_g16_sixteen_at_a_time(one: Caller) -> None:
    app = app_with_events(one)
    ids = [one.upload(b"x", **app)["FileId"] for _ in range(18)]
    first = one("PullEvents", **app)["EventSet"]
    second = one("PullEvents", **app)["EventSet"]
    assert [event["FileUploadEvent"]["FileId"] for event in first + second] == ids
    assert len(first) == 16
    handles = [event["EventHandle"] for event in first]
    one("ConfirmEvents", EventHandles=handles, **app)
    one("ConfirmEvents", EventHandles=handles[:1], **app)
    code = "InvalidParameterValue.EventHandles"
    assert one.refused("ConfirmEvents", EventHandles=[*handles, handles[0]], **app) == code
    assert one.refused("ConfirmEvents", EventHandles=[], **app) == code
    assert one.refused("ConfirmEvents", EventHandles=["made.1.up"], **app) == code
    assert one.refused("ConfirmEvents", EventHandles=handles[:1]) == code


@pytest.mark.covers("tencent G-16")
def test_g16_switches_are_off_at_first(one: Caller) -> None:
    app = {"SubAppId": one("CreateSubAppId", Name="quiet")["SubAppId"]}
    config = one("DescribeEventConfig", **app)
    assert config["Mode"] == "PULL"
    assert {config[name] for name in config if name.endswith("Switch")} == {"OFF"}
    one("DeleteMedia", FileId=one.upload(b"x", **app)["FileId"], **app)
    one("ModifyEventConfig", DeleteMediaCompleteEventSwitch="ON", **app)
    assert one("DescribeEventConfig", **app)["UploadMediaCompleteEventSwitch"] == "OFF"
    file_id = one.upload(b"x", **app)["FileId"]
    one("DeleteMedia", FileId=file_id, **app)
    (event,) = one("PullEvents", **app)["EventSet"]
    assert event["EventType"] == "FileDeleted"
    assert event["FileDeleteEvent"]["FileIdSet"] == [file_id]
    wrong = one.refused("ModifyEventConfig", UploadMediaCompleteEventSwitch="MAYBE", **app)
    assert wrong == "InvalidParameterValue.UploadMediaCompleteEventSwitch"


@pytest.mark.covers("tencent G-16")
def test_g16_a_pull_waits_for_an_event(one: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_with_events(one)
    monkeypatch.setattr(events, "LONGEST_WAIT", 60.0)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(one, "PullEvents", **app)
        file_id = one.upload(b"x", **app)["FileId"]
        (event,) = waiting.result()["EventSet"]
    assert event["FileUploadEvent"]["FileId"] == file_id


def test_g16_push_is_refused_rather_than_forgotten(one: Caller) -> None:
    given = {"Mode": "PUSH", "NotificationUrl": "http://example.com/hook"}
    assert one.refused("ModifyEventConfig", **given) == "UnsupportedOperation"


def test_events_of_one_application_stay_there(one: Caller, two: Caller) -> None:
    app, other = app_with_events(one), app_with_events(one)
    one.upload(b"x", **app)
    assert one("PullEvents", **other)["EventSet"] == []
    (event,) = one("PullEvents", **app)["EventSet"]
    assert one.refused("ConfirmEvents", EventHandles=[event["EventHandle"]], **other)
    assert two.refused("ConfirmEvents", EventHandles=[event["EventHandle"]])
