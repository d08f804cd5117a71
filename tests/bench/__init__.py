"""Measurements on the machine at hand: `make bench`, or `python -m tests.bench PREFIX` for the figures of one family."""
