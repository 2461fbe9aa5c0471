"""Inputs for the side-by-side table of the package youku; see :mod:`tests.compat.table`."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

VENDOR = "youku 0.1.1"
ENVIRONMENT = "youku-python"
NOTE = (
    "D numbers are those of the specification's list of defects. The blog's variant (D10, D11) is Python 2 "
    "only; its one state file for all uploads (D1 to D3) is emulated by a subclass on both sides."
)
CLASSES = {
    "YoukuError": [],
    "YoukuUpload": [
        "prepare_video_params", "create", "create_file", "new_slice", "upload_slice", "check", "commit",
        "cancel", "spec", "transferred_percent", "upload", "checksum_md5file", "checksum_md5data",
        "_save_upload_state_to_file", "_read_upload_state_from_file", "_delete_upload_state_file",
        "_save_slice_state",
    ],
    "YoukuOauth": ["authorize_url", "get_token_by_code", "refresh_token"],
    "YoukuVideos": [
        "find_video_by_id", "find_video_by_url", "find_videos_by_ids", "find_video_detail_by_id",
        "find_video_details_by_ids", "find_videos_by_me", "find_videos_by_userid", "find_videos_by_username",
        "update_video", "destroy_video", "find_videos_by_related", "find_favorite_videos_by_me",
        "find_favorite_videos_by_userid", "find_favorite_videos_by_username", "create_favorite_video",
        "destroy_favorite_video", "find_videos_by_category",
    ],
    "YoukuUsers": [
        "my_info", "find_user_by_id", "find_user_by_name", "find_users_by_ids", "find_users_by_names",
        "friendship_followings", "friendship_followers", "create_friendship", "destroy_friendship",
        "create_subscribe", "cancel_subscribe", "subscribe_get", "subscribe_notice",
    ],
    "YoukuComments": [
        "find_comment_by_id", "find_comments_by_ids", "find_comments_by_video", "find_hot_comments_by_video",
        "find_comments_by_me", "find_comments_by_mention_me", "find_comments_by_reply_me",
        "find_comments_by_to_me", "create_comment", "destroy_comment",
    ],
    "YoukuPlaylists": [
        "find_playlist_by_id", "find_playlists_by_ids", "find_playlists_by_category", "find_playlists_by_me",
        "find_playlists_by_userid", "find_playlists_by_username", "find_videos_by_playlist",
        "create_playlist", "update_playlist", "destroy_playlist", "add_videos_to_playlist",
        "del_videos_from_playlist", "set_cover_video_for_playlist", "find_next_video_in_playlist",
    ],
    "YoukuShows": [
        "find_show_by_id", "find_shows_by_ids", "find_show_premium_by_ids", "find_shows_by_category",
        "find_shows_by_related", "find_videos_by_show",
    ],
    "YoukuSearchs": [
        "search_videos_by_tag", "search_videos_by_keyword", "search_shows_by_keyword",
        "search_keyword_complete", "search_keyword_top", "search_show_address_unite",
        "search_show_top_unite",
    ],
    "YoukuPersons": ["find_person_by_id", "find_persons_by_ids", "find_persons_by_type"],
    "YoukuSchemas": [
        "video_category", "upload_spec", "comment_expression", "show_category", "playlist_category",
        "searche_top_category",
    ],
}  # fmt: skip
NAMES = {
    "youku": [name for cls, methods in CLASSES.items() for name in (cls, *(f"{cls}.{m}" for m in methods))],
    "youku.util": ["check_error", "remove_none_value", "YoukuError"],
    "youku.youku_upload": ["YoukuUpload"],
    "youku.youku_oauth": ["YoukuOauth"],
    "youku.youku_videos": ["YoukuVideos"],
    "youku.youku_users": ["YoukuUsers"],
    "youku.youku_comments": ["YoukuComments"],
    "youku.youku_playlists": ["YoukuPlaylists"],
    "youku.youku_shows": ["YoukuShows"],
    "youku.youku_searches": ["YoukuSearchs"],
    "youku.youku_persons": ["YoukuPersons"],
    "youku.youku_schemas": ["YoukuSchemas"],
}
STATED = {
    "D13": (
        "status turns 4 while commit waits",
        "goes unnoticed: it sleeps for ever",
        "what is missing is sent",
    ),
    "D34": (
        "connections",
        "every call makes one",
        "one object keeps its own, for single steps as for the whole upload",
    ),
    "D7": (
        "the video's disk is full",
        "`OSError` 28 after the server made the file; an empty state file remains",
        "nothing is written there; a full state folder is a warning before the first byte",
    ),
    "D8": (
        "the video is on a read-only mount",
        "no state, and nothing is said",
        "state is kept elsewhere; where it cannot be, a warning says so before the first byte",
    ),
    "D10": (
        "importing the blog's variant",
        "makes `/var/log/youku`, sets the root logger to DEBUG, logs access data",
        "importing changes nothing",
    ),
    "D11": (
        "the blog's variant in a folder that cannot be written to",
        "keeps no state, though that is elsewhere",
        "the video's folder does not matter",
    ),
    "D15": (
        "a server that stalls",
        "waits for ever: no request has a time-out",
        "every request has one (`VODKIT_TIMEOUT`) and is repeated",
    ),
}
MIB = 1 << 20


def file(name: str = "movie.mp4", size: int = 1000) -> str:
    """A file in this folder, by its full path."""
    path = Path(name).absolute()
    path.write_bytes(os.urandom(size))
    return str(path)


def new(path: str, cls: Any = None) -> Any:
    from youku import YoukuUpload

    return (cls or YoukuUpload)("client", "token", path)


def begin(path: str, slices: int, cls: Any = None) -> Any:
    """An upload that stops after so many slices."""
    upload = new(path, cls)
    upload.create(upload.prepare_video_params())
    upload.create_file()
    upload.new_slice()
    for _ in range(slices):
        upload.upload_slice()
    return upload


def done(id: Any) -> str:
    return "uploaded" if str(id).startswith("X") else f"returned {id!r}"


def shared() -> Any:
    """One state file for every upload on the machine, as the blog's variant has."""
    from youku import YoukuUpload

    place = Path("tmpyouku.upload").absolute()

    class Shared(YoukuUpload):  # type: ignore[misc, unused-ignore]
        def _save_upload_state_to_file(self) -> None:
            place.write_text(
                json.dumps({"upload_token": self.upload_token, "upload_server_ip": self.upload_server_ip})
            )

        def _read_upload_state_from_file(self) -> None:
            if place.exists():
                data = json.loads(place.read_text())
                self.upload_token, self.upload_server_ip = data["upload_token"], data["upload_server_ip"]

        def _delete_upload_state_file(self) -> None:
            place.unlink(missing_ok=True)

    return Shared


def two(sent: int, size: int) -> str:
    cls = shared()
    first = begin(file("a.mp4", 5 * MIB), sent, cls)
    second = new(file("b.mp4", size), cls)
    id = second.upload()
    if second.upload_token == first.upload_token:
        return f"{done(id)}: B goes on with A's upload and returns A's id"
    return f"{done(id)}: an upload of its own"


def D1() -> str:
    """one state file; A is wholly sent, then B is uploaded"""
    return two(3, 5 * MIB)


def D2() -> str:
    """one state file; A is half sent, then B of the same size is uploaded"""
    return two(1, 5 * MIB)


def D3() -> str:
    """one state file; A is half sent, then a shorter B is uploaded"""
    return two(1, 3 * MIB)


def D4() -> str:
    """two objects on one path, both uploading"""
    path = file(size=5 * MIB)
    first = begin(path, 1)
    second = new(path)
    try:
        one = second.upload()
    except Exception as error:
        return f"the second is refused ({error.args[1]}); the first is {done(first.upload())}"
    return "both have one id" if one == first.upload() else "two ids"


def D5() -> str:
    """half sent, then the file is replaced by one of the same size, then uploaded"""
    before = begin(file(size=5 * MIB), 1).upload_token
    upload = new(file(size=5 * MIB))
    upload.upload()
    return "the old upload goes on" if upload.upload_token == before else "a new upload"


def D6() -> str:
    """half sent, then the file is cut off, then uploaded"""
    begin(file(size=5 * MIB), 1)
    return done(new(file(size=MIB)).upload())


def D9() -> str:
    """half sent: what is left beside the video"""
    path = file(size=5 * MIB)
    begin(path, 1)
    left = Path(f"{path}.upload")
    return f"a file with a usable token, mode {left.stat().st_mode & 0o777:o}" if left.exists() else "nothing"


def D12() -> str:
    """a slice was handed out and lost in a crash; the server does not hand it out again, as check says"""
    path = file(size=5 * MIB)
    begin(path, 1)
    return done(new(path).upload())


def meddle_D12(asked: Any, forward: Any) -> Any:
    """Say that all slices are handed out, the first two times."""
    answer = forward(asked)
    if "/check" in asked.path and _times("D12") < 2:
        answer.body = json.dumps({**json.loads(answer.body), "status": 2}).encode()
    return answer


_counts: dict[str, int] = {}


def _times(case: str) -> int:
    """How often it was asked before."""
    _counts[case] = _counts.get(case, -1) + 1
    return _counts[case]


def D14() -> str:
    """check says for ever that slices are being stored"""
    path = file()
    begin(path, 1)
    return done(new(path).upload())


def meddle_D14(asked: Any, forward: Any) -> Any:
    """Never come to the end."""
    answer = forward(asked)
    if "/check" in asked.path:
        answer.body = json.dumps({**json.loads(answer.body), "status": 3}).encode()
    return answer


def watch_D14(asked: list[Any]) -> str:
    """How often it was asked; the drop-in gives up after ten minutes."""
    return f"{sum('/check' in one.path for one in asked)} checks"


def D16() -> str:
    """one 503 on one slice"""
    return done(new(file()).upload())


def meddle_D16(asked: Any, forward: Any) -> Any:
    """Refuse once."""
    answer = forward(asked)
    if "upload_slice" in asked.path and _times("D16") == 0:
        error = {"code": 1001, "type": "SystemException", "description": "Service temporarily unavailable"}
        answer.status, answer.body = 503, json.dumps({"error": error}).encode()
    return answer


def D17() -> str:
    """`movie.mp4.upload` holds a dead token; its error's code comes as text"""
    path = file()
    Path(f"{path}.upload").write_text('{"upload_token": "dead", "upload_server_ip": "127.0.0.1"}')
    return done(new(path).upload())


def meddle_D17(asked: Any, forward: Any) -> Any:
    """Write the code as text."""
    answer = forward(asked)
    answer.body = answer.body.replace(b"120010223", b'"120010223"')
    return answer


def D18() -> str:
    """Ctrl-C while the constructor reads its state"""
    path = file(size=5 * MIB)
    begin(path, 1)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        new(path)
        time.sleep(1)
    except KeyboardInterrupt:
        return "passes through"
    return "is swallowed"


def meddle_D18(asked: Any, forward: Any) -> Any:
    """Leave time for it."""
    time.sleep(2 if "/check" in asked.path else 0)
    return forward(asked)


def D19() -> str:
    """commit answers without an id, once"""
    return done(new(file()).upload())


def meddle_D19(asked: Any, forward: Any) -> Any:
    """Lose the id."""
    answer = forward(asked)
    if "commit" in asked.path and _times("D19") == 0:
        answer.body = b"{}"
    return answer


def D20() -> str:
    """`cancel()`, then `upload()` of the same object"""
    upload = begin(file(size=5 * MIB), 1)
    upload.cancel()
    return done(upload.upload())


def D20b() -> str:
    """`cancel()` before `create()`"""
    return str(new(file()).cancel())


def D21() -> str:
    """an object is made while `movie.mp4.upload` is there"""
    path = file()
    Path(f"{path}.upload").write_text('{"upload_token": "dead", "upload_server_ip": "127.0.0.1"}')
    new(path)
    return "made"


def watch_D21(asked: list[Any]) -> str:
    """What that asked."""
    return f"{len(asked)} requests"


def D22() -> str:
    """a file name without a dot"""
    return done(new(file("movie")).upload())


def D23() -> str:
    """`file_ext`"""
    return repr(new(file()).file_ext)


def D24() -> str:
    """`transferred_percent()` after one slice of three"""
    return repr(begin(file(size=5 * MIB), 1).transferred_percent())


def D24b() -> str:
    """`transferred_percent()` before the first slice"""
    return repr(new(file()).transferred_percent())


def D24c() -> str:
    """a file of 0 bytes"""
    return done(new(file(size=0)).upload())


def D25() -> str:
    """no title, a file name of 204 characters"""
    return str(len(new(file("x" * 200 + ".mp4")).prepare_video_params()["title"])) + " characters"


def D26() -> str:
    """`description=None`"""
    return done(new(file()).upload({"title": "t", "description": None}))


def D27() -> str:
    """latitude 0, longitude 0"""
    given = new(file()).prepare_video_params(latitude=0, longitude=0)
    return "sent" if "latitude" in given else "dropped"


def D28() -> str:
    """`upload({"deshake": 1})`"""
    return done(new(file()).upload({"deshake": 1}))


def D29() -> str:
    """`create(params)`: what is added to `params`"""
    params = {"title": "t", "tags": "a"}
    new(file()).create(params)
    return ", ".join(sorted(params.keys() - {"title", "tags"})) or "nothing"


def D30() -> str:
    """tags as a list"""
    return done(new(file()).upload({"title": "t", "tags": ["one", "two"]}))


def watch_D30(asked: list[Any]) -> str:
    """How they went."""
    create = next((one.path + one.body.decode() for one in asked if "create.json" in one.path), "")
    return f"{create.count('tags=')} × `tags`"


def D31() -> str:
    """an empty answer to check"""
    return str(begin(file(), 0).check())


def meddle_D31(asked: Any, forward: Any) -> Any:
    """Say nothing."""
    answer = forward(asked)
    answer.body = b"" if "/check" in asked.path else answer.body
    return answer


def D31b() -> str:
    """new_slice answers 200"""
    return done(new(file()).upload())


def meddle_D31b(asked: Any, forward: Any) -> Any:
    """As in later years."""
    answer = forward(asked)
    answer.status = 200 if "new_slice" in asked.path else answer.status
    return answer


def D31c() -> str:
    """`{"error": null}` with 400"""
    from youku import YoukuVideos

    return str(YoukuVideos("client").find_video_by_id("X"))


def meddle_D31c(asked: Any, forward: Any) -> Any:
    """Be odd."""
    answer = forward(asked)
    answer.body = b'{"error": null}'
    return answer


def D32() -> str:
    """`find_user_by_id` with a bad client id"""
    from youku import YoukuUsers

    return repr(YoukuUsers("nobody").find_user_by_id("1"))


def meddle_D32(asked: Any, forward: Any) -> Any:
    """Refuse whoever asks."""
    answer = forward(asked)
    error = {"code": 1005, "type": "SystemException", "description": "Client id invalid"}
    answer.status, answer.body = 400, json.dumps({"error": error}).encode()
    return answer


def D33() -> str:
    """tokens in the log at INFO, and in the address of create"""
    heard = io.StringIO()
    logging.basicConfig(level=logging.INFO, stream=heard)
    upload = new(file())
    upload.upload()
    return (
        "the upload token is in the log" if upload.upload_token in heard.getvalue() else "no token in the log"
    )


def watch_D33(asked: list[Any]) -> str:
    """Where the access token went."""
    seen = [one for one in asked if "create.json" in one.path]
    where = ", the token in its address" if any("token" in one.path for one in seen) else ""
    return f"create is a {' and '.join(one.method for one in seen)}{where}"


def D35() -> str:
    """an upload server with a port"""
    return done(new(file()).upload())


def meddle_D35(asked: Any, forward: Any) -> Any:
    """Name a port."""
    answer = forward(asked)
    if "create.json" in asked.path:
        made = {**json.loads(answer.body), "upload_server_uri": "127.0.0.1:80"}
        answer.body = json.dumps(made).encode()
    return answer
