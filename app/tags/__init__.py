"""Tags: typed labels in several languages, each under at most one parent."""
