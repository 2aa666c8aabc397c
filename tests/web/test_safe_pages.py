"""What is answered to a browser runs nothing, and no template can do more than fill in values."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from service import templates
from tests.databases import ON_SQLITE
from tests.web.conftest import Site

SERVICE = Path(__file__).parents[2] / "service"
ATTACK = "{{ ''.__class__.__mro__[1].__subclasses__() }} {% for x in range(9) %}x{% endfor %} {{title}} ${7*7} %(x)s {0.__class__}"


@ON_SQLITE
@pytest.mark.parametrize("path", ["/", "/healthz", "/nowhere", "/webhooks/gitea"])
def test_a_browser_runs_nothing(site: Site, path: str) -> None:
    """No script, no frame, no guessing at types; on errors too."""
    headers = site.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_every_jinja_environment_is_a_sandbox_that_escapes() -> None:
    """Where Jinja is used at all, also tomorrow."""
    for path in SERVICE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
                ("Environment", "render_template_string")
            ):
                made = ast.unparse(node)
                assert made == "Environment()" or (  # the settings' own
                    made.startswith("ImmutableSandboxedEnvironment(") and "autoescape=True" in made
                ), f"{path}: {made}"


def test_placeholders_are_replaced_once_and_never_evaluated() -> None:
    """In a repository's template whatever is no placeholder of ours is text; so is everything in a value."""
    own = templates.parse("x.md", ATTACK.replace("{{title}}", "{{what}}"))
    filled = templates.fill(own.text, {"what": ATTACK})
    assert filled == ATTACK.replace("{{title}}", ATTACK)
