"""The values of a configuration by key, before the parts of the box get them."""

from collections.abc import Mapping
from typing import TypeVar

Value = bool | int | float | str
Values = Mapping[str, Value]  # every key, by its dotted name

T = TypeVar("T", bool, int, float, str)


def get(values: Values, key: str, kind: type[T]) -> T:
    """Return the value of `key`, which is a `kind`, as the key's default is; TypeError if not."""
    value = values[key]
    if not isinstance(value, kind):
        raise TypeError(f"{key} is of type {type(value).__name__}, not {kind.__name__}")
    return value
