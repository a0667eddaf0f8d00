"""`python -m drumatlas` is `drumatlas`."""

import sys

from drumatlas.cli import main

sys.exit(main())
