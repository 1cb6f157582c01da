"""The cases, without answers: which layers, losses, penalties and optimizers, at which inputs.

A case is a dict. "layers" lists the stack; "inputs" maps names to {"shape", "dec"}, entries k/8
that are exact in every dtype but in `precision`, by an integer formula, not by a random generator.
Parameters of the only layer that has any are named "phi", of several "0/phi" by their position.
"""
from fnmatch import fnmatchcase

from .layers import (batches, eigenvalues, eigenvectors, generic, kinks, magnitudes,
                     stacks, trainable_modes)
from .batch_norm import batch_norm, batch_norm_beyond, batch_norm_errors
from .convolution import convolution, convolution_beyond, convolution_errors
from .large import forms, large
from .losses import errors, losses, optimizers, penalties
from .precision import lengthened, saturated
from .recurrent import complex_recurrent, recurrent, recurrent_errors
from .second import per_sample, second
from .structure import factored, nested, sparse, structure_errors
from .tangent import images_derived, tangent


def catalog():
    """All cases in their fixed order, before the guard of certify; ids are permanent.

    A new case comes last, from a function of its own: tests hold those before it to their bits.
    """
    families = (generic, trainable_modes, eigenvalues, eigenvectors, batches, magnitudes, kinks,
                stacks, losses, penalties, optimizers, errors, factored, nested, sparse,
                structure_errors, recurrent, complex_recurrent, recurrent_errors, lengthened,
                saturated, large, forms, second, per_sample, convolution, convolution_beyond,
                convolution_errors, batch_norm, batch_norm_beyond, batch_norm_errors, tangent,
                images_derived)
    return [{**case, "core": is_core(case["id"])}
            for family in families for case in family()]


# The core suite, so chosen that every known mistake meets several of its cases.
CORE = ("spectral/*/b2-i3-o4/bias", "spectral/*/b4-i4-o4/bias", "spectral/tanh/b1-i4-o4/plain",
        "spectral/identity/b8-i5-o2/*", "dense/identity/b2-i3-o4/bias",
        "spectral/trainable/lambda_*/tanh/*", "spectral/eigenvalues/all-negative/tanh",
        "spectral/eigenvalues/in-above-out/relu", "spectral/eigenvalues/in-zero-out-one/identity",
        "spectral/batch/four/tanh", "spectral/batch/empty/identity", "spectral/kink/relu/*",
        "spectral/magnitude/x-2^6/tanh", "stack/3-4-2/tanh", "network/tanh/*",
        "loss/*/b4-o4/mean", "loss/*/weights/mean", "loss/mean_squared_error/weights*",
        "penalty/*/phi", "penalty/l1/kink*", "penalty/l2/weight", "penalty/rows/weight/i3-o3",
        "penalty/elastic_net/weight/i5-o2", "penalty/l1/weight/i3-o3", "penalty/l2/phi/i3-o3",
        "penalty/l2/lambda_out/i5-o2", "penalty/l1/lambda_in/i5-o2", "penalty/l1/lambda_out",
        "penalty/elastic_net/lambda_out/i3-o3", "penalty/group_lasso/kink*",
        "loss/*/b2-o3/mean", "spectral/s*/b1-i1-o1/bias", "spectral/*elu/b1-i4-o4/bias",
        "spectral/elu/b1-i4-o4/plain", "optimizer/*/varying", "optimizer/momentum-decay/*-steps",
        "optimizer/adamw/*-steps", "optimizer/adamax/*-steps", "optimizer/adam/tiny",
        "error/x-too-narrow", "error/phi-transposed",
        "factored/qr/identity/b2-i3-o4/*", "factored/qr/sigmoid/b4-i4-o4/*",
        "factored/qr/tanh/b1-i4-o3/*", "factored/full-qr/tanh/*",
        "factored/full-qr/relu/b4-i5-o2/*", "factored/svd/identity/b2-i3-o4/*",
        "factored/svd/identity/b4-i4-o4/*", "nested/shared-skip/tanh/b2-3-4-2/*",
        "nested/shared-skip/tanh/b4-2-2-3-2/*", "nested/shared-skip/identity/b2-2-3-2-2/*",
        "nested/separate-skip/tanh/*", "nested/*-chain/tanh/*", "nested/separate-chain/sigmoid/*",
        "sparse/static/spectral/identity/b2-i3-o4", "sparse/dynamic/spectral/tanh/b4-i4-o4",
        "sparse/dynamic/spectral/identity/b8-i2-o5", "sparse/dynamic/svd/tanh/b4-i5-o2",
        "sparse/*/dense/tie/b2*", "sparse/static/spectral/tie/*",
        "recurrent/tanh/t1/b4*", "recurrent/tanh/t2/b[24]-i[23]*", "recurrent/tanh/t4/*",
        "recurrent/relu/t2/*", "recurrent/exact/relu/t2/*", "recurrent/eigenvalues/equal",
        "complex_recurrent/tanh/t[24]/amplitude/*", "complex_recurrent/tanh/t2/score/*",
        "complex_recurrent/tanh/*/power/*", "complex_recurrent/relu/t2/score/*",
        "complex_recurrent/exact/relu/t1/score/*",
        "spectral/relu/*-bits/*", "spectral/identity/*-bits/b8*", "spectral/batch/*-bits/*",
        "dense/identity/*-bits/b2*", "stack/3-4-2/*-bits/tanh", "penalty/l2/*-bits/weight",
        "factored/*/*-bits/identity/*", "factored/full-qr/*-bits/*", "nested/shared-skip/*-bits/t*",
        "sparse/*/*-bits/spectral/*", "recurrent/tanh/*-bits/*",
        "complex_recurrent/tanh/*-bits/t2/score/*",
        "spectral/saturated/*", "loss/*/saturated/mean",
        "spectral/large/*", "spectral/forms/strided/*", "spectral/forms/broadcast/*",
        "second/spectral/identity/b2-i3-o4/*", "second/spectral/tanh/b2-i3-o4/*",
        "second/loss/labels/b2-o3/*", "second/network/tanh/mean_squared_error",
        "per_sample/spectral/identity/b2-i3-o4/*",
        "convolution/s[12]-p1-d[12]-g*/*", "convolution/s3-p[12]-d[12]-g2/*", "convolution/tanh/*",
        "convolution/s3-p1-d2-g1/*",
        "convolution/special/two-groups*", "convolution/special/depthwise-strided",
        "convolution/special/wide-kernel", "convolution/stack/tanh/*", "convolution/network/labels",
        "error/convolution-weight*", "batch_norm/training/unbiased/*", "batch_norm/*/biased/b2*",
        "batch_norm/evaluation/frozen/b[24]-*", "batch_norm/*/constant-channel/b[24]*",
        "batch_norm/training/*/far-from-0/*", "batch_norm/*/eps-large/*", "batch_norm/*/stack/*",
        "error/batch_norm-training*", "tangent/*", "second/convolution/tanh/*",
        "per_sample/convolution/tanh/*")


def is_core(name):
    return any(fnmatchcase(name, pattern) for pattern in CORE)
