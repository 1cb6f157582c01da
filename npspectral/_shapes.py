"""How a dataclass that holds arrays prints: their shapes in place of their numbers."""
from dataclasses import fields

import numpy as np


class Shapes:
    """Base of such a dataclass, which has repr=False."""

    def __repr__(self):
        def shown(name, value):
            return f"{name} {value.shape}" if isinstance(value, np.ndarray) else f"{name}={value!r}"
        parts = [shown(field.name, getattr(self, field.name)) for field in fields(self)]
        return f"{type(self).__name__}({', '.join(parts)})"
