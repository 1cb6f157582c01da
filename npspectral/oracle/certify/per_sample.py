"""The witnesses of gradients sample by sample: those of the case with one sample after another."""
from ..suite.arrays import OF_SAMPLES
from . import witnesses


def by_tape(case, convert):
    """Every expected array, flat: y, and the gradients that each sample gives alone."""
    return stacked([witnesses.by_tape(alone, convert) for alone in samples(case)])


def confirmed(case, answers):
    """Digits to which the definitions confirm the answers; there are no brackets."""
    n_batch, digits = case["inputs"]["x"]["shape"][0], []
    for b, alone in enumerate(samples(case)):
        parts = {}
        for name, numbers in answers.items():
            size = len(numbers) // n_batch
            parts[name.removeprefix("per_sample_")] = numbers[b * size:(b + 1) * size]
        digits.append(witnesses.confirmed(alone, parts)[0])
    return min(digits), {}


def samples(case):
    """The case as first derivatives of a batch of one, for every sample."""
    n_batch = case["inputs"]["x"]["shape"][0]
    kind = "network" if "loss" in case else "vjp"
    for b in range(n_batch):
        yield {**case, "kind": kind, "inputs": {
            name: row(entry, b, n_batch) if name in OF_SAMPLES else entry
            for name, entry in case["inputs"].items()}}


def row(entry, b, n_batch):
    """Sample b of an array or of labels."""
    field = "labels" if "labels" in entry else "dec"
    size = len(entry[field]) // n_batch
    return {"shape": [1, *entry["shape"][1:]], field: entry[field][b * size:(b + 1) * size]}


def stacked(results):
    """What the samples gave one after the other, as far as the case asks for it."""
    names = {name: name if name == "y" else f"per_sample_{name}" for name in results[0]
             if name not in ("value", "grad_x")}
    return {told: [number for result in results for number in result[name]]
            for name, told in names.items()}
