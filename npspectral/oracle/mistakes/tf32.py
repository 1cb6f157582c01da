"""Whether answers in float32 are what products in TF32 give."""
import numpy as np

from ..verdict.compare import compare
from ..verdict.results import Finding, short

ENOUGH = 32                     # numbers beyond the tolerance, to see that their errors are noise
SENTENCE = ("TF32 is on: every number is within what operands of 11 bits allow, and errors look "
            "like their rounding (float16 operands give the same). Ask for full products "
            "(torch.set_float32_matmul_precision('highest'), jax_default_matmul_precision "
            "'highest'), or check with dtype='tf32'.")


def tf32(evidence):
    """The finding that TF32 is on; [] if it is not so.

    So it is if all answers are right in dtype tf32; if in long cases every class of arrays behind
    products is wrong somewhere; and if the errors are noise: of both signs beside the numbers, and
    of more than 11 bits, unlike half precision.
    """
    failing = evidence.failing
    if evidence.dtype != "float32" or evidence.raised or not failing or not all(map(
            _is_tf32, failing)):
        return []
    long = [result for result in failing + evidence.passing if "Precision" in result.case.flags]
    behind = {short(name) for result in long for name, want in result.case.expect.items()
              if want.products}
    if not behind or behind - {short(name) for result in long for name in result.wrong}:
        return []
    wrong = [(result, name) for result in failing for name in result.wrong]
    if not _is_noise(wrong):
        return []
    return [Finding(tuple(evidence.wrong), f"{SENTENCE} Seen in {len(failing)} cases.", ("TF32",),
                    len(failing))]


def _is_tf32(result):
    """Whether all arrays came, and are right where products may take 11 bits."""
    return set(result.got) == set(result.case.expect) and all(
        compare(want, result.got[name], "tf32", result.case.tier).ok
        for name, want in result.case.expect.items())


def _is_noise(wrong):
    errors, numbers = [], []
    for result, name in wrong:
        want, got = result.case.expect[name], result.got[name]
        beyond = np.abs(got - want.value) > 2.0 ** -24 * want.scale
        errors += np.where(got > want.value, 1, -1)[beyond].ravel().tolist()
        numbers += got[beyond].ravel().tolist()
    fraction, _ = np.frexp(numbers)
    longer = np.mean(fraction * 2 ** 11 % 1 != 0)
    against = np.mean(np.array(errors) * np.array(numbers) < 0)
    return len(numbers) >= ENOUGH and longer > 0.5 and 0.2 < against < 0.8
