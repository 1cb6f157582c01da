"""Dropout: in training, a random part of all numbers is set to 0 and the rest is enlarged."""
from dataclasses import dataclass

import numpy as np

from ._expect import check_integer, check_number
from .activations import Identity
from .layer import complete


@dataclass(frozen=True, repr=False)
class Dropout(Identity):
    """y = x: the form for evaluation. `in_training` draws the form for one step of training.

    rate, 0 <= rate < 1, is the share of numbers that training sets to 0.
    Raises ValueError or TypeError on a rate, shapes or dtypes that do not fit.
    Source: Srivastava et al. 2014, J. Mach. Learn. Res. 15, 1929.

    >>> from npspectral.nn import BatchNorm
    >>> Chain(BatchNorm(4), Dropout(0.5)).in_training(np.random.default_rng(0))
    Chain(TrainingBatchNorm(4), TrainingDropout(0.5, 5874934615388537135))
    """

    rate: float

    def in_training(self, rng):
        """TrainingDropout with a seed drawn by `rng`."""
        if not isinstance(rng, np.random.Generator):
            raise TypeError(f"{self.label}: rng is {rng!r}, expected a numpy.random.Generator")
        return TrainingDropout(self.rate, int(rng.integers(2 ** 63)))

    def __post_init__(self):
        rate = check_number(type(self).__name__, "rate", self.rate)
        if not 0 <= rate < 1:
            raise ValueError(f"{type(self).__name__}: rate is {self.rate!r}, expected "
                             f"0 <= rate < 1")
        complete(self, rate=rate)


@dataclass(frozen=True, repr=False)
class TrainingDropout(Dropout):
    """Dropout by the random numbers of one seed.

        y = keep * x,    keep = 1 / (1 - rate) where u >= rate, else 0,    u uniform on [0, 1)

    u (batch, n) is the same for the same seed and shape, and for every batch of leading axes. The
    mean of keep is 1, so the mean of y over seeds is x.  Gradient: grad_x = keep * grad_y.
    A sample's y depends on its place in the batch: `coupled` says so, and there is no Jacobian.
    """

    seed: int

    coupled = True

    def function(self, x):
        u = np.random.default_rng(self.seed).random(x.shape[-2:])
        keep = ((u >= self.rate) / (1 - self.rate)).astype(x.real.dtype)
        return keep * x, (keep,)

    def derivative(self, keep):
        return keep                                     # y = keep * x

    def in_training(self, rng=None):
        """The layer itself."""
        return self

    def __post_init__(self):
        check_integer(type(self).__name__, "seed", self.seed, 0)
        super().__post_init__()
