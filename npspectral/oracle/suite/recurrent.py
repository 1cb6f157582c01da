"""Cases of recurrent networks, real and complex, and the inputs that they refuse."""
from .inputs import ACTIVATIONS, array, broken, filled, grid, spectral_inputs, vjp
from .losses import with_loss

RECURRENT = ("planted", "modes", "theta")
COMPLEX = ("phi", "theta", "k_real", "k_imag", "omega")
# In half precisions no library inverts, and S, grown by the inverse and by time, tells nothing.
DTYPES = ("float32", "float64")


def eigenvectors(seed, n, exact):
    """Phi (n, n) as rows: near the identity, or a product of unit triangles.

    The triangles have the entries 0 and +-1/2, so that elimination with pivots is exact.
    """
    entries = grid(seed, n, n, reach=1 if exact else 2, unit=0.5 if exact else 0.125)["dec"]
    rows = [entries[n * i:n * (i + 1)] for i in range(n)]
    if not exact:
        return [[(entry or 0.125) + (i == j) for j, entry in enumerate(row)]
                for i, row in enumerate(rows)]
    lower = [[rows[i][j] if j < i else float(i == j) for j in range(n)] for i in range(n)]
    upper = [[rows[i][j] if j > i else float(i == j) for j in range(n)] for i in range(n)]
    return [[sum(a * b for a, b in zip(row, column)) for column in zip(*upper)] for row in lower]


def matrix(rows):
    return array((len(rows), len(rows[0])), [entry for row in rows for entry in row])


def recurrent_inputs(seed, batch, n_in, n_out, nodes, exact=False):
    """x, grad_y and the parameters; exact: dyadic inverse, no tanh to be taken, few bits."""
    phi = eigenvectors(seed + 2, nodes, exact)
    coarse = {"reach": 4, "unit": 0.5} if exact else {}
    return {"x": grid(seed, batch, n_in, **coarse),
            "grad_y": grid(seed + 1, batch, n_out, **coarse),
            "planted": matrix([row[:n_out] for row in phi]),
            "modes": matrix([row[n_out:] for row in phi]),
            "theta": filled(0, nodes - n_out) if exact else grid(seed + 3, nodes - n_out)}


# batch, n_in, n_out, nodes
SMALL, PLAIN, WIDE = (2, 1, 1, 3), (2, 2, 2, 4), (4, 3, 2, 4)
LARGE, ONE = (2, 2, 3, 5), (1, 2, 1, 4)
# activation, steps, constant node, sizes; of identity and relu with exact answers, too
BENT = (("tanh", 1, True, PLAIN), ("tanh", 1, False, WIDE), ("tanh", 2, True, SMALL),
        ("tanh", 2, False, WIDE), ("tanh", 2, True, LARGE), ("tanh", 4, True, PLAIN),
        ("tanh", 4, False, SMALL), ("tanh", 4, True, ONE), ("relu", 1, True, SMALL),
        ("relu", 2, False, PLAIN), ("relu", 4, True, SMALL), ("sigmoid", 2, False, ONE),
        ("identity", 2, True, SMALL))
EXACT = (("identity", 1, True, WIDE[:3] + (5,)), ("identity", 2, False, PLAIN),
         ("identity", 4, True, SMALL), ("relu", 1, False, PLAIN), ("relu", 2, True, LARGE),
         ("relu", 4, False, WIDE), ("relu", 4, True, (2, 1, 2, 3)))


def recurrent():
    """All activations and lengths, exact ones, what is frozen, special eigenvalues, networks."""
    def case(name, activation, steps, constant, inputs, trainable=RECURRENT, flags=()):
        layer = {"layer": "recurrent", "activation": activation, "steps": steps,
                 "constant": constant}
        return vjp(f"recurrent/{name}", [layer], inputs, trainable, DTYPES, ["Recurrent", *flags])
    for kind, rows in (("", BENT), ("exact/", EXACT)):
        for n, (activation, steps, constant, sizes) in enumerate(rows):
            inputs = recurrent_inputs(5000 + 520 * bool(kind) + 20 * n, *sizes, bool(kind))
            rest = "constant" if constant else "plain"
            yield case(f"{kind}{activation}/t{steps}/{name_of(*sizes)}/{rest}", activation, steps,
                       constant, inputs)
    for name, theta in (("zero", 0), ("equal", 0.5), ("large", 4)):
        inputs = recurrent_inputs(5800, *PLAIN) | {"theta": filled(theta, 2)}
        yield case(f"eigenvalues/{name}", "tanh", 2, True, inputs, flags=["Eigenvalues"])
    inputs = recurrent_inputs(5820, *PLAIN)         # planted on the last two nodes
    inputs |= {"modes": inputs["planted"], "planted": array((4, 2), [0, 0, 0, 0, 1, 0, 0, 1])}
    yield case("eigenvectors/nodes", "tanh", 4, False, inputs, flags=["Eigenvectors"])
    for name in ("planted", "modes", "theta"):
        yield case(f"trainable/{name}", "tanh", 2, True, recurrent_inputs(5840, *SMALL), (name,),
                   ["Frozen"])
    yield case("trainable/modes-theta", "tanh", 4, True, recurrent_inputs(5840, *SMALL),
               RECURRENT[1:], ["Frozen"])
    yield case("empty", "tanh", 2, True, recurrent_inputs(5860, 0, 2, 2, 4), flags=["EmptyBatch"])
    for loss in ("mean_squared_error", "labels"):
        yield with_loss(case(f"network/{loss}", "tanh", 2, True, recurrent_inputs(5880, *PLAIN),
                             flags=["Network"]), loss, 5890)
    yield before_a_spectral_layer()


def before_a_spectral_layer():
    """A stack in which the recurrent network's output is transferred once more."""
    first, second = recurrent_inputs(5900, *PLAIN), spectral_inputs(5920, 2, 2, 3)
    inputs = {"x": first.pop("x"), "grad_y": second.pop("grad_y")}
    del first["grad_y"], second["x"]
    inputs |= {f"0/{key}": entry for key, entry in first.items()}
    inputs |= {f"2/{key}": entry for key, entry in second.items()}
    layers = [{"layer": "recurrent", "activation": "tanh", "steps": 2, "constant": False},
              ACTIVATIONS["tanh"], {"layer": "spectral"}]
    return vjp("recurrent/stack/spectral", layers, inputs, None, DTYPES, ["Recurrent", "Stack"])


def name_of(batch, n_in, n_out, nodes):
    return f"b{batch}-i{n_in}-o{n_out}-n{nodes}"


def complex_inputs(seed, batch, items, nodes, modes, read, exact=False):
    """x, grad_y and the parameters; exact: dyadic inverse, modes that do not turn, few bits."""
    coarse = {"reach": 2, "unit": 0.5} if exact else {}
    n_out = modes * (2 if read == "amplitude" else 1)
    omega = [0.0] * modes if exact else [0.375 + 0.5 * k + 0.125 * (seed // 20 % 3)
                                         for k in range(modes)]
    return {"x": grid(seed, batch, items * nodes, **coarse),
            "grad_y": grid(seed + 1, batch, n_out, **coarse),
            "phi": matrix(eigenvectors(seed + 2, nodes, exact)),
            "theta": filled(0, nodes) if exact else grid(seed + 3, nodes),
            "k_real": grid(seed + 4, modes, nodes, **(coarse or {"reach": 8})),
            "k_imag": grid(seed + 5, modes, nodes, **(coarse or {"reach": 8})),
            "omega": array((modes,), omega)}


# activation, steps, read, spacing of the items, then batch, items, nodes, modes
TURNING = (("tanh", 1, "amplitude", 1, (2, 1, 3, 2)), ("tanh", 2, "amplitude", 1, (2, 1, 2, 2)),
           ("tanh", 2, "score", 1, (4, 1, 3, 2)), ("tanh", 2, "power", 1, (2, 1, 2, 3)),
           ("tanh", 4, "amplitude", 2, (2, 1, 2, 2)), ("tanh", 2, "score", 2, (1, 2, 3, 2)),
           ("tanh", 1, "power", 3, (2, 2, 2, 2)), ("tanh", 2, "amplitude", 1, (2, 3, 2, 1)),
           ("relu", 2, "amplitude", 1, (2, 1, 3, 2)), ("relu", 2, "score", 3, (2, 2, 2, 2)),
           ("sigmoid", 1, "amplitude", 2, (2, 2, 3, 1)),
           ("identity", 2, "amplitude", 1, (2, 2, 2, 1)), ("tanh", 1, "power", 2, (4, 2, 3, 1)))
STILL = (("relu", 1, "amplitude", 1, (2, 1, 3, 2)), ("relu", 1, "score", 1, (4, 2, 3, 2)),
         ("relu", 1, "power", 2, (2, 2, 2, 2)), ("identity", 4, "amplitude", 2, (2, 2, 2, 2)))


def complex_recurrent():
    """All read-outs and lengths, items in sequence, exact ones, what is frozen, eigenvalues."""
    def case(name, activation, steps, read, spacing, inputs, trainable=COMPLEX, flags=()):
        layer = {"layer": "complex_recurrent", "activation": activation, "steps": steps,
                 "read": read, "spacing": spacing}
        return vjp(f"complex_recurrent/{name}", [layer], inputs, trainable, DTYPES,
                   ["Complex", *flags])
    for kind, rows in (("", TURNING), ("exact/", STILL)):
        for n, (activation, steps, read, spacing, sizes) in enumerate(rows):
            inputs = complex_inputs(6000 + 500 * bool(kind) + 20 * n, *sizes, read, bool(kind))
            batch, items, nodes, modes = sizes
            name = f"b{batch}-j{items}-n{nodes}-m{modes}"
            yield case(f"{kind}{activation}/t{steps}/{read}/{name}", activation, steps, read,
                       spacing, inputs, flags=["Sequence"] if items > 1 else ())
    for name, changes in (("equal", {"theta": filled(0.5, 2)}),
                          ("still", {"omega": filled(0, 2)}),
                          ("quarter", {"omega": array((2,), [1.5, 3])})):
        inputs = complex_inputs(6800, 2, 2, 2, 2, "amplitude") | changes
        yield case(f"eigenvalues/{name}", "tanh", 2, "amplitude", 1, inputs, flags=["Eigenvalues"])
    for trainable in (("phi",), ("k_real", "k_imag"), ("omega",), COMPLEX[:-1]):
        name = "-".join(trainable) if len(trainable) < 3 else "all-but-omega"
        yield case(f"trainable/{name}", "tanh", 2, "score", 1,
                   complex_inputs(6820, 2, 1, 2, 2, "score"), trainable, ["Frozen"])
    yield case("empty", "tanh", 2, "amplitude", 1, complex_inputs(6840, 0, 1, 2, 2, "amplitude"),
               flags=["EmptyBatch"])


def recurrent_errors():
    """Parameters of recurrent networks that a candidate has to refuse."""
    layer = {"layer": "recurrent", "activation": "tanh", "steps": 2, "constant": False}
    inputs = recurrent_inputs(6900, 2, 2, 1, 4)
    for name, change in (("recurrent-x-too-wide", ("x", 2, 5)),
                         ("modes-transposed", ("modes", 3, 4)),
                         ("recurrent-theta-too-long", ("theta", 4))):
        yield broken(name, layer, inputs, change, dtypes=DTYPES)
    layer = {"layer": "complex_recurrent", "activation": "tanh", "steps": 2, "read": "score",
             "spacing": 1}
    inputs = complex_inputs(6920, 2, 2, 3, 2, "score")
    for name, change in (("complex-x-too-wide", ("x", 2, 7)), ("k-transposed", ("k_real", 3, 2)),
                         ("omega-too-long", ("omega", 3))):
        yield broken(name, layer, inputs, change, dtypes=DTYPES)
