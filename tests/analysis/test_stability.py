"""Stability to deformations and to noise, against loops over images and pairs of them."""
from itertools import combinations

import numpy as np
import pytest

from npspectral.analysis.clouds import relative_stability, stability
from npspectral.data import deform, digits, displacements, equal_noise, temperature_of

RNG = np.random.default_rng(5)
OUTPUTS, DEFORMED, NOISY = RNG.standard_normal((3, 9, 2))


@pytest.mark.parametrize("average, middle", [("mean", np.mean), ("median", np.median)])
def test_stability_is_its_definition(average, middle):
    def changed(moved):
        return middle([sum((b - a) ** 2 for a, b in zip(*rows)) for rows in zip(OUTPUTS, moved)])
    apart = middle([sum((b - a) ** 2 for a, b in zip(*rows)) for rows in combinations(OUTPUTS, 2)])
    for moved in (DEFORMED, NOISY):
        assert stability(OUTPUTS, moved, average) == pytest.approx(changed(moved) / apart, 1e-14)
    got = relative_stability(OUTPUTS, DEFORMED, NOISY, average)
    assert got == pytest.approx(changed(DEFORMED) / changed(NOISY), 1e-14)
    scaled = relative_stability(3 * OUTPUTS, 3 * DEFORMED, 3 * NOISY, average)
    assert scaled == pytest.approx(got, 1e-13)


def test_the_image_itself_is_stable_to_both_alike_and_a_smooth_function_to_noise_more(rng):
    """A mean over neighbors forgets noise, but not where an edge has moved to."""
    x, _ = digits()
    moved = deform(x, displacements(rng, len(x), 8, 2, temperature_of(0.5, 8, 2)))
    noisy = equal_noise(rng, x, moved)
    assert relative_stability(x, moved, noisy) == pytest.approx(1, 1e-12)

    def blurred(x):
        return x.reshape(-1, 4, 2, 4, 2).mean((2, 4)).reshape(len(x), -1)

    def rough(x):
        image = x.reshape(-1, 8, 8)
        return (image[:, 1:, 1:] + image[:, :-1, :-1] - image[:, 1:, :-1] - image[:, :-1, 1:]
                ).reshape(len(x), -1)
    assert relative_stability(*map(blurred, (x, moved, noisy))) > 1.2
    assert relative_stability(*map(rough, (x, moved, noisy))) < 0.8
