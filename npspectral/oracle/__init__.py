"""Certified numbers that any implementation, in any framework or language, is checked against.

A PyTorch layer, and anything else:

    from npspectral import oracle

    names = {"phi": "base", "lambda_in": "l_in", "lambda_out": "l_out", "bias": "bias"}
    oracle.check(oracle.from_torch(MyLayer, names), dtype="float32").raise_if_failed()

    def candidate(case):
        y = ...                                         # from case.x, case.phi, case.lambda_in, ...
        return {"y": y, "grad_x": ..., "grad_phi": ...}     # all that case.expect names

    oracle.check(candidate, only="spectral/identity/*", dtype="float32").raise_if_failed()

from_torch, from_jax, from_keras    a candidate, of a layer or a function in one of these
check       run a candidate over the cases; a Report: .ok, .to_text(), .to_markdown(), .to_json()
cases       the cases themselves, with golden values and scales
assign      copy a case's parameters into a layer;  parametrize: one pytest test a case
judge       the same verdict on a file of answers, for other languages
diagnose    which known mistake explains wrong answers, as every Report says
invariants  identities that hold of right gradients, without a reference
Layout      how an implementation stores and signs things; layouts: the public ones by name

Nothing is read or imported before its first use, and a framework not before it is handed over.
Five subpackages; all know the suite, and the last two the verdict:

suite       which cases there are, and the files that hold them
certify     golden values from two witnesses, with the standard library alone
verdict     what becomes of a candidate on every case, and the report of it
mistakes    known mistakes: which one explains a failure, and that every one is caught
clients     how layers of PyTorch, JAX and Keras are made candidates
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
