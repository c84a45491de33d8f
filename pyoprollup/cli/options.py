"""Options of services, each declared once: flag, environment variable, key of a file, help, default.

A service's options are frozen dataclasses whose fields are made by :func:`option`. :func:`service_command`
makes a typer command of a function that takes them. A value comes from the command line, else from the
environment (``PYOPROLLUP_<SERVICE>_<FLAG>``), else from the service's section of a TOML file (``--config``,
keys are the flags without dashes in front), else it is the default. Several values of one option are given by
repeating the flag, with commas in the environment, and as an array in the file.

A class that wants to know which of its fields have values that are no defaults has a field ``given``, a set
of names.

A wrong value raises ``typer.BadParameter`` if it is on the command line, else :class:`ConfigError`. The
message begins with what gave the value.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, field, fields
from enum import Enum
from inspect import Parameter, Signature
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer

from pyoprollup.errors import ConfigError, RollupError

__all__ = [
    "SERVICES",
    "Option",
    "Settings",
    "Sources",
    "choice",
    "option",
    "options_of",
    "options_table",
    "read_config",
    "read_settings",
    "service_command",
]

SERVICES = (
    "batcher",
    "challenger",
    "devnet",
    "dispute-mon",
    "engine",
    "games",
    "node",
    "program",
    "proposer",
)
"""The services that a configuration file may have a section for."""

_METADATA = "option"
_NUMBER = re.compile(r"[+-]?[0-9]{1,78}")
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}

Parse = Callable[[str], Any]
"""Makes a value of a text, or raises :class:`ValueError` with a message that quotes the text."""


# --- declaration


@dataclass(frozen=True, slots=True)
class _Declared:
    """What the metadata of a field holds."""

    flag: str
    help: str
    metavar: str
    unit: str
    parse: Parse | None
    alias: str = ""


def option(
    flag: str,
    help: str,
    *,
    default: Any = MISSING,
    metavar: str = "",
    unit: str = "",
    parse: Parse | None = None,
    alias: str = "",
) -> Any:
    """A field of a service's options.

    ``flag`` is as it is typed, for a switch with the one that turns it off: ``--trace/--no-trace``. Without a
    ``default`` the option is required. ``unit`` is that of numbers. The type of the field says what values
    there are (``int``, ``float``, ``bool``, ``str``, ``Path``, a tuple of them for several, ``None`` for
    none), unless ``parse`` makes something else of text. ``alias`` is another flag, under which users of
    other programs know the option.
    """
    return field(default=default, metadata={_METADATA: _Declared(flag, help, metavar, unit, parse, alias)})


def choice(*words: str) -> Parse:
    """Takes one of some words, in whatever case."""

    def parse(text: str) -> str:
        if (word := text.lower()) in words:
            return word
        raise ValueError(f"{text!r} is none of {', '.join(words)}")

    return parse


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a service."""

    field: str
    flag: str
    no_flag: str
    """The flag that turns a switch off; empty if there is none."""
    help: str
    metavar: str
    unit: str
    kind: type
    """``bool``, ``int``, ``float``, or ``str`` for all that is text."""
    repeated: bool
    parse: Parse
    default: Any
    alias: str = ""

    @property
    def key(self) -> str:
        """Its key in a file."""
        return self.flag.removeprefix("--")

    @property
    def required(self) -> bool:
        return self.default is MISSING

    def variable(self, service: str) -> str:
        """The environment variable that gives the option a value."""
        return f"PYOPROLLUP_{service}_{self.key}".upper().replace("-", "_")

    @property
    def shown_default(self) -> str:
        """The default as people write it; empty if it is nothing, or if there is none."""
        match self.default:
            case bool():
                return "yes" if self.default else "no"
            case Enum():
                return self.default.name.lower()
            case None | () | "" if not self.required:
                return ""
        return "" if self.required else f"{self.default} {self.unit}".rstrip()


def options_of(*classes: type) -> tuple[Option, ...]:
    """The options that some dataclasses declare, in their order."""
    return tuple(made for each in classes for made in _options_of(each))


def _options_of(declaring: type) -> Iterator[Option]:
    hints = get_type_hints(declaring)
    for each in fields(declaring):
        if each.name == "given":
            continue
        declared: _Declared = each.metadata[_METADATA]
        kinds = [kind for kind in get_args(hints[each.name]) if kind is not NoneType]
        repeated = get_origin(hints[each.name]) is tuple
        plain = kinds[0] if kinds else hints[each.name]
        flag, _, no_flag = declared.flag.partition("/")
        text = declared.parse is not None or plain not in (bool, int, float)
        yield Option(
            field=each.name,
            flag=flag,
            no_flag=no_flag,
            help=declared.help,
            metavar=declared.metavar,
            unit=declared.unit,
            kind=str if text else plain,
            repeated=repeated,
            parse=declared.parse or _PARSERS[plain],
            default=each.default,
            alias=declared.alias,
        )


def _whole_number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None


def _truth(text: str) -> bool:
    if (value := _TRUTHS.get(text.lower())) is None:
        raise ValueError(f"{text!r} is neither true nor false")
    return value


_PARSERS: Mapping[type, Parse] = {
    bool: _truth,
    float: _number,
    int: _whole_number,
    str: str,
    Path: Path,
}
_KINDS = {bool: "true or false", float: "a number", int: "a whole number", str: "text"}


# --- values


@dataclass(frozen=True, slots=True)
class Sources:
    """Where values come from: flags by field, the environment, and a file with a section for each service."""

    flags: Mapping[str, Any] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    file: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of a service's options, and where each came from; a default counts as the flag's."""

    values: tuple[Any, ...]
    """An instance of each class."""
    origins: Mapping[str, str]
    """Flag, environment variable, or file and key: by field and by flag."""

    @contextmanager
    def named(self) -> Iterator[None]:
        """Name the source in errors that are raised inside.

        Their message begins with a field or a flag and a colon; that becomes where the value came from.
        """
        try:
            yield
        except RollupError as exc:
            if (named := self._named(str(exc))) == str(exc):
                raise
            raise ConfigError(named) from exc
        except typer.BadParameter as exc:
            raise typer.BadParameter(self._named(exc.message)) from exc

    def _named(self, message: str) -> str:
        name, colon, rest = message.partition(":")
        return f"{self.origins.get(name, name)}{colon}{rest}"


def read_config(path: Path) -> dict[str, dict[str, Any]]:
    """The sections of a file; raises :class:`ConfigError` if it cannot be read, or has others."""
    try:
        with path.open("rb") as file:
            value = tomllib.load(file)
    except OSError as exc:
        raise ConfigError(f"--config: cannot read {path}: {exc.strerror or exc}") from exc
    except (ValueError, RecursionError) as exc:
        raise ConfigError(f"--config: {path} is not TOML: {exc}") from exc
    for name, section in value.items():
        if name not in SERVICES or not isinstance(section, dict):
            raise ConfigError(f"{path}: {name} is not a section; there are {', '.join(SERVICES)}")
    return value


def read_settings(service: str, classes: Sequence[type], sources: Sources) -> Settings:
    """The values of a service's options. Those that have a ``check`` method are checked by it."""
    section = sources.file.get(service, {})
    options = options_of(*classes)
    if unknown := sorted(set(section) - {each.key for each in options}):
        raise ConfigError(f"{sources.file_name}: {service}.{unknown[0]}: there is no such option")
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for each in options:
        origin, value = _value(each, service, sources, section)
        origins[each.field] = origins[each.flag] = origin
        if value is not MISSING:
            values[each.field] = value
        elif each.required:
            raise typer.BadParameter(f"Missing option '{each.flag}'.")
    made = [_filled(declaring, values) for declaring in classes]
    settings = Settings(tuple(made), origins)
    with settings.named():
        for each in made:
            if check := getattr(each, "check", None):
                check()
    return settings


def _filled(declaring: type, values: Mapping[str, Any]) -> Any:
    names = {each.name for each in fields(declaring)}
    known = {name: value for name, value in values.items() if name in names}
    return declaring(**known, **({"given": frozenset(known)} if "given" in names else {}))


def _value(wanted: Option, service: str, sources: Sources, section: Mapping[str, Any]) -> tuple[str, Any]:
    """Where the value comes from, and the value; ``MISSING`` if it is the default."""
    if (given := sources.flags.get(wanted.field)) not in (None, []):
        try:
            return wanted.flag, _from_text(wanted, given)
        except ValueError as exc:
            raise typer.BadParameter(f"{wanted.flag}: {exc}") from exc
    origin, given = wanted.variable(service), sources.environ.get(wanted.variable(service))
    try:
        if given:
            split = given.split(",") if wanted.repeated else given
            return origin, _from_text(wanted, split)
        if wanted.key in section:
            origin = f"{sources.file_name}: {service}.{wanted.key}"
            return origin, _from_toml(wanted, section[wanted.key])
    except ValueError as exc:
        raise ConfigError(f"{origin}: {exc}") from exc
    return wanted.flag, MISSING


def _from_text(wanted: Option, given: Any) -> Any:
    """The value of a text, of several texts, or of a switch."""
    if isinstance(given, bool):
        return given
    return tuple(map(wanted.parse, given)) if wanted.repeated else wanted.parse(given)


def _from_toml(wanted: Option, given: Any) -> Any:
    if not wanted.repeated:
        return _scalar(wanted, given)
    if not isinstance(given, list):
        raise ValueError(f"{given!r} is not an array")
    return tuple(_scalar(wanted, each) for each in given)


def _scalar(wanted: Option, given: Any) -> Any:
    takes = (int, float) if wanted.kind is float else (wanted.kind,)
    if type(given) not in takes:
        raise ValueError(f"{given!r} is not {_KINDS[wanted.kind]}")
    return wanted.parse(str(given))


# --- commands and documentation


def service_command(
    service: str, *classes: type, arguments: Mapping[str, Any] | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a command of a function that takes an instance of each class of options.

    ``arguments`` are what has no flag, and comes first: the name, and how typer takes it.
    """
    first = dict(arguments or {})

    def decorate(run: Callable[..., None]) -> Callable[..., None]:
        def command(config: Path | None = None, **flags: Any) -> None:
            said_first = [flags.pop(name) for name in first]
            if config is None and (said := os.environ.get("PYOPROLLUP_CONFIG")):
                config = Path(said)
            file = {} if config is None else read_config(config)
            settings = read_settings(service, classes, Sources(flags, os.environ, file, str(config)))
            with settings.named():
                run(*said_first, *settings.values)

        leading = [Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind) for name, kind in first.items()]
        parameters = [*leading, *map(_parameter, options_of(*classes)), _CONFIG]
        command.__name__, command.__doc__ = run.__name__, run.__doc__
        command.__annotations__ = {each.name: each.annotation for each in parameters}
        command.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        return command

    return decorate


def _parameter(made: Option) -> Parameter:
    """An option as typer takes it. Values are texts for typer: :func:`read_settings` makes what they mean."""
    note = "required" if made.required else made.shown_default and f"default: {made.shown_default}"
    shown = typer.Option(
        made.flag + ("/" + made.no_flag if made.no_flag else ""),
        *([made.alias] if made.alias else []),
        metavar=made.metavar or None,
        help=f"{made.help}  [{note}]" if note and made.default is not False else made.help,
        show_default=False,
    )
    kind: Any = bool if made.kind is bool else list[str] if made.repeated else str
    return _keyword(made.field, Annotated[kind | None, shown])


def _keyword(name: str, annotation: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


_CONFIG = _keyword(
    "config",
    Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="Take options from a TOML file with a section for each service.",
        ),
    ],
)


def options_table(service: str, *classes: type) -> str:
    """The options as a Markdown table."""
    rows = [("Option", "Environment", "Default", "What it is"), ("---",) * 4]
    for each in options_of(*classes):
        flags = f"{each.flag} {each.metavar}".rstrip()
        others = [other for other in (each.no_flag, each.alias) if other]
        shown = ", ".join(f"`{each_flag}`" for each_flag in (flags, *others))
        default = "required" if each.required else each.shown_default
        rows.append((shown, f"`{each.variable(service)}`", default, each.help))
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in rows)
