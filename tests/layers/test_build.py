"""What the layers are built for, and what is in the one of our own package."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from layers import build

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNSHEET_RUNTIME", "host")


def test_aws_is_the_target_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RUNSHEET_RUNTIME", "RUNSHEET_ARCHITECTURE"):
        monkeypatch.delenv(name, raising=False)

    target = build.Target.from_environment()

    assert target == ("3.13", "arm64")
    options = target.pip_options()
    assert {"cp313", "abi3", "manylinux_2_34_aarch64", "manylinux2014_aarch64"} <= set(options)
    assert not [option for option in options if "x86_64" in option]


def test_python_3_11_gets_wheels_of_its_older_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNSHEET_RUNTIME", "python3.11")
    monkeypatch.setenv("RUNSHEET_ARCHITECTURE", "x86_64")

    options = build.Target.from_environment().pip_options()

    assert "manylinux_2_26_x86_64" in options
    assert "manylinux_2_27_x86_64" not in options


def test_a_version_without_an_interpreter_ends_the_build(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stand_in = tmp_path / "python3.99"
    stand_in.write_text("#!/bin/sh\nexit 127\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SystemExit, match=r"there is no python3\.99 on the PATH"):
        build.Target("3.99", "arm64").interpreter()


@pytest.mark.usefixtures("host")
def test_the_core_layer_has_the_package_compiled_and_the_same_each_time(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    build.main("core", first)
    build.main("core", second)

    package = first / "python" / "runsheet"
    compiled = package / "__pycache__" / f"errors.{sys.implementation.cache_tag}.pyc"
    flags = compiled.read_bytes()[4:8]
    assert flags == bytes([1, 0, 0, 0])  # by hash, and not checked (PEP 552)
    assert list((package / "datasets" / "schemas").glob("*.sql"))
    for file in package.rglob("*"):
        twin = second / file.relative_to(first)
        assert file.stat().st_mtime == twin.stat().st_mtime
        assert file.is_dir() or file.read_bytes() == twin.read_bytes()
