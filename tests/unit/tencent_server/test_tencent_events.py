"""Events by pull and by push (checklist G 16)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select

from vodkit.core.callbacks import EVENT_ID
from vodkit.core.events import Event
from vodkit.providers.tencent import sign
from vodkit.providers.tencent.server import Room, events
from vodkit.providers.tencent.wire import format_time
from vodkit.server.catalog.tables import deliveries
from vodkit.server.catalog.tables import events as event_rows
from vodkit.server.contract import Account
from vodkit.server.processing import Address, Message

from . import worked
from .world import Caller, World


def app_with_events(caller: Caller, **switches: str) -> dict[str, Any]:
    app = {"SubAppId": caller("CreateSubAppId", Name="events")["SubAppId"]}
    on = {"UploadMediaCompleteEventSwitch": "ON", "DeleteMediaCompleteEventSwitch": "ON"}
    caller("ModifyEventConfig", **{"Mode": "PULL", **on, **switches}, **app)
    return app


@pytest.mark.covers("tencent G-16")
def test_g16_an_upload_is_pulled_with_its_contexts(one: Caller) -> None:
    app = app_with_events(one)
    committed = one.upload(b"12345", MediaName="n", SourceContext="s" * 250, SessionContext="t" * 1000, **app)
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


def test_a_media_whose_time_is_over_is_told_as_deleted(one: Caller) -> None:
    app, world = app_with_events(one, UploadMediaCompleteEventSwitch="OFF"), one.world
    soon = format_time(datetime.fromtimestamp(world.clock.now() + 60, UTC))
    file_id = one.upload(b"x", ExpireTime=soon, **app)["FileId"]
    world.clock.ahead += 61
    try:
        sweep = world.service.storage.sweep(world.clock.now(), world.service.rooms)
        assert world.do(sweep)["media_expired"] == 1
        (event,) = one("PullEvents", **app)["EventSet"]
    finally:
        world.clock.ahead -= 61
    assert event["EventType"] == "FileDeleted"
    assert event["FileDeleteEvent"]["FileIdSet"] == [file_id]


@pytest.mark.covers("tencent G-16")
def test_g16_a_pull_waits_for_an_event(one: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_with_events(one)
    monkeypatch.setattr(events, "LONGEST_WAIT", 60.0)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(one, "PullEvents", **app)
        file_id = one.upload(b"x", **app)["FileId"]
        (event,) = waiting.result()["EventSet"]
    assert event["FileUploadEvent"]["FileId"] == file_id


def test_events_of_one_application_stay_there(one: Caller, two: Caller) -> None:
    app, other = app_with_events(one), app_with_events(one)
    one.upload(b"x", **app)
    assert one("PullEvents", **other)["EventSet"] == []
    (event,) = one("PullEvents", **app)["EventSet"]
    assert one.refused("ConfirmEvents", EventHandles=[event["EventHandle"]], **other)
    assert two.refused("ConfirmEvents", EventHandles=[event["EventHandle"]])


def deliveries_of(world: World, target: str) -> list[tuple[str, Event, Address]]:
    """What is to be sent to an address: style, event, and the address."""

    def look(conn: Connection) -> list[tuple[str, Event, Address]]:
        joined = select(deliveries, event_rows).join(event_rows, event_rows.c.id == deliveries.c.event)
        rows = conn.execute(joined.where(deliveries.c.target == target).order_by(event_rows.c.seq)).mappings()
        return [
            (
                row[deliveries.c.style],
                Event(
                    row[event_rows.c.id],
                    row[event_rows.c.type],
                    "tencent",
                    row[event_rows.c.account],
                    row[event_rows.c.media],
                    row[event_rows.c.at],
                    row[event_rows.c.payload],
                ),
                Address(row[deliveries.c.style], target, row[deliveries.c.attrs]),
            )
            for row in rows
        ]

    return world.service.catalog.read_now(look)


def message_of(world: World, event: Event, address: Address) -> Message:
    room = world.service.rooms["tencent"]
    assert isinstance(room, Room)
    account = Account(event.account, "tencent", "AKIDone", "secret")
    return world.service.catalog.read_now(
        lambda conn: room.callbacks[address.style].message(conn, event, address, account)
    )


@pytest.mark.covers("tencent G-16-push")
def test_g16_an_event_is_pushed_with_its_signature(one: Caller, world: World) -> None:
    url = "https://example.com/pushed"
    app = app_with_events(one, Mode="PUSH", NotificationUrl=url, SignKey="SignKeyExample1")
    config = one("DescribeEventConfig", **app)
    assert (config["Mode"], config["NotificationUrl"]) == ("PUSH", url)
    assert "SignKey" not in config
    file_id = one.upload(b"12345", **app)["FileId"]
    assert one("PullEvents", **app)["EventSet"] == []
    ((style, event, address),) = deliveries_of(world, url)
    assert style == "tencent"
    sent = message_of(world, event, address)
    assert (sent.url, sent.method, sent.headers[EVENT_ID]) == (url, "POST", event.id)
    body = json.loads(sent.body)
    assert body["EventType"] == "NewFileUpload"
    assert "EventHandle" not in body
    assert body["FileUploadEvent"]["FileId"] == file_id
    now = world.clock.now()
    assert now + 590 < body["T"] < now + 610
    assert sign.verify_callback("SignKeyExample1", body["Sign"], str(body["T"]), now=now) is sign.Verdict.OK
    assert b"null" not in sent.body
    assert "SignKeyExample1" not in repr(sent) + repr(address) + repr(config)


@pytest.mark.covers("tencent G-16-push")
def test_g16_what_is_configured_now_counts(one: Caller, world: World) -> None:
    url = "https://example.com/changing"
    app = app_with_events(one, Mode="PUSH", NotificationUrl=url)
    one.upload(b"x", **app)
    ((_, event, address),) = deliveries_of(world, url)
    assert not {"T", "Sign"} & set(json.loads(message_of(world, event, address).body))
    one("ModifyEventConfig", SignKey="later", **app)
    assert {"T", "Sign"} < set(json.loads(message_of(world, event, address).body))
    one("ModifyEventConfig", SignKey="", **app)
    assert not {"T", "Sign"} & set(json.loads(message_of(world, event, address).body))
    one("ModifyEventConfig", UploadMediaCompleteEventSwitch="OFF", **app)
    one.upload(b"x", **app)
    one("ModifyEventConfig", UploadMediaCompleteEventSwitch="ON", NotificationUrl="", **app)
    one.upload(b"x", **app)
    assert len(deliveries_of(world, url)) == 1
    assert one("DescribeEventConfig", **app)["NotificationUrl"] == ""
    one("ModifyEventConfig", Mode="PULL", **app)
    one.upload(b"x", **app)
    assert len(one("PullEvents", **app)["EventSet"]) == 1


@pytest.mark.covers("tencent G-16-push")
def test_g16_only_addresses_that_can_be_are_taken(one: Caller) -> None:
    app = {"SubAppId": one("CreateSubAppId", Name="addresses")["SubAppId"]}
    code = "InvalidParameterValue.NotificationUrl"
    for url in ("ftp://example.com/", "example.com", "https://user:pw@example.com/"):
        assert one.refused("ModifyEventConfig", Mode="PUSH", NotificationUrl=url, **app) == code, url
    assert one.refused("ModifyEventConfig", Mode="PUSH", **app) == code
    wrong = one.refused("ModifyEventConfig", SignKey="not-only-letters", **app)
    assert wrong == "InvalidParameterValue.SignKey"
    assert one("DescribeEventConfig", **app)["Mode"] == "PULL"


def test_pushed_events_are_tried_for_a_day(world: World) -> None:
    room = world.service.rooms["tencent"]
    assert isinstance(room, Room)
    style = room.callbacks["tencent"]
    assert [style.accepted(status, b"") for status in (200, 204, 301, 404, 500)] == [
        True,
        True,
        False,
        False,
        False,
    ]
    delays: list[float] = []
    while (pause := style.delay(len(delays) + 1)) is not None:
        delays.append(pause)
    assert delays[:4] == [1.0, 5.0, 30.0, 300.0]
    assert 23 * 3600 < sum(delays) <= 24 * 3600


@pytest.mark.parametrize(("mode", "times"), [("Finish", 1), ("Change", 2), ("None", 0)])
def test_a_procedure_is_told_as_its_mode_wants(one: Caller, world: World, mode: str, times: int) -> None:
    app = app_with_events(one)
    file_id = one.upload(b"x", **app)["FileId"]
    one("PullEvents", **app)
    asked = {"FileId": file_id, "ProcedureName": "LongVideoPreset", "TasksNotifyMode": mode}
    task_id = one("ProcessMediaByProcedure", **asked, **app)["TaskId"]
    worked.begin(world, task_id)
    worked.end(world, task_id, ["cover:10"])
    told = one("PullEvents", **app)["EventSet"]
    assert [event["EventType"] for event in told] == ["ProcedureStateChanged"] * times


@pytest.mark.parametrize("mode", ["Finish", "Change"])
def test_a_part_that_fails_is_told_of_at_once_where_every_change_is(
    one: Caller, world: World, mode: str
) -> None:
    app = app_with_events(one)
    file_id = one.upload(b"x", **app)["FileId"]
    one("PullEvents", **app)
    asked = {"FileId": file_id, "ProcedureName": "LongVideoPreset", "TasksNotifyMode": mode}
    task_id = one("ProcessMediaByProcedure", **asked, **app)["TaskId"]
    worked.begin(world, task_id)
    worked.step(world, task_id, "probe", "probe", "running")
    worked.step(world, task_id, "sprite-0-sprite", "sprite", "running")
    begun = one("PullEvents", **app)["EventSet"]
    assert len(begun) == (mode == "Change")
    if begun:
        one("ConfirmEvents", EventHandles=[each["EventHandle"] for each in begun], **app)
    worked.step_fails(world, task_id, "probe", "a step of no part")
    worked.step_fails(world, task_id, "sprite-0-sprite", "no room on the sheet")
    worked.end(world, task_id, ["cover:10"])
    told = [event["ProcedureStateChangeEvent"] for event in one("PullEvents", **app)["EventSet"]]
    changes = ["PROCESSING"] if mode == "Change" else []
    assert [event["Status"] for event in told] == [*changes, "FINISH"]
    results = {result["Type"]: result for result in told[0]["MediaProcessResultSet"]}
    sprite = results["ImageSprites"]["ImageSpriteTask"]
    assert (sprite["Status"], sprite["Message"]) == ("FAIL", "no room on the sheet")


def test_events_wait_four_days_to_be_pulled(one: Caller, world: World) -> None:
    app = app_with_events(one)
    one.upload(b"x", **app)
    world.clock.ahead += 4 * 24 * 3600 + 60
    one.upload(b"y", **app)
    assert len(one("PullEvents", **app)["EventSet"]) == 1
