"""An invented programme under way, to look at and to test with.

Everything but `load` is pure: the same seed and day give the same people, statements and marks. `load` brings them in
through the actions that real evidence goes through.
"""
