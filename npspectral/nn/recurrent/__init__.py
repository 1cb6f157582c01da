"""Recurrent spectral networks: real and complex ones, kernels in sequence, exact inverses."""
from .complex import ComplexRecurrentSpectral
from .real import RecurrentSpectral
from .sequence import SwitchedRecurrentSpectral, product_stability
from .triangular import TriangularRecurrentSpectral

__all__ = ["ComplexRecurrentSpectral", "RecurrentSpectral", "SwitchedRecurrentSpectral",
           "TriangularRecurrentSpectral", "product_stability"]
