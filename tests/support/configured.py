"""Configurations for tests."""

from collections.abc import Mapping

from drumatlas.config.keys import defaults
from drumatlas.config.settings import Config, config_of
from drumatlas.config.values import Value


def configured(settings: Mapping[str, Value] | None = None) -> Config:
    """The defaults, but for `settings` by dotted key, which are not checked."""
    return config_of({**defaults(), **(settings or {})})
