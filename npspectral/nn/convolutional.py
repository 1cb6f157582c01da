"""The convolutional networks on which feature learning was published, with their parametrization.

All weights start as N(0, 1) and are divided by sqrt(fan-in) in the forward; no convolution has a
bias. The last layer divides by its width: the 1/h scaling.
"""
from .activations import SWISH_GAIN, Swish
from .chain import Chain
from .convolution import Conv2D
from .pooling import SpatialMean
from .residual import Residual
from .scaled import ScaledDense


def strided_network(size, width, activation=Swish(SWISH_GAIN), padding=1):
    """Four convolutions 5 x 5 with strides 2, 1, 2, 1 and padding, a mean over positions, 1/h.

    size (height, width, channels) of x, `width` channels h in every layer, one output.
    Of images 28 x 28 the maps have 13, 11, 5, 3 rows; h = 8 has 5,008 parameters. The published
    padding is 1; images of less than 19 x 19 need more.
    Source: Geiger et al. 2020, J. Stat. Mech. 113301, public code ("CV").
    """
    layers = []
    for stride in (2, 1, 2, 1):
        convolution = Conv2D(size, width, 5, stride, padding, bias=False)
        layers += [convolution, activation]
        size = convolution.image
    return Chain(*layers, SpatialMean(size[0] * size[1], width),
                 ScaledDense(width, 1, 1 / width, bias=False))


def inverted_network(size=(28, 28, 1), width=10, activation=Swish(SWISH_GAIN)):
    """16 convolutions with inverted bottlenecks, a mean over positions, one output.

    Kernels are 5 x 5 with padding 2, or 1 x 1; depthwise ones have a group for each channel. Of
    images 28 x 28 the maps have 28, 14, 7, 4 rows; width 10 has 23,251 parameters.
    Source: Paccolat et al. 2021, J. Stat. Mech. 044001, public code ("MnasNetLike", after Tan et
    al. 2019, CVPR).
    """
    layers, h = [], width

    def add(channels, kernel=1, stride=1, groups=1):
        nonlocal size
        layers.append(Conv2D(size, channels, kernel, stride, kernel // 2, groups, bias=False))
        layers.append(activation)
        size = layers[-2].image

    add(4 * h, 5, 2)
    add(4 * h, 5, groups=4 * h)
    add(2 * h)
    for channels, stride in ((h, 2), (h, 1), (3 * h, 2), (3 * h, 1)):
        block = bottleneck(size, 3 * size[2], channels, stride, activation)
        layers += block if stride == 2 else [Residual(Chain(*block))]
        size = block[-1].image
    add(20 * h)
    return Chain(*layers, SpatialMean(size[0] * size[1], 20 * h),
                 ScaledDense(20 * h, 1, 1 / (20 * h)))


def bottleneck(size, between, channels, stride, activation):
    """1 x 1 to `between` channels, 5 x 5 depthwise, 1 x 1 back: the last one without activation."""
    wide = Conv2D(size, between, 1, bias=False)
    deep = Conv2D(wide.image, between, 5, stride, 2, between, bias=False)
    return [wide, activation, deep, activation, Conv2D(deep.image, channels, 1, bias=False)]
