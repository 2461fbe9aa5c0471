"""The client that uploads."""

from __future__ import annotations

import copy
import importlib
import logging
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from vodkit import Progress
from vodkit.core.manifests import kind_of
from vodkit.engine.manifests import expand

from ._connect import connect
from ._errors import vendor_errors
from .common import FileUtil, StringUtil
from .exception import VodClientException
from .model import VodUploadRequest, VodUploadResponse

logger = logging.getLogger(__name__)

_MOST_PARALLEL = 16
_LONGEST_NAME = 64
_OPTIONS = {
    "MediaName": "title",
    "MediaType": "media_type",
    "CoverType": "cover_type",
    "Procedure": "procedure",
    "ExpireTime": "expires",
    "StorageRegion": "storage_region",
    "ClassId": "category",
    "SourceContext": "source_context",
    "SessionContext": "session_context",
    "ExtInfo": "ext_info",
    "MediaStoragePath": "storage_path",
    "SubAppId": "sub_app",
}
"""Fields of a request, and what vodkit calls them."""


class VodUploadClient:
    """Uploads with one key of the cloud API.

    Attributes:
        secret_id, secret_key, token: Who signs.
        ignore_check: Leave the checks of a request to vodkit and the API.
        retry_time: How often a request is tried; 3, the vendor's default, stands for vodkit's own.
        allow_empty: Whether a file of 0 bytes is uploaded, as the vendor's service takes it.
        write_defaults: Whether MediaType, MediaName and CoverType are written into the caller's request,
            as the vendor's client does.
    """

    allow_empty = True
    write_defaults = False

    def __init__(self, secret_id: str, secret_key: str, token: str | None = None) -> None:
        self.secret_id = secret_id
        self.secret_key = secret_key
        self.token = token
        self.ignore_check = False
        self.retry_time = 3

    def upload(
        self,
        region: str,
        request: VodUploadRequest,
        progress_callback: Callable[[int, int], object] | None = None,
    ) -> VodUploadResponse:
        """Upload what the request names; called again after an interruption it goes on where it was.

        Args:
            region: Of the API that is called, not of the storage.
            request: What; nothing is written into it unless ``write_defaults`` is set.
            progress_callback: Told bytes sent and bytes in all, over all files of the upload.

        Raises:
            VodClientException: something that was named cannot be uploaded.
            TencentCloudSDKException: the API refused or could not be reached.
            CosServiceError, CosClientError: the same of the object store.
        """
        job = request if self.write_defaults else copy.copy(request)
        if not self.ignore_check:
            self._prefix_check_and_set_default_val(region, job)
        logger.info("vod upload req = %s, region = %s", job.to_json_string(), region)
        options = {option: getattr(job, field) for field, option in _OPTIONS.items()}
        tries = {} if self.retry_time == 3 else {"part_tries": max(1, int(self.retry_time))}
        with vendor_errors(), connect(self, region, **tries) as vod:
            media = vod.upload(
                Path(job.MediaFilePath or ""),
                cover=Path(job.CoverFilePath) if job.CoverFilePath else None,
                **{option: value for option, value in options.items() if StringUtil.is_not_empty(value)},
                parallel=_parallel(job.ConcurrentUploadNumber),
                allow_empty=self.allow_empty,
                on_progress=_report(progress_callback),
                on_notice=logger.warning,
            )
        response = VodUploadResponse()
        response.FileId, response.MediaUrl, response.CoverUrl = media.id, media.url, media.cover_url
        response.RequestId = media.extra["RequestId"]
        logger.info("vod upload CommitUpload rsp = %s", response.to_json_string())
        return response

    def apply_upload(self, api_client: Any, request: Any) -> Any:
        """Call ApplyUpload, again where the API did not answer."""
        return self._call(api_client.ApplyUpload, request)

    def commit_upload(self, api_client: Any, request: Any) -> Any:
        """Call CommitUpload, again where the API did not answer."""
        return self._call(api_client.CommitUpload, request)

    def parse_Streaming_manifest(self, api_client: Any, request: Any) -> Any:
        """Call ParseStreamingManifest, again where the API did not answer."""
        return self._call(api_client.ParseStreamingManifest, request)

    def _call(self, action: Callable[[Any], Any], request: Any) -> Any:
        for left in reversed(range(max(1, int(self.retry_time)))):
            try:
                return action(request)
            except TencentCloudSDKException as error:
                if error.get_request_id() or not left:
                    raise
                time.sleep(random.uniform(0.2, 1) / left)
        return None

    def parse_manifest(
        self,
        api_client: Any,
        manifest_file_path: str,
        manifest_media_type: str,
        parsed_manifest_list: list[str],
        segment_file_path_list: list[str],
    ) -> None:
        """Find the files of a playlist on disk, nested playlists included; nothing is asked of the API.

        Raises:
            VodClientException: a file is missing, or lies outside the playlist's folder.
        """
        if manifest_file_path in parsed_manifest_list:
            return
        with vendor_errors():
            names = [name for name, _ in expand(manifest_file_path).files]
        found = [FileUtil.join_path(os.path.dirname(manifest_file_path) or ".", name) for name in names]
        parsed_manifest_list += [manifest_file_path, *(path for path in found if kind_of(path))]
        segment_file_path_list += found

    @staticmethod
    def upload_cos(
        cos_client: Any,
        local_path: str,
        bucket: str,
        cos_path: str,
        max_thread: int | None,
        progress_callback: Callable[[int, int], object] | None,
    ) -> None:
        """Upload one file by the vendor's own library of the object store."""
        threads = {} if max_thread is None else {"MAXThread": max_thread}
        cos_client.upload_file(
            Bucket=bucket,
            LocalFilePath=local_path,
            Key=cos_path,
            progress_callback=progress_callback,
            **threads,
        )

    @staticmethod
    def _is_manifest_media_tpe(media_type: str) -> bool:
        return str(media_type).lower() in ("m3u8", "mpd")

    @staticmethod
    def _prefix_check_and_set_default_val(region: str, request: VodUploadRequest) -> None:
        if not region:
            raise VodClientException("lack region")
        if not request.MediaFilePath:
            raise VodClientException("lack media path")
        if not FileUtil.is_file_exist(request.MediaFilePath):
            raise VodClientException("media path is invalid")
        if not request.MediaType:
            request.MediaType = _type_of(request.MediaFilePath, "lack media type")
        if not request.MediaName:
            request.MediaName = FileUtil.get_file_name(request.MediaFilePath)[:_LONGEST_NAME]
        if request.CoverFilePath:
            if not FileUtil.is_file_exist(request.CoverFilePath):
                raise VodClientException("cover path is invalid")
            if not request.CoverType:
                request.CoverType = _type_of(request.CoverFilePath, "lack cover type")
        elif request.CoverType:
            raise VodClientException("lack cover path")


def _type_of(path: str | os.PathLike[str], complaint: str) -> str:
    kind = FileUtil.get_file_type(path)
    if not kind:
        raise VodClientException(complaint)
    return kind


def _report(callback: Callable[[int, int], object] | None) -> Callable[[Progress], object] | None:
    return callback and (lambda moment: callback(moment.sent, moment.total or 0))


def _parallel(number: Any) -> int | None:
    """ConcurrentUploadNumber as vodkit takes it: text counts, nothing and 0 mean its own choice."""
    try:
        return min(int(number or 0), _MOST_PARALLEL) or None
    except (TypeError, ValueError):
        raise VodClientException(f"ConcurrentUploadNumber is {number!r}, not a number") from None


def __getattr__(name: str) -> Any:
    """Names of the vendor's libraries that can be imported from here; nothing in this module uses them."""
    if name in ("CosConfig", "CosS3Client"):
        return getattr(importlib.import_module("qcloud_cos"), name)
    if name == "credential":
        return importlib.import_module("tencentcloud.common.credential")
    if name in ("vod_client", "models"):
        return importlib.import_module(f"tencentcloud.vod.v20180717.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
