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

Nothing is read or imported before its first use. Four rooms, each knowing those above it alone:

suite       which cases there are, and the files that hold them
certify     golden values from two witnesses, with the standard library alone
verdict     what becomes of a candidate on every case, and the report of it
mistakes    known mistakes: which one explains a failure, and that every one is caught
"""
from importlib import import_module

_HOMES = {"check": "checks", "judge": "checks", "parametrize": "checks",
          "cases": "suite.case", "Case": "suite.case", "BadVectors": "suite.files",
          "answers_of": "verdict.run", "assign": "verdict.assign",
          "invariants": "verdict.invariants", "Layout": "verdict.layout",
          "layouts": "verdict.layout", "Report": "verdict.report",
          "CaseResult": "verdict.results", "diagnose": "mistakes.diagnose",
          "from_torch": "clients.of_torch", "from_jax": "clients.of_jax",
          "from_keras": "clients.of_keras"}
__all__ = ["BadVectors", "Case", "CaseResult", "Layout", "Report", "answers_of", "assign", "cases",
           "check", "diagnose", "from_jax", "from_keras", "from_torch", "invariants", "judge",
           "layouts", "parametrize"]


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__),
                    "LAYOUTS" if name == "layouts" else name)
    globals()[name] = value
    return value


def __dir__():
    return sorted(set(globals()) | set(__all__))
