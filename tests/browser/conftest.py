"""What all tests in a browser share."""

from playwright.sync_api import expect

from tests.browser import PATIENCE_MS

expect.set_options(timeout=PATIENCE_MS)
