"""Conventions: every public code's own formula on its own arrays gives the weight of npspectral."""
import numpy as np
import pytest
from conftest import assert_near, dyadic, each, random_params, refusals, same_bits

from npspectral import Chain, Dense, Nested, ReLU, Spectral, Tanh
from npspectral.data import load_npz
from npspectral.nn import CONVENTIONS, Convention
from npspectral.oracle.verdict.layout import LAYOUTS

# The matrix (n_in, n_out) that each code multiplies a row of inputs with, as it computes it.
KERNELS = {
    "npspectral": lambda a: ((a["lambda_in"] - a["lambda_out"][:, None]) * a["phi"]).T,
    "keras": lambda a: a["base"] * (a["diag_start"] - a["diag_end"]),
    "torch": lambda a: a["base"] * (a["diag_start"] - a["diag_end"]),
    "julia": lambda a: (a["B"] * a["λ_in"] - a["λ_out"][:, None] * a["B"]).T,
    "minus_lambda": lambda a: -(a["base"] * a["diag"]),
    "one_minus_lambda": lambda a: ((1 - a["lambda_out"][:, None]) * a["phi"]).T,
    "plus_lambda": lambda a: (a["eigvals"][:, None] * a["weight"]).T,
    "chicchi2021": lambda a: ((a["eig_in"] - a["eig_out"]) * a["phi"]).T,
}
SHAPES = {
    "npspectral": dict(lambda_in=(5,), lambda_out=(3,), phi=(3, 5), bias=(3,)),
    "keras": dict(diag_start=(5, 1), diag_end=(1, 3), base=(5, 3), bias=(3,)),
    "torch": dict(diag_start=(5, 1), diag_end=(1, 3), base=(5, 3), bias=(3,)),
    "julia": {"λ_in": (5,), "λ_out": (3,), "B": (3, 5), "b": (3,)},
    "minus_lambda": dict(diag=(3,), base=(5, 3), bias=(3,)),
    "one_minus_lambda": dict(lambda_out=(3,), phi=(3, 5), bias=(3,)),
    "plus_lambda": dict(eigvals=(3,), weight=(3, 5)),
    "chicchi2021": dict(eig_in=(1, 5), eig_out=(3, 1), phi=(3, 5), bias=(1, 3)),
}
ONE_SET = {"minus_lambda": 0.0, "one_minus_lambda": 1.0, "plus_lambda": 0.0}


def case(name, rng, draw=None, **options):
    """A layer that the convention can express, and its parameters."""
    if name in ONE_SET:
        options = {"lambda_in": ONE_SET[name], **options}
    layer = Spectral(5, 3, bias=name != "plus_lambda", **options)
    if draw:
        return layer, {key: draw(rng, shape) for key, shape in layer.shapes.items()}
    return layer, random_params(layer, rng)


name = each(dict(zip(CONVENTIONS, CONVENTIONS)))


def test_formula_of_the_public_code_gives_the_weight_without_rounding(name, rng):
    layer, params = case(name, rng, dyadic)
    arrays = CONVENTIONS[name].to_public(layer, params)
    assert (KERNELS[name](arrays).T == layer.weight(params)).all()


def test_arrays_have_the_names_and_shapes_of_the_public_code(name, rng):
    arrays = CONVENTIONS[name].to_public(*case(name, rng))
    assert {key: array.shape for key, array in arrays.items()} == SHAPES[name]


def test_what_goes_out_comes_back_bit_by_bit(name, rng):
    layer, params = case(name, rng)
    again, restored = CONVENTIONS[name].from_public(CONVENTIONS[name].to_public(layer, params))
    assert same_bits(restored, params)
    assert same_bits(again.weight(restored), layer.weight(params))
    assert again.shapes == layer.shapes


def test_what_comes_in_goes_out_bit_by_bit(name, rng):
    arrays = {key: rng.standard_normal(shape) for key, shape in SHAPES[name].items()}
    back = CONVENTIONS[name].to_public(*CONVENTIONS[name].from_public(arrays))
    assert {key: same_bits(back[key], arrays[key]) for key in back} == dict.fromkeys(arrays, True)


def test_conversions_keep_the_dtype_and_share_no_memory(name, rng):
    layer, params = case(name, rng)
    params = {key: array.astype(np.float32) for key, array in params.items()}
    arrays = CONVENTIONS[name].to_public(layer, params)
    _, restored = CONVENTIONS[name].from_public(arrays)
    given = [*params.values(), *arrays.values()]
    for array in (*arrays.values(), *restored.values()):
        assert array.dtype == np.float32
        assert not any(np.shares_memory(array, other) for other in given if other is not array)


@pytest.mark.parametrize("field, want", [("in-out", (2.0, 3.0)), ("out-in", (-2.0, -3.0))])
def test_sign_of_both_sets_follows_the_difference(field, want):
    layer = Spectral(1, 1, bias=False)
    params = {"lambda_in": np.array([2.0]), "lambda_out": np.array([3.0]), "phi": np.ones((1, 1))}
    arrays = Convention(difference=field).to_public(layer, params)
    assert (*arrays["lambda_in"], *arrays["lambda_out"]) == want and arrays["phi"] == 1


def test_samples_are_rows_but_in_julia(name, rng):
    x = rng.standard_normal((4, 5))
    assert same_bits(CONVENTIONS[name].stored("x", x).copy(), x.T.copy() if name == "julia" else x)


@pytest.mark.parametrize("name, constant", [("minus_lambda", 1.0), ("minus_lambda", -0.625),
                                            ("one_minus_lambda", 0.0), ("plus_lambda", 0.5)])
def test_another_constant_moves_into_the_one_set(name, constant, rng):
    layer, params = case(name, rng, dyadic, lambda_in=constant)
    arrays = CONVENTIONS[name].to_public(layer, params)
    assert (KERNELS[name](arrays).T == layer.weight(params)).all()
    again, restored = CONVENTIONS[name].from_public(arrays)
    assert again.lambda_in == ONE_SET[name]
    assert (again.weight(restored) == layer.weight(params)).all()


def test_equal_values_of_a_trained_set_are_one_constant_too(rng):
    layer = Spectral(5, 3, bias=False)
    params = {**random_params(layer, rng), "lambda_in": np.full(5, 0.25)}
    arrays = CONVENTIONS["minus_lambda"].to_public(layer, params)
    assert_near(KERNELS["minus_lambda"](arrays).T, layer.weight(params), 2)


def test_bias_behind_a_gate_is_multiplied_by_the_gate(rng):
    arrays = {key: rng.standard_normal(shape) for key, shape in SHAPES["plus_lambda"].items()}
    arrays["bias"], x = rng.standard_normal(3), rng.standard_normal((4, 5))
    layer, params = CONVENTIONS["plus_lambda"].from_public(arrays)
    want = arrays["eigvals"] * (x @ arrays["weight"].T + arrays["bias"])
    assert_near(layer.forward(params, x)[0], want, 32)


def test_frozen_names_may_come_from_an_iterator():
    assert Convention(frozen=iter(("phi", "bias"))) == Convention(frozen=("phi", "bias"))


def test_what_a_code_does_not_train_is_frozen(rng):
    layer, _ = CONVENTIONS["julia"].from_public(CONVENTIONS["julia"].to_public(*case("julia", rng)))
    assert layer.learned == ("lambda_in", "lambda_out", "bias")


def test_factorless_layers_have_no_bias_in_any_convention(name, rng):
    layer, params = case(name, rng)
    bare = Spectral(5, 3, bias=False, lambda_in=layer.lambda_in)
    arrays = CONVENTIONS[name].to_public(bare, {key: params[key] for key in bare.shapes})
    assert len(arrays) == len(bare.shapes)
    assert "bias" not in CONVENTIONS[name].from_public(arrays)[1]


def test_layouts_of_the_oracle_are_these_conventions():
    for name, layout in LAYOUTS.items():
        own = vars(CONVENTIONS[name])
        assert {key: getattr(layout, key) for key in own} == own


# Whole networks

def network_case(name, rng, draw=dyadic):
    """A chain that the convention can express, and its parameters."""
    constant, bias = ONE_SET.get(name), name != "plus_lambda"
    network = Chain(Spectral(5, 4, bias, lambda_in=constant), Tanh(), Dense(4, 2),
                    Tanh(), Spectral(2, 3, bias, lambda_in=constant))
    return network, tuple({key: draw(rng, shape) for key, shape in layer.shapes.items()}
                          for layer in network.layers)


def test_a_network_comes_back_from_a_plain_npz_bit_by_bit(name, rng, tmp_path):
    convention = CONVENTIONS[name]
    network, params = network_case(name, rng, lambda rng, shape: rng.standard_normal(shape))
    np.savez(tmp_path / "network.npz", **convention.network_to_public(network, params))
    with np.load(tmp_path / "network.npz") as arrays:
        again, restored = convention.network_from_public(arrays, Tanh())
    assert same_bits(restored, params)
    assert [layer.shapes for layer in again.layers] == [layer.shapes for layer in network.layers]
    x = rng.standard_normal((7, 5))
    assert same_bits(again.forward(restored, x)[0], network.forward(params, x)[0])
    loaded = load_npz(tmp_path / "network.npz")
    assert same_bits(convention.network_from_public(loaded, Tanh())[1], params)


LIKE = {None: Chain(Spectral(5, 4, lambda_in=0.3), Tanh(), Spectral(4, 6, lambda_out=-1.5), ReLU(),
                    Dense(6, 4, bias=False), Tanh(), Spectral(4, 3, trainable=("phi",))),
        "one": Chain(Spectral(5, 4, False, lambda_in=0.25), Tanh(),
                     Spectral(4, 3, False, lambda_in=1.0))}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_declared_constants_come_back_with_the_layer_that_was_written(name, rng, dtype):
    network = LIKE["one" if name in ONE_SET else None]
    params = tuple({key: dyadic(rng, shape, dtype) for key, shape in layer.shapes.items()}
                   for layer in network.layers)
    arrays = CONVENTIONS[name].network_to_public(network, params)
    again, restored = CONVENTIONS[name].network_from_public(arrays, like=network)
    assert again is network and same_bits(restored, params)
    layer, own = CONVENTIONS[name].from_public(
        CONVENTIONS[name].to_public(network.layers[0], params[0]), like=network.layers[0])
    assert layer is network.layers[0] and same_bits(own, params[0])


@pytest.mark.parametrize("name, matrix", [("npspectral", "weight"), ("keras", "kernel")])
def test_layers_go_by_their_position_and_names_by_the_key(name, matrix, rng):
    network, params = network_case(name, rng)
    names = [[position, part] for position, parts in (
        ("0", SHAPES[name]), ("2", (matrix, "bias")), ("4", SHAPES[name])) for part in parts]
    for key, mark in (("{}/{}", "/"), ("layers.{}.{}", ".")):
        arrays = CONVENTIONS[name].network_to_public(network, params, key)
        assert sorted(path.removeprefix("layers.").split(mark) for path in arrays) == sorted(names)
        assert same_bits(CONVENTIONS[name].network_from_public(arrays, Tanh())[1], params)
        weight = arrays[key.format(2, matrix)]
        assert ((weight if name == "npspectral" else weight.T) == params[2]["weight"]).all()


# Bad input

@pytest.mark.parametrize("field, value", [
    ("phi", "out-in"), ("weight", ""), ("x", "features"), ("lambda_in", "2,n"), ("bias", "1"),
    ("difference", "out+in"), ("frozen", "phi"), ("frozen", ("base",)), ("names", ("base",)),
    ("names", {"base": "phi"})])
def test_a_convention_refuses_what_it_does_not_know(field, value):
    with pytest.raises(ValueError, match=f"Convention: {field} is"):
        Convention(**{field: value})


def keras_arrays(**changes):
    arrays = {key: np.ones(shape) for key, shape in SHAPES["keras"].items()} | changes
    return {key: array for key, array in arrays.items() if array is not None}


@pytest.mark.parametrize("arrays, message", [
    (keras_arrays(diag_start=np.ones(5)), r"diag_start has shape \(5,\), expected \(5, 1\)"),
    (keras_arrays(base=np.ones((3, 5))), r"diag_start has shape \(5, 1\), expected \(3, 1\)"),
    (keras_arrays(base=np.ones(15)), r"the matrix has shape \(15,\), expected two axes"),
    (keras_arrays(bias=np.ones(4)), r"keras: bias has shape \(4,\), expected \(3,\)"),
    (keras_arrays(diag_start=None), "keras: arrays has the names"),
    (keras_arrays(extra=np.ones(3)), "keras: arrays has the names"),
    (keras_arrays(base=np.ones((5, 3), int)), "keras: base has dtype int64"),
    (keras_arrays(base=[[1.0]]), "keras: base is list, expected a numpy.ndarray"),
    ({}, "keras: arrays has the names"),
])
def test_arrays_that_do_not_fit_are_refused(arrays, message):
    with pytest.raises((ValueError, TypeError), match=message):
        CONVENTIONS["keras"].from_public(arrays)


RNG, KERAS, MINUS = np.random.default_rng(0), CONVENTIONS["keras"], CONVENTIONS["minus_lambda"]
LAYER, PARAMS = case("keras", RNG)
NETWORK, OF_NETWORK = network_case("keras", RNG)
ARRAYS = KERAS.network_to_public(NETWORK, OF_NETWORK)
LIKE_ARRAYS = KERAS.network_to_public(LIKE[None], LIKE[None].init(RNG))
FIRST, *REST = LIKE[None].layers
ONE_SET_LAYER = Spectral(5, 4, lambda_in=0.0)


def like(*layers, **changes):
    return lambda: KERAS.network_from_public({**LIKE_ARRAYS, **changes}, like=Chain(*layers))


test_a_chain_that_the_arrays_are_not_of_is_refused = refusals(
    (ValueError, TypeError),
    (like(FIRST, *REST, **{"0/diag_start": LIKE_ARRAYS["0/diag_start"] + 0.1}),
     "keras: lambda_in is no longer the constant 0.3"),
    (like(Spectral(5, 3), Spectral(3, 6), *REST[2:]),
     r"like is Spectral\(.*, expected a Spectral\(5, 4\)"),
    (like(Dense(5, 4), *REST), r"keras: like is Dense\(.*, expected a Spectral\(5, 4\)"),
    (like(FIRST, *REST[:4]), "keras: arrays has 4 layers, like has 3 with parameters"),
    (like(Spectral(5, 4, False, lambda_in=0.3), *REST),
     r"Spectral\(5, 4\) and the arrays differ in whether"),
    (lambda: KERAS.network_from_public(LIKE_ARRAYS),
     "keras: expected either an activation or like, the chain"),
    (lambda: KERAS.network_from_public(LIKE_ARRAYS, Tanh(), LIKE[None]), "keras: expected either"),
    (lambda: MINUS.from_public(MINUS.to_public(ONE_SET_LAYER, ONE_SET_LAYER.init(RNG)),
                               like=Spectral(5, 4)),
     r"lambda_in of Spectral\(5, 4\) is a parameter"))
test_layers_that_do_not_fit_are_refused = refusals(
    (ValueError, TypeError),
    (lambda: MINUS.to_public(LAYER, PARAMS),
     "minus_lambda: lambda_in .* has different values"),
    (lambda: CONVENTIONS["plus_lambda"].to_public(*case("minus_lambda", RNG)),
     "plus_lambda: .* has a bias, expected none"),
    (lambda: KERAS.to_public(LAYER, {"phi": PARAMS["phi"]}), "keras: params has the shapes"),
    (lambda: KERAS.to_public(Tanh(), {}), "keras: layer is Tanh"),
    (lambda: KERAS.network_to_public(LAYER, PARAMS), "keras: network is Spec.* expected a Chain"),
    (lambda: KERAS.network_to_public(NETWORK, OF_NETWORK[:1]),
     "keras: network is Chain.* with params for each"),
    (lambda: KERAS.network_to_public(Chain(Nested((3, 1))), Chain(Nested((3, 1))).init(RNG)),
     "keras: layer is Nested.*, expected a Spectral or Dense"),
    (lambda: KERAS.network_from_public({}, Tanh()), "keras: arrays is empty"),
    (lambda: KERAS.network_from_public({key: array for key, array in ARRAYS.items()
                                        if key != "4/diag_start"}, Tanh()),
     "keras: arrays has the names .*, expected .*diag_start"),
    (lambda: KERAS.network_from_public(dict(reversed(ARRAYS.items())), Tanh()),
     r"Chain: Dense\(4, 2\) at position 2 takes 4 features"))
