"""The audit: what is overdue, unowned, undated or orphaned among the action items of many projects.

Deciding is pure (`classification`); `gathering` reads the forges, `labelling` writes the one label, `layout` and `page`
show the result.
"""
