"""A demonstration: what does a memory keep that only oscillates? Written digits in sequence.

Nodes with a nonlinear transient write into linear modes m_k on the unit circle and die out; what is
left turns for ever, m_k(t) = a_k exp(i omega_k t). Class k is to leave exp(i omega_k t) in mode k,
0 in the others: a read-out that depends on time.

    classes    test accuracy of that read-out, with the nodes' eigenvalues fixed and ("free")
               trained; of softmax on Re a ("score"); of a linear softmax on the same pixels
    memory     the nodes' end, the modes' modulus over 1,000 steps after it, accuracy as time passes
    sequences  two items one after the other, never trained: what phases tell of their order and
               separation, and when |a|^2 is blind to it

On 1,797 digits of 8 x 8 pixels, and on MNIST with means over 2 x 2 pixels (--full: all of both).
Source: Chicchi et al. 2023, arXiv 2312.07296, of which only the abstract was read: network, sizes
and read-out are our definition, and no published number is known. Claims are what the abstract
says; most of the table are our own checks.

Minutes of processor time: --quick, digits alone, 0.2, --standard 3.3 (15,000 images), --full 120 by
estimate.
"""
from dataclasses import dataclass

from lab.data import here
from lab.plan import axes, each_seed, stack

from .parts import ARMS, follow

SECONDS = 10, 200, 7200
DATA = ("mnist",)
SETS = "digits", "mnist"
AXES = axes({
    "seed": "size seed end largest condition drift limit period", "seed, epoch": "accuracy",
    "seed, gap": "gap phases both separation amplitude power cross swap swap_power",
    "seed, gap, class": "turned twice alone", "seed, order, pair": "cloud",
    "seed, out, in": "k_real k_imag weight", "seed, node, component": "phi", "seed, node": "theta",
    "seed, mode": "omega", "seed, out": "bias", "seed, step": "in_time", "step, mode": "m",
    "step": "u", "": "label"})


@dataclass(frozen=True)
class Setting:
    """Stages are (learning rate, epochs) of the memories and of the linear classifiers."""

    seeds: int = 5
    digits: tuple = ((3e-3, 45), (5e-4, 15))
    digits_linear: tuple = ((3e-3, 100),)
    mnist: tuple = ((3e-3, 7), (5e-4, 3))       # without stages MNIST is left out
    mnist_linear: tuple = ((1e-3, 10),)
    counts: tuple = (5000, 2000)                # pairs of training and test items
    pool: int = 2                               # MNIST's pixels: means over squares of this side
    limit: int | None = 15_000                  # training images of MNIST


SETTINGS = {"quick": Setting(2, ((3e-3, 20), (5e-4, 5)), ((3e-3, 30),), (), (), (2000, 1000)),
            "default": Setting(), "full": Setting(pool=1, limit=None)}


def run(setting, keep):
    plan = {(name, arm): each_seed(
        follow, setting.seeds, name=name, arm=arm, counts=setting.counts, pool=setting.pool,
        limit=setting.limit,
        stages=getattr(setting, f"{name}_linear" if arm == "linear" else name))
        for name in here(*SETS) if getattr(setting, name) for arm in ARMS}
    result = {}
    for rows in keep(plan).values():
        for part in rows[0]:
            found = [row[part] for row in rows]
            result[part] = found[0] if part.endswith("states") else stack(found)
    return result
