"""Optimizers; minibatch training and gradient flow, which yield records; files of runs.

optimizers, fast_optimizers  SGD, Adam, Adamax: as the papers print them, and fast
minibatch                    fit, train, evaluate, predict
flow, adaptive_euler         gradient flow on the full batch, in adaptive steps
frozen_kernel                the same flow with a tangent kernel that never changes
checkpoint                   save and load a network or a run
metrics, progress            accuracy; a line that shows how far a run is

A name is imported when it is first used, so that `import npspectral` is quick: see _lazy.py.
"""
from typing import TYPE_CHECKING

from .. import _lazy

if TYPE_CHECKING:
    from .adaptive_euler import Limits
    from .checkpoint import load, save
    from .fast_optimizers import SGD, Adam, Adamax
    from .flow import FlowRecord, gradient_flow, predict_flow, settle
    from .frozen_kernel import kernel_flow, kernel_flow_at
    from .metrics import accuracy
    from .minibatch import Record, Step, evaluate, fit, predict, train
    from .optimizers import PlainAdam, PlainAdamax, PlainSGD
    from .progress import show_progress

__all__ = ["Adam", "Adamax", "FlowRecord", "Limits", "PlainAdam", "PlainAdamax", "PlainSGD",
           "Record", "SGD", "Step", "accuracy", "evaluate", "fit", "gradient_flow", "kernel_flow",
           "kernel_flow_at", "load", "predict", "predict_flow", "save", "settle", "show_progress",
           "train"]


def __getattr__(name):
    return _lazy.load(__name__, name)


def __dir__():
    return _lazy.names(__name__)
