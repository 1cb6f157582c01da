"""The cases as tests: pytest --pyargs npspectral.oracle.conformance --spectral-candidate M:F."""


def test_case(spectral_case):
    __tracebackhide__ = True
    spectral_case.judge()
