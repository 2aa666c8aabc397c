"""The doctor: whether Closeout, as it is set up, can do its work, and what to do where it cannot.

Judging is pure: what was seen (`observation`) becomes lines (`judging`, with `store`, `forges`, `projects` and
`webhooks`). `gathering` reads forges and database and writes nothing; `layout` shows the result.
"""
