"""Bugs of the layer itself: axes, layouts, roles of the eigenvalues, bias."""
import torch
from oracle_jax import JaxAnswers
from oracle_torch import TorchAnswers
from own_bugs import FEW, ByHand, JaxByHand, bug

OF_OWN = ("grad_phi", "grad_lambda_in", "grad_lambda_out", "grad_bias")


def square(matrix):
    return matrix.shape[0] == matrix.shape[1]


# axes and broadcasting

@bug("gap broadcast along the wrong axis when square", "axes", said=r"square|broadcast|swapp|axis",
     where=r"square|n_in = n_out", suite="full")
class WrongBroadcast(TorchAnswers):
    def weight(self, own):
        li, lo, phi = own["lambda_in"], own["lambda_out"], own["phi"]
        return (li[:, None] - lo if square(phi) else li - lo[:, None]) * phi


@bug("lambda_out subtracted without an axis when square", "axes",
     said=r"square|broadcast|axis", where=r"square|n_in = n_out",
     only=FEW)
class NoAxis(JaxAnswers):
    def weight(self, own):
        li, lo, phi = own["lambda_in"], own["lambda_out"], own["phi"]
        return (li - lo if square(phi) else li - lo[:, None]) * phi


@bug("grad_lambda_in summed over columns when square", "axes", at="grad_lambda_in",
     said=r"axis|square|transpos|rows|swapp")
class InOverColumns(ByHand):
    of_in = staticmethod(lambda moment, phi: (phi * moment).sum(1 if square(phi) else 0))


@bug("only the first sample's outer product", "axes", said=r"first sample|sample",
     at=("grad_phi", "grad_lambda_in", "grad_lambda_out"))
class FirstSample(ByHand):
    moment = staticmethod(lambda g, x: g[:1].T @ x[:1])


@bug("mean over the batch in the layer", "axes", said=r"parameters.*batch", at=OF_OWN)
class MeanOfBatch(TorchAnswers):
    def gradients(self, case, leaves, *others):
        found = super().gradients(case, leaves, *others)
        return {name: grad if name == "grad_x" else grad / max(1, len(case.x))
                for name, grad in found.items()}


@bug("grad_x divided by the batch", "axes", said=r"grad_x.*(batch|mean|averag)", at="grad_x",
     only=FEW)
class MeanX(JaxByHand):
    of_x = staticmethod(lambda g, weight: g @ weight / max(1, len(g)))


@bug("grad_lambda_out as a mean over inputs", "axes", said=r"mean|n_in|inputs|averag",
     at="grad_lambda_out",
     only=FEW)
class MeanOut(JaxByHand):
    of_out = staticmethod(lambda moment, phi: -(phi * moment).mean(1))


@bug("eigenvectors normalized over the wrong axis", "axes", said=r"normal")
class Normalized(TorchAnswers):
    def weight(self, own):
        phi = own["phi"] / own["phi"].norm(dim=0).clamp(min=1e-12)
        return super().weight({**own, "phi": phi})


# layouts

@bug("phi transposed when square", "layout", said=r"transpos|square", suite="full")
class TransposedSquare(TorchAnswers):
    def weight(self, own):
        phi = own["phi"]
        return super().weight({**own, "phi": phi.T if square(phi) else phi})


@bug("phi read column by column", "layout", said=r"transpos|order|reshap|column|layout",
     suite="full")
class Fortran(TorchAnswers):
    def weight(self, own):
        n_out, n_in = own["phi"].shape
        return super().weight({**own, "phi": own["phi"].reshape(n_in, n_out).T})


@bug("grad_phi as x^T grad_y", "layout", said=r"transpos", at="grad_phi", suite="full")
class TransposedMoment(ByHand):
    @staticmethod
    def of_phi(moment, li, lo):
        grad = (li - lo[:, None]) * moment
        return grad.T if square(grad) else grad


@bug("grad_phi handed back transposed", "layout", said=r"transpos|layout|shape", at="grad_phi")
class TransposedGradient(TorchAnswers):
    def gradients(self, case, leaves, *others):
        found = super().gradients(case, leaves, *others)
        return {name: grad.T if name == "grad_phi" else grad for name, grad in found.items()}


@bug("grad_x by W^T when square", "layout", said=r"transpos", at="grad_x")
class TransposedBack(ByHand):
    of_x = staticmethod(lambda g, weight: g @ (weight.T if square(weight) else weight))


@bug("gradients of the eigenvalues handed back in the other order", "layout",
     said=r"swap|exchang|other order|interchang|the reference of",
     at=("grad_lambda_in", "grad_lambda_out"))
class OtherOrder(TorchAnswers):
    def gradients(self, case, leaves, *others):
        found = super().gradients(case, leaves, *others)
        if len(leaves["lambda_in"]) == len(leaves["lambda_out"]) and {
                "grad_lambda_in", "grad_lambda_out"} <= set(found):
            found["grad_lambda_in"], found["grad_lambda_out"] = (
                found["grad_lambda_out"], found["grad_lambda_in"])
        return found


@bug("a kernel of (inputs, outputs)", "layout", said=r"layout|transpos|keras")
class KerasKernel(TorchAnswers):
    def spectral(self, layer, own, x):
        kernel = own["phi"]                                 # of shape (n_in, n_out), it believes
        y = x @ ((own["lambda_in"][:, None] - own["lambda_out"]) * kernel)
        return y if own["bias"] is None else y + own["bias"]


@bug("lower triangle of r filled column by column", "layout", only="factored/qr/*",
     said=r"r\b.*(order|column|transpos)|triang|packed", suite="full")
class PackedByColumns(TorchAnswers):
    @staticmethod
    def places(n_out, k):
        rows, columns = torch.tril_indices(n_out, k)
        order = torch.argsort(columns, stable=True)
        return rows[order], columns[order]


# roles of the eigenvalues

@bug("lambda_out minus lambda_in", "eigenvalues", said=r"sign|lambda_out - lambda_in|swap|minus")
class Negative(TorchAnswers):
    realized = staticmethod(lambda lambda_in, lambda_out, phi: (lambda_out - lambda_in) * phi)


@bug("lambda_in for both when square", "eigenvalues", said=r"lambda_in.*(both|twice)|both",
     suite="full", where=r"square|n_in = n_out")
class InForBoth(TorchAnswers):
    def weight(self, own):
        li, lo, phi = own["lambda_in"], own["lambda_out"], own["phi"]
        return super().weight({**own, "lambda_out": li if square(phi) else lo})


@bug("the sum of the eigenvalues", "eigenvalues", said=r"sum|\+|added|sign of lambda_out",
     only=FEW)
class Sum(JaxAnswers):
    realized = staticmethod(lambda lambda_in, lambda_out, phi: (lambda_in + lambda_out) * phi)


@bug("absolute value of the gap", "eigenvalues", said=r"\|lambda|absolute|abs")
class Absolute(TorchAnswers):
    realized = staticmethod(lambda lambda_in, lambda_out, phi: abs(lambda_in - lambda_out) * phi)


@bug("the product of the eigenvalues", "eigenvalues", said=r"product|lambda_in lambda_out")
class Product(TorchAnswers):
    realized = staticmethod(lambda lambda_in, lambda_out, phi: lambda_in * lambda_out * phi)


@bug("lambda_out alone", "eigenvalues",
     said=r"lambda_in.*(missing|ignored|left out|not used|zero)|-lambda_out|lambda_out alone")
class OutAlone(TorchAnswers):
    realized = staticmethod(lambda lambda_in, lambda_out, phi: -lambda_out * phi + 0 * lambda_in)


@bug("the minus of grad_lambda_out is lost", "eigenvalues", said=r"minus|sign",
     at="grad_lambda_out",
     only=FEW)
class NoMinus(JaxByHand):
    of_out = staticmethod(lambda moment, phi: (phi * moment).sum(1))


@bug("grad_phi without the gap", "eigenvalues", said=r"gap|lambda", at="grad_phi")
class NoGap(ByHand):
    of_phi = staticmethod(lambda moment, li, lo: moment.clone())


@bug("grad_phi with the gap of lambda_in alone", "eigenvalues", said=r"gap|lambda", at="grad_phi")
class HalfGap(ByHand):
    of_phi = staticmethod(lambda moment, li, lo: li * moment)


@bug("grad_lambda_in with W in place of phi", "eigenvalues", said=r"\bW\b|weight|phi",
     at="grad_lambda_in")
class InByWeight(ByHand):
    def backward(self, g, x, li, lo, phi, bias):
        of_x, _, *others = super().backward(g, x, li, lo, phi, bias)
        weight = self.realized(li, lo[:, None], phi)
        return of_x, (weight * self.moment(g, x)).sum(0), *others


# bias

@bug("bias as a column when batch = n_out", "bias", said=r"bias.*column|broadcast|axis",
     suite="full", where=r"bias")
class ColumnBias(TorchAnswers):
    def affine(self, weight, own, x):
        y, bias = x @ weight.T, own["bias"]
        return y if bias is None else y + (bias[:, None] if square(y) else bias)


@bug("bias after the activation", "bias", said=r"bias.*activation|activation.*bias")
class LateBias(TorchAnswers):
    def stack(self, case, arrays):
        parts, x = list(self.parts(case, arrays)), arrays["x"]
        for (layer, own), (after, _) in zip(parts, parts[1:] + [({"layer": "identity"}, None)]):
            if layer["layer"] != "spectral":
                continue
            x = super().spectral(layer, {**own, "bias": None}, x)
            x = getattr(self, after["layer"])(after, own, x)
            x = x if own["bias"] is None else x + own["bias"]
        return x


@bug("bias subtracted", "bias", said=r"bias.*(sign|subtract|minus)|sign.*bias",
     only=FEW)
class MinusBias(JaxAnswers):
    def affine(self, weight, own, x):
        y = x @ weight.T
        return y if own["bias"] is None else y - own["bias"]


@bug("bias forgotten", "bias", said=r"bias.*(missing|forgot|ignored|left out|not added|zero)|"
     r"(no|without).*bias")
class NoBias(TorchAnswers):
    def affine(self, weight, own, x):
        return x @ weight.T


@bug("grad_bias of the activation's output", "bias", at="grad_bias",
     said=r"bias.*(activation|derivative)|derivative|activation")
class BiasOfOutput(TorchAnswers):
    def answer_vjp(self, case):
        found = super().answer_vjp(case)
        if "grad_bias" in found:
            found["grad_bias"] = torch.tensor(case.inputs["grad_y"]).sum(0)
        return found


@bug("grad_bias counted twice", "bias", at="grad_bias", said=r"twice|doubl|factor (of )?2|2 times")
class TwiceBias(ByHand):
    of_bias = staticmethod(lambda g: 2 * g.sum(0))


@bug("grad_bias over the outputs", "bias", at="grad_bias", said=r"axis|outputs|square|shape")
class BiasOverOutputs(ByHand):
    of_bias = staticmethod(lambda g: g.sum(1 if square(g) else 0))


@bug("bias shifted by lambda_out", "bias", said=r"bias")
class ScaledBias(TorchAnswers):
    """As if the bias were added on the nodes before the transfer."""

    def affine(self, weight, own, x):
        y = x @ weight.T
        return y if own["bias"] is None else y + own["bias"] * (1 + own.get("lambda_out", 0))
