"""Convolutions and normalizations of PyTorch, Keras and JAX as their users hand them over.

A layer keeps its own order of axes, which the layout declares: NCHW and OIHW in PyTorch, NHWC and
HWIO in Keras. Mistakes that public threads report are planted, and have to be named.
"""
import pytest

from npspectral import oracle
from npspectral.oracle.mistakes import images, normalization

torch = pytest.importorskip("torch")
F = torch.nn.functional
ONE_LAYER = {"convolution": ["convolution/s*", "convolution/special/*", "convolution/trainable/*",
                             "convolution/tanh/*", "convolution/*-bits/*", "convolution/large/*",
                             "convolution/empty", "error/convolution*"],
             "batch_norm": ["batch_norm/*/*biased/*", "batch_norm/*/frozen/*", "batch_norm/*/c*",
                            "batch_norm/*/t*", "batch_norm/*/[efs]*-*", "error/batch_norm*"]}
NAMES = {"gain": "weight", "bias": "bias", "mean": "running_mean", "variance": "running_var"}


def conv2d(case):
    layer = case.layers[0]
    return torch.nn.Conv2d(
        case.n_in, case.n_out, layer["kernel"], layer["stride"], layer["padding"],
        layer["dilation"], layer["groups"], bias="bias" in case.inputs)


def norm(case):
    layer = case.layers[0]
    if layer["training"] and not layer["unbiased"]:
        raise NotImplementedError("PyTorch's running variance has the divisor n - 1")
    kind = torch.nn.BatchNorm2d if case.x.ndim == 4 else torch.nn.BatchNorm1d
    return kind(case.n_in, layer["eps"], layer.get("share", 0.1)).train(layer["training"])


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_a_convolution_of_pytorch_passes_in_its_own_layout(dtype):
    candidate = oracle.from_torch(conv2d, kind="convolution", layout="torch")
    report = oracle.check(candidate, suite="full", only=ONE_LAYER["convolution"], dtype=dtype)
    report.raise_if_failed()
    assert sum(result.passed for result in report.results) >= 55


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_a_normalization_of_pytorch_passes_with_its_running_statistics(dtype):
    candidate = oracle.from_torch(norm, NAMES, kind="batch_norm", layout="torch")
    report = oracle.check(candidate, suite="full", only=ONE_LAYER["batch_norm"], dtype=dtype)
    report.raise_if_failed()
    passed = [result for result in report.results if result.passed]
    assert sum("new_variance" in result.got for result in passed) >= 10
    assert sum(result.case.layers[0]["training"] is False for result in passed) >= 14


def test_in_another_order_of_axes_the_shape_says_so():
    candidate = oracle.from_torch(conv2d, kind="convolution", layout=oracle.Layout(images="NCHW"))
    report = oracle.check(candidate, only="convolution/s2-p1-d1-g2/*")
    assert not report.ok and "declare a layout" in report.to_text()


# ---- mistakes of public code

class Wrong(torch.nn.Module):
    """A convolution of PyTorch with something wrong in it."""

    def __init__(self, case, wrong):
        super().__init__()
        made = conv2d(case)
        self.weight, self.bias, self.wrong = made.weight, made.bias, wrong
        self.steps = made.stride, made.padding, made.dilation, made.groups

    def forward(self, x):
        return self.wrong(x, self.weight, self.bias, *self.steps)


class GroupsMixed(torch.autograd.Function):
    """grad_x as that of one group where there is a stride (mlx 3800)."""

    @staticmethod
    def forward(ctx, x, weight, bias, stride, padding, dilation, groups):
        ctx.save_for_backward(x, weight)
        ctx.steps = stride, padding, dilation, groups
        ctx.bias = bias is not None
        return F.conv2d(x, weight, bias, stride, padding, dilation, groups)

    @staticmethod
    def backward(ctx, g):
        (x, weight), (stride, _, _, groups) = ctx.saved_tensors, ctx.steps
        grad_x = torch.nn.grad.conv2d_input(x.shape, weight, g, *ctx.steps)
        if groups > 1 and stride[0] > 1:
            parts = grad_x.unflatten(1, (groups, -1))
            grad_x = parts.sum(1, keepdim=True).expand(parts.shape).flatten(1, 2)
        grad_weight = torch.nn.grad.conv2d_weight(x, weight.shape, g, *ctx.steps)
        return grad_x, grad_weight, g.sum((0, 2, 3)) if ctx.bias else None, *[None] * 4


class AtTheEnd(GroupsMixed):
    """grad_x without the rows and columns that no kernel reads, moved to their place."""

    @staticmethod
    def backward(ctx, g):
        (x, weight), (stride, padding, dilation, groups) = ctx.saved_tensors, ctx.steps
        short = F.conv_transpose2d(g, weight, None, stride, 0, 0, groups, dilation)
        whole = [n + 2 * padding[0] for n in x.shape[2:]]
        padded = F.pad(short, (whole[1] - short.shape[3], 0, whole[0] - short.shape[2], 0))
        p, (rows, columns) = padding[0], x.shape[2:]
        grad_weight = torch.nn.grad.conv2d_weight(x, weight.shape, g, *ctx.steps)
        return (padded[:, :, p:p + rows, p:p + columns], grad_weight,
                g.sum((0, 2, 3)) if ctx.bias else None, *[None] * 4)


CONVOLUTIONS = {
    "kernel turned": lambda x, w, b, *steps: F.conv2d(x, w.flip(2, 3), b, *steps),
    "kernel with rows for columns": lambda x, w, b, *steps: F.conv2d(x, w.mT, b, *steps),
    "padding repeats the edge": lambda x, w, b, s, p, d, g: F.conv2d(
        F.pad(x, (p[0],) * 4, "replicate"), w, b, s, 0, d, g),
    "groups mixed where there is a stride": lambda *arguments: GroupsMixed.apply(*arguments),
    "unread pixels at the wrong end": lambda *arguments: AtTheEnd.apply(*arguments)}


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_a_mistake_in_a_convolution_of_pytorch_is_named(name):
    candidate = oracle.from_torch(lambda case: Wrong(case, CONVOLUTIONS[name]), kind="convolution",
                                  layout="torch")
    report = oracle.check(candidate, suite="full", only="convolution/s*")
    sentence = {**images.DEFINITION, **images.BACKWARD}[name][0]
    assert not report.ok and sentence in report.to_text()
    assert {found.mistakes for found in report.findings} == {(name,)}


class Normalized(torch.nn.Module):
    """A normalization by formulas, with something wrong in it."""

    def __init__(self, case, wrong):
        super().__init__()
        self.layer, self.wrong = case.layers[0], wrong
        for name in ("gain", "bias"):
            setattr(self, name, torch.nn.Parameter(torch.zeros(case.n_in)))
        for name in ("mean", "variance"):
            self.register_buffer(name, torch.zeros(case.n_in))

    def forward(self, x):
        axes = [k for k in range(x.ndim) if k != 1]
        shape = [-1 if k == 1 else 1 for k in range(x.ndim)]
        mean, variance = self.mean, self.variance
        if self.layer["training"]:
            mean, variance = x.mean(axes), x.var(axes, unbiased=False)
            n = x.numel() / x.shape[1]
            factor = n / (n - 1) if self.layer["unbiased"] else 1
            for name, new in (("mean", mean), ("variance", factor * variance)):
                setattr(self, name, torch.lerp(getattr(self, name), new.detach(),
                                               self.layer["share"]))
        z = self.wrong(self.layer, x, mean.reshape(shape), variance.reshape(shape), axes)
        return self.gain.reshape(shape) * z + self.bias.reshape(shape)


class TrainingGradient(torch.autograd.Function):
    """z of evaluation, with the gradient of training (pytorch/xla 913, mxnet 9580)."""

    @staticmethod
    def forward(ctx, z, root, axes):
        ctx.save_for_backward(z, root)
        ctx.axes = axes
        return z.clone()

    @staticmethod
    def backward(ctx, g):
        z, _ = ctx.saved_tensors
        return g - g.mean(ctx.axes, True) - z * (g * z).mean(ctx.axes, True), None, None


def gradient_of_training(layer, x, mean, variance, axes):
    root = (variance + layer["eps"]).sqrt()
    z = (x - mean) / root
    return z if layer["training"] else TrainingGradient.apply(z, root, axes)


NORMALIZATIONS = {
    "eps behind the root": lambda layer, x, mean, variance, axes: (
        (x - mean) / (variance.clamp(min=1e-300).sqrt() + layer["eps"])),
    "variance of the batch a constant": lambda layer, x, mean, variance, axes: (
        (x - mean) / (variance + layer["eps"]).sqrt().detach()),
    "statistics of the batch are constants": lambda layer, x, mean, variance, axes: (
        (x - mean.detach()) / (variance + layer["eps"]).sqrt().detach()),
    "gradient of training in evaluation": gradient_of_training}


@pytest.mark.parametrize("name", NORMALIZATIONS)
def test_a_mistake_in_a_normalization_of_pytorch_is_named(name):
    only = ["batch_norm/*/*biased/*", "batch_norm/*/frozen/*", "batch_norm/*/eps*"]
    same = {key: key for key in NAMES}
    for wrong, mistakes in ((gradient_right, set()), (NORMALIZATIONS[name], {(name,)})):
        candidate = oracle.from_torch(lambda case, wrong=wrong: Normalized(case, wrong), same,
                                      kind="batch_norm", layout="torch")
        report = oracle.check(candidate, suite="full", only=only)
        assert {found.mistakes for found in report.findings} == mistakes, report.to_text()
        assert report.ok == (not mistakes)


def gradient_right(layer, x, mean, variance, axes):
    return (x - mean) / (variance + layer["eps"]).sqrt()


def test_the_sentences_of_public_mistakes_are_in_the_tables():
    assert set(CONVOLUTIONS) <= {*images.DEFINITION, *images.BACKWARD}
    assert set(NORMALIZATIONS) <= {*normalization.DEFINITION, *normalization.BACKWARD}
