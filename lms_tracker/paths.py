"""Where the product's own files are: inside the package in a wheel, beside it in a checkout."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def resource(name: str) -> Path:
    """The folder `templates`, `migrations` or `config`, wherever this installation keeps it.

    Raises FileNotFoundError when the installation is incomplete.
    """
    for parent in (PACKAGE, PACKAGE.parent):
        if (parent / name).is_dir():
            return parent / name
    raise FileNotFoundError(f"this installation of lms-tracker has no folder {name!r} beside {PACKAGE}")
