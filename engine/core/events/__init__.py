"""What each kind of event definition does, at every position where it may stand. The files do not import each other."""
