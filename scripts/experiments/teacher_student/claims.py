"""What is claimed of students, as rows of a table."""
import re

import numpy as np
from lab.table import Row

AROUND = 2                  # nodes that a core may have more or less than its teacher


def parts_of(result):
    """Two dicts, of teachers and of data sets: part -> (arm, h) -> arrays."""
    taught, real = {}, {}
    for name, arrays in result.items():
        part, arm, h = re.fullmatch(r"(.+), ((?:spectral|weight decay).*), h = (\d+)",
                                    name).groups()
        kind = taught if re.fullmatch(r"teacher \d+", part) else real
        kind.setdefault(part, {})[arm, int(h)] = arrays
    return taught, real


def size_of(part):
    """The teacher's size, the number in "teacher 20"."""
    return int(part.split()[1])


def students(arms, arm="spectral"):
    """(h, arrays) of the students by this arm, small ones first."""
    return sorted((h, arrays) for (name, h), arrays in arms.items() if name == arm)


def claims(result):
    taught, real = parts_of(result)
    return [row for judge, parts in ((judge_teacher, taught), (judge_data, real))
            for part, arms in parts.items() for row in judge(part, arms)]


def judge_teacher(part, arms):
    size = size_of(part)
    few, many = size - AROUND, size + AROUND
    wide = {h: arrays for h, arrays in students(arms) if h > many}
    rows = [Row(part, f"core, spectral, h = {h}", str(size), arrays["cores"][:, -1], few, many)
            for h, arrays in wide.items()]
    rows += [Row(part, f"MSE with {few} nodes / with {many}, h = {h}", "figure",
                 np.divide(*(arrays["losses"][arrays["counts"] == n] for n in (few, many))),
                 low=10, every=False)
             for h, arrays in wide.items()]
    rows += [Row(part, f"nodes of the core that came or went, h = {h}", "-",
                 # over the last tenth of the epochs
                 np.ptp(arrays["cores"][:, -max(1, arrays["cores"].shape[1] // 10):], axis=1),
                 high=1) for h, arrays in wide.items()]
    dense = dict(students(arms, "weight decay"))
    return rows + against_weight_decay(part, arms, wide, dense) if wide and dense else rows


def against_weight_decay(part, arms, wide, dense):
    cores = {h: dense[h]["cores"][:, -1] for h in wide}
    rows = [Row(part, f"core, weight decay, h = {h}", "grows", core) for h, core in cores.items()]
    smallest, largest = min(wide), max(wide)
    if smallest < largest:
        rows.append(Row(part, f"the same, h = {largest} over h = {smallest}", "grows",
                        cores[largest] / cores[smallest], low=1.5))
    rows += [row for ending in ("", ", as published")
             for h, spectral in students(arms, "spectral" + ending) if h in wide
             for row in same_error(part, ending, h, spectral, arms[f"weight decay{ending}", h])]
    for h, arrays in wide.items():
        distance = arrays["path_distance"]
        rows += [Row(part, f"path distance of the core, h = {h}", "figure", distance),
                 Row(part, f"the same, weight decay over spectral, h = {h}", "-",
                     dense[h]["path_distance"] / distance, low=1 if h == largest else -np.inf)]
    return rows


def same_error(part, ending, h, *arrays):
    """Test errors of both arms, and how far apart they are in units of their spread over seeds."""
    of_arms = list(zip(("spectral", "weight decay"), (str(size_of(part)), "grows"), arrays))
    rows = [Row(part, f"test MSE, {arm}{ending}, h = {h}", "equal", found["losses"][:, -1])
            for arm, _, found in of_arms]
    spectral, dense = (row.values for row in rows)
    if len(spectral) > 1:
        apart = abs(spectral.mean() - dense.mean()) / np.sqrt(spectral.var() + dense.var())
        rows.append(Row(part, f"difference / spread{ending}, h = {h}", "within", apart, high=1))
    return rows + [Row(part, f"core, {arm}{ending}, h = {h}", published, found["cores"][:, -1])
                   for arm, published, found in of_arms if ending]


def judge_data(part, arms):
    return [row for (arm, h), arrays in arms.items() for row in (
        Row(part, f"core, {arm}, h = {h}", "figure", arrays["cores"][:, -1]),
        Row(part, f"test MSE of all, {arm}, h = {h}", "-", arrays["losses"][:, -1]),
        Row(part, f"the core's MSE - MSE of all, {arm}, h = {h}", "figure",
            excess_at_core(**arrays)))]


def excess_at_core(counts, losses, cores, **_):
    """Test loss with as many nodes as the core has, or a few more, less that of all nodes."""
    at = [np.searchsorted(of_seed, core) for of_seed, core in zip(counts, cores[:, -1])]
    return losses[np.arange(len(at)), at] - losses[:, -1]
