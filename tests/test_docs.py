"""The documents: their programs run, and their links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from rushlight.cli.main import COMMANDS

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
DOCUMENTS += sorted((ROOT / "docs").rglob("*.md"))
PROGRAM = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+)[^)]*\)")

PROGRAMS = [
    pytest.param(text, id=f"{path.name} {k}")
    for path in DOCUMENTS
    if not path.name.endswith(".zh.md")  # these are compared with the English ones
    for k, text in enumerate(PROGRAM.findall(path.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize("text", PROGRAMS)
def test_program_runs(text, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    command = [sys.executable, "-W", "error", "-c", text]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target


def test_commands_of_the_readme_exist():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^rushlight (\w+)", readme, re.MULTILINE))
    assert named == set(COMMANDS)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", readme, re.MULTILINE):
        assert f"\n{target}:" in makefile


def test_every_design_page_is_in_the_list():
    folder = ROOT / "docs" / "design"
    listed = LINK.findall((folder / "README.md").read_text(encoding="utf-8"))
    assert listed == sorted([path.name for path in folder.glob("0*.md")])


GUIDE = [path for path in (ROOT / "docs" / "guide").glob("*.md") if path.suffixes == [".md"]]


@pytest.mark.parametrize("path", GUIDE, ids=lambda path: path.stem)
def test_both_languages_have_the_same_programs(path):
    english, chinese = (
        PROGRAM.findall(page.read_text(encoding="utf-8"))
        for page in (path, path.with_suffix(".zh.md"))
    )
    without_comments = [
        [re.sub(r" *#.*", "", text) for text in texts] for texts in (english, chinese)
    ]
    assert without_comments[0] == without_comments[1]
