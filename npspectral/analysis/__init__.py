"""What the papers read off a trained network: relevance of inputs and nodes."""
from . import relevance

__all__ = ["relevance"]
