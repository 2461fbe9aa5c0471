"""Playing: what a request costs our service, beside nginx with sendfile on files of the same bytes.

Usage: python benchmarks/playback.py [--pairs N]

Four connections ask for ranges of 1 MiB, in turn, of a file of 64 MiB, and for a playlist of 4 KiB. Both
servers write no log line per request. Prints the CPU time of the server process per request, from /proc, and
the ratio pair by pair. Needs nginx.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from measure import MIB

from vodkit.server.embedded import embedded

CONNECTIONS = 4
FILE = 64 * MIB
SEGMENT = MIB
KINDS = {"segment, 1 MiB": 1500, "playlist, 4 KiB": 12_000}
"""What is asked for, and how often in a run."""

CONFIG = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    types {{ video/mp4 mp4; application/vnd.apple.mpegurl m3u8; }}
    client_body_temp_path {folder}/tmp;
    proxy_temp_path {folder}/tmp;
    fastcgi_temp_path {folder}/tmp;
    uwsgi_temp_path {folder}/tmp;
    scgi_temp_path {folder}/tmp;
    server {{
        listen 127.0.0.1:{port};
        root {folder}/www;
        add_header Access-Control-Allow-Origin *;
        add_header Cache-Control no-cache;
    }}
}}
"""


def cpu(pid: int) -> float:
    """Seconds that all threads of a process have run, to the nanosecond."""
    return (
        sum(int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir())
        / 1e9
    )


def ask(url: str, count: int, ranges: bool, failed: list[str]) -> None:
    """Send ``count`` requests on one connection, one after the other."""
    parts = urlsplit(url)
    buffer = bytearray(2 * MIB)
    view = memoryview(buffer)
    with socket.create_connection((parts.hostname, parts.port)) as line:
        for number in range(count):
            start = number * SEGMENT % FILE
            wanted = f"Range: bytes={start}-{start + SEGMENT - 1}\r\n" if ranges else ""
            line.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n{wanted}\r\n".encode())
            have = 0
            while (end := buffer.find(b"\r\n\r\n", 0, have)) < 0:
                have += _received(line, view[have:])
            head = bytes(buffer[:end]).lower()
            if not head.startswith(b"http/1.1 206" if ranges else b"http/1.1 200"):
                failed.append(head.decode("latin-1"))
                return
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            left = end + 4 + length - have
            while left > 0:
                left -= _received(line, view[: min(left, len(buffer))])


def _received(line: socket.socket, view: memoryview) -> int:
    count = line.recv_into(view)
    if not count:
        raise RuntimeError("the server closed the connection")
    return count


def cost(pid: int, url: str, kind: str) -> float:
    """CPU seconds of a server per request."""
    failed: list[str] = []
    each = KINDS[kind] // CONNECTIONS
    before = cpu(pid)
    threads = [
        threading.Thread(target=ask, args=(url, each, "segment" in kind, failed)) for _ in range(CONNECTIONS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise RuntimeError(f"{url} answered {failed[0]}")
    return (cpu(pid) - before) / (each * CONNECTIONS)


@contextmanager
def nginx(folder: Path) -> Iterator[tuple[int, str]]:
    """The pid of the worker of an nginx over ``folder/www``, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = folder / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, port=port))
    found = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if found is None:
        raise SystemExit("this benchmark needs nginx")
    # A worker of root's nginx is another user, who may read the files.
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    process = subprocess.Popen([found, "-c", str(config), "-e", str(folder / "error.log")])
    try:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while not (workers := children.read_text().split()):
            time.sleep(0.05)
        yield int(workers[0]), f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=7)
    pairs = parser.parse_args().pairs
    with tempfile.TemporaryDirectory() as name:
        www = Path(name) / "www"
        www.mkdir()
        (www / "film.mp4").write_bytes(os.urandom(FILE))
        lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:4", "#EXT-X-VERSION:3"]
        lines += [f"#EXTINF:4.000000,\nsegment-{number:05}.ts" for number in range(120)]
        (www / "list.m3u8").write_text("\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n")
        for number in range(120):
            (www / f"segment-{number:05}.ts").write_bytes(b"x")
        with (
            embedded() as service,
            service.connect("tencent", state_dir=name) as vod,
            nginx(Path(name)) as (worker, base),
        ):
            film, playlist = (vod.upload(www / name).url for name in ("film.mp4", "list.m3u8"))
            ours = {"segment": film, "playlist": playlist}
            theirs = {"segment": f"{base}/film.mp4", "playlist": f"{base}/list.m3u8"}
            for kind in KINDS:
                short = kind.partition(",")[0]
                found = []
                for _ in range(pairs + 1):
                    mine = cost(service.pid, ours[short], kind)
                    found.append((mine, cost(worker, theirs[short], kind)))
                measured = found[1:]
                ratios = [a / b for a, b in measured]
                print(
                    f"{kind:18} vodkit {statistics.median(a for a, _ in measured) * 1e6:7.0f} µs"
                    f"   nginx {statistics.median(b for _, b in measured) * 1e6:7.0f} µs"
                    f"   {statistics.median(ratios):5.2f} × ({min(ratios):.2f} to {max(ratios):.2f})"
                )


if __name__ == "__main__":
    main()
