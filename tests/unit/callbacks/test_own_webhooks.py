"""The account's own webhooks: what they tell, when they are signed, and when they stop."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from vodkit import SignatureInvalid, webhooks
from vodkit.server.catalog.tables import events, tasks
from vodkit.server.catalog.tables import webhooks as hook_rows
from vodkit.server.contract import MediaRecord
from vodkit.server.deliveries import webhooks as hooks
from vodkit.server.deliveries.own import DELAYS
from vodkit.server.events import LIFETIME
from vodkit.server.media.procedure import Procedure
from vodkit.server.processing import Address, Notice, Output, Task

from .desk import Desk
from .receiver import Got, receiving, status

PROBED = {
    "container": "mov,mp4",
    "seconds": 12.5,
    "start": 0.0,
    "bitrate": 1000,
    "streams": [
        {
            "index": 0,
            "type": "video",
            "codec": "h264",
            "width": 640,
            "height": 360,
            "rotation": 90,
            "fps": 25.0,
        }
    ],
}


def film(desk: Desk, **changes: Any) -> MediaRecord:
    """A media that is in the catalog."""
    now = desk.service.now()
    record = MediaRecord(
        id=secrets.token_hex(8),
        provider="toy",
        account=desk.account.id,
        remote_id="film-1",
        kind="video",
        title="视频",
        status="ready",
        space="films",
        key="a b.mp4",
        cover_key="",
        size=1000,
        attrs={"secret of the room": "hidden"},
        created=now,
        updated=now,
        expires=None,
    )
    record = replace(record, **changes)
    desk.catalog.write_now(lambda conn: desk.service.media.add(conn, record))
    return record


def read(got: Got, secret: str, now: float) -> dict[str, Any]:
    """The data of a genuine message."""
    return dict(webhooks.verify("vodkit", got.headers, got.body, key=secret, now=now).payload["data"])


def test_what_an_upload_tells(desk: Desk) -> None:
    with receiving() as receiver:
        _, secret = desk.webhook(receiver.url)
        id = desk.happens(media=film(desk))
        desk.send()
    [got] = receiver.got
    callback = webhooks.verify("vodkit", got.headers, got.body, key=secret, now=desk.service.now())
    assert (callback.type, callback.id, callback.media, callback.provider) == (
        *("media.uploaded", id, "film-1", "toy"),
    )
    data = callback.payload["data"]
    assert data.pop("created").endswith("Z")
    assert data == {
        "provider": "toy",
        "id": "film-1",
        "title": "视频",
        "kind": "video",
        "status": "ready",
        "size": 1000,
        "url": "http://vod.example/v/toy/films/a%20b.mp4",
        "outputs": [],
    }
    with pytest.raises(SignatureInvalid):
        webhooks.verify("vodkit", got.headers, got.body, key=webhooks.new_secret())


def test_what_a_procedure_tells(desk: Desk) -> None:
    media = film(desk, facts=PROBED)
    output = Output("o1", media.id, "t", "streams", "hls", f"{media.id}/o1/master.m3u8", 5, "", {}, 1.0)
    made = [
        replace(
            output, facts={"dash": f"{media.id}/o1/m.mpd", "seconds": 12.5, "renditions": [{"name": "360p"}]}
        ),
        replace(output, id="o2", kind="cover", name="cover", key=f"{media.id}/o2/c.jpg", facts={"width": 36}),
    ]
    with receiving() as receiver:
        _, secret = desk.webhook(receiver.url, "procedure.changed")
        desk.catalog.write_now(lambda conn: desk.service.outputs.add(conn, made))
        task = run(desk, media)
        change(desk, task, "done")
        desk.send()
    [got] = receiver.got
    data = read(got, secret, desk.service.now())
    base = f"http://vod.example/v/toy/@media/{media.id}"
    assert data["task"] == {"id": task.id, "kind": "procedure", "state": "done", "error": ""}
    assert (data["duration"], data["width"], data["height"]) == (12.5, 360, 640)
    assert data["hls_url"].replace("%40", "@") == f"{base}/o1/master.m3u8"
    assert data["dash_url"].replace("%40", "@") == f"{base}/o1/m.mpd"
    assert data["cover_url"].replace("%40", "@") == f"{base}/o2/c.jpg"
    assert [(out["kind"], out["name"]) for out in data["outputs"]] == [("streams", "hls"), ("cover", "cover")]
    assert data["outputs"][0]["renditions"] == [{"name": "360p"}]
    assert "places" not in json.dumps(data)


def run(desk: Desk, media: MediaRecord) -> Task:
    task: Task = desk.catalog.write_now(
        lambda conn: desk.service.tasks.process(conn, media, Procedure(name="p"))
    )
    return task


def change(desk: Desk, task: Task, state: str) -> None:
    def work(conn: Any) -> None:
        conn.execute(update(tasks).where(tasks.c.id == task.id).values(state=state))
        now = desk.service.tasks.by_id(conn, task.id)
        assert now is not None
        desk.service.events.task_changed(conn, desk.service.rooms["toy"], now)

    desk.catalog.write_now(work)


def test_a_change_is_one_event_whether_the_room_speaks_or_not(desk: Desk) -> None:
    media = film(desk)
    with receiving() as vendor, receiving() as own:
        desk.webhook(own.url)
        silent = run(desk, media)
        change(desk, silent, "running")
        address = Address("plain", vendor.url)
        room: Any = desk.service.rooms["toy"]
        room.task_changed = lambda conn, task: Notice({"state": task.state}, deliver=[address])
        change(desk, silent, "done")
        room.task_changed = lambda conn, task: 1 / 0
        change(desk, silent, "failed")
        desk.send()
    rows = desk.catalog.read_now(lambda conn: conn.execute(select(events).order_by(events.c.seq)).all())
    assert [(row.type, row.payload) for row in rows] == [
        ("procedure.changed", {}),
        ("procedure.changed", {"state": "done"}),
        ("procedure.changed", {}),
    ]
    assert vendor.ids == [rows[1].id]
    assert own.ids == [row.id for row in rows]
    told = [json.loads(got.body)["data"]["task"]["state"] for got in own.got]
    assert told == ["running", "done", "failed"]


def test_a_pull_is_told_of_at_its_end_only(desk: Desk) -> None:
    def pull(conn: Any) -> Task:
        return desk.service.tasks.pull(
            conn, provider="toy", account=desk.account.id, url="http://x.example/", space="s", key="k"
        )

    with receiving() as receiver:
        _, secret = desk.webhook(receiver.url)
        task = desk.catalog.write_now(pull)
        for state in ("running", "failed"):
            change(desk, task, state)
        desk.send()
    [got] = receiver.got
    assert json.loads(got.body)["type"] == "media.pulled"
    assert read(got, secret, desk.service.now())["task"]["state"] == "failed"


def test_what_is_deleted_has_no_addresses_any_more(desk: Desk) -> None:
    media = film(desk)
    with receiving() as receiver:
        _, secret = desk.webhook(receiver.url)
        desk.catalog.write_now(lambda conn: desk.service.media.delete(conn, media.id))
        desk.happens(type="media.deleted", media=media)
        desk.send()
    data = read(receiver.got[0], secret, desk.service.now())
    assert (data["id"], data["title"], data["size"]) == ("film-1", "视频", 1000)
    assert not {"url", "outputs", "hls_url"} & set(data)


def test_webhooks_hear_of_their_account_and_their_types_only(desk: Desk) -> None:
    with receiving() as every, receiving() as some, receiving() as others:
        desk.webhook(every.url)
        desk.webhook(some.url, "media.deleted", "media.pulled")
        now = desk.service.now()
        desk.catalog.write_now(lambda conn: hooks.add(conn, "another account", others.url, "", [], now))
        ids = [desk.happens(type=type) for type in ("media.uploaded", "media.deleted")]
        desk.send()
    assert every.ids == ids
    assert some.ids == ids[1:]
    assert not others.got


def test_each_try_is_signed_anew_and_tells_of_the_same_moment(desk: Desk) -> None:
    media = film(desk)
    with receiving(status("500 Oops", "500 Oops", "200 OK")) as receiver:
        _, secret = desk.webhook(receiver.url)
        desk.happens(media=media)
        times = []
        for delay in (0.0, *DELAYS[:2]):
            desk.clock.ahead += delay + 1
            times.append(desk.service.now())
            desk.send()
            desk.catalog.write_now(
                lambda conn: desk.service.media.update(conn, replace(media, title="later"))
            )
    first, *_, last = receiver.got
    assert len(receiver.got) == 3
    for got, time in zip(receiver.got, times):
        assert read(got, secret, time)["title"] == "视频"
    assert {got.headers["webhook-id"] for got in receiver.got} == {first.headers["webhook-id"]}
    assert {got.body for got in receiver.got} == {first.body}
    assert len({got.headers["webhook-signature"] for got in receiver.got}) == 3
    with pytest.raises(SignatureInvalid, match="last 10 seconds"):
        webhooks.verify("vodkit", first.headers, first.body, key=secret, now=times[-1], tolerance=10)
    assert webhooks.verify(
        "vodkit", last.headers, last.body, key=secret, now=times[-1], tolerance=10
    ).verified


def test_the_tries_take_about_a_day(desk: Desk) -> None:
    with receiving(status("500 Oops")) as receiver:
        desk.webhook(receiver.url)
        desk.happens()
        began = desk.service.now()
        while desk.states == ["waiting"]:
            desk.send()
            desk.clock.ahead = desk.rows()[0].due + 0.01 - began
        assert len(receiver.got) == len(DELAYS) + 1
    assert sorted(DELAYS) == list(DELAYS)
    assert 20 * 3600 < sum(DELAYS) < 28 * 3600
    assert desk.states == ["dead"]


def test_a_receiver_that_is_gone_for_good_is_told_no_more(desk: Desk) -> None:
    with receiving(status("410 Gone")) as receiver:
        id, _ = desk.webhook(receiver.url)
        desk.happens()
        desk.happens()
        desk.send()
        desk.happens()
        desk.send()
        assert len(receiver.got) == 1
    assert [(row.state, row.error) for row in desk.rows()] == [
        ("dead", "the receiver answered 410"),
        ("dead", "the webhook is switched off"),
    ]
    row: Any = desk.catalog.read_now(lambda conn: hooks.one(conn, id))
    assert row.disabled


def test_a_removed_webhook_gets_nothing_any_more(desk: Desk) -> None:
    with receiving() as receiver:
        id, _ = desk.webhook(receiver.url)
        desk.happens()
        desk.catalog.write_now(lambda conn: hooks.remove(conn, id))
        desk.send()
        assert not receiver.got
    [row] = desk.rows()
    assert (row.state, row.error) == ("dead", "the webhook was removed")


def test_events_and_their_deliveries_are_forgotten_after_a_month(desk: Desk) -> None:
    desk.happens("http://127.0.0.1:9/hook")
    desk.clock.ahead += LIFETIME + 60
    young = desk.happens("http://127.0.0.1:9/hook")
    now = desk.service.now()
    assert desk.catalog.write_now(lambda conn: desk.service.events.expire(conn, now)) == 1
    assert [row.event for row in desk.rows()] == [young]


def test_secrets_are_in_no_log_and_no_repr(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    with receiving(status("500 Oops", "200 OK")) as receiver:
        url = f"{receiver.url}?token=s3cret-token"
        _, secret = desk.webhook(url)
        desk.happens(url)
        for _ in range(2):
            desk.send()
            desk.clock.ahead += 6.0
        desk.webhook("http://127.0.0.1:9/?token=s3cret-token")
        desk.happens()
        desk.send()
    said = "".join(capfd.readouterr())
    assert "not delivered" in said
    stored: Any = desk.catalog.read_now(
        lambda conn: conn.execute(select(hook_rows.c.secret_sealed)).scalars().all()
    )
    signatures = [got.headers["webhook-signature"] for got in receiver.got if "webhook-id" in got.headers]
    for hidden in ("s3cret-token", secret, *stored, *signatures):
        assert hidden not in said
    for row in desk.rows():
        assert "s3cret" not in row.error
