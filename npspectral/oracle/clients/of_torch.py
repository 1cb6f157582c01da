"""from_torch(): a layer of PyTorch as a candidate."""
from functools import partial
from importlib import import_module

from ..verdict.assign import assign, found
from ..verdict.layout import layout_of
from .candidate import candidate_of
from .handed import Handed


def from_torch(layer, names=None, layout=None, *, kind="spectral", activation=None, call=None,
               device=None):
    """A candidate for check(): a layer of PyTorch, with gradients by y.backward(grad_y).

    layer   a function f(x, phi, lambda_in, ...) or f(params, x) of tensors; a torch.nn.Module; its
            class, which is called with n_in and n_out; or a function of the case that makes one
    names   {the oracle's name: yours}: an argument, an attribute or a path, as {"phi": "fc.base"};
            by default those of the layout. Cases with a parameter that has no name are skipped.
    layout  as in check(), which takes it from here
    kind    of the layer: "spectral", "dense", "spectral_qr", ...; cases of others are skipped
    activation(of, z)   what follows the layer, of = {"layer": "elu", "alpha": 0.75}; by default
            PyTorch's own. `lambda of, z: z` where your layer sees to it.
    call(layer, x)      if a layer is called otherwise than layer(x)
    device  of a function's tensors; a module's are where it put them

    A module gets the dtype of the check, and a parameter that the case holds fixed requires no
    gradient. A bias that the case does not have is zero.
    """
    handed = Handed("from_torch", layer, names, layout_of(layout), kind,
                    activation or torch_activation, lambda of, case: of(case.n_in, case.n_out))

    def run(case, wanted):
        torch = import_module("torch")
        dtype = getattr(torch, case.dtype)

        def new(array, device=device):
            return torch.as_tensor(array).to(device, dtype)     # with the strides of the array
        layer = None
        if handed.is_function:
            leaves = {name: new(array) for name, array in handed.parameters(case).items()}
            forward = partial(handed.call, {**leaves})
        else:
            layer = handed.made(case, lambda made: made.to(dtype))
            assign(layer, case, **handed.paths(case, layer))
            leaves = {name: found(layer, handed.name_of(name)) for name in handed.parameters(case)}
            forward = partial(call, layer) if call else layer
        leaves["x"] = new(case.x, next(leaf.device for leaf in leaves.values()))
        for name, leaf in leaves.items():
            leaf.grad = None
            leaf.requires_grad_(name in wanted)
        y = handed.followed(case, forward(leaves["x"]))
        if wanted:
            y.backward(new(case.grad_y, y.device))
        return y, {name: leaf.grad for name, leaf in leaves.items()}, layer
    return candidate_of(handed, run)


def torch_activation(of, z):
    """PyTorch's own; but its softplus, a straight line beyond a threshold, is none of them."""
    torch = import_module("torch")
    f = torch.nn.functional
    return {"relu": f.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid,
            "leaky_relu": lambda z: f.leaky_relu(z, of["slope"]),
            "elu": lambda z: f.elu(z, of["alpha"]), "identity": lambda z: z,
            "softplus": lambda z: torch.logaddexp(
                of["sharpness"] * z, torch.zeros_like(z)) / of["sharpness"]}[of["layer"]](z)
