"""Our client and vod-python-sdk, each at its defaults, uploading one file to our service, in turn.

Usage: python benchmarks/tencent_upload.py VENDOR_PYTHON [--size MIB] [--pairs N]

VENDOR_PYTHON is the interpreter of an environment with vod-python-sdk and cos-python-sdk-v5
(``scripts/vendor-env`` makes one). Both speak plain http to the same service. Figures are seconds and MiB.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import urllib.parse
from pathlib import Path

from measure import MIB, report, run

from vodkit.server.embedded import embedded

PROVIDER = "tencent"


def make_file(path: Path, size: int) -> None:
    """A file of random bytes, ``size`` MiB long."""
    source = random.Random(1)
    with path.open("wb") as file:
        for _ in range(size):
            file.write(source.randbytes(MIB))


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("vendor_python")
    options.add_argument("--size", type=int, default=1024, help="MiB")
    options.add_argument("--pairs", type=int, default=5)
    args = options.parse_args()

    with tempfile.TemporaryDirectory() as scratch, embedded() as service:
        file = Path(scratch) / "video.mp4"
        make_file(file, args.size)
        account = service.account(PROVIDER)
        address = urllib.parse.urlsplit(service.url)
        ours = [sys.executable, "-m", "vodkit", "upload", str(file), "--to", PROVIDER, "-q"]
        ours += [
            "--service",
            service.url,
            "--set",
            f"secret_id={account.key}",
            "--set",
            f"secret_key={account.secret}",
        ]
        theirs = [args.vendor_python, str(Path(__file__).parent / "drivers" / "tencent_sdk.py")]
        theirs += [str(address.hostname), str(address.port), account.key, account.secret, str(file)]
        pairs = []
        for number in range(args.pairs + 1):
            state = {"VODKIT_STATE_DIR": f"{scratch}/state{number}"}
            pairs.append((run(ours, service.pid, state), run(theirs, service.pid)))
        print(f"{args.size} MiB, {args.pairs} pairs after one that is not counted")
        print(report(("vodkit", "vod-python-sdk"), pairs[1:]))


if __name__ == "__main__":
    main()
