"""A receiver of callbacks with FastAPI.

    pip install vodkit fastapi uvicorn
    VODKIT_WEBHOOK_SECRET=whsec_… uvicorn fastapi_callbacks:app --port 8700

Its address is http://127.0.0.1:8700/callbacks/vodkit, or …/callbacks/PROVIDER for that vendor's own
callbacks, whose key stands in VODKIT_CALLBACK_KEY_PROVIDER.
"""

import os

from fastapi import FastAPI, HTTPException, Request

from vodkit import CallbackError, ConfigError, webhooks

app = FastAPI()
seen: set[tuple[str, str]] = set()  # a database table in earnest: it must outlive this process


@app.post("/callbacks/{style}")
async def receive(style: str, request: Request) -> dict[str, str]:
    name = "VODKIT_WEBHOOK_SECRET" if style == "vodkit" else f"VODKIT_CALLBACK_KEY_{style.upper()}"
    body = await request.body()  # raw: the signature covers these bytes
    try:
        callback = webhooks.verify(
            style, request.headers, body, key=os.environ.get(name, ""), query=request.url.query
        )
    except (CallbackError, ConfigError) as problem:
        raise HTTPException(400, problem.message) from problem
    # The same message may come again, with the same id; some vendors send none.
    if not callback.id or (style, callback.id) not in seen:
        seen.add((style, callback.id))
        print(callback.style, callback.type, callback.media, callback.id, flush=True)
    return {}
