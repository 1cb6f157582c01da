"""The core is of the teacher's size, whatever the student's; that of weight decay grows."""
import numpy as np
from lab.table import Row

AROUND = 2                  # nodes that a core may have more or less than its teacher


def by_part(result):
    """part -> (arm, h) -> arrays, of parts "part, arm h"."""
    parts: dict = {}
    for name, arrays in result.items():
        part, _, arm = name.partition(", ")
        arm, _, h = arm.rpartition(" ")
        parts.setdefault(part, {})[arm, int(h)] = arrays
    return parts


def size_of(part):
    """The teacher's size, the number in "teacher 20"."""
    return int(part.split()[1])


def students(part, arm="spectral"):
    """(h, arrays) of the students by this arm, small ones first."""
    return sorted((h, arrays) for (name, h), arrays in part.items() if name == arm)


def claims(result):
    rows = []
    for name, part in by_part(result).items():
        rows += (judge_teacher if name.startswith("teacher ") else judge_data)(name, part)
    return rows


def judge_teacher(name, part):
    size = size_of(name)
    wide = [(h, arrays) for h, arrays in students(part) if h > size + AROUND]
    rows = [Row(name, f"core, spectral, h = {h}", str(size), arrays["cores"][:, -1],
                low=size - AROUND, high=size + AROUND) for h, arrays in wide]
    rows += [Row(name, f"MSE with {size - AROUND} nodes / with {size + AROUND}, h = {h}",
                 "figure", loss_with(size - AROUND, arrays) / loss_with(size + AROUND, arrays),
                 low=10, every=False) for h, arrays in wide]
    rows += [Row(name, f"nodes of the core that came or went, h = {h}", "-",
                 last_changes(arrays["cores"]), high=1) for h, arrays in wide]
    return rows + against_weight_decay(name, part, wide) if students(part, "weight decay") else rows


def loss_with(n, arrays):
    """Test loss with n nodes kept, seed by seed."""
    return arrays["losses"][arrays["counts"] == n]


def last_changes(cores):
    """Range of the core's size over the last tenth of the epochs, seed by seed."""
    return np.ptp(cores[:, -max(1, cores.shape[1] // 10):], axis=1)


def against_weight_decay(name, part, wide):
    dense = dict(students(part, "weight decay"))
    rows = [Row(name, f"core, weight decay, h = {h}", "grows", dense[h]["cores"][:, -1])
            for h, _ in wide]
    smallest, largest = wide[0][0], wide[-1][0]
    if smallest < largest:
        growth = dense[largest]["cores"][:, -1] / dense[smallest]["cores"][:, -1]
        rows.append(Row(name, f"the same, h = {largest} over h = {smallest}", "grows", growth,
                        low=1.5))
    for ending in ("", ", as published"):
        for h, spectral in students(part, "spectral" + ending):
            if h in dict(wide):
                rows += same_error(name, ending, h, spectral, part[f"weight decay{ending}", h])
    for h, arrays in wide:
        rows += [Row(name, f"path distance of the core, h = {h}", "figure",
                     arrays["path_distance"]),
                 Row(name, f"the same, weight decay over spectral, h = {h}", "-",
                     dense[h]["path_distance"] / arrays["path_distance"],
                     low=1 if h == largest else -np.inf)]
    return rows


def same_error(name, ending, h, spectral, dense):
    """Test errors of both arms, and how far apart they are in units of their spread over seeds."""
    errors = spectral["losses"][:, -1], dense["losses"][:, -1]
    rows = [Row(name, f"test MSE, {arm}{ending}, h = {h}", "equal", values)
            for arm, values in zip(("spectral", "weight decay"), errors)]
    if len(errors[0]) > 1:
        apart = abs(errors[0].mean() - errors[1].mean()) / np.sqrt(sum(map(np.var, errors)))
        rows.append(Row(name, f"difference / spread{ending}, h = {h}", "within", np.array([apart]),
                        high=1))
    if ending:
        both = (("spectral", str(size_of(name)), spectral), ("weight decay", "grows", dense))
        rows += [Row(name, f"core, {arm}{ending}, h = {h}", published, arrays["cores"][:, -1])
                 for arm, published, arrays in both]
    return rows


def judge_data(name, part):
    rows = []
    for (arm, h), arrays in part.items():
        rows.append(Row(name, f"core, {arm}, h = {h}", "figure", arrays["cores"][:, -1]))
        rows.append(Row(name, f"test MSE of all, {arm}, h = {h}", "-", arrays["losses"][:, -1]))
        rows.append(Row(name, f"the core's MSE - MSE of all, {arm}, h = {h}", "figure",
                        excess_at_core(arrays)))
    return rows


def excess_at_core(arrays):
    """Test loss with as many nodes as the core has, or a few more, less that of all nodes."""
    at = [np.searchsorted(counts, core) for counts, core in zip(arrays["counts"],
                                                                arrays["cores"][:, -1])]
    return arrays["losses"][np.arange(len(at)), at] - arrays["losses"][:, -1]
