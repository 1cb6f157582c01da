"""First witness, images: convolutions, means over positions, batch normalization.

Forward passes in scalar loops. A sample is a list, position after position, rows of the image one
after another, the channels of a position side by side; a weight has a row of kernel * kernel *
(channels in a group) numbers for every channel of y, in the same order.
"""
from functools import partial

from .tape import dot, linked, plain, total


def positions(layer):
    """(rows, columns) of y."""
    reach = layer["dilation"] * (layer["kernel"] - 1) + 1
    return [(layer[side] + 2 * layer["padding"] - reach) // layer["stride"] + 1
            for side in ("height", "width")]


def covered(layer, row, column):
    """(place in the kernel, position of x) for what the kernel covers of the image at an output."""
    n, height, width = layer["kernel"], layer["height"], layer["width"]
    for place in range(n * n):
        i, j = (layer["stride"] * at + layer["dilation"] * step - layer["padding"]
                for at, step in zip((row, column), divmod(place, n)))
        if 0 <= i < height and 0 <= j < width:
            yield place, i * width + j


def convolution(layer, params, x):
    """y_sk = scale sum_uc weight_kuc x_at(s,u),c + bias_k."""
    return [convolved(layer, params, sample) for sample in x]


def convolved(layer, params, sample):
    rows, columns = positions(layer)
    weight, bias, y = params["weight"], params.get("bias"), []
    c_in = len(sample) // (layer["height"] * layer["width"])
    inner, per_group = c_in // layer["groups"], len(weight) // layer["groups"]
    for s in range(rows * columns):
        places = list(covered(layer, *divmod(s, columns)))
        for k, row in enumerate(weight):
            first = k // per_group * inner                      # channel of x in this group
            y_sk = dot([row[u * inner + c] for u, _ in places for c in range(inner)],
                       [sample[at * c_in + first + c] for _, at in places for c in range(inner)])
            y_sk = layer["scale"] * y_sk if "scale" in layer else y_sk
            y.append(y_sk + bias[k] if bias else y_sk)
    return y


def spatial_mean(layer, params, x):
    n = layer["positions"]
    return [[total(sample[k::len(sample) // n]) / n for k in range(len(sample) // n)]
            for sample in x]


# z = (x - mean) / sqrt(variance + eps),  y = gain z + bias

def batch_statistics(x, channels):
    """Mean and variance of every channel over the batch and all positions, by their definition."""
    statistics = []
    for k in range(channels):
        entries = [entry for sample in x for entry in sample[k::channels]]
        mean = total(entries) / len(entries)
        away = [entry - mean for entry in entries]
        statistics.append((mean, dot(away, away) / len(entries)))
    return statistics


def fast_statistics(x, channels):
    """The variance as the mean of squares less the square of the mean."""
    statistics = []
    for k in range(channels):
        entries = [entry for sample in x for entry in sample[k::channels]]
        mean = total(entries) / len(entries)
        statistics.append((mean, dot(entries, entries) / len(entries) - mean * mean))
    return statistics


def normalized(entry, mean, root, gain, bias):
    return gain * ((entry - mean) / root) + bias


def folded(entry, mean, root, gain, bias):
    """The same as one product and one sum, as a framework does in evaluation."""
    slope = gain * (1 / root)
    return entry * slope + (bias - mean * slope)


def batch_norm(statistics, form, layer, params, x):
    gain = params["gain"]
    bias = params.get("bias", [0] * len(gain))
    pairs = statistics(x, len(gain)) if layer["training"] else list(
        zip(params["mean"], params["variance"]))
    roots = [(variance + layer["eps"]).sqrt() for _, variance in pairs]
    return [[form(entry, pairs[k][0], roots[k], gain[k], bias[k])
             for entry, k in zip(sample, list(range(len(gain))) * len(sample))] for sample in x]


def closed(layer, params, x):
    """In training, the gradients by their closed formula: the tape is told dz."""
    if not layer["training"]:
        return batch_norm(batch_statistics, normalized, layer, params, x)
    gain, bias = params["gain"], params.get("bias", [0] * len(params["gain"]))
    y = [[None] * len(sample) for sample in x]
    for k, (mean, variance) in enumerate(batch_statistics(
            [[plain(entry) for entry in sample] for sample in x], len(gain))):
        cells = [(b, at) for b, sample in enumerate(x) for at in range(k, len(sample), len(gain))]
        root, n = (variance + layer["eps"]).sqrt(), len(cells)
        z = [(plain(x[b][at]) - mean) / root for b, at in cells]
        for i, (b, at) in enumerate(cells):
            slopes = [(x[c][to], ((i == j) - (1 + z[i] * z[j]) / n) / root)
                      for j, (c, to) in enumerate(cells)]
            y[b][at] = gain[k] * linked(z[i], *slopes) + bias[k]
    return y


def moved_statistics(layer, params, x):
    """The running mean and variance after a batch in training."""
    share, n = layer["share"], len(x) * len(x[0]) // len(params["gain"])
    pairs = batch_statistics(x, len(params["gain"]))
    factor = n / share.of(n - 1) if layer["unbiased"] else 1
    return {key: [(1 - share) * old + share * (new * factor if key == "variance" else new)
                  for old, new in zip(params[key], column)]
            for key, column in zip(("mean", "variance"), zip(*pairs))}


TRANSFERS = {
    "convolution": convolution, "spatial_mean": spatial_mean,
    "batch_norm": partial(batch_norm, batch_statistics, normalized),
    "batch_norm, folded": partial(batch_norm, batch_statistics, folded),
    "batch_norm, fast": partial(batch_norm, fast_statistics, folded),
    "batch_norm, closed": closed}
