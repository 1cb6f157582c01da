"""Convolutions, means, shortcuts, eigenvalues by position: plain loops beside the layers."""
import itertools
import math

import numpy as np
import pytest
from conftest import assert_near, dyadic, random_array, random_input, random_params, same_bits

from npspectral import Chain, Dense, Spectral, Tanh, check_gradients
from npspectral.analysis.kernels import (jacobian, tangent_kernel, tangent_kernel_by_definition)
from npspectral.nn import (Conv1D, Conv2D, Residual, ScaledDense, SpatialMean, SpectralConv,
                           inverted_network, strided_network, tree)

# stride x padding x groups x dilation, with edges that no kernel reads and kernels that fit once
GRID = [dict(size=(height, width, 4), channels=6, kernel=kernel, stride=stride, padding=padding,
             groups=groups, dilation=dilation)
        for (height, width), kernel, stride, padding, groups, dilation in itertools.product(
            ((5, 6), (4, 7)), (1, 2, 3), (1, 2, 3), (0, 1, 2), (1, 2), (1, 2))
        if dilation * (kernel - 1) < min(height, width) + 2 * padding]


def convolution_by_loops(layer, weight, x):
    """y of one image: the sum over the places of the kernel that lie inside of it."""
    height, width, channels_in = layer.size
    image = x.reshape(height, width, channels_in)
    rows, columns, channels = layer.image
    inner, outer = channels_in // layer.groups, channels // layer.groups
    y = np.zeros((rows, columns, channels), x.dtype)
    for h, w, k in np.ndindex(rows, columns, channels):
        for r, q, c in np.ndindex(layer.kernel, layer.kernel, inner):
            row = layer.stride * h + layer.dilation * r - layer.padding
            column = layer.stride * w + layer.dilation * q - layer.padding
            if 0 <= row < height and 0 <= column < width:
                y[h, w, k] += weight[k, r, q, c] * image[row, column, k // outer * inner + c]
    return y.reshape(-1)


@pytest.mark.parametrize("options", GRID[::7] + GRID[3::11])
def test_convolution_is_the_plain_loop(options, rng):
    """With dyadic numbers and scale 1, where no sum is rounded."""
    layer = Conv2D(**options, scale=1.0)
    params = {name: dyadic(rng, shape) for name, shape in layer.shapes.items()}
    x = dyadic(rng, (3, layer.n_in))
    y, _ = layer.forward(params, x)
    for got, one in zip(y, x):
        want = convolution_by_loops(layer, params["weight"], one)
        assert same_bits(got, want + np.tile(params["bias"], layer.image[0] * layer.image[1]))


@pytest.mark.parametrize("size, channels, kernel, stride, groups, dilation", [
    ((5, 2), 3, 2, 1, 1, 1), ((6, 4), 2, 3, 2, 2, 1), ((7, 1), 2, 3, 3, 1, 3),
    ((6, 2), 4, 2, 2, 1, 1), ((1, 3), 2, 1, 1, 1, 1), ((4, 2), 2, 4, 1, 2, 1)])
def test_ring_convolution_is_the_plain_loop(size, channels, kernel, stride, groups, dilation, rng):
    layer = Conv1D(size, channels, kernel, stride, groups, dilation, bias=False, scale=1.0)
    weight, x = dyadic(rng, layer.shapes["weight"]), dyadic(rng, (2, layer.n_in))
    y, _ = layer.forward({"weight": weight}, x)
    inner, outer = size[1] // groups, channels // groups
    for got, one in zip(y, x.reshape(2, *size)):
        want = np.zeros((math.ceil(size[0] / stride), channels))
        for s, k, r, c in np.ndindex(*want.shape, kernel, inner):
            place = (stride * s + dilation * r) % size[0]
            want[s, k] += weight[k, r, c] * one[place, k // outer * inner + c]
        assert same_bits(got, want.ravel())


def matrix_of(layer, params):
    """W (n_out, n_in) of a linear layer without a bias: its outputs at the unit vectors."""
    return layer.forward(params, np.eye(layer.n_in))[0].T


LINEAR = [Conv2D((5, 6, 4), 2, 3, 2, 1, 2, bias=False), Conv2D((4, 4, 1), 3, 2, dilation=2,
                                                               bias=False),
          Conv2D((4, 5, 3), 3, 2, 3, groups=3, bias=False), Conv1D((6, 2), 3, 3, 2, bias=False),
          Conv2D((3, 11, 8), 5, 3, 2, 1, bias=False), Conv2D((3, 8, 33), 2, 2, bias=False),
          SpectralConv((4, 5, 2), 3, 2, 2, 1, bias=False), SpatialMean(4, 3)]


@pytest.mark.parametrize("layer", LINEAR, ids=repr)
def test_backward_is_the_transposed_matrix(layer, rng):
    params = random_params(layer, rng)
    x, grad_y = random_input(layer, rng), random_array(rng, (3, 4, layer.n_out))
    y, residuals = layer.forward(params, x)
    _, grad_x = layer.backward(params, residuals, grad_y)
    matrix = matrix_of(layer, params)
    assert_near(y, x @ matrix.T)
    assert_near(grad_x, grad_y @ matrix)


@pytest.mark.parametrize("options", GRID[::17])
def test_gradients_on_the_grid_of_options(options, rng):
    layer = Conv2D(**options)
    assert check_gradients(layer, random_params(layer, rng), random_input(layer, rng), rng=rng,
                           elements=10).ok


def test_pixels_that_no_kernel_reads_have_no_influence_and_no_gradient(rng):
    layer = Conv2D((5, 6, 1), 2, 2, stride=3)           # rows 2, columns 2 and 5 are left over
    params, x = random_params(layer, rng), random_input(layer, rng)
    y, residuals = layer.forward(params, x)
    _, grad_x = layer.backward(params, residuals, np.ones_like(y))
    read = np.zeros((5, 6), bool)
    read[np.ix_([0, 1, 3, 4], [0, 1, 3, 4])] = True
    assert ((grad_x.reshape(4, 5, 6) != 0) == read).all()
    other = np.where(read.ravel(), x, 7)
    assert same_bits(layer.forward(params, other)[0], y)


def test_convolution_of_one_pixel_is_a_dense_layer(rng):
    layer, dense = Conv2D((1, 1, 5), 3, 1), ScaledDense(5, 3)
    params, x = random_params(dense, rng), random_input(dense, rng)
    mine = {"weight": params["weight"].reshape(3, 1, 1, 5), "bias": params["bias"]}
    assert_near(layer.forward(mine, x)[0], dense.forward(params, x)[0], 8)


def test_moving_the_image_moves_the_output(rng):
    """With stride 1, away from the border; on a ring everywhere."""
    layer = Conv1D((7, 2), 3, 3, dilation=2)
    params, x = random_params(layer, rng), random_array(rng, (7, 2))
    y = layer.forward(params, x.reshape(1, -1))[0].reshape(7, 3)
    moved = layer.forward(params, np.roll(x, 2, 0).reshape(1, -1))[0].reshape(7, 3)
    assert_near(moved, np.roll(y, 2, 0), 16)
    layer = Conv2D((6, 6, 1), 2, 3)
    params, x = random_params(layer, rng), random_array(rng, (6, 6))
    y = layer.forward(params, x.reshape(1, -1))[0].reshape(4, 4, 2)
    moved = layer.forward(params, np.roll(x, (1, 2), (0, 1)).reshape(1, -1))[0].reshape(4, 4, 2)
    assert_near(moved[1:, 2:], y[:-1, :-2], 16)


# The tangent kernel

KERNELS = [Conv2D((5, 6, 4), 6, 3, 2, 1, 2), Conv2D((3, 3, 2), 40, 2), Conv2D((2, 2, 30), 50, 2),
           Conv2D((4, 5, 3), 3, 2, 1, groups=3), Conv1D((6, 2), 4, 2, 2, groups=2),
           Conv1D((4, 40), 30, 2, 2)]


@pytest.mark.parametrize("layer", KERNELS, ids=repr)
def test_kernel_term_is_the_contraction_of_the_jacobian(layer, rng):
    """To 1e-12 of the size of its terms; whichever of the two ways is taken."""
    params, x1, x2 = (random_params(layer, rng), random_input(layer, rng),
                      random_input(layer, rng, leading=(3,)))
    grad1 = random_array(rng, (2, 4, layer.n_out))
    grad2 = random_array(rng, (3, 3, layer.n_out))
    terms = layer.kernel_term(params, layer.forward(params, x1)[1], grad1,
                              layer.forward(params, x2)[1], grad2)
    rows = [layer.backward(params, layer.forward(params, x[:, None])[1], grad[:, :, None])[0]
            for x, grad in ((x1, grad1), (x2, grad2))]
    for name, term in terms.items():
        one, other = (row[name].reshape(*row[name].shape[:2], -1) for row in rows)
        want = np.einsum("knp,lmp->knlm", one, other)
        size = np.einsum("knp,lmp->knlm", abs(one), abs(other))
        assert (abs(term - want) <= 1e-12 * size).all(), name


@pytest.mark.parametrize("network", [
    strided_network((19, 20, 2), 3), inverted_network((8, 9, 1), 2)],
    ids=["strided", "inverted"])
def test_tangent_kernel_of_a_published_network_is_that_of_its_jacobian(network, rng):
    params = network.init(rng)
    x1, x2 = random_input(network, rng), random_input(network, rng, leading=(3,))
    want = tangent_kernel_by_definition(network, params, x1, x2)
    rows = [np.abs(jacobian(network, params, x)[0]) for x in (x1, x2)]
    assert (abs(tangent_kernel(network, params, x1, x2) - want)
            <= 1e-12 * (rows[0] @ rows[1].T)).all()


# The published networks

def maps(network):
    return [layer.image[0] for layer in network if isinstance(layer, Conv2D)]


@pytest.mark.parametrize("width, numbers", [(8, 5008), (16, 19616), (50, 188800)])
def test_strided_network_has_the_published_size(width, numbers):
    network = strided_network((28, 28, 1), width)
    assert tree.size(network.init(np.random.default_rng(0))) == numbers
    assert maps(network) == [13, 11, 5, 3]


def test_inverted_network_has_the_published_size():
    network = inverted_network()
    assert tree.size(network.init(np.random.default_rng(0))) == 23251
    sides = [image_rows for layer in network
             for image_rows in (maps(layer.f) if isinstance(layer, Residual) else maps([layer]))]
    assert len(sides) == 16
    assert list(dict.fromkeys([28, *sides])) == [28, 14, 7, 4]
    convolutions = [inner for layer in network
                    for inner in (layer.f if isinstance(layer, Residual) else [layer])
                    if isinstance(inner, Conv2D)]
    assert sum(inner.image[0] * inner.image[1] * math.prod(inner.weight_shape)
               for inner in convolutions) // 10000 == 121   # multiply-adds of a sample: 1.21 M


@pytest.mark.parametrize("network", [strided_network((28, 28, 1), 50), inverted_network()],
                         ids=["strided", "inverted"])
def test_signals_of_a_published_network_keep_their_size(network, rng):
    """All scales are 1/sqrt(fan-in) and Swish has gain, so no map fades or grows in depth."""
    x = random_array(rng, (8, 784))
    for layer, part in zip(network[:-2], network.init(rng)):
        x, _ = layer.forward(part, x)
        assert 0.1 < (x * x).mean() < 4, layer.label


# Shortcuts and means

def test_residual_adds_and_halves_the_mean_square(rng):
    f = Chain(Dense(4, 3), Tanh(), Dense(3, 4))
    layer, parts, x = Residual(f), f.init(rng), random_array(rng, (5, 4))
    params = {f"{i}/{name}": array for i, part in enumerate(parts) for name, array in part.items()}
    assert_near(layer.forward(params, x)[0], (x + f.forward(parts, x)[0]) / math.sqrt(2), 4)
    assert list(layer.shapes) == ["0/weight", "0/bias", "2/weight", "2/bias"]


def test_spatial_mean_is_the_mean_of_every_channel(rng):
    x = dyadic(rng, (3, 8))
    y, residuals = SpatialMean(4, 2).forward({}, x)
    assert same_bits(y, np.array([[np.mean([row[2 * s + k] for s in range(4)]) for k in range(2)]
                                  for row in x]))


# Eigenvalues by position

def test_spectral_convolution_is_the_plain_loop(rng):
    layer = SpectralConv((4, 5, 2), 3, 2, stride=2, padding=1)
    params, x = random_params(layer, rng), random_input(layer, rng)
    rows, columns, channels = layer.image
    want = np.zeros((4, rows, columns, channels))
    for b, h, w, k in np.ndindex(want.shape):
        want[b, h, w, k] = params["bias"][k]
        for r, q, c in np.ndindex(2, 2, 2):
            row, column = 2 * h + r - 1, 2 * w + q - 1
            if 0 <= row < 4 and 0 <= column < 5:
                gap = params["lambda_in"][5 * row + column] - params["lambda_out"][columns * h + w]
                want[b, h, w, k] += (gap * params["phi"][k, r, q, c] / math.sqrt(8)
                                     * x[b].reshape(4, 5, 2)[row, column, c])
    assert_near(layer.forward(params, x)[0], want.reshape(4, -1))


def test_spectral_convolution_is_a_spectral_layer_with_the_matrix_of_its_kernel(rng):
    layer = SpectralConv((4, 5, 2), 3, 2, padding=1)
    params, x = random_params(layer, rng), random_input(layer, rng)
    spectral = Spectral(layer.n_in, layer.n_out)
    full = {"lambda_in": np.repeat(params["lambda_in"], 2),
            "lambda_out": np.repeat(params["lambda_out"], 3),
            "phi": matrix_of(layer.inner, {"weight": params["phi"]}),
            "bias": np.tile(params["bias"], layer.n_out // 3)}
    assert_near(layer.forward(params, x)[0], spectral.forward(full, x)[0])


def test_spectral_convolution_starts_as_the_convolution_of_its_kernel(rng):
    layer = SpectralConv((4, 5, 2), 3, 2, bias=False)
    params, x = layer.init(rng), random_input(layer, rng)
    same = Conv2D((4, 5, 2), 3, 2, bias=False)
    assert same_bits(layer.forward(params, x)[0], same.forward({"weight": params["phi"]}, x)[0])


@pytest.mark.parametrize("make, message", [
    (lambda: Conv2D((4, 4), 2, 2), r"size is \(4, 4\), expected \(height, width, channels\)"),
    (lambda: Conv2D((4, 0, 1), 2, 2), "width is 0, expected a positive integer"),
    (lambda: Conv2D((4, 4, 3), 2, 2, groups=2), "channels_in is 3, expected a multiple of 2"),
    (lambda: Conv2D((4, 4, 2), 3, 2, groups=2), "channels is 3, expected a multiple of 2 groups"),
    (lambda: Conv2D((4, 4, 1), 2, 5), "a kernel of 5 .*does not fit into 4 positions"),
    (lambda: Conv2D((4, 4, 1), 2, 2, padding=-1), "padding is -1, expected an integer of at le"),
    (lambda: Conv2D((4, 4, 1), 2, 2, stride=0), "stride is 0, expected a positive integer"),
    (lambda: Conv2D((4, 4, 1), 2, 2, scale=np.inf), "scale is inf, expected a finite number"),
    (lambda: Conv2D((4, 4, 1), 2, 2, start=0.0), "start is 0.0, expected an initializer"),
    (lambda: Conv1D((4,), 2, 2), r"size is \(4,\), expected \(length, channels\)"),
    (lambda: Conv1D((4, 1), 2, 3, dilation=2), "covers a position twice on a ring of 4"),
    (lambda: SpatialMean(0, 2), "positions is 0, expected a positive integer"),
    (lambda: Residual(Dense(3, 3)), "f is Dense.*, expected a Chain without chains in it"),
    (lambda: Residual(Chain(Dense(3, 4))), "f takes 3 features and gives 4, expected as many"),
    (lambda: SpectralConv((4, 4), 2, 2), r"size is \(4, 4\), expected \(height, width, channels"),
    (lambda: SpectralConv((4, 4, 1), 2, 5), "a kernel of 5 .*does not fit into 4 positions"),
    (lambda: SpectralConv((4, 4, 1), 2, 2, lambda_in=0.0), "lambda_in is 0.0, expected an init"),
    (lambda: SpectralConv((4, 4, 1), 2, 2, trainable=("weight",)), r"trainable is \('weight',\)")])
def test_options_that_do_not_fit_are_refused(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()
