"""A plugin of pytest's: property tests end with the first failure, and look for no smaller one.

That a mutant is caught is enough, and a smaller example may take minutes. Nothing is kept for the
next run, which has another mutant.
"""

from hypothesis import Phase, settings

_PHASES = (Phase.explicit, Phase.generate)


def pytest_configure() -> None:
    """Change the profiles of tests/conftest.py, which is loaded by now."""
    for name in ("states", "drumatlas"):
        profile = settings.get_profile(name)
        settings.register_profile(name, profile, phases=_PHASES, database=None)
    settings.load_profile("drumatlas")
