"""A service that is not strict: anybody's keys are good, for what is theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from .world import Caller, World, running


@pytest.fixture(scope="module")
def open_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("open"), strict=False) as world:
        yield world


def test_unknown_keys_work_with_any_secret_and_application(open_world: World) -> None:
    anybody = Caller(open_world, "AKIDanybody", "whatever")
    committed = anybody.upload(b"by anybody", SubAppId=101)
    assert open_world.play(committed["MediaUrl"]).body == b"by anybody"
    again = Caller(open_world, "AKIDanybody", "another secret", token="any token")
    found = again("DescribeMediaInfos", FileIds=[committed["FileId"]], SubAppId=101)
    assert found["NotExistFileIdSet"] == []


def test_strangers_do_not_share(open_world: World) -> None:
    first, second = (Caller(open_world, f"AKIDstranger{n}", "x") for n in (1, 2))
    file_id = first.upload(b"x", SubAppId=101)["FileId"]
    assert second("DescribeMediaInfos", FileIds=[file_id], SubAppId=101)["NotExistFileIdSet"] == [file_id]
    applied = first("ApplyUpload", MediaType="mp4", SubAppId=101)
    refused = second.cos("PUT", applied["StorageBucket"], applied["MediaStoragePath"][1:], b"x")
    assert refused.status == 404


def test_known_accounts_are_still_checked(open_world: World) -> None:
    one = open_world.caller("AKIDone")
    assert one.upload(b"x")["FileId"]
    assert replace(one, secret="wrong").refused("SearchMedia") == "AuthFailure.SignatureFailure"
    assert one.refused("SearchMedia", SubAppId=999) == "InvalidParameterValue.SubAppId"
    assert replace(one, token="made up").refused("SearchMedia") == "AuthFailure.TokenFailure"


def test_upload_keys_keep_their_scope(open_world: World) -> None:
    anybody = Caller(open_world, "AKIDanybody", "whatever")
    applied = anybody("ApplyUpload", MediaType="mp4")
    uploader, key = anybody.uploader(applied), applied["MediaStoragePath"][1:]
    assert uploader.cos("PUT", applied["StorageBucket"], "elsewhere.mp4", b"x").status == 403
    assert replace(uploader, secret="wrong").cos("PUT", applied["StorageBucket"], key, b"x").status == 403
    assert uploader.refused("SearchMedia") == "AuthFailure.UnauthorizedOperation"


def test_an_unknown_procedure_is_a_task_that_failed(open_world: World) -> None:
    anybody = Caller(open_world, "AKIDanybody", "whatever")
    file_id = anybody.upload(b"movie", Procedure="made up")["FileId"]
    (task,) = anybody("DescribeTasks", FileId=file_id)["TaskSet"]
    assert task["Status"] == "FINISH"
    detail = anybody("DescribeTaskDetail", TaskId=task["TaskId"])["ProcedureTask"]
    assert (detail["ErrCode"] > 0, "made up" in detail["Message"]) == (True, True)
