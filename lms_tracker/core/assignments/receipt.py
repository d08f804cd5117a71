"""What a learner holds to show that something was handed in, and what a work is called where nobody may know whose it is."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from lms_tracker.core.instants import to_us


def receipt(
    assignment_id: int, learner_id: int, version: int, text: str | None, files: Iterable[str], at: datetime
) -> str:
    """Twelve hexadecimal digits over all that was handed in (`files`: their SHA-256) and when."""
    # Printed on receipts that people keep: changing how it is made breaks their proof.
    content = sha256((text or "").encode()).hexdigest()
    parts = [str(assignment_id), str(learner_id), str(version), str(to_us(at)), content, *files]
    return sha256("\n".join(parts).encode()).hexdigest()[:12].upper()


def code_of(seed: str, learner_id: int) -> str:
    """Six hexadecimal digits for a learner's work on one assignment, whose `seed` only the database knows."""
    return sha256(f"{seed} work {learner_id}".encode()).hexdigest()[:6].upper()
