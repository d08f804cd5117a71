"""Pages in a real Chromium."""

PATIENCE_MS = 30_000
"""How long a test waits for anything before it calls it missing: the machine may be busy."""
