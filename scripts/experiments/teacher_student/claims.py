"""What the poster says of students, and what we expect of them ourselves."""
import re
from dataclasses import replace

import numpy as np
from lab.arrays import by_part
from lab.table import Claim, Row

POSTER = "Giambagli, poster"
AROUND = 2                  # nodes that a core may have more or less than its teacher
VANISHED = 0.01             # Delta_MSE over the target's variance that counts as none
LEAST = 1e-6                # Delta_MSE that is told from 0
FLAT, GROWN = (0.8, 1.25), 1.5      # cores of wide students over those of less wide ones
SECOND = 20                 # nodes of the second hidden layer
KINDS = "spectral", "weight decay"
TITLES = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST",
          "california-housing": "California Housing"}
NOTE_SOON = ("A core is told from the other nodes if it lacks more than half of those that the "
             "student has in excess of its teacher.")
NOTE_CORE = ("Delta_MSE vanishes at the teacher's size, so nodes in excess do next to nothing. "
             "Trained on with smaller rates, students have cores of the teacher's size (checks).")
NOTE_GROWTH = ("After 2,000 epochs at a constant rate, as published. The cores of weight decay "
               "shrink on then: see the settled students (checks).")
NOTE_ERROR = ("Rates and batches differ between the kinds, as published. Where errors differ by "
              "more than their spread over seeds, the spectral students err less.")
NOTE_POINT = "Delta_MSE has vanished where it is below 1 % of the target's variance."
NOTE_OTHERS = ("Exploratory: these students learn in stages of falling rates, which were chosen by "
               "the cores of the first seeds.")
NOTE_DATA = ("Penalties and rates as for teachers, 5,000 images: the poster does not say. "
             "Exploratory: bounds were set after one seed; before, at the rate 0.005 for both "
             "kinds, wide students of weight decay died on Fashion-MNIST; that claim and that of "
             "MNIST held in part.")
NOTE_EFFICIENT = ("The poster names no measure. We compare with a narrow dense student of as many "
                  "weights; single weights of the same network: eigenvalue_training.")


def parts_of(result):
    """Two dicts, of teachers and of data sets: part -> "ARM, h = H" -> arrays."""
    parts = by_part(result)
    taught = {part: parts[part] for part in parts if re.fullmatch(r"teacher \d+", part)}
    return taught, {part: parts[part] for part in parts if part not in taught}


def size_of(part):
    """The teacher's size, the number in "teacher 20"."""
    return int(part.split()[1])


def students(arms, arm="spectral", above=0):
    """(h, arrays) of the students by this arm with more than so many nodes, small ones first."""
    found = ((int(name.removeprefix(f"{arm}, h = ")), arrays)
             for name, arrays in arms.items() if name.startswith(f"{arm}, h = "))
    return sorted((h, arrays) for h, arrays in found if h > above)


def core(arrays):
    """The nodes in the core when training ends, for each seed."""
    return arrays["cores"][:, -1]


def excess(arrays, n):
    """|Delta_MSE| (seed,): MSE with n nodes kept, or the next larger count, less that of all.

    n is one number, or one a seed.
    """
    pairs = zip(arrays["counts"], np.broadcast_to(n, len(arrays["counts"])))
    at = [np.searchsorted(counts, of_seed) for counts, of_seed in pairs]
    return np.abs(arrays["losses"][np.arange(len(at)), at] - arrays["losses"][:, -1])


def critical(arrays):
    """The fewest nodes from which on Delta_MSE is below VANISHED of the variance, by seed."""
    left = np.abs(arrays["losses"] - arrays["losses"][:, -1:]) >= (
        VANISHED * arrays["variance"][:, None])
    last = np.where(left.any(1), left.shape[1] - 1 - left[:, ::-1].argmax(1), -1)
    return arrays["counts"][np.arange(len(last)), last + 1]


def claims(result):
    taught, real = parts_of(result)
    found = [claim for part in list(taught)[:1] for claim in of_first(part, taught[part])]
    found += [of_others(dict(list(taught.items())[1:]))]
    found += [Claim(TITLES[part], f"the same with {TITLES[part]}", POSTER, of_data(part, arms),
                    "real", NOTE_DATA) for part, arms in real.items() if part in TITLES]
    found.append(Claim("CIFAR100", "the same with CIFAR100 (ResNet50 backbone)", POSTER, [],
                       "real" if real else "core",
                       incomparable="the features are not at hand; --set features= takes a file"))
    return [claim for claim in found
            if claim.incomparable or any(row.wanted for row in claim.rows)]


def checks(result):
    taught, real = parts_of(result)
    rows = [row for part, arms in taught.items() for row in settled(part, arms)]
    rows += [row for part in list(taught)[:1] for row in paths(part, taught[part])]
    return rows + [replace(row, low=-np.inf, high=np.inf) for part, arms in real.items()
                   if part not in TITLES for row in of_data(part, arms)]


def of_first(part, arms):
    """The claims on students of the first teacher, trained as published."""
    return [*cores(part, arms), *behaviors(part, arms), *transition(part, arms),
            efficiency(part, arms)]


def cores(part, arms):
    """The claims on the core that spectral students have."""
    size, spectral = size_of(part), students(arms)
    return [
        Claim("Core as soon as h > h_T", "a core of non-zero eigenvalues as soon as h > 20, the "
              "teacher's size", POSTER, [
                  Row(part, f"core, spectral, h = {h}", f"all {h}" if h <= size else f"{size}",
                      core(arrays), low=0.95 * h if h <= size else 0,
                      high=h if h <= size else (size + h) / 2) for h, arrays in spectral],
              "relevance", NOTE_SOON),
        Claim("Most nodes are zero", "the large majority is basically zero", POSTER, [
            row for h, arrays in spectral if h > 2 * size for row in (
                Row(part, f"share outside of the core, h = {h}", "majority",
                    1 - core(arrays) / h, low=0.5),
                Row(part, f"median R / largest R, h = {h}", "0", typical(arrays), high=0.01))],
              "relevance"),
        Claim("Core of the teacher's size", "can we know where the teacher is inside the student?",
              POSTER, [Row(part, f"core, spectral, h = {h}", f"{size}", core(arrays),
                           size - AROUND, size + AROUND, every=False)
                       for h, arrays in spectral if h > size], "core", NOTE_CORE)]


def behaviors(part, arms):
    """The claims on spectral regularization beside weight decay."""
    pairs = zip(*(students(arms, kind) for kind in KINDS))
    return [
        Claim("Core against h", "the size of the non-zero core against h: distinct behaviours of "
              "spectral regularization and weight decay", POSTER,
              growth(part, arms, 2 * size_of(part)), "core", NOTE_GROWTH),
        Claim("Test performance", "the test performance is consistent, irrespective of the type of "
              "layer", POSTER, [row for (h, one), (_, other) in pairs
                                for row in same_error(part, h, one, other)], "error", NOTE_ERROR)]


def typical(arrays):
    """Median R over the largest R, for each seed."""
    return np.median(arrays["relevance"], 1) / arrays["relevance"].max(1)


def growth(part, arms, least):
    """How the cores of the largest h compare with those of the smallest that is `least` or more."""
    rows = []
    for kind, low, high in ((KINDS[0], *FLAT), (KINDS[1], GROWN, np.inf)):
        wide = students(arms, kind, least - 1)
        if len(wide) > 1:
            (small, one), (large, other) = wide[0], wide[-1]
            rows.append(Row(part, f"core, {kind}, h = {large} over h = {small}",
                            "1" if kind == KINDS[0] else "grows", core(other) / core(one),
                            low, high, every=False))
    return rows


def same_error(part, h, spectral, dense):
    """How far apart the test errors are, in units of their spread over seeds, and as a ratio."""
    one, other = (arrays["losses"][:, -1] for arrays in (spectral, dense))
    rows = [Row(part, f"test MSE, spectral over weight decay, h = {h}", "1", one / other)]
    if len(one) > 1:
        apart = abs(one.mean() - other.mean()) / np.sqrt(one.var() + other.var())
        rows.append(Row(part, f"difference of test MSE / its spread, h = {h}", "within", apart,
                        high=1, seeds=len(one)))
    return rows


def transition(part, arms):
    """The claims on Delta_MSE of the students with more nodes than their teacher."""
    size = size_of(part)
    few, many, half = size - AROUND, size + AROUND, size // 2
    wide = students(arms, above=many)
    trend = np.array([[max(excess(arrays, n).mean(), LEAST) for n in (half, few)]
                      for _, arrays in wide])
    return [
        Claim("Phase transition", "the variation of MSE by pruning shows a phase transition-like "
              "behavior", POSTER, [
                  Row(part, f"Delta_MSE with {few} nodes / with {many}, h = {h}", "figure",
                      excess(arrays, few) / np.maximum(excess(arrays, many), LEAST), low=10,
                      every=False) for h, arrays in wide], "transition"),
        Claim("Whatever h", "the trend of Delta_MSE is consistent regardless of the initial size "
              "h", POSTER, [Row(part, f"Delta_MSE with {n} nodes / its mean over h", "1",
                                of_h / np.exp(np.log(of_h).mean()), 0.5, 2, over="sizes h")
                            for n, of_h in zip((half, few), trend.T) if len(wide) > 1],
              "transition"),
        Claim("Critical point", "the critical point: the pruned network has the same size as the "
              "teacher", POSTER, [
                  Row(part, f"nodes where Delta_MSE vanishes, h = {h}", f"{size}",
                      critical(arrays), few, many, every=False) for h, arrays in wide],
              "transition", NOTE_POINT)]


def efficiency(part, arms):
    """Eigenvalues alone beside as many weights of a narrow student."""
    alone, narrow = (students(arms, arm) for arm in ("eigenvalues alone", "as many weights"))
    rows = []
    for (h, few), (_, dense) in zip(alone, narrow):
        left, of_weights = (arrays["losses"][:, -1] / arrays["variance"] for arrays in (few, dense))
        rows = [Row(part, f"eigenvalues trained / hidden nodes, h = {h}", "same order",
                    few["trained"] / (h + SECOND), 1, 1),
                Row(part, f"test MSE / variance, eigenvalues alone, h = {h}", "-", left),
                Row(part, f"the same, over that of {dense['trained'][0]:.0f} weights", "below 1",
                    left / of_weights, high=1)]
    return Claim("More efficient", "the trainable lambda are as many as the neurons: a much more "
                 "efficient training is possible", POSTER, rows, "error", NOTE_EFFICIENT)


def settled(part, arms):
    """Students trained in stages: does the core rest, and does it need weights to be penalized?"""
    size = size_of(part)
    spectral, dense = (students(arms, f"{kind} settled", size + AROUND) for kind in KINDS)
    rows = [Row(part, f"nodes of the core that came or went, settled, h = {h}", "-",
                # over the last tenth of the epochs
                np.ptp(arrays["cores"][:, -max(1, arrays["cores"].shape[1] // 10):], axis=1),
                high=1) for h, arrays in spectral]
    for (h, arrays), (_, other) in zip(spectral, dense):
        rows += [Row(part, f"core, spectral settled, h = {h}", "-", core(arrays),
                     size - AROUND, size + AROUND, every=False),
                 Row(part, f"core, weight decay settled, h = {h}", "-", core(other)),
                 Row(part, f"MSE, weight decay settled over spectral settled, h = {h}", "-",
                     other["losses"][:, -1] / arrays["losses"][:, -1])]
    return rows


def paths(part, arms):
    """Are the paths through the nodes of largest R the teacher's?"""
    rows = []
    for (h, arrays), (_, other) in zip(*(students(arms, kind, size_of(part)) for kind in KINDS)):
        rows += [Row(part, f"path distance of the core, spectral, h = {h}", "figure",
                     arrays["path_distance"]),
                 Row(part, f"the same, weight decay over spectral, h = {h}", "-",
                     other["path_distance"] / arrays["path_distance"], low=1)]
    return rows


def of_others(taught):
    rows = [Row(part, f"core, spectral settled, h = {h}", f"{size_of(part)}", core(arrays),
                size_of(part) - AROUND, size_of(part) + AROUND, every=False)
            for part, arms in taught.items()
            for h, arrays in students(arms, "spectral settled", size_of(part) + AROUND)]
    return Claim("Other teachers", "the same effect holds true for different teacher sizes", POSTER,
                 rows, "teachers", NOTE_OTHERS)


def of_data(part, arms):
    """Rows of one data set: cores by h, Delta_MSE, and test errors of both kinds."""
    spectral, dense = (students(arms, kind) for kind in KINDS)
    rows = growth(part, arms, 0)
    for (h, arrays), (_, other) in zip(spectral, dense):
        cores = core(arrays)
        jump = excess(arrays, cores // 2) / np.maximum(excess(arrays, cores), LEAST)
        better = (other["losses"][:, -1] - arrays["losses"][:, -1]) / arrays["variance"]
        rows += [Row(part, f"core, spectral, h = {h}", "figure", cores),
                 Row(part, f"Delta_MSE, half of the core / all of it, h = {h}", "figure",
                     jump, low=10, every=False),
                 Row(part, f"explained, spectral less weight decay, h = {h}", "0", better,
                     -0.05, 0.05, every=False)]
    (small, one), (large, other) = spectral[0], spectral[-1]
    if large > small:
        rows.append(Row(part, f"nodes where Delta_MSE vanishes, h = {large} over h = {small}", "1",
                        critical(other) / critical(one), *FLAT, every=False))
    return rows
