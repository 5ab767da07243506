"""python -m npgan is the same as npgan."""

import sys

from npgan.app.cli import main

sys.exit(main())
