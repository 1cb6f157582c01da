"""Optimizers, minibatch training as a generator of records, and files to stop and go on with."""
from .checkpoint import load, save
from .metrics import accuracy
from .minibatch import Record, Step, evaluate, fit, predict
from .optimizers import SGD, Adam, Adamax
from .progress import show_progress

__all__ = ["Adam", "Adamax", "Record", "SGD", "Step", "accuracy", "evaluate", "fit", "load",
           "predict", "save", "show_progress"]
