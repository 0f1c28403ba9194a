"""Where the databases of tests are: in memory, for they are made and dropped too often for a disk."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

MEMORY: Final = Path("/dev/shm")
ROOM_BYTES: Final = 2**30


def new_folder() -> Path:
    """A new folder, which the caller removes: in memory where there is such a place with room, else on the disk.

    On a disk, to make a database of PostgreSQL takes twenty times as long, and each commit to SQLite waits for it.
    """
    in_memory = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES
    return Path(tempfile.mkdtemp(prefix="dovidka-", dir=MEMORY if in_memory else None))
