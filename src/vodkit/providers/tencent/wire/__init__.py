"""Tencent VOD's API 3.0 messages: actions and their fields, envelopes, values, error codes. No I/O."""

from . import codes
from .actions import ACTIONS, SERVICE, VERSION, BadField, check_fields, convert, flatten, unflatten
from .envelope import (
    Answer,
    dump_request,
    error_body,
    parse_answer,
    parse_form,
    parse_json_request,
    success_body,
)
from .values import (
    AUDIO_TYPES,
    COVER_TYPES,
    IMAGE_TYPES,
    MEDIA_TYPES,
    NEVER,
    REGIONS,
    VIDEO_TYPES,
    Limits,
    category,
    format_time,
    is_region,
    parse_time,
)

__all__ = [
    "ACTIONS",
    "AUDIO_TYPES",
    "COVER_TYPES",
    "IMAGE_TYPES",
    "MEDIA_TYPES",
    "NEVER",
    "REGIONS",
    "SERVICE",
    "VERSION",
    "VIDEO_TYPES",
    "Answer",
    "BadField",
    "Limits",
    "category",
    "check_fields",
    "codes",
    "convert",
    "dump_request",
    "error_body",
    "flatten",
    "format_time",
    "is_region",
    "parse_answer",
    "parse_form",
    "parse_json_request",
    "parse_time",
    "success_body",
    "unflatten",
]
