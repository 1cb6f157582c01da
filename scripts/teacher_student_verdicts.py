"""What teacher_student.py claims, as rows of its table."""
import numpy as np
from experiment_table import Row
from teacher_student_figures import size_of, students

AROUND = 2                  # nodes that a core may have more or less than its teacher


def verdicts(result):
    """Rows of all parts in `result`, as teacher_student.run gives it."""
    rows = []
    for part, own in result.items():
        rows += judge_teacher(part, own) if part.startswith("teacher ") else judge_data(part, own)
    return rows


def judge_teacher(part, own):
    size = size_of(part)
    wide = [(h, arrays) for h, arrays in students(own) if h > size + AROUND]
    rows = [Row(part, f"core, spectral, h = {h}", str(size), arrays["cores"][:, -1],
                low=size - AROUND, high=size + AROUND) for h, arrays in wide]
    rows += [Row(part, f"MSE with {size - AROUND} nodes / with {size + AROUND}, h = {h}",
                 "figure", loss_with(size - AROUND, arrays) / loss_with(size + AROUND, arrays),
                 low=10, every=False) for h, arrays in wide]
    rows += [Row(part, f"nodes of the core that came or went, h = {h}", "-",
                 last_changes(arrays["cores"]), high=1) for h, arrays in wide]
    return rows + against_weight_decay(part, own, wide) if students(own, "weight decay") else rows


def loss_with(n, arrays):
    """Test loss with n nodes kept, seed by seed."""
    return arrays["losses"][arrays["counts"] == n]


def last_changes(cores):
    """Range of the core's size over the last tenth of the epochs, seed by seed."""
    return np.ptp(cores[:, -max(1, cores.shape[1] // 10):], axis=1)


def against_weight_decay(part, own, wide):
    dense = dict(students(own, "weight decay"))
    rows = [Row(part, f"core, weight decay, h = {h}", "grows", dense[h]["cores"][:, -1])
            for h, _ in wide]
    smallest, largest = wide[0][0], wide[-1][0]
    if smallest < largest:
        growth = dense[largest]["cores"][:, -1] / dense[smallest]["cores"][:, -1]
        rows.append(Row(part, f"the same, h = {largest} over h = {smallest}", "grows", growth,
                        low=1.5))
    for ending in ("", ", as published"):
        for h, spectral in students(own, "spectral" + ending):
            if h in dict(wide):
                rows += same_error(part, ending, h, spectral, own[f"weight decay{ending}", h])
    for h, arrays in wide:
        rows += [Row(part, f"path distance of the core, h = {h}", "figure",
                     arrays["path_distance"]),
                 Row(part, f"the same, weight decay over spectral, h = {h}", "-",
                     dense[h]["path_distance"] / arrays["path_distance"],
                     low=1 if h == largest else -np.inf)]
    return rows


def same_error(part, ending, h, spectral, dense):
    """Test errors of both arms, and how far apart they are in units of their spread over seeds."""
    errors = spectral["losses"][:, -1], dense["losses"][:, -1]
    rows = [Row(part, f"test MSE, {arm}{ending}, h = {h}", "equal", values)
            for arm, values in zip(("spectral", "weight decay"), errors)]
    if len(errors[0]) > 1:
        apart = abs(errors[0].mean() - errors[1].mean()) / np.sqrt(sum(map(np.var, errors)))
        rows.append(Row(part, f"difference / spread{ending}, h = {h}", "within", np.array([apart]),
                        high=1))
    if ending:
        rows += [Row(part, f"core, {arm}{ending}, h = {h}", published, own["cores"][:, -1])
                 for arm, published, own in (("spectral", str(size_of(part)), spectral),
                                             ("weight decay", "grows", dense))]
    return rows


def judge_data(part, own):
    name = part.rpartition("/")[2]
    rows = []
    for (arm, h), arrays in own.items():
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
