"""What an installed rushlight has: every file that it reads, its types, its licences."""

import fnmatch
import tomllib
from pathlib import Path

import rushlight
from rushlight.config import VERSION

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_every_file_of_the_package_is_installed():
    patterns = PROJECT["tool"]["setuptools"]["package-data"]
    found = []
    for path in (ROOT / "rushlight").rglob("*"):
        if path.is_dir() or path.suffix in (".py", ".pyc"):
            continue
        package = path.parent
        while not (package / "__init__.py").exists():  # a folder of data belongs to the one above
            package = package.parent
        name = ".".join(package.relative_to(ROOT).parts)
        inside = path.relative_to(package).as_posix()
        wanted = patterns.get(name, []) + patterns["*"]
        assert any([fnmatch.fnmatchcase(inside, p) for p in wanted]), f"{path} is left out"
        found.append(path.name)
    assert "py.typed" in found
    assert "__init__.pyi" in found
    assert sum([name.endswith("ubyte.gz") for name in found]) == 4


def test_every_folder_of_modules_is_a_package():
    for path in (ROOT / "rushlight").rglob("*.py"):
        assert (path.parent / "__init__.py").exists(), path


def test_licences_are_there_and_name_whose_digits_they_are():
    for pattern in PROJECT["project"]["license-files"]:
        assert list(ROOT.glob(pattern)), pattern
    words = (ROOT / "rushlight" / "vision" / "digits" / "README.md").read_text()
    for name in ("LeCun", "Cortes", "Burges", "Sebastian Raschka", "Attribution-ShareAlike"):
        assert name in words


def test_version_is_told_in_one_place():
    assert "version" in PROJECT["project"]["dynamic"]
    assert rushlight.config.VERSION == VERSION
    assert f"## {VERSION}" in (ROOT / "CHANGELOG.md").read_text()
