"""Amplification factors by hand and by their ratios; stripe moments by quadrature and sampling."""
import math

import numpy as np
import pytest
from conftest import assert_near, locked
from scipy import integrate, stats

from npspectral.analysis.neurons.compression import (amplification_by_component,
                                                     amplification_mean_square, amplification_total,
                                                     escape_time, late_amplification,
                                                     stripe_moments)
from npspectral.data.binary import STRIPE

EVERY = amplification_total, amplification_by_component, amplification_mean_square


@pytest.mark.parametrize("omega, relevant, want", [
    ([[3.0, 1, 0], [4.0, 0, 2]], (), (25 / 5, (5 / ((1 + 2) / 2)) ** 2, 25 / 2.5)),
    ([[3.0, 1, 0, 2], [4.0, 1, 2, 0]], (2,),
     (27 / 8, ((5 + 2 ** 0.5) / (2 + 2)) ** 2, (27 / 4) / (8 / 4)))])
def test_factors_of_two_neurons_by_hand(omega, relevant, want):
    """Squares of the total, by component, mean square."""
    got = [factor(locked(np.array(omega)), *relevant) ** 2 for factor in EVERY]
    assert got == pytest.approx(want, rel=1e-15)


def test_escape_is_the_first_time_when_more_than_a_share_is_beyond_the_margin():
    times, target = np.array([0.0, 1, 4, 9]), np.repeat([1.0, -1.0], 5)
    outputs = np.zeros((4, 10))
    outputs[1:, 3] = 1.0                                    # 10 %, which is not more than 10 %
    outputs[1:, 7] = 5.0                                    # the wrong sign
    outputs[2:, 8] = -1.5
    assert escape_time(times, locked(outputs), target) == 4
    assert escape_time(times, outputs, target, 0.05) == 1
    assert math.isnan(escape_time(times, outputs, target, 0.2))


def test_late_amplification_is_signal_over_noise():
    interface = (-0.7, 0.4)

    def moment(power, low):
        def density(t):
            sign = -1 if interface[0] < t < interface[1] else 1
            return t ** power * stats.norm.pdf(t) * (sign if power == 1 else 1)
        points = [t for t in interface if t > low]
        return integrate.quad(density, max(low, -12), 12, points=points, epsabs=1e-13)[0]
    signal = abs(moment(1, -np.inf))
    want = signal / math.sqrt(moment(2, -np.inf) / 300)
    assert late_amplification(300, interface) == pytest.approx(want, rel=1e-10)
    half = signal / 2 / math.sqrt(moment(2, 0) / 300)
    assert late_amplification(300, interface, True) == pytest.approx(half, rel=1e-10)


def test_late_amplification_of_the_published_stripe():
    assert round(late_amplification(1, STRIPE), 5) == 0.36762
    assert round(late_amplification(4, STRIPE, True) / 2, 5) == 0.25995


def by_quadrature(omega, bias, interface):
    """E[y 1_A], E[y x_1 1_A] by an integral over x_1 and E[y x_j 1_A] over x_1 and along omega."""
    d, across = len(omega), np.linalg.norm(omega[1:])

    def integral(function):
        def signed(t):
            sign = -1 if interface[0] < t < interface[1] else 1
            return stats.norm.pdf(t) * sign * function(t)
        start = -(bias * math.sqrt(d)) / omega[0] if omega[0] else 0.0
        points = np.unique(np.clip([*interface, start], -9, 9))
        return sum(integrate.quad(signed, a, b, epsabs=1e-13, epsrel=1e-12, limit=200)[0]
                   for a, b in zip([-10, *points], [*points, 10]))

    def active(t):
        return stats.norm.cdf((bias * math.sqrt(d) + omega[0] * t) / across)

    def along(t):                       # E[x_perp.omega_perp / |omega_perp| 1_A | x_1 = t]
        return stats.norm.pdf((bias * math.sqrt(d) + omega[0] * t) / across)
    return (integral(active), np.r_[integral(lambda t: t * active(t)),
                                    omega[1:] / across * integral(along)])


NEURONS = np.array([[0.4, -1.1, 0.7, 0.2], [-2, 0.3, 0, 0.1], [5, 0.1, -0.1, 0], [0, 1, 2, -1],
                    [1, 0, 0, 3], [-0.3, 0.01, 0, 0.2], [0.7, -1, 0.5, 0]])
BIASES = np.array([0.3, -0.8, 1.1, 0.5, 0.0, 0.1, -1.5])


@pytest.mark.parametrize("interface", [STRIPE, (-1.0, 0.0), (0.3, 2.0)])
def test_stripe_moments_equal_quadrature(interface):
    mass, moment = stripe_moments(locked(NEURONS), locked(BIASES), interface)
    for n, (omega, bias) in enumerate(zip(NEURONS, BIASES)):
        want_mass, want_moment = by_quadrature(omega, bias, interface)
        assert mass[n] == pytest.approx(want_mass, abs=1e-11)
        np.testing.assert_allclose(moment[n], want_moment, rtol=0, atol=1e-11)


def test_moments_of_neurons_that_are_always_or_never_active():
    omega = np.array([[1.0, 2.0], [1.0, 2.0]])
    mass, moment = stripe_moments(omega, np.array([50.0, -50.0]), STRIPE)
    signal = 2 * (stats.norm.pdf(STRIPE[1]) - stats.norm.pdf(STRIPE[0]))
    assert_near(mass, np.zeros(2), scale=1.0)
    assert_near(moment, np.array([[signal, 0], [0, 0]]))
