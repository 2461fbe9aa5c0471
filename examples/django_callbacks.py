"""A receiver of callbacks with Django, in one file.

    pip install vodkit django
    VODKIT_WEBHOOK_SECRET=whsec_… python django_callbacks.py runserver --noreload 8700

Its address is http://127.0.0.1:8700/callbacks/vodkit, or …/callbacks/PROVIDER for that vendor's own
callbacks, whose key stands in VODKIT_CALLBACK_KEY_PROVIDER. In a project of yours, take ``receive`` and its
``path``.
"""

import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from vodkit import CallbackError, ConfigError, webhooks

settings.configure(DEBUG=False, ALLOWED_HOSTS=["127.0.0.1", "localhost"], ROOT_URLCONF=__name__)
seen: set[tuple[str, str]] = set()  # a database table in earnest: it must outlive this process


@csrf_exempt  # the signature is the proof; a vendor has no CSRF token
@require_POST
def receive(request: HttpRequest, style: str) -> JsonResponse:
    name = "VODKIT_WEBHOOK_SECRET" if style == "vodkit" else f"VODKIT_CALLBACK_KEY_{style.upper()}"
    body = request.body  # raw: the signature covers these bytes
    try:
        callback = webhooks.verify(
            style,
            request.headers,
            body,
            key=os.environ.get(name, ""),
            query=request.META["QUERY_STRING"],
        )
    except (CallbackError, ConfigError) as problem:
        return JsonResponse({"error": problem.message}, status=400)
    # The same message may come again, with the same id; some vendors send none.
    if not callback.id or (style, callback.id) not in seen:
        seen.add((style, callback.id))
        print(callback.style, callback.type, callback.media, callback.id, flush=True)
    return JsonResponse({})


urlpatterns = [path("callbacks/<str:style>", receive)]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
