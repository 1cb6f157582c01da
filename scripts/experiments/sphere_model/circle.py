"""A run: neurons at t* in the feature regime, where points are many and the end would take long."""
import numpy as np
from lab.plan import stack
from lab.progress import told
from lab.tasks import ESCAPED

from npspectral.analysis.neurons import Neurons
from npspectral.data import sphere
from npspectral.nn import OneHidden
from npspectral.training import gradient_flow, settle

from .parts import FEATURE, LIMITS, seen


def follow_circle(p, width, seed, max_steps):
    """The neurons at the start and at t*, d = 2."""
    rng = np.random.default_rng(seed)
    x, target = sphere(rng, p, 2)
    network = OneHidden(2, width)
    start = network.init(rng)
    flow = gradient_flow(network, start, x, target, alpha=FEATURE, limits=LIMITS)
    record = settle(told(flow, target, f"circle, seed {seed}"), target, ESCAPED,
                    max_steps=max_steps)
    return stack([seen(Neurons.of(network, params), x) for params in (start, record.params)])
