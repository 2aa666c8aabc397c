"""An audit as one HTML page that needs nothing else: no script, no style sheet, no image from anywhere."""

from __future__ import annotations

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from service.audit.choices import Kind
from service.audit.layout import COLUMNS, Result, cells, groups
from service.audit.rows import Row

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Post-mortem audit, {{ at }}</title>
<style>
:root { --paper: #ffffff; --ink: #1c2128; --link: #0b57a4; --late: #b3261e; --line: #7d8590;
  color-scheme: light; font-family: system-ui, sans-serif; line-height: 1.5; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14181d; --ink: #e6eaef; --link: #8ab9f1; --late: #ff9c94; --line: #8b949e; color-scheme: dark; }
}
body { background: var(--paper); color: var(--ink); margin: 0 auto; max-width: 100rem; padding: 1rem; }
a { color: var(--link); }
.late { color: var(--late); font-weight: bold; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { font-weight: bold; padding: .5rem 0; text-align: start; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .5rem; text-align: start; vertical-align: top; }
tbody th { font-weight: normal; }
tbody th, time { white-space: nowrap; }
</style>
</head>
<body>
<main>
<h1>Post-mortem audit</h1>
<p>{{ summary }}. As of <time datetime="{{ stamp }}">{{ at }}</time>.</p>
{% for note in notes %}
<p>{{ note }}</p>
{% endfor %}
{% for heading, rows in groups %}
{% if heading %}<h2>{{ heading }}</h2>
{% endif %}
{% if rows %}
<div class="wide" role="region" aria-label="{{ heading or 'Action items and post-mortems' }}" tabindex="0">
<table>
<caption>{% if not heading %}Action items and post-mortems: {% endif %}{{ rows | length }} listed</caption>
<thead><tr>{% for column in columns %}<th scope="col">{{ column }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in rows %}
<tr><th scope="row">
{%- if row.link %}<a href="{{ row.link }}">{{ row.cells[0] }}</a>{% else %}{{ row.cells[0] }}{% endif -%}
</th>
{%- for cell in row.cells[1:-1] %}<td>
{%- if cell == row.due %}<time datetime="{{ cell }}">{{ cell }}</time>{% else %}{{ cell }}{% endif -%}
</td>{% endfor -%}
<td{% if row.late %} class="late"{% endif %}>{{ row.cells[-1] }}</td></tr>
{% endfor %}
</tbody>
</table>
</div>
{% endif %}
{% endfor %}
{% if failures %}
<h2>Failed</h2>
<ul>
{% for failed in failures %}<li>{{ failed.where }}: {{ failed.reason }}</li>
{% endfor %}
</ul>
{% endif %}
</main>
</body>
</html>
"""


def to_html(result: Result) -> str:
    at = result.report.at
    environment = ImmutableSandboxedEnvironment(autoescape=True, trim_blocks=True, undefined=StrictUndefined)
    return environment.from_string(_PAGE).render(
        at=f"{at:%Y-%m-%d %H:%M} UTC",
        stamp=at.isoformat(),
        summary=result.report.summary,
        groups=[(heading, [_shown(row) for row in rows]) for heading, rows in groups(result)],
        notes=result.notes,
        columns=COLUMNS,
        failures=result.failures,
    )


def _shown(row: Row) -> dict[str, object]:
    link = row.url if row.url.startswith(("https://", "http://")) else ""
    due = row.due.isoformat() if row.due else None
    return {"cells": cells(row), "link": link, "due": due, "late": row.has(Kind.OVERDUE)}
