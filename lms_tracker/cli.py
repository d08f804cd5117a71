"""The `lms-tracker` command. Each group lives in `lms_tracker/commands/<group>.py` as `group` (a click command)."""

import importlib
import logging
import sys

import click
from sqlalchemy.exc import DatabaseError

from lms_tracker.settings import SettingsError, load

GROUPS = {
    "account": "create people who log in, set passwords, grant roles",
    "achievements": "import what counts besides study time and marks",
    "attendance": "import who was at a meeting",
    "book": "import the reading list",
    "bulletin": "issue and list bulletins",
    "catalogue": "import courses and their units",
    "credential": "create and revoke keys of xAPI sources",
    "db": "migrate the database",
    "demo": "load the demo programme",
    "exam": "import results of exams",
    "forward": "send statements on to other record stores",
    "grades": "export grades, set results by hand",
    "identity": "join actors who are one person",
    "ledger": "export the study ledger",
    "marks": "import marks",
    "media": "give units their media",
    "organisation": "import, move and close organisations",
    "person": "export and erase what is held of one person",
    "player": "see who watches just now, end grants",
    "policy": "check a programme's policy file",
    "programme": "create and list programmes",
    "quarantine": "look at refused statements, mend and replay them",
    "questions": "import questions that presence checks draw from",
    "results": "freeze and export the results of a programme",
    "retention": "say how long sources keep their statements",
    "roster": "import the people of a programme, see them off",
    "serve": "run the server",
    "statements": "import and export xAPI statements",
    "study": "settle and recompute study time",
    "worker": "run only the worker",
}


class Lazy(click.Group):
    """Imports a group's module only when it is called: `--help` stays instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(GROUPS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in GROUPS:
            return None
        command = importlib.import_module(f"lms_tracker.commands.{name}").group
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(GROUPS.items()))


@click.group(cls=Lazy)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """lms_tracker: an xAPI record store that knows which seconds were really studied."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("alembic", "apscheduler"):  # what matters of theirs, our commands and jobs say themselves
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        ctx.obj = load()
    except SettingsError as e:
        raise click.ClickException(str(e)) from e


def main() -> None:
    """Entry point; turns what the operator can mend into one line instead of a traceback."""
    try:
        cli(prog_name="lms-tracker")
    except DatabaseError as e:
        click.echo(f"Error: the database answered: {e.orig}. {_advice(str(e.orig))}", err=True)
        sys.exit(1)
    except OSError as e:
        if e.filename is None:
            raise
        click.echo(f"Error: {e.filename}: {e.strerror}", err=True)
        sys.exit(1)


def _advice(message: str) -> str:
    lowered = message.lower()
    if "locked" in lowered:
        return "Another process holds it; nothing was changed. Try again."
    if "readonly" in lowered or "read-only" in lowered:
        return "Make the database and its folder writable for this user; nothing was changed."
    if "unable to open" in lowered:
        return "Check that the folder of LMS_TRACKER_DATABASE_URL or LMS_TRACKER_VAR_DIR exists and is writable."
    if "no such table" in lowered or "does not exist" in lowered:
        return "Run `lms-tracker db upgrade` first."
    return "Nothing was changed."


if __name__ == "__main__":
    main()
