"""Drop-ins as users have them: installed by pip from their folders into an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DROP_INS = [str(path.parent) for path in sorted((ROOT / "compat").glob("*/pyproject.toml"))]
OFFLINE = ("--no-index", "--no-deps", "--no-build-isolation")


class Environment:
    """A virtual environment that sees this one's packages after its own, and vodkit's sources."""

    def __init__(self, home: Path) -> None:
        venv.create(home, with_pip=False)
        self.home = home
        self.python = home / "bin" / "python"
        (self.site,) = home.glob("lib/python*/site-packages")
        (self.site / "zz-shared.pth").write_text(f"{ROOT / 'src'}\n{sysconfig.get_path('purelib')}\n")

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return subprocess.run(
            [self.python, *arguments],
            cwd=self.home,
            env={**env, "VODKIT_CONFIG": str(self.site / "config.toml"), **variables},
            capture_output=True,
            text=True,
        )

    def evaluate(self, code: str, **variables: str) -> str:
        done = self.run("-c", code, **variables)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def findings(self, **variables: str) -> list[dict[str, str]]:
        """What ``vodkit doctor`` says of drop-ins."""
        done = self.run("-m", "vodkit", "doctor", "--json", **variables)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        return [finding for finding in found if finding["subject"].startswith("drop-in")]

    def pip(self, command: str, *arguments: str) -> None:
        done = self.run("-m", "pip", "--disable-pip-version-check", command, "--quiet", *arguments)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    made = Environment(tmp_path_factory.mktemp("environment"))
    made.pip("install", *OFFLINE, *DROP_INS)
    return made


def test_modules_are_imported_from_where_pip_put_them(installed: Environment) -> None:
    code = (
        "import importlib\n"
        "from importlib.metadata import entry_points\n"
        "for entry in entry_points(group='vodkit.compat'):\n"
        "    print(importlib.import_module(entry.value).__file__)\n"
    )
    places = installed.evaluate(code).splitlines()
    assert len(places) >= len(DROP_INS)
    assert all(Path(place).is_relative_to(installed.site) for place in places)


@pytest.mark.parametrize(
    "first",
    [
        "from qcloud_cos import CosClientError, CosServiceError",
        "from qcloud_cos.cos_exception import CosServiceError",
        "from tencentcloud.common.exception import TencentCloudSDKException",
        "from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException",
    ],
)
def test_exceptions_may_be_imported_first(installed: Environment, first: str) -> None:
    installed.evaluate(f"{first}\nimport qcloud_vod.vod_upload_client")


def test_packages_that_are_installed_come_before_stand_ins(installed: Environment, tmp_path: Path) -> None:
    package = tmp_path / "tencentcloud"
    exceptions = package / "common" / "exception"
    exceptions.mkdir(parents=True)
    for folder in (package, package / "common", exceptions):
        (folder / "__init__.py").touch()
    (exceptions / "tencent_cloud_sdk_exception.py").write_text(
        "class TencentCloudSDKException(Exception):\n    vendors = True\n"
    )
    code = (
        "from qcloud_vod.vod_upload_client import TencentCloudSDKException, models\n"
        "from qcloud_cos import CosServiceError\n"
        "print(TencentCloudSDKException.vendors, models.__file__, CosServiceError.__module__)"
    )
    vendors, models, module = installed.evaluate(code, PYTHONPATH=str(tmp_path)).split()
    assert vendors == "True"
    assert Path(models).is_relative_to(installed.site)
    assert module == "qcloud_cos.cos_exception"


def test_start_up_stays_light(installed: Environment) -> None:
    """The path files that make the order of imports free must not load vodkit into every program."""
    loaded = installed.evaluate("import sys; print(*sys.modules)").split()
    assert "qcloud_vod" in loaded
    assert not [name for name in loaded if name.startswith("vodkit")]


def test_doctor_is_content_with_drop_ins_alone(installed: Environment) -> None:
    found = installed.findings()
    assert {finding["state"] for finding in found} == {"ok"}
    assert {finding["subject"] for finding in found} == {
        f"drop-in vodkit-compat-{Path(folder).name}" for folder in DROP_INS
    }


def test_doctor_finds_the_vendors_package_beside_it(installed: Environment, tmp_path: Path) -> None:
    vendors = tmp_path / "vod_python_sdk-1.4.4.dist-info"
    vendors.mkdir()
    (vendors / "METADATA").write_text("Metadata-Version: 2.1\nName: vod-python-sdk\nVersion: 1.4.4\n")
    (finding,) = bad(installed.findings(PYTHONPATH=str(tmp_path)))
    assert finding["subject"] == "drop-in vodkit-compat-tencent"
    assert "pip uninstall vod-python-sdk" in finding["advice"]


def test_doctor_finds_a_copy_that_comes_first(installed: Environment, tmp_path: Path) -> None:
    (tmp_path / "qcloud_vod").mkdir()
    (tmp_path / "qcloud_vod" / "__init__.py").touch()
    (finding,) = bad(installed.findings(PYTHONPATH=str(tmp_path)))
    assert str(tmp_path) in finding["text"]


def bad(findings: list[dict[str, str]]) -> list[dict[str, str]]:
    return [finding for finding in findings if finding["state"] == "bad"]


def test_uninstalling_leaves_nothing(tmp_path: Path) -> None:
    other = Environment(tmp_path / "other")
    other.pip("install", *OFFLINE, *DROP_INS)
    assert (other.site / "vodkit-compat-tencent.pth").exists()
    other.pip("uninstall", "--yes", *(f"vodkit-compat-{Path(folder).name}" for folder in DROP_INS))
    assert {path.name for path in other.site.iterdir()} == {"zz-shared.pth"}


def test_vodkit_does_not_bring_them(tmp_path: Path) -> None:
    """This environment has vodkit without a drop-in."""
    command = [sys.executable, "-c", "import qcloud_vod"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "No module named 'qcloud_vod'" in done.stderr
