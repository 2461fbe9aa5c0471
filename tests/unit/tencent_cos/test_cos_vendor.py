"""The unmodified cos-python-sdk-v5 against the store, in an environment of its own."""

import json
import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PYTHON = os.environ.get("VODKIT_VENDOR_TENCENT") or HERE.parents[2] / ".venvs/tencent-python/bin/python"

pytestmark = [
    pytest.mark.vendor,
    pytest.mark.skipif(
        not Path(PYTHON).exists(),
        reason="no vendor environment: run scripts/vendor-env tencent-python, "
        "or set VODKIT_VENDOR_TENCENT to its interpreter",
    ),
]


@pytest.fixture
def facts(make_store):
    store = make_store(min_part=1024 * 1024)
    done = subprocess.run(
        [PYTHON, HERE / "vendor_session.py", str(store.port), store.bucket],
        capture_output=True,
        text=True,
        timeout=200,
        env={name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_session_of_the_vendor(facts):
    sizes = facts.pop("sizes")
    assert len(sizes) == 12 and all(sizes.values()), sizes
    assert facts == {
        "resumed": ["1", str(2 * 1024 * 1024 + 5), True],
        "downloaded with CRC": True,
        "range": [f"bytes 5-9/{2 * 1024 * 1024 + 5}", "rrrrr"],
        "pending": [["dir/pending 中", True]],
        "deleted": [404, "NoSuchResource", True],
        "refusals": {
            "scope": [403, "AccessDenied", True],
            "secret": [403, "SignatureDoesNotMatch", True],
            "key": [403, "InvalidAccessKeyId", True],
            "token": [403, "AccessDenied", True],
            "absent": [404, "NoSuchKey", True],
            "head": [404, "NoSuchResource", True],
            "upload": [404, "NoSuchUpload", True],
            "part": [400, "InvalidPart", True],
            "dots": [400, "InvalidArgument", True],
            "aborted": [404, "NoSuchUpload", True],
        },
    }
