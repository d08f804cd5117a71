"""One frozen Settings, read once by the composition roots (app.py, cli.py) and passed on as an argument.

For each name in `Settings`, first that is set wins:
`LMS_TRACKER_<NAME>`, the file named by `LMS_TRACKER_<NAME>_FILE` (secrets), the TOML file named by
`LMS_TRACKER_CONFIG`, the default below.
"""

import os
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec


class SettingsError(ValueError):
    """A setting is unknown, malformed or out of bounds. The message names the setting, what is allowed and what was given."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of one process. Paths are absolute once loaded."""

    database_url: str = ""
    """SQLAlchemy URL; empty means SQLite at `<var_dir>/lms_tracker.db`."""
    redis_url: str = ""
    """Optional. Redis only makes things faster; it never holds the truth."""
    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 8000
    var_dir: str = "var"
    """Everything the process writes that is not in the database: the SQLite file, logs, keys."""
    secret_key: str = ""
    """Signs login cookies and seals secrets of forwarding targets; empty means one is made once and kept in `<var_dir>/secret_key`."""
    secure_cookies: bool = False
    """Send cookies over HTTPS only. Turn on wherever the product is not on localhost."""
    public_url: str = ""
    """Address under which people reach the product; empty means `http://host:port`."""
    xapi_default_version: Literal["1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0"] = "1.0.3"
    """Version named in the answer to a request that names none."""
    xapi_origins: str = ""
    """Origins of web pages that may call the xAPI resources from a browser, separated by commas; `*` means any."""
    max_body_bytes: Annotated[int, msgspec.Meta(ge=1024, le=2**31 - 1)] = 32 * 1024 * 1024
    """Largest body of one xAPI request."""
    media_dir: str = ""
    """Where uploaded media are kept; empty means `<var_dir>/media`. Copy it with the database."""
    media_max_bytes: Annotated[int, msgspec.Meta(ge=1024, le=2**40)] = 4 * 1024 * 1024 * 1024
    """Largest file of one medium."""
    s3_endpoint: str = ""
    """Address of an S3-compatible store for media given as `s3://bucket/key`, such as `https://s3.example.edu`."""
    s3_region: str = "us-east-1"
    """Its region, as its signatures want it."""
    s3_key: str = ""
    """Access key with which addresses of its objects are signed; it needs to read objects, no more."""
    s3_secret: str = ""
    """Secret of that key (`LMS_TRACKER_S3_SECRET_FILE` keeps it out of the environment)."""
    s3_wait_s: Annotated[float, msgspec.Meta(gt=0, le=20)] = 1.0
    """How long a page waits to be told whether an object is there, in seconds; an object that was not told of in time is tried."""
    smtp_url: str = ""
    """Server that takes mail, `smtp://[user:password@]host[:port]` (STARTTLS where it is offered) or `smtps://…`; empty: no mail is sent. `LMS_TRACKER_SMTP_URL_FILE` keeps the password out of the environment."""
    mail_from: str = ""
    """Address that mails come from; needed with `smtp_url`."""
    settle_every_s: Annotated[float, msgspec.Meta(ge=0.01, le=3600)] = 0.25
    """How often the worker looks for learners whose evidence changed, in seconds."""
    worker: bool = True
    """Whether `lms-tracker serve` also runs the worker (settling, scheduled bulletins)."""
    web_workers: Annotated[int, msgspec.Meta(ge=0, le=256)] = 0
    """HTTP worker processes of `lms-tracker serve`; 0 means one per processor, four at most, and one on SQLite."""
    locale: Literal["zh", "en"] = "zh"
    """Language of people who have not chosen one: zh or en."""


NAMES = Settings.__struct_fields__
DATABASES = ("sqlite:///", "postgresql://", "postgresql+psycopg://")


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings. Raises SettingsError naming every setting at fault."""
    given: dict[str, tuple[str, Any]] = {}
    config = environ.get("LMS_TRACKER_CONFIG")
    if config:
        given |= {name: (f"{config}: {name}", value) for name, value in _from_file(Path(config)).items()}
    for name in NAMES:
        env = f"LMS_TRACKER_{name.upper()}"
        if env in environ:
            given[name] = env, environ[env]
        elif f"{env}_FILE" in environ:
            try:
                text = Path(environ[f"{env}_FILE"]).read_text(encoding="utf-8").strip()
            except OSError as e:
                raise SettingsError(f"{env}_FILE: cannot read {environ[f'{env}_FILE']}: {e.strerror}") from e
            given[name] = f"{env}_FILE", text
    settings = _checked(given)
    if settings.database_url and not settings.database_url.startswith(DATABASES):
        raise SettingsError("LMS_TRACKER_DATABASE_URL: must begin with sqlite:/// or postgresql://")
    var = Path(settings.var_dir).absolute()
    return msgspec.structs.replace(
        settings,
        var_dir=str(var),
        database_url=settings.database_url or f"sqlite:///{var / 'lms_tracker.db'}",
        public_url=settings.public_url or f"http://{settings.host}:{settings.port}",
    )


def _checked(given: Mapping[str, tuple[str, Any]]) -> Settings:
    """The settings of these values, each with where it was read. Raises SettingsError with a line for each that is not allowed."""
    kinds = get_type_hints(Settings, include_extras=True)
    values, faults = {}, []
    for name, (where, value) in given.items():
        try:
            values[name] = msgspec.convert(value, kinds[name], strict=False)
        except msgspec.ValidationError:
            said = type(value).__name__ if kinds[name] is str else repr(value)  # it may be a secret
            faults.append(f"{where}: must be {_allowed(kinds[name])}; given: {said}")
    if faults:
        raise SettingsError("\n".join(faults))
    return Settings(**values)


def _allowed(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(get_args(kind))
    if get_origin(kind) is not Annotated:
        return {bool: "true or false", str: "a text in quotes"}[kind]
    number, bounds = get_args(kind)
    least = f"from {bounds.ge}" if bounds.ge is not None else f"above {bounds.gt}"
    return f"a {'whole number' if number is int else 'number'} {least} to {bounds.le}"


def media_folder(settings: Settings) -> Path:
    """Where media are kept."""
    return Path(settings.media_dir or Path(settings.var_dir) / "media").absolute()


def with_secret_key(settings: Settings) -> Settings:
    """The same settings with a secret key, made once under `var_dir` when none was set."""
    if settings.secret_key:
        return settings
    path = Path(settings.var_dir) / "secret_key"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
            f.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return msgspec.structs.replace(settings, secret_key=path.read_text().strip())


def _from_file(path: Path) -> dict[str, Any]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise SettingsError(f"LMS_TRACKER_CONFIG: cannot read {path}: {e.strerror}") from e
    except tomllib.TOMLDecodeError as e:
        raise SettingsError(f"{path}: not TOML: {e}") from e
    unknown = sorted(set(data) - set(NAMES))
    if unknown:
        raise SettingsError(f"{path}: unknown settings: {', '.join(unknown)}")
    return data
