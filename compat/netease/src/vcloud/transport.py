"""The single calls of an upload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vodkit.providers.netease import wire

from . import http
from ._connect import connect
from .model.upload_host import UploadHost
from .model.upload_init import UploadInit
from .model.vcloud_response import VcloudResp
from .storage.uploader import put_file


class Transport:
    """Speaks to the API, to the host that names the nodes, and to the nodes.

    Args:
        access_key_id, access_key_secret: Kept, and not used: whoever calls brings the headers.
    """

    def __init__(self, access_key_id: str | None = None, access_key_secret: str | None = None) -> None:
        self.access_key_id = access_key_id
        self.access_key_secret = access_key_secret

    def vcloud_api_request(
        self, operator: str, headers: Mapping[str, str] = {}, body: Any = None
    ) -> tuple[dict[str, Any] | None, VcloudResp | None]:
        """One call of the API.

        Args:
            operator: Its path.
            headers: Those of :meth:`vcloud.client.auth.Auth.getVcloudHeaders`.
            body: What is sent as JSON.

        Returns:
            The whole answer, and its code with ``ret`` or ``msg``; ``None`` twice for what is no answer.
        """
        with connect() as vod:
            base = vod.provider.api.base
        data, info = http._post_json(base + operator, body, headers)
        answer = wire.parse_answer(info.response.content) if data is not None else None
        if answer is None:
            return None, None
        if answer.code != wire.OK:
            return data, VcloudResp(answer.code, None, answer.message)
        return data, VcloudResp(answer.code, dict(answer.result), None)

    def upload_host_get(self) -> tuple[dict[str, Any] | None, http.ResponseInfo]:
        """The answer of the first host that names nodes, else that of the last one asked."""
        with connect() as vod:
            lookups = vod.provider.api.lookups
        for base in lookups:
            data, info = http._get(f"{base}{wire.LBS_PATH}?version=1.0")
            if data is not None:
                break
        return data, info

    def get_offset(self, upload_host: UploadHost, upload_init: UploadInit, context: str) -> int:
        """How far the upload of this context is, in bytes; 0 where nobody says."""
        path = wire.object_path(upload_init.bucket, upload_init.objectName)
        headers = {wire.TOKEN_HEADER: upload_init.xNosToken}
        for host in (upload_host.upload_host, upload_host.upload_host_backup):
            data, info = http._get(f"{host}{path}?{wire.resume_query(context)}", headers=headers)
            if not info.need_retry():
                break
        offset = (data or {}).get("offset")
        return offset if isinstance(offset, int) else 0

    upload_file = staticmethod(put_file)
