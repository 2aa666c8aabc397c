"""The audit: what is overdue, unowned, undated, orphaned or stale among the issues of many projects.

Deciding is pure (`classification` into `rows`, `summary`); `projects` and `gathering` read the forges, `labelling` and
`posting` write, `layout` and `page` show the result.
"""
