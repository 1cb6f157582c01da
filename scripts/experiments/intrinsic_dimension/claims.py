"""What is said of the dimension of layers, judged."""
import numpy as np
from lab.arrays import arms_of
from lab.statistics import fitted
from lab.table import Claim, Row

from .parts import CONTROLS, ESTIMATORS, FEATURE, LAZY, SHUFFLED, UNTRAINED

TALK, ARTICLE = "Petrini, talk", "Ansuini et al. 2019, article"
NOTEBOOK = "Ansuini et al. 2019, public notebook"
README = "Ansuini et al. 2019, public README"
TOY = "curve in the plane"
UNBIASED, PUBLISHED = 0, 1          # of ESTIMATORS
# Read off the notebook's figure: input, five steps of the network, output.
MNIST = 13.1, 12.6, 11.9, 9.7, 9.3, 7.8, 6.1
LUMINOUS = 3.0, 3.0, 3.2, 8.0, 8.3, 7.4, 6.2
NEAR = 0.25                         # of a published value: another network may be so far from it
IMAGENET = "said of convolutional networks of ImageNet"
DENSE_NETWORK = "The published network is convolutional, ours is fully connected."


def claims(result):
    flows = {part: arms_of(result, part) for part in parts_of(result, FEATURE)}
    judged = [judge_toy(arms_of(result, "control")[TOY]), *judge_flows(flows),
              *judge_curves(flows)]
    for name in parts_of(result, SHUFFLED):
        part, luminance, networks = (arms_of(result, f"{name}{more}")
                                     for more in ("", " luminance", " networks"))
        judged += [*judge_notebook(name, part), judge_luminance(name, luminance),
                   *judge_article(name, part), judge_components(name, part),
                   judge_prediction(name, part, networks)]
    return judged


def checks(result):
    rows = [row for name, cloud in arms_of(result, "control").items() if name != TOY
            for row in judge_control(name, cloud)]
    for part in parts_of(result, FEATURE):
        rows += check_flow(part, arms_of(result, part))
    for name in parts_of(result, SHUFFLED):
        arms = arms_of(result, name)
        rows += [*(Row(name, f"test error, {arm}", "-", own["error"]) for arm, own in arms.items()),
                 Row(name, "training error, shuffled labels", "-", arms[SHUFFLED]["train_error"]),
                 Row(name, "copies left out, most of any layer", "-",
                     np.max([arm["copies"].max(1) for arm in arms.values()], axis=0))]
    return rows


def parts_of(result, arm):
    """The parts that have such an arm."""
    return [name.removesuffix(f", {arm}") for name in result if name.endswith(f", {arm}")]


def judge_control(name, cloud):
    """4 sd of independent ratios around the dimension, and a boundary's 10 % below that."""
    control, n_points = CONTROLS[name], int(cloud["points"])
    d, copies = control.dimension, control.copies(n_points)
    sd = (n_points - copies) ** -0.5
    rows = [Row("control", f"{name}, {estimate.__name__}", str(d), cloud["dimension"][:, column],
                d * (0.9 - 4 * sd), d * (1 + 4 * sd)) for column, estimate in enumerate(ESTIMATORS)]
    if copies:
        rows.append(Row("control", f"{name}, copies", str(copies), cloud["copies"], low=copies,
                        high=copies, exact=True))
    return rows


def judge_toy(cloud):
    """The example of the talk: as judge_control, and all axes of the plane."""
    rows = [*judge_control(TOY, cloud),
            Row("control", f"{TOY}, principal components of 90 %", "2", cloud["components"], 2, 2)]
    return Claim("d = 2, ID = 1", "ID is the number of variables needed in a minimal "
                 "representation of the data; example of d = 2, ID = 1", TALK, rows, "controls",
                 "A spiral; the picture of the talk cannot be read.")


def dimension(arm, layer=slice(None), estimator=UNBIASED):
    """Seed by seed; layer 0 is the input."""
    return arm["dimension"][:, layer, estimator]


def line_rows(part, arms):
    """Rows that say whether the last hidden layer is a curve."""
    rows = [Row(part, f"share that one number explains, {regime}", said,
                arms[regime]["by_coordinate"], low=low)
            for regime, said, low in ((FEATURE, "all", 0.95), (LAZY, "-", -np.inf),
                                      (UNTRAINED, "-", -np.inf))]
    return [*rows, Row(part, "share of the first two components, feature", "a curve",
                       arms[FEATURE]["largest"][:, -1].sum(-1), low=0.95)]


def judge_flows(parts):
    """Claims of the talk on networks in the feature regime; before the activation."""
    last, steps = [], []
    for part, arms in parts.items():
        d = dimension(arms[FEATURE])
        last.append(Row(part, "last hidden layer over input, feature", "falls", d[:, -1] / d[:, 0],
                        high=0.6))
        steps.append(Row(part, "last step over first step, feature", "below 1",
                         d[:, -1] / d[:, -2] / (d[:, 1] / d[:, 0]), high=1))
    return [
        Claim("Dimension falls in deep layers", "The intrinsic dimension progressively reduces "
              "with depth, for deep layers", TALK, last, "layers", "Fully connected networks in "
              "the feature regime, last hidden layer before its activation."),
        Claim("Compression in the last layers", "Compression is expected to occur in the last "
              "layers of a network", TALK, steps, "layers", "A step: the dimension of a layer over "
              "that of the layer before it.")]


def judge_curves(parts):
    """Claims of the talk on the last hidden layer in the feature regime."""
    stripe, *images = (line_rows(part, arms) for part, arms in parts.items())
    return [
        Claim("Only x_par in the stripe", "In the stripe model, hidden neurons' activity can only "
              "depend on a single variable, x_par", TALK, stripe, "picture", "Of the last hidden "
              "layer before its activation; the number is x_1."),
        *(Claim("A 1D manifold in MNIST", "Such a dimension-reduction to a ~1D manifold clearly "
                "appears in MNIST as well", TALK, rows, "picture", "Parity of the digit, whole "
                "images, three hidden layers of 100 in the feature regime; the number is what the "
                "network says. The curve has a width, which small distances see: TwoNN of all "
                "points finds more than one dimension (figure scale).") for rows in images)]


def check_flow(part, arms):
    untrained, feature, lazy = (arms[regime] for regime in (UNTRAINED, FEATURE, LAZY))
    u, points = dimension(untrained), int(feature["points"])
    few = "last hidden layer, feature, blocks of"
    return [Row(part, "test error, feature", "-", feature["error"]),
            Row(part, "test error, lazy", "-", lazy["error"]),
            Row(part, "last hidden layer, feature, all points", "-", dimension(feature, -1)),
            Row(part, f"{few} {points // 16}", "-", feature["blocks"][:, -1, -1]),
            Row(part, "last hidden layer, |lazy / untrained - 1|", "-",
                np.abs(dimension(lazy, -1) / u[:, -1] - 1), high=0.05),
            Row(part, "last hidden layer over input, untrained", "-", u[:, -1] / u[:, 0], low=0.9)]


def near(name, quantity, published, values):
    """A row of a published value, NEAR of it."""
    return Row(name, quantity, f"{published:g}", values, (1 - NEAR) * published,
               (1 + NEAR) * published)


def judge_notebook(name, arms):
    """Claims on MNIST as it is; after the activation, by the authors' estimator."""
    *_, most, shuffled = (dimension(arm, estimator=PUBLISHED) for arm in arms.values())
    rise = shuffled[:, 1:-1].max(1) / shuffled[:, 0]
    return [
        Claim("MNIST falls from input to output", "MNIST, small convolutional network: dimension "
              + ", ".join(map(str, MNIST)), NOTEBOOK,
              [near(name, "input", MNIST[0], most[:, 0]),
               near(name, "last hidden layer", MNIST[-2], most[:, -2]),
               near(name, "output", MNIST[-1], most[:, -1]),
               Row(name, "largest step from layer to layer", "below 1",
                   (most[:, 1:] / most[:, :-1]).max(1), high=1)], "images",
              f"{DENSE_NETWORK} It falls from layer to layer in every network; where a row fails, "
              "it is the output that falls further."),
        Claim("Shuffled labels rise", "MNIST with shuffled labels: dimension rises, to 21",
              NOTEBOOK,
              [Row(name, "largest of the hidden layers over input, shuffled labels", "above 1",
                   rise, low=1), near(name, "the same, as far", round(21 / MNIST[0], 2), rise)],
              "images", f"{DENSE_NETWORK} It rises less. Ours know 3,000 images by heart, the "
              "published one 60,000; with 10,000, in an earlier run of 2 seeds, it rose from 13.3 "
              "to 18.9.")]


def judge_article(name, arms):
    """Claims of networks in general: arms are untrained, ..., fewer, most, shuffled.

    fewer: trained on as many images as the one with shuffled labels.
    """
    untrained, *_, fewer, most, shuffled = (dimension(arm, estimator=PUBLISHED)
                                            for arm in arms.values())
    return [
        Claim("Neither untrained nor with shuffled labels", "The results are neither found in "
              "untrained networks, nor in networks that are trained on randomized labels", ARTICLE,
              [Row(name, "last hidden layer over input, untrained", "no fall",
                   untrained[:, -2] / untrained[:, 0], low=0.8),
               Row(name, "last hidden layer over input, shuffled labels", "no fall",
                   shuffled[:, -2] / shuffled[:, 0], low=0.8),
               Row(name, "last hidden layer, shuffled over true labels", "above 1",
                   shuffled[:, -2] / fewer[:, -2], low=1.2)], "images",
              f"{DENSE_NETWORK} Shuffled labels of 3,000 images, beside as many true ones."),
        Claim("Rises first", "Across layers, the ID first increases and then progressively "
              "decreases in the final layers", ARTICLE,
              [Row(name, "largest of the hidden layers over input, trained", "above 1",
                   most[:, 1:-1].max(1) / most[:, 0])], "images",
              "With a random luminance it does rise first.",
              f"{IMAGENET}; of MNIST the authors' own figure falls only")]


def judge_components(name, arms):
    *_, most, _ = (dimension(arm, -2, PUBLISHED) for arm in arms.values())
    before, *_, components, _ = (arm["components"][:, -2] for arm in arms.values())
    return Claim(
        "Principal components do not see it", "90 % of the variance takes one or two orders of "
        "magnitude more components than the ID, and does not tell trained from untrained networks",
        README, [Row(name, "components over dimension, last hidden layer, trained", "10 to 100",
                     components / most),
                 Row(name, "components, last hidden layer, trained over untrained", "about 1",
                     components / before)], "images",
        "The last hidden layer of ours has 300 units; in networks of MNIST components do see the "
        "fall.", f"{IMAGENET}, where layers have 1,000 units and more")


def judge_luminance(name, arms):
    d = dimension(arms["trained"], estimator=PUBLISHED)
    hidden, part = d[:, 1:-1].max(1), f"{name} luminance"
    return Claim(
        "Luminance rises first", "MNIST with a random luminance: dimension "
        + ", ".join(map(str, LUMINOUS)), NOTEBOOK,
        [near(part, "input", LUMINOUS[0], d[:, 0]),
         Row(part, "largest of the hidden layers over input", f"{max(LUMINOUS) / LUMINOUS[0]:.2g}",
             hidden / d[:, 0], low=1.5),
         near(part, "last hidden layer", LUMINOUS[-2], d[:, -2]),
         near(part, "output", LUMINOUS[-1], d[:, -1]),
         Row(part, "output over largest of the hidden layers",
             f"{LUMINOUS[-1] / max(LUMINOUS):.2g}", d[:, -1] / hidden, high=0.95),
         Row(part, "test error", "-", arms["trained"]["error"]),
         Row(part, "largest of the hidden layers over input, untrained", "-",
             dimension(arms[UNTRAINED], slice(1, -1), PUBLISHED).max(1) / d[:, 0])], "images",
        f"{DENSE_NETWORK} Exploratory: rates and epochs were tried on seed 0, with its dimensions "
        "in view. In the basis of pixels Adam does not learn; the images are turned.")


def correlation(dimensions, errors):
    """Of means over seeds, network by network, from (seeds, networks)."""
    x, y = (values.mean(0) - values.mean() for values in (dimensions, errors))
    return x @ y / ((x @ x) * (y @ y)) ** 0.5


def prediction_row(part, quantity, arms):
    """A row of the correlation over the networks of these arms."""
    both = [np.stack(values, 1) for values in zip(*(
        (dimension(arm, -2, PUBLISHED), arm["error"]) for arm in arms))]
    return fitted(part, quantity, "figure, near 1", correlation, both)


def judge_prediction(name, arms, networks):
    """Of networks of all shapes and one number of images; and of one shape and all numbers."""
    _, *trained, _ = arms.values()
    return Claim(
        "Last dimension predicts the error", "The ID of the last hidden layer predicts "
        "classification accuracy on the test set", ARTICLE,
        [prediction_row(f"{name} networks", f"correlation over {1 + len(networks)} networks of one "
                        "training set", [*networks.values(), trained[-2]]),
         prediction_row(name, f"correlation over {len(trained)} training sets of one network",
                        trained)], "error",
        "Ours are fully connected, of 1 to 6 hidden layers of 30 to 300 units. Over shapes small "
        "networks have fewer dimensions and err more; over training sets of one network more "
        "images make both smaller.", IMAGENET)
