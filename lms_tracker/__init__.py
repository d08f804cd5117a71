"""lms_tracker: an xAPI record store that knows which seconds were really studied."""

__version__ = "0.1.0"
