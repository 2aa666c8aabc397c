"""GitLab, hosted and self-managed: the adapter and its webhook parser."""
