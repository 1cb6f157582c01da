"""A file that a run reads."""
import hashlib
from dataclasses import dataclass, field

PIECE = 1 << 20                         # bytes read in one go


@dataclass(frozen=True)
class File:
    """A parameter that is a file: a run of other contents is another run, under whatever name.

        runs = sweep.grid(train, table=[sweep.File("table.csv")], seed=range(5))

    `train` opens table.path. The digest (sha256) is of the contents when the File is made.
    Raises OSError if they cannot be read.
    """

    path: str
    digest: str = field(init=False)

    def __post_init__(self):
        digest = hashlib.sha256()
        with open(self.path, "rb") as file:
            while piece := file.read(PIECE):
                digest.update(piece)
        object.__setattr__(self, "digest", digest.hexdigest())
