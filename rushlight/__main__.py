"""`python -m rushlight` is the `rushlight` command."""

import sys

from .cli.main import main

sys.exit(main())
