"""The import names of NetEase's ``vcloud`` SDK, over vodkit."""

from . import client, config, http, model, storage, transport, utils
from .client.auth import Auth
from .client.vcloud_client import Client
from .model.query_result import QueryResult
from .model.upload_host import UploadHost
from .model.upload_init import UploadInit
from .model.vcloud_response import VcloudResp
from .storage.upload_progress_recorder import UploadProgressRecorder
from .storage.uploader import put_file
from .transport import Transport

__version__ = "1.0.2"
"""Of the vendor's SDK that this stands in for."""

__all__ = [
    "Auth",
    "Client",
    "QueryResult",
    "Transport",
    "UploadHost",
    "UploadInit",
    "UploadProgressRecorder",
    "VcloudResp",
    "__version__",
    "client",
    "config",
    "http",
    "model",
    "put_file",
    "storage",
    "transport",
    "utils",
]
