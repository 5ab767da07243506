"""python -m npgan is the same as npgan."""

import sys

from npgan.cli import main

sys.exit(main())
