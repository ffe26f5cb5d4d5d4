"""What a process instance does: a command in, an outcome out; pure, with no I/O, no clock, no randomness and no SQL.

`driver` runs one step; `elements/` and `events/` hold what each kind of element does; `commands/` what callers may ask.
"""
