"""Uploads, and going on with them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import vodkit
from vodkit.providers.ucloud import wire

from ._handler import Handler, checked, type_in
from ._line import Line
from ._response import Result
from ._streams import KeptStream
from .logger import logger
from .util import mimetype_from_file

STREAM_TYPE = "application/octet-stream"

AnyStream = IO[bytes]


@dataclass
class Job:
    """One upload.

    Attributes:
        space, key: Where to.
        source: What vodkit is given.
        mime_type: Of the object.
        header: The caller's headers.
        state: What the service is asked to go on with.
    """

    space: str
    key: str
    source: Path | IO[bytes] | KeptStream
    mime_type: str
    header: Mapping[str, str]
    state: dict[str, Any] = field(default_factory=dict)


class Uploader(Handler):
    """Uploads files and streams.

    Attributes:
        rewind: Whether a stream that can seek is sent from its beginning, as the vendor's SDK does, and not
            from where it stands.
        parallel: Parts in flight, 1 to 16; ``None`` leaves it to vodkit.
    """

    rewind = True
    parallel: int | None = None

    def _file(self, space: str, key: str, localfile: str, header: Mapping[str, str] | None) -> Job:
        """The upload of a file. Raises ``OSError`` if it cannot be read."""
        with Path(localfile).open("rb"):
            kind = type_in(header) or mimetype_from_file(localfile)
        return Job(space, key, Path(localfile), kind, checked(header))

    def _stream(
        self, space: str, key: str, stream: AnyStream, mime_type: str | None, header: Mapping[str, str] | None
    ) -> Job:
        """The upload of a stream; what cannot seek is kept for a second try."""
        kind = mime_type or type_in(header) or STREAM_TYPE
        source: IO[bytes] | KeptStream = stream if _seekable(stream) else KeptStream(stream, _name(key))
        return Job(space, key, source, kind, checked(header))

    def _upload(
        self, job: Job, *, tries: int | None = None, pause: float | None = None, multipart: bool = False
    ) -> tuple[Result, Any]:
        """Run an upload; its result, and the session that it ended with, or ``None``."""
        session: Any = None

        def do(line: Line) -> None:
            nonlocal session
            if not job.key:
                raise vodkit.InvalidRequest("the key is empty", advice="Name the object")
            if self.rewind and not isinstance(job.source, Path | KeptStream):
                job.source.seek(0)
            try:
                if pause is not None:
                    line.wait_at_most(max(0.0, float(pause)))
                line.vod.upload(
                    job.source,
                    name=_name(job.key),
                    key=job.key,
                    content_type=job.mime_type,
                    allow_empty=True,
                    parallel=self.parallel,
                    on_notice=logger.warning,
                )
            finally:
                session = line.session

        settings = {} if tries is None else {"part_tries": max(1, int(tries))}
        result = self._call(
            f"upload of {job.space}/{job.key}",
            job.space,
            job.header,
            do,
            resume=job.state or None,
            multipart=multipart,
            **settings,
        )
        if result[1].ok() and isinstance(job.source, KeptStream):
            job.source.forget()
        return result, session


class MultipartUpload(Uploader):
    """Uploads in parts, one after the other, as the vendor's SDK does; ``parallel`` changes that.

    Attributes:
        uploadid: The service's id of the newest upload, or ``None``.
        blocksize: Bytes of its parts, or ``None``.
        etaglist: ETags of the parts that are stored, from the first one to the first gap.
        pausepartnumber: Number, from 0, of the first part that is not stored; ``None`` before any upload.
    """

    parallel = 1

    def __init__(self, public_key: str, private_key: str) -> None:
        super().__init__(public_key, private_key)
        self.uploadid: str | None = None
        self.blocksize: int | None = None
        self.etaglist: list[str] = []
        self.pausepartnumber: int | None = None
        self._job: Job | None = None

    def resumeuploadfile(
        self,
        retrycount: int = 3,
        retryinterval: float = 5,
        bucket: str | None = None,
        key: str | None = None,
        uploadid: str | None = None,
        blocksize: int | None = None,
        etaglist: Sequence[str] | None = None,
        localfile: str | None = None,
        pausepartnumber: int | None = None,
        mime_type: str | None = None,
        header: Mapping[str, str] | None = None,
    ) -> Result:
        """Go on with the upload of a file: the last one of this handler, or the one that is named.

        The service is asked which parts it has, and only those that hold what the file holds now are left
        out. ``etaglist`` and ``pausepartnumber`` are therefore not needed, and not believed.

        Raises:
            ValueError: there is nothing to go on with.
            OSError: the file cannot be read.
        """
        return self._resume(
            localfile, bucket, key, uploadid, blocksize, mime_type, header, retrycount, retryinterval
        )

    def resumeuploadstream(
        self,
        retrycount: int = 3,
        retryinterval: float = 5,
        bucket: str | None = None,
        key: str | None = None,
        uploadid: str | None = None,
        blocksize: int | None = None,
        etaglist: Sequence[str] | None = None,
        stream: AnyStream | None = None,
        pausepartnumber: int | None = None,
        mime_type: str | None = None,
        header: Mapping[str, str] | None = None,
    ) -> Result:
        """Go on with the upload of a stream, as :meth:`resumeuploadfile`.

        A ``stream`` that is given anew holds the whole content, from its first byte.
        """
        return self._resume(
            stream, bucket, key, uploadid, blocksize, mime_type, header, retrycount, retryinterval
        )

    def _resume(
        self,
        source: str | AnyStream | None,
        bucket: str | None,
        key: str | None,
        uploadid: str | None,
        blocksize: int | None,
        mime_type: str | None,
        header: Mapping[str, str] | None,
        retrycount: int,
        retryinterval: float,
    ) -> Result:
        last = self._job
        space, name = bucket or (last and last.space), key or (last and last.key)
        if not space or not name or (source is None and last is None):
            raise ValueError("nothing to go on with: give bucket, key and what is uploaded")
        given = header if header is not None or last is None else dict(last.header)
        if source is None or (last is not None and source is last.source):
            assert last is not None
            job = Job(space, name, last.source, mime_type or last.mime_type, checked(given), dict(last.state))
        elif isinstance(source, str | os.PathLike):
            job = self._file(space, name, source, given)
            job.mime_type = mime_type or job.mime_type
        else:
            job = self._stream(space, name, source, mime_type, given)
        if uploadid:
            block = {"block": int(blocksize)} if blocksize else {}
            job.state = {"key": name, "upload_id": uploadid, **block}
        return self._run(job, retrycount, retryinterval)

    def _run(self, job: Job, retrycount: int, retryinterval: float) -> Result:
        """Upload, and remember how far it came."""
        self._job = job
        if not job.state:
            self.uploadid, self.blocksize, self.etaglist, self.pausepartnumber = None, None, [], 0
        result, session = self._upload(job, tries=retrycount, pause=retryinterval, multipart=True)
        if session is not None:
            stored = session.etags
            self.pausepartnumber = next(n for n in range(len(stored) + 1) if n not in stored)
            self.etaglist = [wire.quoted(stored[number]) for number in range(self.pausepartnumber)]
            self.uploadid, self.blocksize = session.upload_id or None, session.block
            if session.upload_id:
                job.state = {"key": job.key, "upload_id": session.upload_id, "block": session.block}
        return result


def _seekable(stream: Any) -> bool:
    try:
        return bool(stream.seekable())
    except AttributeError:
        return hasattr(stream, "seek") and hasattr(stream, "tell")
    except ValueError as error:
        raise vodkit.SourceUnreadable(f"the stream cannot be read: {error}") from None


def _name(key: str) -> str:
    """A file name for the engine's own use."""
    return key.rstrip("/").rpartition("/")[2] or "stream"
