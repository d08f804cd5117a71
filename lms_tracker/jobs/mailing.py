"""Mail in the worker: a thread that sends what waits. Any number may run on one database."""

import logging
import random
import threading
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from lms_tracker.actions.mail import send_mails
from lms_tracker.core.mail import Server, check_address, parse_server
from lms_tracker.settings import Settings, SettingsError

log = logging.getLogger(__name__)

LOOK_S = 5.0
RETRY_S = 30.0


def _server(settings: Settings) -> Server | None:
    if not settings.smtp_url:
        return None
    try:
        check_address(settings.mail_from)
    except ValueError as e:
        raise SettingsError(f"LMS_TRACKER_MAIL_FROM: {e}") from e
    try:
        return parse_server(settings.smtp_url)
    except ValueError as e:  # without the value, which may hold a password
        raise SettingsError(f"LMS_TRACKER_SMTP_URL: {e}") from e


class Mailing:
    """Sends, where a server is set; otherwise nothing. Raises SettingsError when the settings of mail are wrong."""

    def __init__(self, db: Engine, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._db, self._settings, self._clock = db, settings, clock
        self._server = _server(settings)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look, name="mail", daemon=True)

    def start(self) -> None:
        """Begin, if there is a server."""
        if self._server is not None:
            self._thread.start()

    def stop(self) -> None:
        """End soon; a mail that is just being handed over is not waited for longer than its server takes to answer."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(RETRY_S)

    def _look(self) -> None:
        assert self._server is not None
        while not self._stopping.is_set():
            pause_s = LOOK_S
            try:
                while not self._stopping.is_set() and send_mails(
                    self._db,
                    self._server,
                    sender=self._settings.mail_from,
                    public_url=self._settings.public_url,
                    clock=self._clock,
                    jitter=random.random,
                ):
                    pass
            except Exception:
                log.exception("sending mail failed; trying again in %s s", RETRY_S)
                pause_s = RETRY_S
            self._stopping.wait(pause_s)
