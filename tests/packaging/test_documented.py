"""What can be typed is documented, and what is generated is up to date."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from upright.cli.app import app
from upright.guard.detectors import catalogue
from upright.policy import Policy, preset_names
from upright.policy.check import keys_of, section_of
from upright.policy.lint import CODES
from upright.terms import HAZARDS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
# The pages that people write; the generated ones would prove nothing here.
WRITTEN = [
    page
    for page in (*DOCS.rglob("*.md"), ROOT / "README.md")
    if "Written by scripts/docs.py" not in page.read_text(encoding="utf-8")
]


def words_of(pages):
    return "\n".join(page.read_text(encoding="utf-8") for page in pages)


def commands(command, name="upright"):
    if not isinstance(command, TyperGroup):
        return [name]
    parts = command.commands.items()
    return [full for key, inner in parts for full in commands(inner, f"{name} {key}")]


COMMANDS = commands(typer.main.get_command(app))


def test_generated_pages_are_up_to_date():
    done = subprocess.run(
        [sys.executable, "scripts/docs.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_reference_and_in_a_page_that_somebody_wrote(name):
    assert f"## `{name}`" in (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")
    assert re.search(rf"{name}\b", words_of(WRITTEN)), f"no page explains `{name}`"


def policy_keys():
    waiting = [Policy]
    while waiting:
        model = waiting.pop()
        yield from keys_of(model)
        inner = (section_of(field.annotation) for field in model.model_fields.values())
        waiting += [section for section in inner if section is not None]


def test_every_key_of_the_use_case_file_is_in_the_reference():
    page = (DOCS / "reference" / "use-case-file.md").read_text(encoding="utf-8")
    for key in policy_keys():
        assert f"`{key}`" in page or re.search(rf"`\[+(\w+\.)?{key}\]+`", page), key


def test_every_preset_has_a_page_and_a_line_in_the_overview():
    overview = (DOCS / "presets" / "index.md").read_text(encoding="utf-8")
    for name in preset_names():
        assert (DOCS / "presets" / f"{name}.md").is_file()
        assert f"]({name}.md)" in overview


def test_every_hazard_detector_and_lint_code_is_in_the_reference():
    hazards = (DOCS / "reference" / "hazards.md").read_text(encoding="utf-8")
    lint = (DOCS / "reference" / "lint.md").read_text(encoding="utf-8")
    assert [key for key in HAZARDS if f"`{key}`" not in hazards] == []
    assert [rule for rule in catalogue() if f"`{rule}`" not in hazards] == []
    assert [code for code in CODES if f"`{code}`" not in lint] == []


def test_every_page_stands_in_the_navigation():
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}
    listed = set(re.findall(r"[\w./-]+\.md", config))
    assert pages == listed


def test_every_link_between_pages_leads_somewhere():
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in (*DOCS.rglob("*.md"), *ROOT.glob("*.md"))
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []


FORBIDDEN = re.compile(r"\b(?:debias\w*|is safe|are safe|compliant|complies)\b", re.IGNORECASE)


def test_pages_keep_to_the_wording_guide():
    guide = DOCS / "wording.md"
    pages = [page for page in (*DOCS.rglob("*.md"), *ROOT.glob("*.md")) if page != guide]
    assert [
        f"{page.relative_to(ROOT)}: {match[0]}"
        for page in pages
        for match in FORBIDDEN.finditer(page.read_text(encoding="utf-8"))
    ] == []


def test_every_variable_of_the_environment_is_in_the_reference():
    page = (DOCS / "reference" / "environment.md").read_text(encoding="utf-8")
    sources = [*(ROOT / "src").rglob("*.py"), *(ROOT / "scripts").glob("*.py")]
    named = {
        name
        for path in sources
        for name in re.findall(r"\bUPRIGHT_[A-Z_]*[A-Z]\b", path.read_text())
    }
    assert named - set(re.findall(r"UPRIGHT_[A-Z_]+", page)) == set()
    assert named


def test_every_decision_stands_in_the_overview():
    overview = (DOCS / "decisions" / "index.md").read_text(encoding="utf-8")
    pages = [page.name for page in (DOCS / "decisions").glob("0*.md")]
    assert [name for name in pages if f"]({name})" not in overview] == []
