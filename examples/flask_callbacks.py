"""A receiver of callbacks with Flask.

    pip install vodkit flask
    VODKIT_WEBHOOK_SECRET=whsec_… flask --app flask_callbacks run --port 8700

Its address is http://127.0.0.1:8700/callbacks/vodkit, or …/callbacks/PROVIDER for that vendor's own
callbacks, whose key stands in VODKIT_CALLBACK_KEY_PROVIDER.
"""

import os

from flask import Flask, abort, request

from vodkit import CallbackError, ConfigError, webhooks

app = Flask(__name__)
seen: set[tuple[str, str]] = set()  # a database table in earnest: it must outlive this process


@app.post("/callbacks/<style>")
def receive(style: str) -> dict[str, str]:
    name = "VODKIT_WEBHOOK_SECRET" if style == "vodkit" else f"VODKIT_CALLBACK_KEY_{style.upper()}"
    body = request.get_data()  # raw: the signature covers these bytes
    try:
        callback = webhooks.verify(
            style,
            dict(request.headers),
            body,
            key=os.environ.get(name, ""),
            query=request.query_string.decode(),
        )
    except (CallbackError, ConfigError) as problem:
        abort(400, problem.message)
    # The same message may come again, with the same id; some vendors send none.
    if not callback.id or (style, callback.id) not in seen:
        seen.add((style, callback.id))
        print(callback.style, callback.type, callback.media, callback.id, flush=True)
    return {}
