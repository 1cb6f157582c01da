"""Second witness, images: every number of x goes to all places that see it; pairs make a variance.

Nothing is shared with the first witness, which goes through the places of y.
"""
from decimal import Decimal

ZERO, ONE = Decimal(0), Decimal(1)


def convolution(layer, params, sample):
    """y as the image of one sample: x at i reaches the output a under u, if a s + u d = i + p."""
    height, width, n, groups = (layer[key] for key in ("height", "width", "kernel", "groups"))
    reach = layer["dilation"] * (n - 1) + 1
    rows, columns = (1 + (length + 2 * layer["padding"] - reach) // layer["stride"]
                     for length in (height, width))
    weight, c_in = params["weight"], len(sample) // (height * width)
    c_out, inner = len(weight), c_in // groups
    y = [ZERO] * (rows * columns * c_out)
    for i in range(height):
        for j in range(width):
            pixel = sample[(i * width + j) * c_in:][:c_in]
            for a, u in reached(layer, i, rows):
                for b, v in reached(layer, j, columns):
                    for k in range(c_out):
                        own = k * groups // c_out               # the group of this channel
                        part = weight[k][(u * n + v) * inner:][:inner]
                        y[(a * columns + b) * c_out + k] += layer.get("scale", ONE) * sum(
                            w * x for w, x in zip(part, pixel[own * inner:][:inner]))
    bias = params.get("bias", [ZERO] * c_out)
    return [number + bias[k % c_out] for k, number in enumerate(y)]


def reached(layer, i, outputs):
    """(output, place in the kernel) along one side for the position i of x."""
    for u in range(layer["kernel"]):
        a, rest = divmod(i + layer["padding"] - layer["dilation"] * u, layer["stride"])
        if not rest and 0 <= a < outputs:
            yield a, u


def spatial_mean(layer, params, sample):
    channels = len(sample) // layer["positions"]
    return [sum(sample[k::channels]) / layer["positions"] for k in range(channels)]


def batch_norm(layer, params, x):
    """gain (x - mean) / (variance + eps)^(1/2) + bias of a whole batch."""
    gain = params["gain"]
    bias = params.get("bias", [ZERO] * len(gain))
    columns = []
    for k in range(len(gain)):
        mean, variance = params["mean"][k], params["variance"][k]
        if layer["training"]:
            mean, squares, n = of_batch(x, k, len(gain))
            variance = squares / n
        columns.append((mean, gain[k] / (variance + layer["eps"]).sqrt(), bias[k]))
    return [[slope * (number - mean) + shift for number, (mean, slope, shift) in zip(
        sample, columns * (len(sample) // len(columns)))] for sample in x]


def of_batch(x, k, channels):
    """Mean, sum of squares about it, and count, of a channel: squares by all pairs over 2 n."""
    numbers = [number for sample in x for number in sample[k::channels]]
    n = len(numbers)
    pairs = sum((a - b) ** 2 for a in numbers for b in numbers)
    return sum(numbers) / n, pairs / (2 * n), n


def moved_statistics(layer, params, x):
    """The running mean and variance after a batch: old + share (that of the batch - old)."""
    moved = {"mean": [], "variance": []}
    for k in range(len(params["gain"])):
        mean, squares, n = of_batch(x, k, len(params["gain"]))
        for key, new in (("mean", mean), ("variance", squares / (n - layer["unbiased"]))):
            old = params[key][k]
            moved[key].append(old + layer["share"] * (new - old))
    return moved


OF_SAMPLES = {"convolution": convolution, "spatial_mean": spatial_mean}
