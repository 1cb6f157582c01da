"""Experiments that are still scripts of their own, as jobs of the door; goes when none is left."""
import sys
from pathlib import Path

FLAGS = {"quick": ("--quick",), "default": (), "full": ("--full",)}
SECONDS = {
    "eigenvalue_training": (18, 720, 8400),
    "fewer_parameters": (10, 840, 9000),
    "sparse_training": (6, 720, 86400),
    "spectral_pruning": (11, 720, 97200),
    "teacher_student": (28, 1080, 30000),
    "input_relevance": (20, 300, 9000),
    "recurrent_classifier": (8, 580, 42000),
    "complex_memory": (5, 360, 7200),
    "tangent_kernel_pca": (10, 240, 36000),
    "learning_curves": (18, 540, 360000),
    "regimes": (20, 360, 36000),
    "sphere_model": (14, 480, 300000),
    "attractors": (16, 430, 42000),
    "spectral_feature_learning": (14, 300, 36000),
    "intrinsic_dimension": (11, 210, 14400),
}
SECONDS = {name: seconds for name, seconds in SECONDS.items()
           if (Path(__file__).parent / f"{name}.py").is_file()}


def command(name, chosen, folder, workers):
    seeds = [] if chosen.seeds is None else ["--seeds", str(chosen.seeds)]
    return [sys.executable, str(Path(__file__).with_name(f"{name}.py")), *FLAGS[chosen.mode],
            "--out", str(folder / name), "--workers", str(workers), *seeds,
            *(["--download"] if chosen.download else [])]
