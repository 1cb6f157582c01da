"""The right candidate's steps for structured layers: phi in factors, masks, nested networks."""
import numpy as np

FACTORED = ("spectral_qr", "spectral_full_qr", "spectral_svd")


class StructureSteps:
    """A part of Steps: every method is a step in which a mistake can be planted."""

    # phi = L q^T or u diag(s) v

    def eigenvectors(self, kind, params):
        if kind == "spectral_svd":
            return (params["u"] * params["s"]) @ params["v"]
        return self.lower(kind, params) @ params["q"].T

    def lower(self, kind, params):
        if kind == "spectral_full_qr":
            return params["r"]
        return self.unpacked(params["r"], (len(params["lambda_out"]), params["q"].shape[1]))

    def unpacked(self, r, shape):
        lower = np.zeros(shape, r.dtype)
        lower[np.tril_indices(shape[0], 0, shape[1])] = r
        return lower

    def learned(self, kind, params, grad_phi):
        if kind == "spectral_svd":
            return {"s": self.s_backward(params, grad_phi)}
        return {"r": self.r_backward(kind, self.lower_backward(params, grad_phi))}

    def s_backward(self, params, grad_phi):
        return np.einsum("im,ij,mj->m", params["u"], grad_phi, params["v"])

    def lower_backward(self, params, grad_phi):
        return grad_phi @ params["q"]

    def r_backward(self, kind, grad_lower):
        return grad_lower if kind == "spectral_full_qr" else self.packed(grad_lower)

    def packed(self, grad_lower):
        return grad_lower[np.tril_indices(len(grad_lower), 0, grad_lower.shape[1])]

    def completed(self, layer, params):
        """The parameters with the phi that the factors make."""
        kind = layer.get("of", layer["layer"])
        return {**params, "phi": self.eigenvectors(kind, params)} if kind in FACTORED else params

    # W~ = W where |W| > c, else 0

    def keep(self, layer, params, weight):
        size = self.mask_size(params, weight)
        c = self.threshold(layer, size)
        apart = np.abs(size - c)[size != c]
        if apart.size and size.max():
            self.nearest = min(self.nearest, apart.min() / size.max())
        return self.above(size, c)

    def mask_size(self, params, weight):
        return np.abs(weight)

    def threshold(self, layer, size):
        if "threshold" in layer:
            return layer["threshold"]
        return np.percentile(size, 100 * layer["sparsity"])

    def above(self, size, c):
        return size > c

    def masked(self, layer, params, weight):
        return self.keep(layer, params, weight) * weight

    def masked_backward(self, layer, params, weight, grad_weight):
        return self.keep(layer, params, weight) * grad_weight

    # u_k = f(W_k u_{k-1} + bias_k) - phi_k u_{k-1}

    def nested_forward(self, layer, params, x):
        """y, and for every transfer its parameters, weight, u_{k-1}, h_{k-1}, z_k."""
        u, h, passes, parts = x, x, [], transfers(layer, params)
        for k, part in enumerate(parts, 1):
            weight = self.weight(part)
            z = self.affine(part, weight, u)
            passes.append((part, weight, u, h, z))
            before, h = h, self.bend(layer, z, k == len(parts))
            u = self.inverse(layer, part, h, u, before) if k < len(parts) else h
        return u, passes

    def bend(self, layer, z, last):
        return z if last else self.activate({"layer": layer["activation"]}, z)

    def bend_backward(self, layer, z, last, grad):
        return grad if last else self.slope({"layer": layer["activation"]}, z) * grad

    def inverse(self, layer, part, h, u, before):
        """u_k from h_k, u_{k-1} and h_{k-1}."""
        return h - u @ part["phi"].T if layer["skip"] else h

    def inverse_backward(self, layer, part, grad, u, before):
        """Gradients on this way of phi (and others), u_{k-1} and h_{k-1} from that of u_k."""
        if not layer["skip"]:
            return {}, 0 * u, 0 * before
        return {"phi": -grad.T @ u}, -grad @ part["phi"], 0 * before

    def nested_backward(self, layer, params, x, grad_y):
        _, passes = self.nested_forward(layer, params, x)
        grads, grad_u, grad_h = {}, grad_y, 0
        for k in range(len(passes), 0, -1):
            part, weight, u, before, z = passes[k - 1]
            by_inverse, last = {}, k == len(passes)
            to_u, to_before = 0, 0
            if not last:
                by_inverse, to_u, to_before = self.inverse_backward(layer, part, grad_u, u, before)
                grad_u = grad_u + grad_h
            grad_z = self.bend_backward(layer, z, last, grad_u)
            of_transfer = self.weight_backward(part, self.matrix_backward(weight, u, grad_z))
            if "bias" in part:
                of_transfer["bias"] = self.bias_backward(grad_z)
            self.collect(layer, grads, k, of_transfer, len(passes))
            self.collect(layer, grads, k, by_inverse, len(passes))
            grad_u = self.input_backward({"layer": "transfer"}, part, weight, grad_z) + to_u
            grad_h = to_before
        return grads, grad_u + grad_h

    def collect(self, layer, grads, k, of_transfer, depth):
        for key, grad in of_transfer.items():
            name = full_name(layer, key, k)
            grads[name] = grads.get(name, 0) + grad


def full_name(layer, key, k):
    """The name of a parameter of transfer k."""
    if not key.startswith("lambda") or not layer["shared"]:
        return f"{key}_{k}"
    return f"lambda_{k - 1}" if key == "lambda_in" else f"lambda_{k}"


def transfers(layer, params):
    """The parameters of each transfer under the names of a spectral layer."""
    depth = sum(name.startswith("phi_") for name in params)
    return [{key: params[name] for key in ("lambda_in", "lambda_out", "phi", "bias")
             if (name := full_name(layer, key, k)) in params} for k in range(1, depth + 1)]
