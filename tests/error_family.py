"""Every error of the domain, wherever in `server/domain` it stands."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from server import domain
from server.domain.errors import OifrError

_MODULES = [import_module(f"server.domain.{module.name}") for module in iter_modules(domain.__path__)]
FAMILY = [
    kind
    for module in _MODULES
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, OifrError) and kind.__module__ == module.__name__
]
