"""`python -m inception_lib.experiments`."""

import sys

from . import main

sys.exit(main())
