"""Setting a project up, and undoing it: observe what is there, decide on steps as values, act on them."""
