"""Cases beyond the blocks of a kernel, and cases whose x is no plain array.

The sizes that matter lie just above 16, 32, 64 and 128, and none is a multiple of 16, so that a
tile left out at an edge shows. Numbers have few bits: the sums are long, their files need not be.
"""
from .inputs import grid, shape_name, spectral, spectral_inputs, vjp
from .layers import rows
from .recurrent import DTYPES, complex_inputs, matrix, recurrent_inputs
from .structure import LAYERS, LEARNED, factored_inputs, nested_inputs


def coarse(inputs, seed, **reaches):
    """The inputs with multiples of 1/4 in their place, of at most 1 unless said otherwise."""
    return {name: grid(seed + k, *entry["shape"], reach=reaches.get(name, 4), unit=0.25)
            for k, (name, entry) in enumerate(inputs.items())}


def large():
    """One case for every kind of product."""
    def case(name, layers, inputs, trainable=None, **options):
        return vjp(name, layers, inputs, trainable, flags=["Large"], **options)
    for activation, shape in (("identity", (33, 65, 130)), ("tanh", (67, 33, 3))):
        inputs = coarse(spectral_inputs(7000, *shape), 7000 + len(activation))
        yield case(f"spectral/large/{activation}/{shape_name(*shape)}", spectral(activation),
                   inputs)
    inputs = coarse({name: entry for name, entry in spectral_inputs(7020, 17, 35, 33).items()
                     if not name.startswith("lambda")}, 7020)
    inputs["weight"] = inputs.pop("phi")
    yield case("dense/large/identity/b17-i35-o33", [{"layer": "dense"}], inputs)
    for n, (kind, shape) in enumerate((("qr", (17, 18, 35)), ("full-qr", (18, 35, 17)),
                                       ("svd", (17, 19, 34)))):
        inputs = coarse(factored_inputs(kind, 7040, *shape), 7040 + 20 * n)
        yield case(f"factored/{kind}/large/identity/{shape_name(*shape)}",
                   [{"layer": LAYERS[kind]}], inputs, LEARNED)
    layer = {"layer": "nested", "activation": "identity", "shared": True, "skip": True}
    inputs = coarse(nested_inputs(7100, 17, (18, 35, 3), True), 7100)
    yield case("nested/shared-skip/large/identity/b17-18-35-3", [layer], inputs,
               [name for name in inputs if name not in ("x", "grad_y")])
    layer = {"layer": "sparse_static", "of": "spectral", "threshold": 0.53125}
    inputs = coarse(spectral_inputs(7120, 17, 35, 18), 7120)
    yield case("sparse/static/spectral/large/identity/b17-i35-o18", [layer], inputs)
    yield from large_recurrent(case)


def large_recurrent(case):
    """20 nodes and 17, whose eigenvectors are so near the identity that S stays small."""
    layer = {"layer": "recurrent", "activation": "tanh", "steps": 2, "constant": True}
    inputs = recurrent_inputs(7200, 5, 17, 2, 20)
    phi = near_identity(7206, 20)
    inputs |= {"planted": matrix([row[:2] for row in phi]),
               "modes": matrix([row[2:] for row in phi])}
    yield case("recurrent/large/tanh/t2/b5-i17-o2-n20", [layer], inputs, dtypes=DTYPES)
    layer = {"layer": "complex_recurrent", "activation": "tanh", "steps": 2, "read": "amplitude",
             "spacing": 1}
    inputs = complex_inputs(7220, 5, 1, 17, 2, "amplitude")
    inputs["phi"] = matrix(near_identity(7226, 17))
    yield case("complex_recurrent/large/tanh/t2/amplitude/b5-j1-n17-m2", [layer], inputs,
               dtypes=DTYPES)


def near_identity(seed, n):
    entries = grid(seed, n, n, reach=2, unit=2.0 ** -6)["dec"]
    return [[entries[n * i + j] + (i == j) for j in range(n)] for i in range(n)]


def forms():
    """x as a strided view, as one sample broadcast, and with three axes; see the flags' notes."""
    for flag, name in (("Strided", "strided"), ("Broadcast", "broadcast"),
                       ("ThreeAxes", "three-axes")):
        for activation in ("identity", "tanh"):
            inputs = spectral_inputs(7300, 6, 5, 3)
            if flag == "Broadcast":
                inputs["x"] = rows(inputs["x"], (0,) * 6)
            yield vjp(f"spectral/forms/{name}/{activation}/{shape_name(6, 5, 3)}",
                      spectral(activation), inputs, flags=[flag])
