"""How a process keeps the memory of freed arrays."""
from functools import cache

import numpy as np


@cache                                                      # once a process
def hold_memory():
    """Keep freed arrays of up to 30 MB in this process, so that training takes less time.

    The C library of Linux (glibc) gives a large freed array back to the system, which clears the
    memory of the next array page by page. Once an array of 30 MB was freed, the library keeps
    smaller ones, for all code of the process and until it ends: up to 60 MB that are not in use.
    Elsewhere this does nothing. `fit`, `Step`, `gradient_flow`, `tangent_kernel`,
    `tangent_kernel_parts` and the workers of a sweep call it.
    """
    np.empty(30_000_000, np.uint8)
