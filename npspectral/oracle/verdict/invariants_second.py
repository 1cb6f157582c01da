"""Identities of the gradients of single samples, and of second derivatives along a direction v."""
import numpy as np

SENTENCES = {
    **{f"samples of {name}": f"grad_{name} = sum_b per_sample_grad_{name}_b"
       for name in ("phi", "lambda_in", "lambda_out", "bias")},
    "hvp shift": "sum_j hvp_lambda_in_j + sum_i hvp_lambda_out_i = 0",
    "hvp scale": "v_phi . grad_phi + phi . hvp_phi = the same of lambda_in and lambda_out"}
EIGENVALUES = ("lambda_in", "lambda_out")


def sides_of_samples(arrays, rounding, steps):
    """Name -> (left, right, S, sum of the absolute terms), as in invariants.

    rounding: the S of every gradient, of which a sum over samples has no more.
    """
    return {f"samples of {name}": (arrays[f"grad_{name}"].ravel(),
                                   arrays[f"per_sample_grad_{name}"].sum(0).ravel(),
                                   2 * S.ravel(), S.ravel() / steps)
            for name, S in rounding.items() if f"per_sample_grad_{name}" in arrays
            and f"grad_{name}" in arrays}


def sides_of_second(arrays, rounding, steps):
    """The same of Hessian-vector products: hvp_phi = (dgap G + gap dG), that of lambda phi G."""
    if not all(f"hvp_{name}" in arrays for name in EIGENVALUES):
        return {}
    moved = {name: arrays.get(f"v_{name}", 0 * arrays[name]) for name in ("x", "phi", *EIGENVALUES)}
    size = np.abs(arrays["grad_y"]).T @ np.abs(arrays["x"])             # of G, and of dG along v
    size_v = np.abs(arrays["grad_y"]).T @ np.abs(moved["x"])
    terms = np.abs(moved["phi"]) * size + np.abs(arrays["phi"]) * size_v
    bounds = {"lambda_in": steps * terms.sum(0), "lambda_out": steps * terms.sum(1)}
    sides = {"hvp shift": (arrays["hvp_lambda_in"].sum(), -arrays["hvp_lambda_out"].sum(),
                           2 * steps * terms.sum(), 2 * terms.sum())}
    if not all(f"{kind}_{name}" in arrays for name in ("phi", *EIGENVALUES)
               for kind in ("grad", "hvp")):
        return sides
    wide, wide_v = (np.abs(of["lambda_in"]) + np.abs(of["lambda_out"])[:, None]
                    for of in (arrays, moved))
    bounds["phi"] = steps * (wide_v * size + wide * size_v)
    sums = {name: ((moved[name] * arrays[f"grad_{name}"]).sum()
                   + (arrays[name] * arrays[f"hvp_{name}"]).sum(),
                   (np.abs(moved[name]) * rounding[name]).sum()
                   + (np.abs(arrays[name]) * bounds[name]).sum()) for name in bounds}
    right = sum(sums[name][0] for name in EIGENVALUES)
    allowed = sum(bound for _, bound in sums.values())
    return {**sides, "hvp scale": (sums["phi"][0], right, allowed, sums["phi"][1] / steps)}
