"""What can be counted: names and meanings in `catalogue`, a process's own counts in `counting`, the database's facts
in `facts`. Nothing else speaks to Prometheus.
"""
