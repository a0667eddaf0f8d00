"""A finding of `drumatlas doctor`."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check.

    `state` is ok, warn (the box plays with a limitation) or fail (it can't play). `detail` says
    what was found and `advice` what to do; it is empty if there is nothing to do.
    """

    name: str
    state: str
    detail: str
    advice: str = ""

    def as_table(self) -> dict[str, str]:
        """Return the finding as a JSON object."""
        return asdict(self)
