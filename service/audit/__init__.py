"""The audit: what is overdue, unowned, undated, orphaned or stale among the issues of many projects.

Deciding is pure (`classification` into `rows`, `attention`, `summary`); `projects` and `gathering` read the forges,
`looking` looks through the rules at what wants it, `posting` writes, `layout` and `page` show the result.
"""
