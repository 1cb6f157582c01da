"""Readers of real files: what is in them, where they are looked for, and how damage is named."""
import gzip
import hashlib
import io
import os
import struct
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from conftest import refusals, same_bits
from damaged import (array_header, ends, flipped, npy_header, on_linux, outcomes,
                     packed_gigabyte, refused_in_little_memory)

from npspectral.data import (CALIFORNIA_FEATURES, at_hand, california_housing, catalog, digits,
                             fashion_mnist, load_idx, load_npz, mnist)

FOLDER = os.environ.get("NPSPECTRAL_DATA")
needs_files = pytest.mark.skipif(not FOLDER, reason="NPSPECTRAL_DATA names no folder of data files")
EPS = np.finfo(float).eps


# --- the real files


@needs_files
@pytest.mark.parametrize("read, split, mean, std, counts", [
    (mnist, "train", 0.1307, 0.3081, [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]),
    (mnist, "test", 0.1325, 0.3105, [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]),
    (fashion_mnist, "train", 0.2860, 0.3530, [6000] * 10),
    (fashion_mnist, "test", 0.2868, 0.3524, [1000] * 10),
])
def test_images_have_the_published_moments_and_label_counts(read, split, mean, std, counts):
    x, labels = read(split, dtype=np.float32)
    assert x.shape == (sum(counts), 784) and x.dtype == np.float32
    assert x.min() == 0 and x.max() == 1
    assert round(float(x.mean(dtype=float)), 4) == mean
    assert round(float(x.std(dtype=float)), 4) == std
    assert np.bincount(labels).tolist() == counts


@needs_files
def test_pixels_are_the_bytes_behind_the_header_row_by_row():
    x, labels = mnist("test")
    raw = gzip.decompress((Path(FOLDER) / "mnist/t10k-images-idx3-ubyte.gz").read_bytes())
    for n in (0, 1, 9999):
        image = raw[16 + 784 * n:16 + 784 * (n + 1)]
        assert x[n].tolist() == [byte / 255 for byte in image]
    assert labels[:5].tolist() == [7, 2, 1, 0, 4]


@needs_files
def test_california_features_are_those_of_scikit_learn():
    x, target = california_housing()
    peer = load_npz(Path(FOLDER) / "california-housing/california_housing.npz")
    assert (x == peer["data"]).all() and (target == peer["target"]).all()
    assert CALIFORNIA_FEATURES == tuple(peer["feature_names"])
    means = [3.870671, 28.639486, 5.429000, 1.096675, 1425.476744, 3.070655, 35.631861, -119.569704]
    assert np.round(x.mean(0), 6).tolist() == means
    assert (round(target.mean(), 6), round(target.std(ddof=1), 6)) == (2.068558, 1.153956)
    assert (target.min(), target.max(), (target > 5).sum()) == (0.14999, 5.00001, 965)


def test_digits_have_the_published_counts_and_steps_of_a_sixteenth():
    x, labels = digits()
    assert x.shape == (1797, 64)
    assert set((16 * x).ravel()) == set(range(17))
    assert round(16 * x.mean(), 6) == 4.884165
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


@needs_files
@pytest.mark.parametrize("read", [california_housing, digits, lambda **kw: mnist("test", **kw)])
def test_a_dtype_rounds_the_same_numbers(read):
    x, target = read()
    single, single_target = read(dtype=np.float32)
    assert x.dtype == np.float64 and single.dtype == np.float32
    assert (np.abs(single - x) <= np.finfo(np.float32).eps * np.abs(x)).all()
    assert single_target.dtype == (np.float32 if target.dtype.kind == "f" else target.dtype)
    assert (single_target == target.astype(single_target.dtype)).all()


# --- small files of the same format, under names whose sha256 the tests set


def idx(array):
    header = bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(np.uint8).tobytes()


IMAGES = np.arange(24).reshape(3, 2, 4) * 11
LABELS = np.array([3, 0, 9])


def put(monkeypatch, root, name, content):
    """Write a known file with this content, and make its sha256 the expected one."""
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(content)
    known = (hashlib.sha256(content).hexdigest(), len(content), catalog.KNOWN[name][2])
    monkeypatch.setitem(catalog.KNOWN, name, known)


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A folder with a small MNIST test set, and no place else to find one."""
    for variable in ("NPSPECTRAL_DATA", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    root = tmp_path / "data"
    put(monkeypatch, root, "mnist/t10k-images-idx3-ubyte.gz", gzip.compress(idx(IMAGES)))
    put(monkeypatch, root, "mnist/t10k-labels-idx1-ubyte.gz", gzip.compress(idx(LABELS)))
    return root


def assert_small(x, labels):
    assert x.tolist() == [[byte / 255 for byte in image] for image in IMAGES.reshape(3, 8)]
    assert labels.tolist() == LABELS.tolist() and labels.dtype.kind == "i"


def test_an_explicit_folder_comes_before_the_environment_and_that_before_the_cache(
        small, tmp_path, monkeypatch):
    monkeypatch.setenv("NPSPECTRAL_DATA", str(tmp_path / "nowhere"))
    assert_small(*mnist("test", folder=small))
    assert_small(*mnist("test", folder=str(small)))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "nowhere"))
    monkeypatch.setenv("NPSPECTRAL_DATA", str(small))
    assert_small(*mnist("test"))


@pytest.mark.parametrize("variable, below", [("XDG_CACHE_HOME", "npspectral"),
                                             ("HOME", ".cache/npspectral")])
def test_the_cache_comes_last(small, tmp_path, monkeypatch, variable, below):
    cache = tmp_path / "elsewhere" / below
    cache.parent.mkdir(parents=True)
    small.rename(cache)
    monkeypatch.setenv(variable, str(tmp_path / "elsewhere"))
    assert_small(*mnist("test"))


@pytest.mark.parametrize("how", ["folder", "environment"])
def test_a_folder_that_lacks_a_file_is_named_and_nothing_is_downloaded(small, monkeypatch, how):
    (small / "mnist/t10k-labels-idx1-ubyte.gz").unlink()
    monkeypatch.setattr("npspectral.data.download.fetch", None)
    arguments = {"folder": small} if how == "folder" else {}
    if how == "environment":
        monkeypatch.setenv("NPSPECTRAL_DATA", str(small))
    with pytest.raises(FileNotFoundError) as caught:
        mnist("test", **arguments)
    message = str(caught.value)
    assert message.startswith(f"{small}: has no mnist/t10k-labels-idx1-ubyte.gz; put it there (")
    assert "unset NPSPECTRAL_DATA to download it" in message


def test_a_missing_california_table_names_both_files_that_would_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="has no california-housing/cal_housing.tgz and no "
                                                "california-housing/cal_housing.data.gz; put"):
        california_housing(folder=tmp_path)


@pytest.mark.parametrize("how", ["folder", "environment"])
def test_a_file_in_the_place_of_the_folder_is_said_to_be_no_folder(tmp_path, monkeypatch, how):
    path = tmp_path / "file"
    path.write_bytes(b"")
    monkeypatch.setenv("NPSPECTRAL_DATA", str(path))
    with pytest.raises(NotADirectoryError, match=f"{path}: is a file, expected a folder of data"):
        mnist(**({"folder": path} if how == "folder" else {}))
    assert not at_hand("mnist")


@pytest.mark.parametrize("name, files", [
    ("california-housing", ["cal_housing.data.gz"]), ("california-housing", ["cal_housing.tgz"]),
    ("mnist", [f"{part}-{kind}-ubyte.gz" for part in ("train", "t10k")
               for kind in ("images-idx3", "labels-idx1")])])
def test_a_data_set_is_at_hand_if_all_that_it_needs_is(tmp_path, name, files):
    (tmp_path / name).mkdir()
    for file in files:
        assert not at_hand(name, tmp_path)
        (tmp_path / name / file).touch()
    assert at_hand(name, tmp_path)


@pytest.mark.parametrize("place", ["", "~nobody-of-that-name/data"], ids=["cache", "given"])
def test_where_no_home_folder_is_known_nothing_is_at_hand_and_a_way_out_is_told(place, monkeypatch):
    def homeless(path):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", homeless)   # as with no HOME, and a user of no name
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("NPSPECTRAL_DATA", place)
    assert not at_hand("mnist")
    with pytest.raises(FileNotFoundError, match="no such home folder; name a folder of data files "
                                                "in NPSPECTRAL_DATA"):
        mnist()


def test_the_digits_come_with_the_package(tmp_path, monkeypatch):
    monkeypatch.setenv("NPSPECTRAL_DATA", str(tmp_path))
    assert at_hand("digits") and digits()[0].shape == (1797, 64)
    license = (catalog.PACKAGED / "digits" / "COPYING").read_text(encoding="utf-8")
    assert "BSD 3-Clause License" in license


@pytest.mark.parametrize("damage", [
    lambda content: content[:-1], lambda content: content + b"\0", lambda content: b"",
    lambda content: content[:20] + bytes((content[20] ^ 1,)) + content[21:],
], ids=["truncated", "longer", "empty", "edited"])
def test_a_damaged_known_file_is_refused_by_its_sha256(small, damage):
    path = small / "mnist/t10k-images-idx3-ubyte.gz"
    content = damage(path.read_bytes())
    path.write_bytes(content)
    with pytest.raises(ValueError) as caught:
        mnist("test", folder=small)
    message = str(caught.value)
    assert message.startswith(f"{path}: {len(content)} bytes of sha256 "
                              f"{hashlib.sha256(content).hexdigest()}, expected ")
    assert "delete it and get it again (from https://" in message


CENSUS = ("-122.230000,37.880000,41.0,880.000000,129.0,322.0,126.0,8.325200,452600.000000\n"
          "-118.100000,34.000000,7.0,100.000000,30.0,90.0,40.0,1.500000,50000.000000\n")


@pytest.mark.parametrize("packing", ["data.gz", "tgz"])
def test_california_features_are_ratios_of_the_rows_columns(tmp_path, monkeypatch, packing):
    content = gzip.compress(CENSUS.encode())
    if packing == "tgz":
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            member = tarfile.TarInfo("CaliforniaHousing/cal_housing.data")
            member.size = len(CENSUS)
            archive.addfile(member, io.BytesIO(CENSUS.encode()))
        content = packed.getvalue()
    put(monkeypatch, tmp_path, f"california-housing/cal_housing.{packing}", content)
    x, target = california_housing(folder=tmp_path)
    assert x.tolist() == [
        [8.3252, 41, 880 / 126, 129 / 126, 322, 322 / 126, 37.88, -122.23],
        [1.5, 7, 100 / 40, 30 / 40, 90, 90 / 40, 34, -118.1]]
    assert target.tolist() == [4.526, 0.5]


# --- any IDX file


def padded(content):
    """In two gzip members, filled up with zeros as on a tape."""
    return gzip.compress(content[:9]) + gzip.compress(content[9:]) + bytes(50)


@pytest.mark.parametrize("array", [LABELS, IMAGES, np.zeros((2, 0, 3))], ids=["1", "3", "empty"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, padded])
def test_idx_files_are_read_packed_or_not(tmp_path, array, pack):
    path = tmp_path / "some-idx"
    path.write_bytes(pack(idx(array)))
    read = load_idx(path)
    assert read.shape == array.shape and (read == array).all() and read.dtype == np.uint8
    read[...] = 0                                       # it is the caller's own


@pytest.mark.parametrize("content, message", [
    (b"\0\0\x0d" + idx(LABELS)[3:], "begins with bytes 00 00 0d 01, expected 00 00 08"),
    (b"<html>no such file</html>", "begins with bytes 3c 68 74 6d, expected 00 00 08"),
    (idx(LABELS)[:2] + b"\x08\x02" + idx(LABELS)[4:], "ends within its header of 12 bytes"),
    (idx(LABELS) + b"\0", "holds more values, expected 3 for shape (3,): truncated or edited"),
    (idx(LABELS)[:-2], "holds 1 values, expected 3 for shape (3,): truncated or edited"),
    (gzip.compress(idx(LABELS))[:-6], "its gzip data is truncated or edited"),
    (gzip.compress(idx(LABELS))[:-5] + b"\xff" + gzip.compress(idx(LABELS))[-4:],
     "its gzip data is truncated or edited"),
    (gzip.compress(idx(LABELS)) + b"more", "its gzip data is truncated or edited"),
    (gzip.compress(idx(LABELS) + bytes(10 ** 6)), "holds more values, expected 3 for shape (3,)"),
    (gzip.compress(idx(LABELS)[:-1]), "holds 2 values, expected 3 for shape (3,)"),
    (b"", "begins with bytes , expected 00 00 08"),
    (b"\0\0\x08\x41" + b"\0\0\0\1" * 65 + b"\5", "no array has the 65 axes of its header"),
    (b"\0\0\x08\3" + struct.pack(">3I", 0, 2**32 - 1, 2**32 - 1), "no array has the 3 axes of"),
    (b"\0\0\x08\3" + b"\xff" * 12, "holds 0 values, expected 79228162458924105385300197375 for s"),
], ids=["type", "html", "axes", "longer", "shorter", "gzip cut", "gzip edited", "gzip garbage",
        "gzip longer", "gzip shorter", "empty", "65 axes", "none of many", "more than memory"])
def test_a_file_that_is_no_whole_idx_file_is_refused_with_the_reason(tmp_path, content, message):
    path = tmp_path / "wrong"
    path.write_bytes(content)
    with pytest.raises(ValueError) as caught:
        load_idx(path)
    assert str(caught.value).startswith(f"{path}: ") and message in str(caught.value)


@on_linux
def test_a_gigabyte_packed_behind_an_idx_header_is_refused_in_little_memory(tmp_path):
    (tmp_path / "bomb.gz").write_bytes(packed_gigabyte(idx(LABELS), 31))
    error = refused_in_little_memory(load_idx, tmp_path / "bomb.gz")
    assert "holds more values, expected 3" in error


# --- any .npz file


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_arrays_come_back_as_they_were(tmp_path, save):
    arrays = {"x": np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4),
              "labels": np.arange(3), "names": np.array(["a", "bc"]), "scalar": np.array(2.5),
              "columns": np.asfortranarray(np.eye(3)), "complex": np.array([1 + 2j])}
    save(tmp_path / "some.npz", **arrays)
    read = load_npz(tmp_path / "some.npz")
    assert list(read) == list(arrays)
    for name, array in arrays.items():
        assert read[name].dtype == array.dtype and read[name].shape == array.shape
        assert (read[name] == array).all()


@pytest.mark.parametrize("value, message", [
    (np.array([[0, 1], [2, np.nan]]), "x[1, 1] is nan, expected finite numbers"),
    (np.array([1, np.inf, np.nan]), "x[1] is inf, expected finite numbers"),
    (np.array(-np.inf, dtype=np.float32), "x is -inf, expected finite numbers"),
    (np.array([0, complex(0, np.nan)]), "x[1] is nanj, expected finite numbers"),
    (np.array(["2020-01-01", "NaT"], "M8[D]"), "x[1] is NaT, expected finite numbers"),
    (np.array([(1, np.nan)], "i4,f8"), "at array 'x': its entries are records"),
    (np.array([{}, None]), "not a whole .npz file of plain numbers at array 'x': Object arrays"),
], ids=["nan", "inf", "scalar", "complex", "no time", "records", "objects"])
def test_npz_values_that_are_not_finite_numbers_are_refused(tmp_path, value, message):
    path = tmp_path / "bad.npz"
    np.savez(path, good=np.ones(2), x=value)
    with pytest.raises(ValueError) as caught:
        load_npz(path)
    assert str(caught.value).startswith(f"{path}: ") and message in str(caught.value)


def test_npz_never_unpickles(tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path(tmp_path / "sprung").touch, ())

    np.savez(tmp_path / "trap.npz", x=np.array([Trap()], dtype=object))
    with pytest.raises(ValueError, match="Object arrays cannot be loaded"):
        load_npz(tmp_path / "trap.npz")
    assert not (tmp_path / "sprung").exists()


def test_a_comment_whose_length_hides_the_next_array_is_refused(tmp_path):
    np.savez(tmp_path / "hidden.npz", x=np.ones(2), y=np.ones(2))
    content = bytearray((tmp_path / "hidden.npz").read_bytes())
    content[content.index(b"PK\1\2") + 33] = 1              # 256 bytes: all of the directory
    (tmp_path / "hidden.npz").write_bytes(content)
    with pytest.raises(ValueError, match="hidden.npz: .* at array 'x': it has a comment"):
        load_npz(tmp_path / "hidden.npz")


def test_a_single_npy_array_is_not_an_npz_file(tmp_path):
    np.save(tmp_path / "one.npy", np.ones(3))
    with pytest.raises(ValueError, match="one.npy: not a whole .npz file of plain numbers: "):
        load_npz(tmp_path / "one.npy")


def test_no_flipped_bit_of_a_large_arrays_header_gives_a_wrong_array(tmp_path):
    path, array = tmp_path / "edited.npz", np.arange(2000.0)    # above what is read at a time
    np.savez(path, x=array)
    content = path.read_bytes()
    found = outcomes(load_npz, path, flipped(content, array_header(content)),
                     lambda read: same_bits(read, {"x": array}))
    assert set(found) <= {"refused", "same bits"} and found["refused"] > 900


@on_linux
def test_arrays_whose_headers_claim_what_is_not_there_are_refused_in_little_memory(tmp_path):
    with zipfile.ZipFile(tmp_path / "claim.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", npy_header(10 ** 6, 10 ** 2) + bytes(2 ** 20))
    error = refused_in_little_memory(load_npz, tmp_path / "claim.npz")
    assert "x.npy has 1048576 bytes, expected 800000000 for shape (1000000, 100)" in error


def test_two_arrays_of_one_name_are_refused(tmp_path):
    np.savez(tmp_path / "twice.npz", x=np.ones(2))
    with zipfile.ZipFile(tmp_path / "twice.npz") as archive:
        content = archive.read("x.npy")
    with zipfile.ZipFile(tmp_path / "twice.npz", "a") as archive:
        archive.writestr("x", content)
    with pytest.raises(ValueError, match="twice.npz: .* at array 'x': it is there twice"):
        load_npz(tmp_path / "twice.npz")


@pytest.mark.parametrize("load", [load_idx, load_npz])
def test_a_file_that_is_not_there_or_a_folder_is_named(tmp_path, load):
    with pytest.raises(FileNotFoundError, match="absent"):
        load(tmp_path / "absent")
    with pytest.raises(IsADirectoryError if os.name == "posix" else OSError, match=tmp_path.name):
        load(tmp_path)


# --- both, damaged anywhere


def idx_file(pack):
    return lambda path: path.write_bytes(pack(idx(IMAGES))), load_idx, IMAGES.astype(np.uint8)


def npz_file(save):
    arrays = {"x": np.arange(5.0), "y": np.eye(2)}
    return lambda path: save(path, **arrays), load_npz, arrays


FILES = {"plain.idx": idx_file(bytes), "packed.idx": idx_file(gzip.compress),
         "plain.npz": npz_file(np.savez), "packed.npz": npz_file(np.savez_compressed)}


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_anywhere_is_refused_and_named(tmp_path, name):
    write, load, _ = FILES[name]
    write(tmp_path / name)
    content = (tmp_path / name).read_bytes()
    assert outcomes(load, tmp_path / name, ends(content), bool) == {"refused": len(content)}


@pytest.mark.parametrize("name", [name for name in FILES if name != "plain.idx"])
def test_a_file_edited_anywhere_never_gives_a_wrong_array(tmp_path, name):
    write, load, arrays = FILES[name]
    write(tmp_path / name)
    content = (tmp_path / name).read_bytes()
    found = outcomes(load, tmp_path / name, flipped(content, range(2, 8 * len(content), 8)),
                     lambda read: same_bits(read, arrays))
    assert set(found) <= {"refused", "same bits"}
    assert found["refused"] > len(content) / 2          # the rest is dates, versions and the like


# --- arguments


test_bad_values_are_refused = refusals(
    ValueError,
    (lambda: at_hand("mnits"), "name is 'mnits', expected one of .*'mnist'"),
    (lambda: mnist("valid"), "mnist: split is 'valid', expected 'train' or 'test'"),
    (lambda: fashion_mnist(0), "fashion_mnist: split is 0, expected 'train' or 'test'"))

test_bad_types_are_refused = refusals(
    TypeError,
    (lambda: mnist(dtype=int), "mnist: dtype is <class 'int'>, expected a floating-"),
    (lambda: digits(dtype="U3"), "digits: dtype is 'U3', expected a floating-point"),
    (lambda: california_housing(dtype=None), "california_housing: dtype is None, expec"))
