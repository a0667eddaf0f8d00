"""`python -m drumatlas.oled`: see child.py. The drawing code is loaded only after the priority is
lowered."""

import os
import sys


def yield_always() -> None:
    """Take the lowest priority that there is: SCHED_IDLE, else nice 19."""
    if hasattr(os, "sched_setscheduler"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    elif hasattr(os, "nice"):
        os.nice(19)


def main() -> int:
    """Draw for the parent at that priority; return the exit code."""
    yield_always()
    try:
        from drumatlas.oled.child import show  # noqa: PLC0415 - see above
    except ImportError as error:
        print(f"PIL does not load ({error}); pip install 'drumatlas[oled]'", flush=True)  # noqa: T201
        return 2
    return show(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
