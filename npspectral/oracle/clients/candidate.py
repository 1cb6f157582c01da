"""What a framework does with a layer that was handed over, as a candidate for check()."""


def candidate_of(handed, run):
    """candidate(case) -> arrays, of run(case, wanted) -> y, gradients of those wanted.

    It carries its layout, which check() takes from it, and how it is called in a report.
    """
    handed.form                                             # refused now where it is none

    def candidate(case):
        wanted = () if case.forward_only else ("x", *case.trainable)
        y, grads = run(case, wanted)
        return {"y": y, **{f"grad_{name}": grads[name] for name in wanted}}
    candidate.layout, candidate.implementation = handed.layout, str(handed)
    return candidate
