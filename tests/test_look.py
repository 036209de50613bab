"""One place for looks: templates set no style of their own but what is data (docs/look.md)."""

import re

from crm_project.runtime import home

TEMPLATES = home.BASE_DIR / "templates"
DATA = re.compile(r'style="(?:background|width|height|--\w+):\{\{[^"]*|style="\{\{')
TAG = re.compile(r"{%.*?%}")
LETTERS = "email"  # mail programs read no style sheets


def test_templates_set_no_style_of_their_own():
    found = [
        f"{path.relative_to(TEMPLATES)}: {style}"
        for path in TEMPLATES.rglob("*.html")
        if path.relative_to(TEMPLATES).parts[0] != LETTERS
        for style in re.findall(r'\sstyle="[^"]*"', TAG.sub("", path.read_text()))
        if not DATA.match(style.strip())
    ]

    assert found == []


def test_every_class_of_ours_that_a_template_names_is_there():
    css = (home.BASE_DIR / "static" / "hutong" / "hutong.css").read_text()
    known = set(re.findall(r"\.(ht-[\w-]+)", css))
    named = {
        name
        for path in TEMPLATES.rglob("*.html")
        for classes in re.findall(r'\sclass="([^"{]*)"', path.read_text())
        for name in classes.split()
        if name.startswith("ht-")
    }

    assert named - known == set()
