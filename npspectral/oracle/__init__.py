"""Certified numbers that any implementation, in any framework or language, is checked against.

A PyTorch layer in ten lines:

    from npspectral import oracle

    def candidate(case):
        layer = MySpectral(case.n_in, case.n_out)
        oracle.assign(layer, case, phi="base", lambda_in="l_in", lambda_out="l_out", bias="bias")
        x = torch.tensor(case.x, requires_grad=True)
        y = ACTIVATION[case.layers[-1]["layer"]](layer(x))
        y.backward(torch.tensor(case.grad_y))
        return {"y": y, "grad_x": x.grad, "grad_phi": layer.base.grad, ...}

    oracle.check(candidate, only="spectral/*", dtype="float32", layout="torch").raise_if_failed()

check       run a candidate over the cases; a Report: .ok, .to_text(), .to_markdown(), .to_json()
cases       the cases themselves, with golden values and scales
assign      copy a case's parameters into a layer;  parametrize: one pytest test a case
judge       the same verdict on a file of answers, for other languages
diagnose    which known mistake explains wrong answers;  invariants: identities without a reference
Layout      how an implementation stores and signs things; layouts: the public ones by name

Nothing is read or imported before its first use.
"""
from importlib import import_module

_HOMES = {"check": "_check", "parametrize": "_check", "answers_of": "_check", "assign": "_assign",
          "cases": "_case", "Case": "_case", "judge": "_judge", "diagnose": "_diagnose",
          "invariants": "_invariants", "Layout": "_layout", "layouts": "_layout",
          "Report": "_report", "CaseResult": "_results", "BadVectors": "_vectors"}
__all__ = ["BadVectors", "Case", "CaseResult", "Layout", "Report", "answers_of", "assign", "cases",
           "check", "diagnose", "invariants", "judge", "layouts", "parametrize"]


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__),
                    "LAYOUTS" if name == "layouts" else name)
    globals()[name] = value
    return value


def __dir__():
    return sorted(set(globals()) | set(__all__))
