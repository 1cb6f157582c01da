"""What is claimed of students, as rows of a table."""
import re

import numpy as np
from lab.arrays import by_part
from lab.table import Row

AROUND = 2                  # nodes that a core may have more or less than its teacher


def parts_of(result):
    """Two dicts, of teachers and of data sets: part -> "ARM, h = H" -> arrays."""
    parts = by_part(result)
    taught = {part: parts[part] for part in parts if re.fullmatch(r"teacher \d+", part)}
    return taught, {part: parts[part] for part in parts if part not in taught}


def size_of(part):
    """The teacher's size, the number in "teacher 20"."""
    return int(part.split()[1])


def students(arms, arm="spectral"):
    """(h, arrays) of the students by this arm, small ones first."""
    return sorted((int(name.removeprefix(f"{arm}, h = ")), arrays)
                  for name, arrays in arms.items() if name.startswith(f"{arm}, h = "))


def claims(result):
    return []


def checks(result):
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
                 low=10, every=False) for h, arrays in wide.items()]
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
    rows += [row for ending in ("", ", as published") for h in wide
             if f"spectral{ending}, h = {h}" in arms for row in same_error(part, arms, ending, h)]
    for h, arrays in wide.items():
        distance = arrays["path_distance"]
        rows += [Row(part, f"path distance of the core, h = {h}", "figure", distance),
                 Row(part, f"the same, weight decay over spectral, h = {h}", "-",
                     dense[h]["path_distance"] / distance, low=1 if h == largest else -np.inf)]
    return rows


def same_error(part, arms, ending, h):
    """Test errors of both arms, and how far apart they are in units of their spread over seeds."""
    cores = {f"spectral{ending}, h = {h}": str(size_of(part)),
             f"weight decay{ending}, h = {h}": "grows"}
    rows = [Row(part, f"test MSE, {arm}", "equal", arms[arm]["losses"][:, -1]) for arm in cores]
    spectral, dense = (row.values for row in rows)
    if len(spectral) > 1:
        apart = abs(spectral.mean() - dense.mean()) / np.sqrt(spectral.var() + dense.var())
        rows.append(Row(part, f"difference / spread{ending}, h = {h}", "within", apart, high=1))
    return rows + [Row(part, f"core, {arm}", published, arms[arm]["cores"][:, -1])
                   for arm, published in cores.items() if ending]


def judge_data(part, arms):
    return [row for arm, arrays in arms.items() for row in (
        Row(part, f"core, {arm}", "figure", arrays["cores"][:, -1]),
        Row(part, f"test MSE of all, {arm}", "-", arrays["losses"][:, -1]),
        Row(part, f"the core's MSE - MSE of all, {arm}", "figure", excess_at_core(**arrays)))]


def excess_at_core(counts, losses, cores, **_):
    """Test loss with as many nodes as the core has, or a few more, less that of all nodes."""
    at = [np.searchsorted(of_seed, core) for of_seed, core in zip(counts, cores[:, -1])]
    return losses[np.arange(len(at)), at] - losses[:, -1]
