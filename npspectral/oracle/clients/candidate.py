"""What a framework does with a layer that was handed over, as a candidate for check()."""
from ..verdict.assign import found


def candidate_of(handed, run):
    """candidate(case) -> arrays, of run(case, wanted) -> y, gradients of those wanted, layer.

    The layer, or None, is where running statistics are read that a case in training asks for.

    It carries its layout, which check() takes from it, and how it is called in a report.
    """
    handed.form                                             # refused now where it is none

    def candidate(case):
        wanted = () if case.forward_only else ("x", *case.trainable)
        y, grads, layer = run(case, wanted)
        moved = {name: found(layer, handed.name_of(name[4:])) for name in case.expect
                 if name.startswith("new_") and layer is not None}
        return {"y": y, **{f"grad_{name}": grads[name] for name in wanted}, **moved}
    candidate.layout, candidate.implementation = handed.layout, str(handed)
    return candidate
