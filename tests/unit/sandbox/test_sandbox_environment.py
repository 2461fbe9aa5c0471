"""The child's environment, tried on the programs that it is for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from vodkit.sandbox.ca import Authority
from vodkit.sandbox.environment import environment
from vodkit.sandbox.run import Sandbox

URLS = ("https://api.cloud.example/a?b", "http://bucket.store.cloud.example/a?b")


def output(box: Sandbox, command: Sequence[str | Path], **more: str) -> str:
    """What a program in the sandbox prints; its errors are ours."""
    done = subprocess.run(
        command, env={**box.environment, **more}, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def check(text: str, url: str) -> None:
    got: dict[str, Any] = json.loads(text)
    assert got["target"] == "/a?b"
    assert got["headers"]["host"] == url.split("/")[2]


def needs(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


def test_base_is_kept_and_ways_around_the_proxy_are_closed(tmp_path: Path) -> None:
    base = {
        "PATH": "/bin",
        "PYTHONPATH": "/mine",
        "NODE_OPTIONS": "--no-warnings",
        "JAVA_TOOL_OPTIONS": "-Xmx64m",
        "no_proxy": "localhost",
        "NO_PROXY": "*",
        "ALL_PROXY": "socks5://elsewhere",
        "https_proxy": "http://elsewhere",
    }
    before = dict(base)
    child = environment(
        base, service="http://127.0.0.1:1", proxy="http://127.0.0.1:2", authority=Authority(tmp_path)
    )
    assert base == before
    assert child["PATH"] == "/bin"
    assert child["PYTHONPATH"].endswith(f"python{os.pathsep}/mine")
    assert child["NODE_OPTIONS"].startswith("--no-warnings --require ")
    assert child["JAVA_TOOL_OPTIONS"].startswith("-Xmx64m -D")
    assert not {"no_proxy", "NO_PROXY", "ALL_PROXY"} & set(child)
    assert "elsewhere" not in "".join(child.values())
    assert child["VODKIT_SERVICE"] == "http://127.0.0.1:1"


PYTHON_CLIENTS = {
    "urllib": "import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())",
    "requests": "import sys, requests; print(requests.get(sys.argv[1]).text)",
    # It asks certifi itself, as some vendors' clients do.
    "requests with certifi": (
        "import sys, requests, certifi; print(requests.get(sys.argv[1], verify=certifi.where()).text)"
    ),
    "bare urllib3": (
        "import sys, urllib3; print(urllib3.PoolManager().request('GET', sys.argv[1]).data.decode())"
    ),
    "http.client": (
        "import sys, http.client as h; s, _, host, path = sys.argv[1].split('/');"
        "c = {'https:': h.HTTPSConnection, 'http:': h.HTTPConnection}[s](host);"
        "c.request('GET', '/' + path); print(c.getresponse().read().decode())"
    ),
    "asyncio": (
        "import asyncio, sys; s, _, host, path = sys.argv[1].split('/')\n"
        "async def main():\n"
        "    r, w = await asyncio.open_connection(host, *{'https:': (443,), 'http:': (80,)}[s],"
        " ssl=s == 'https:' or None)\n"
        "    w.write(f'GET /{path} HTTP/1.1\\r\\nHost: {host}\\r\\nConnection: close\\r\\n\\r\\n'.encode())\n"
        "    print((await r.read()).decode().partition('\\r\\n\\r\\n')[2])\n"
        "asyncio.run(main())"
    ),
}


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("client", PYTHON_CLIENTS)
def test_python(box: Sandbox, client: str, url: str) -> None:
    if client.startswith("requests"):
        pytest.importorskip("requests")
    check(output(box, [sys.executable, "-c", PYTHON_CLIENTS[client], url]), url)


def test_python_runs_the_sitecustomize_that_ours_hides(box: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('mine')")
    path = box.environment["PYTHONPATH"] + os.pathsep + str(tmp_path)
    assert output(box, [sys.executable, "-c", "print('program')"], PYTHONPATH=path) == "mine\nprogram\n"


def test_python_reaches_other_ports_of_this_machine(box: Sandbox, service: str) -> None:
    check(output(box, [sys.executable, "-c", PYTHON_CLIENTS["urllib"], service + "/a?b"]), service)
    check(output(box, [sys.executable, "-c", PYTHON_CLIENTS["bare urllib3"], service + "/a?b"]), service)


def test_python_is_told_which_host_is_refused(box: Sandbox) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PYTHON_CLIENTS["urllib"], "https://foreign.example/"],
        env=box.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "403" in done.stderr


NODE_CLIENTS = {
    "https and http": (
        "const url = process.argv[1]; require(url.split(':')[0]).get(url, answer => {"
        " let text = ''; answer.on('data', d => text += d).on('end', () => console.log(text)); });"
    ),
    "fetch": "fetch(process.argv[1]).then(a => a.text()).then(console.log);",
    "upload by stream": (
        "const url = process.argv[1], {Readable} = require('stream');"
        "const request = require(url.split(':')[0]).request(url, {method: 'PUT'}, answer => {"
        " let text = ''; answer.on('data', d => text += d).on('end', () => {"
        " if (JSON.parse(text).length !== 3e6) throw new Error(text); console.log(text); }); });"
        "Readable.from([Buffer.alloc(1e6), Buffer.alloc(2e6)]).pipe(request);"
    ),
    "bare socket": (
        "const [scheme, , host, path] = process.argv[1].split('/');"
        "const lib = require(scheme === 'https:' ? 'tls' : 'net');"
        "const port = scheme === 'https:' ? 443 : 80;"
        "const socket = lib.connect(port, host, {servername: host}, () => socket.write("
        "`GET /${path} HTTP/1.1\\r\\nHost: ${host}\\r\\nConnection: close\\r\\n\\r\\n`));"
        "let text = ''; socket.on('data', d => text += d)"
        ".on('end', () => console.log(text.split('\\r\\n\\r\\n')[1]));"
    ),
}


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("client", NODE_CLIENTS)
def test_node(box: Sandbox, client: str, url: str) -> None:
    check(output(box, [needs("node"), "-e", NODE_CLIENTS[client], url]), url)


def test_node_reaches_other_ports_of_this_machine(box: Sandbox, service: str) -> None:
    check(output(box, [needs("node"), "-e", NODE_CLIENTS["fetch"], service + "/a?b"]), service)


def test_node_still_checks_names(box: Sandbox) -> None:
    script = "fetch('https://api.cloud.example/').catch(e => console.log(e.cause.code))"
    assert "VERIFY" in output(box, [needs("node"), "-e", script], NODE_EXTRA_CA_CERTS="").upper()


@pytest.mark.parametrize("url", URLS)
def test_curl(box: Sandbox, url: str, tmp_path: Path) -> None:
    curl = needs("curl")
    check(output(box, [curl, "-sSf", url]), url)
    body = tmp_path / "body"
    body.write_bytes(os.urandom(3_000_000))
    for _ in range(5):
        got = json.loads(output(box, [curl, "-sSf", "-T", body, url]))
        assert got["length"] == 3_000_000


def test_git(box: Sandbox) -> None:
    # The toy's answer reads as a repository without references, for whoever trusts its certificate.
    command = [needs("git"), "ls-remote", "https://api.cloud.example/x.git"]
    assert output(box, command) == ""
    distrustful = {**box.environment, "GIT_SSL_CAINFO": os.devnull}
    assert subprocess.run(command, env=distrustful, capture_output=True, timeout=60).returncode == 128


@pytest.mark.slow
def test_java(box: Sandbox, tmp_path: Path) -> None:
    needs("javac")
    program = tmp_path / "Get.java"
    program.write_text(
        "import java.net.*; import java.net.http.*;\n"
        "class Get { public static void main(String[] a) throws Exception { for (String url : a) {\n"
        "  HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();\n"
        "  System.out.println(HttpClient.newHttpClient().send(request,\n"
        "    HttpResponse.BodyHandlers.ofString()).body());\n"
        "  System.out.println(new String(new URL(url).openStream().readAllBytes())); } } }\n"
    )
    lines = output(box, [needs("java"), program, *URLS]).splitlines()
    for line, url in zip(lines, (URLS[0], URLS[0], URLS[1], URLS[1]), strict=True):
        check(line, url)
