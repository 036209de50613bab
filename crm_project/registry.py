"""Mechanism one: a seam is a base class and a list of dotted paths in settings.

Adding a format, channel, condition or step is one file and one line in settings.
The stored key of an entry is data: it is never renamed.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from django.conf import settings
from django.core import checks
from django.utils.module_loading import import_string


class UnknownKey(LookupError):
    """A stored key that no entry of the registry has (any more)."""


class Registered(Protocol):
    key: str


Base = TypeVar("Base", bound=Registered)


class Registry(Generic[Base]):
    """The classes listed under `setting`, by their `key`, imported on first use.

    `base` is the class of which all of them are, once as a type and once as a path: the module of
    the one may not be imported yet where the registry is made.
    """

    all: ClassVar[list["Registry[Any]"]] = []

    def __init__(self, setting: str, base: str):
        self.setting = setting
        self.base = base
        Registry.all.append(self)

    @cached_property
    def by_key(self) -> dict[str, type[Base]]:
        return {entry.key: entry for entry in map(import_string, getattr(settings, self.setting))}

    def __getitem__(self, key: str) -> type[Base]:
        try:
            return self.by_key[key]
        except (KeyError, TypeError):
            raise UnknownKey(f"{self.setting} has no {key!r}") from None

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key in self.by_key

    def __iter__(self) -> Iterator[type[Base]]:
        return iter(self.by_key.values())

    def problems(self) -> list[checks.CheckMessage]:
        """What is wrong with the list: a path that does not import, a wrong base, a key taken
        twice."""
        found: list[checks.CheckMessage] = []
        seen: dict[str, str] = {}
        for path in getattr(settings, self.setting):
            try:
                entry = import_string(path)
            except ImportError as error:
                found.append(checks.Error(f"{self.setting}: {error}", id="hutong.E001"))
                continue
            if not issubclass(entry, import_string(self.base)):
                found.append(
                    checks.Error(f"{self.setting}: {path} is not a {self.base}", id="hutong.E002")
                )
            elif entry.key in seen:
                found.append(
                    checks.Error(
                        f"{self.setting}: {path} and {seen[entry.key]} share the key {entry.key!r}",
                        id="hutong.E003",
                    )
                )
            else:
                seen[entry.key] = path
        return found


@checks.register
def check_registries(app_configs, **kwargs):
    return [problem for registry in Registry.all for problem in registry.problems()]
