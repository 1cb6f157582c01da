"""What does a memory keep that only oscillates? The complex recurrent network on written digits.

Nodes with a nonlinear transient write into linear modes m_k on the unit circle and die out; what is
left turns for ever, m_k(t) = a_k exp(i omega_k t). Class k is to leave exp(i omega_k t) in mode k,
0 in the others: a read-out that depends on time.

    classes    test accuracy of that read-out, with the nodes' eigenvalues fixed and ("free")
               trained; of softmax on Re a ("score"); of a linear softmax on the same pixels
    memory     the nodes' end, the modes' modulus over 1,000 steps after it, accuracy as time passes
    sequences  two items one after the other, never trained: what phases tell of their order and
               separation, and when |a|^2 is blind to it

On 1,797 digits of 8 x 8 pixels, and on MNIST with means over 2 x 2 pixels (--full: all pixels).
Source: arXiv 2312.07296 (2023), of which only the abstract was read: no published number is known.

Minutes on one core: --quick, digits alone, 0.1, --standard 6, --full 120 by estimate.
"""
from dataclasses import dataclass

from lab.data import here
from lab.plan import axes, each_seed, stack

from .parts import ARMS, follow

SECONDS = 5, 360, 7200
DATA = "digits", "mnist"
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

    seeds: int = 3
    digits: tuple = ((3e-3, 60), (5e-4, 20))
    digits_linear: tuple = ((3e-3, 100),)
    mnist: tuple = ((3e-3, 7), (5e-4, 3))       # without stages MNIST is left out
    mnist_linear: tuple = ((1e-3, 10),)
    counts: tuple = (5000, 2000)                # pairs of training and test items
    pool: int = 2                               # MNIST's pixels: means over squares of this side


SETTINGS = {"quick": Setting(1, ((3e-3, 20), (5e-4, 5)), ((3e-3, 30),), (), (), (2000, 1000)),
            "default": Setting(), "full": Setting(pool=1)}


def run(setting, keep):
    plan = {(name, arm): each_seed(
        follow, setting.seeds, name=name, arm=arm, counts=setting.counts, pool=setting.pool,
        stages=getattr(setting, f"{name}_linear" if arm == "linear" else name))
        for name in here(*DATA) if getattr(setting, name) for arm in ARMS}
    result = {}
    for rows in keep(plan).values():
        for part in rows[0]:
            found = [row[part] for row in rows]
            result[part] = found[0] if part.endswith("states") else stack(found)
    return result
