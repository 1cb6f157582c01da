"""Files of networks and runs: what comes back, and what damage, forgery and misfits come to."""
import dataclasses
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from conftest import EVERY_LAYER, random_params, same_bits, takes, with_array
from damaged import (PACKAGE, array_header, ends, flipped, npy_header, on_linux, outcomes,
                     packed_gigabyte, refused_in_little_memory)
from of_users import Recalling

from npspectral import (Adam, Chain, Dense, LeakyReLU, Softplus, Spectral, Tanh, fit,
                        softmax_cross_entropy)
from npspectral.nn import (PUBLISHED, Constant, FanUniform, GlorotUniform, Layer, Normal, Uniform,
                           tree)
from npspectral.training import Record, load, save

NETWORK = Chain(Spectral(4, 6), Tanh(), Spectral(6, 3, lambda_in=0.0, trainable=("lambda_out",)))
REFUSED = "is damaged or was not written by save"


@pytest.fixture
def params():
    return random_params(NETWORK, np.random.default_rng(3))


def run(network, optimizer, epochs=2, start=None):
    """The last record of a short run."""
    rng = np.random.default_rng(11)
    x, target = rng.standard_normal((23, network.n_in)), rng.integers(network.n_out, size=23)
    start = random_params(network, rng) if start is None else start
    return list(fit(network, start, x, target, loss=softmax_cross_entropy, optimizer=optimizer,
                    batch_size=5, rng=rng, epochs=epochs))[-1]


def same_record(a, b):
    return (same_bits(a.params, b.params) and same_bits(a.optimizer_state, b.optimizer_state)
            and (a.epoch, repr(a.loss), a.metrics, repr(a.rng_state))
            == (b.epoch, repr(b.loss), b.metrics, repr(b.rng_state)))


# What comes back

EVERYTHING = Chain(
    Spectral(4, 3, lambda_in=Uniform(-1, 1), lambda_out=Normal(0.5), phi=FanUniform(axis=0),
             bias=Constant(0.25)), LeakyReLU(0.3), Softplus(3.0),
    Chain(Spectral(3, 3, **PUBLISHED["giambagli2021"]), Chain()),
    Dense(3, 2, bias=False, trainable=("weight",), start=GlorotUniform()))


@pytest.mark.parametrize("network", [
    EVERYTHING, NETWORK, *(layer for layer in EVERY_LAYER.values() if not layer.coupled),
    *(Spectral(3, 2, **options) for options in PUBLISHED.values())])
def test_network_comes_back_from_a_file_equal(network, rng, dtype, tmp_path):
    if not takes(network, dtype):
        pytest.skip("real numbers only")
    params = random_params(network, rng, dtype)
    save(tmp_path / "network.npz", network, params)
    again, record = load(tmp_path / "network.npz")
    assert again == network and same_record(record, Record(params))
    for array in tree.leaves(record.params):
        assert array.flags.writeable and array.flags.aligned


@pytest.mark.parametrize("network", [NETWORK, Chain(Spectral(4, 200), Tanh(), Spectral(200, 200))],
                         ids=["in one vector", "as a tree"])
def test_record_comes_back_from_a_file_equal(network, optimizer, tmp_path):
    record = run(network, optimizer)
    save(tmp_path / "run.npz", network, record)
    assert same_record(load(tmp_path / "run.npz")[1], record)


def test_arrays_come_back_whatever_their_order_in_memory(params, tmp_path):
    save(tmp_path / "run.npz", NETWORK, tree.map(np.asfortranarray, params))
    assert same_bits(load(tmp_path / "run.npz")[1].params, params)
    save(tmp_path / "run.npz", NETWORK, tree.map(lambda array: np.repeat(array, 2, -1)[..., ::2],
                                                 params))
    assert same_bits(load(tmp_path / "run.npz")[1].params, params)


def test_numbers_of_numpy_come_back_as_equal_ones_of_python(params, tmp_path):
    record = Record(params, np.int32(3), np.float32(0.1), {"a": np.float64(0.1), "b": np.int8(2)})
    save(tmp_path / "run.npz", NETWORK, record)
    _, again = load(tmp_path / "run.npz")
    assert (again.epoch, again.loss, again.metrics) == (3, np.float32(0.1), {"a": 0.1, "b": 2})


@pytest.mark.parametrize("name", [str, os.fsencode, Path], ids=["text", "bytes", "Path"])
def test_a_path_is_text_bytes_or_a_path(name, params, tmp_path):
    path = name(str(tmp_path / "run.npz"))
    save(path, NETWORK, params)
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.npz"]
    assert same_bits(load(path)[1].params, params)


def test_nothing_in_the_file_is_pickled_and_numpy_opens_it(tmp_path):
    save(tmp_path / "run.npz", NETWORK, run(NETWORK, Adam()))
    with np.load(tmp_path / "run.npz", allow_pickle=False) as archive:
        assert not any(archive[name].dtype.hasobject for name in archive.files)
        assert {"header", "params/0/phi", "optimizer_state/t"} <= set(archive.files)


# How the file is written

def test_saving_again_replaces_the_file_and_leaves_no_other(params, tmp_path):
    for scale in (1, 2):
        save(tmp_path / "run.npz", NETWORK, tree.map(lambda array: scale * array, params))
    assert [path.name for path in tmp_path.iterdir()] == ["run.npz"]
    assert same_bits(load(tmp_path / "run.npz")[1].params, tree.map(lambda a: 2 * a, params))


@pytest.mark.parametrize("unlink", ["works", "fails"])
def test_failed_save_tells_its_first_error_and_leaves_the_old_file(unlink, params, tmp_path,
                                                                   monkeypatch):
    def full(*arguments):
        raise OSError("no space left on device")

    def locked(path):
        raise PermissionError("another error")

    save(tmp_path / "run.npz", NETWORK, params)
    monkeypatch.setattr(os, "replace", full)
    if unlink == "fails":
        monkeypatch.setattr(os, "unlink", locked)
    with pytest.raises(OSError, match="no space"):
        save(tmp_path / "run.npz", NETWORK, tree.map(lambda array: 2 * array, params))
    assert len(list(tmp_path.iterdir())) == (1 if unlink == "works" else 2)
    assert same_bits(load(tmp_path / "run.npz")[1].params, params)


@pytest.mark.skipif(os.name != "posix", reason="permission bits are a matter of POSIX systems")
def test_file_has_the_permissions_of_any_other_new_file(params, tmp_path):
    (tmp_path / "other").write_bytes(b"")
    save(tmp_path / "run.npz", NETWORK, params)
    assert (tmp_path / "run.npz").stat().st_mode == (tmp_path / "other").stat().st_mode


SAVING = """
import sys
import numpy as np
from npspectral import Spectral
from npspectral.training import save
layer = Spectral(60, 50)
params = layer.init(np.random.default_rng(0))
for count in range(10 ** 9):
    params["phi"][...] = count
    params["bias"][...] = count
    save(sys.argv[1], layer, params)
"""


@pytest.mark.skipif(os.name != "posix", reason="a kill that cannot be caught is SIGKILL")
@pytest.mark.parametrize("delay", [0.0, 0.003, 0.011, 0.029])
def test_file_is_whole_whenever_the_process_that_saves_it_is_killed(delay, tmp_path):
    path = tmp_path / "run.npz"
    process = subprocess.Popen([sys.executable, "-c", SAVING, str(path)], env=PACKAGE)
    try:
        deadline = time.monotonic() + 60
        while not path.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(delay)
    finally:
        process.kill()
    assert process.wait() == -signal.SIGKILL
    _, record = load(path)
    assert len(np.unique(np.append(record.params["phi"], record.params["bias"]))) == 1


# What is not saved

@dataclasses.dataclass(frozen=True)
class Foreign(Dense):
    """A layer that the package does not know."""

    gain: float = 1.0


@dataclasses.dataclass(frozen=True)
class Ones:
    """An initializer that the package does not know."""

    value: float = 1.0

    def __call__(self, rng, shape, dtype):
        return np.full(shape, self.value, dtype)


class Undeclared(Layer):
    """A layer that is no dataclass."""

    def forward(self, params, x):
        return x, ()


OWN = {"layer": Foreign(4, 3, gain=0.3), "in a chain": Chain(Tanh(), Foreign(4, 3), Dense(3, 2)),
       "initializer": Dense(4, 3, start=Ones(0.3)), "both": Foreign(4, 3, start=Ones())}


@pytest.mark.parametrize("name", OWN)
def test_layers_and_initializers_of_the_user_come_back_by_their_classes(name, rng, tmp_path):
    network, path = OWN[name], tmp_path / "run.npz"
    params = random_params(network, rng)
    save(path, network, params)
    again, record = load(path, [Foreign, Ones])
    assert again == network and same_bits(record.params, params)
    with pytest.raises(ValueError, match=rf"load: {path} holds the class (Foreign|Ones), which "
                                         rf"npspectral.nn does not have; give it, load\(path, \["):
        load(path)
    other = dataclasses.make_dataclass("Foreign" if name != "initializer" else "Ones", ["x"])
    with pytest.raises(ValueError, match=REFUSED):
        load(path, [other, *([Ones] if name == "both" else [])])


@pytest.mark.parametrize("classes", [Foreign, "Foreign", [Foreign(4, 3)], [Undeclared], ["a"], 5,
                                     None])
def test_classes_are_a_list_of_dataclasses(classes, params, tmp_path):
    save(tmp_path / "run.npz", NETWORK, params)
    with pytest.raises(TypeError, match="load: classes is .*, expected a list of dataclasses"):
        load(tmp_path / "run.npz", classes)


@pytest.mark.parametrize("network, message", [
    (Undeclared(), "is no dataclass, .*; save the params alone"),
    (Chain(Tanh(), Undeclared()), "is no dataclass, .*; save the params alone"),
    (Dense(4, 3, start=lambda rng, shape, dtype: np.ones(shape)), "save the params alone"),
    (dataclasses.make_dataclass("Dense", [], bases=(Dense,), frozen=True)(4, 3),
     "two classes are named Dense, expected another name for yours"),
    (Chain(Foreign(4, 3), dataclasses.make_dataclass("Foreign", [], bases=(Dense,), frozen=True)(
        3, 3)), "two classes are named Foreign")])
def test_network_that_could_not_be_loaded_is_not_saved_and_a_way_out_is_told(network, message, rng,
                                                                             tmp_path):
    with pytest.raises(ValueError, match=message):
        save(tmp_path / "run.npz", network, network.init(rng))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_state_of_an_optimizer_of_the_user_comes_back_and_goes_on(dtype, tmp_path):
    """An array () in place of a plain number would promote float32."""
    def on(start, epochs):
        rng = np.random.default_rng(7)
        x, target = rng.standard_normal((20, 4)).astype(dtype), rng.integers(3, size=20)
        return list(fit(NETWORK, start, x, target, loss=softmax_cross_entropy, batch_size=5,
                        optimizer=Recalling(), rng=rng, epochs=epochs))

    whole = on(NETWORK.init(np.random.default_rng(0), dtype), 4)
    save(tmp_path / "run.npz", NETWORK, whole[1])
    network, record = load(tmp_path / "run.npz")
    assert record == whole[1]
    assert {name: type(value) for name, value in record.optimizer_state.items()} == {
        "steps": int, "rate": float, "rule": str, "warm": type(None), "on": bool,
        "scale": tuple, "past": tuple}
    assert on(record, 4) == on(whole[1], 4) == whole[2:]


def test_a_tilde_is_the_home_folder(params, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    save("~/run.npz", NETWORK, params)
    assert (tmp_path / "run.npz").exists() and same_bits(load("~/run.npz")[1].params, params)


def spoiled(array, value):
    array = array.copy()
    array.flat[-1] = value
    return array


PARAMS = random_params(NETWORK, np.random.default_rng(3))
STATE = run(NETWORK, Adam(), start=PARAMS).optimizer_state


def state(**changes):
    """A record whose optimizer state has these changes."""
    return Record(PARAMS, optimizer_state={**STATE, **changes})


NO_RECORDS = {
    "a list for a tuple": (list(PARAMS), TypeError, "params is list, expected a tuple"),
    "too few layers": (PARAMS[:2], ValueError, "params has 2 entries, expected one for each of 3"),
    "another network's": ((PARAMS[2], {}, PARAMS[0]), ValueError, "Spectral(4, 6): params has"),
    "big-endian": (with_array(PARAMS, "2/phi", lambda phi: phi.astype(">f8")), TypeError,
                   "phi has dtype >f8, expected a native"),
    "two dtypes": (with_array(PARAMS, "2/phi", np.float32), TypeError, "expected one precision"),
    "shape": (with_array(PARAMS, "2/phi", np.transpose), ValueError, "phi has shape (6, 3)"),
    "nan": (with_array(PARAMS, "2/phi", lambda phi: spoiled(phi, np.nan)), ValueError,
            "params/2/phi[2, 5] is nan, expected finite numbers"),
    "epoch below zero": (Record(PARAMS, -1), ValueError, "epoch is -1, expected an integer"),
    "epoch of a bool": (Record(PARAMS, True), ValueError, "epoch is True, expected an integer"),
    "epoch of a fraction": (Record(PARAMS, 1.0), ValueError, "epoch is 1.0, expected an integer"),
    "loss of text": (Record(PARAMS, 1, "0.5"), TypeError, "loss is '0.5', expected a real number"),
    "metrics of a list": (Record(PARAMS, 1, 0.5, [0.5]), TypeError, "metrics is [0.5], expected"),
    "metric of text": (Record(PARAMS, 1, 0.5, {"a": "x"}), TypeError, "a is 'x', expected a real"),
    "rng_state of text": (Record(PARAMS, rng_state="x"), TypeError, "rng_state is 'x', expected"),
    "state of a tuple": (Record(PARAMS, optimizer_state=()), TypeError, "state is tuple, expected"),
    "state of a complex number": (state(t=3j), ValueError, "optimizer_state/t is 3j, expected an"),
    "state of a list": (state(t=[3]), ValueError, "optimizer_state/t is [3], expected an array"),
    "state of nan": (state(t=np.nan), ValueError, "optimizer_state/t is nan, expected an array"),
    "state with nan": (state(m=spoiled(STATE["m"], np.nan)), ValueError, "state/m is array(["),
    "big-endian state": (state(m=STATE["m"].astype(">f8")), ValueError, "numbers of a native d"),
    "state of objects": (state(m=STATE["m"].astype(object)), ValueError, "numbers of a native"),
    "another network's state": (state(m=np.zeros(9)), ValueError, "m has the shapes {'': (9,)}"),
    "metric named by a number": (Record(PARAMS, 1, 0.5, {1: 0.5}), ValueError, "expected texts"),
    "metric of an array": (Record(PARAMS, 1, 0.5, {"a": np.ones(2)}), TypeError, "a is array("),
    "longdouble loss": (Record(PARAMS, 1, np.longdouble("0.1")), TypeError, "cannot hold"),
    "state named by a number": (Record(PARAMS, optimizer_state={1: np.zeros(())}), ValueError,
                                "names that are no texts"),
    "state of one path for two": (Record(PARAMS, optimizer_state={
        "m": STATE["m"], "m/0": PARAMS[0]["phi"], **{"m/0/phi": np.zeros(())}}), ValueError, ""),
    "foreign things": (Record(PARAMS, rng_state={"a": object()}), TypeError, "cannot hold"),
}


@pytest.mark.parametrize("name", NO_RECORDS)
def test_what_is_no_record_of_the_network_is_not_saved(name, tmp_path):
    start, error, message = NO_RECORDS[name]
    with pytest.raises(error) as caught:
        save(tmp_path / "run.npz", NETWORK, start)
    assert message in str(caught.value) and not list(tmp_path.iterdir())


@pytest.mark.parametrize("network, message", [
    ("os.system", "network is 'os.system', expected a layer"), (None, "network is None, expected"),
    (Dense, "expected a layer"), (Dense(4, 3, start=Constant([0.5])), "come back as Dense(4, 3")])
def test_what_is_no_network_is_not_saved(network, message, tmp_path):
    with pytest.raises((TypeError, ValueError)) as caught:
        save(tmp_path / "run.npz", network, Dense(4, 3).init(np.random.default_rng(0)))
    assert message in str(caught.value) and not list(tmp_path.iterdir())


# What is not loaded: damage

@pytest.fixture
def saved(tmp_path):
    """A file of a run whose arrays are larger than the pieces in which an archive is read."""
    network = Spectral(45, 30)
    record = run(network, Adam(), epochs=1)
    save(tmp_path / "run.npz", network, record)
    return network, record, tmp_path / "run.npz"


def header_bits(content):
    """Positions of all bits that belong to no number: the archive's own bytes and every header."""
    array_bytes = set()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.infolist():
            if member.filename != "header.npy":
                begin = content.index(b"\x93NUMPY", member.header_offset)
                array_bytes |= set(range(begin + 128, begin + member.file_size))
    return [8 * byte + bit for byte in range(len(content)) if byte not in array_bytes
            for bit in range(8)]


def outcomes_of(saved, contents):
    network, record, path = saved
    return outcomes(load, path, contents,
                    lambda read: read[0] == network and same_record(read[1], record))


def some_damage(content, n_flips, n_cuts):
    """(flips, half of them in headers, and files that end too early), drawn at random."""
    rng = np.random.default_rng(5)
    bits = np.append(rng.choice(header_bits(content), n_flips // 2, replace=False),
                     rng.choice(8 * len(content), n_flips - n_flips // 2, replace=False))
    return (flipped(content, bits.tolist()),
            (content[:length] for length in rng.choice(len(content), n_cuts, replace=False)))


def test_no_flipped_bit_of_an_arrays_header_is_loaded_in_silence(saved):
    content = saved[2].read_bytes()
    found = outcomes_of(saved, flipped(content, array_header(content, b"params/phi.npy")))
    assert set(found) <= {"refused", "same bits"} and found["refused"] > 900


@pytest.mark.parametrize("n_flips, n_cuts", [
    (1000, 200), pytest.param(20_000, 2_000, marks=pytest.mark.long)])
def test_no_flipped_bit_and_no_early_end_is_loaded_in_silence(n_flips, n_cuts, saved):
    flips, cuts = some_damage(saved[2].read_bytes(), n_flips, n_cuts)
    for name, contents in (("flips, half of them in headers", flips), ("truncations", cuts)):
        found = outcomes_of(saved, contents)
        print(f"{sum(found.values())} {name}: {dict(found)}")
        assert set(found) <= {"refused", "same bits"}


def test_every_early_end_of_a_small_file_is_refused(tmp_path):
    path = tmp_path / "small.npz"
    save(path, Dense(1, 1), Dense(1, 1).init(np.random.default_rng(0)))
    content = path.read_bytes()
    assert outcomes(load, path, ends(content), bool) == {"refused": len(content)}


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"PK\x03\x04", b"not an archive",
                                     b"\x80\x04\x95\x00", b"\x93NUMPY\x01\x00"])
def test_other_files_are_refused(content, tmp_path):
    (tmp_path / "run.npz").write_bytes(content)
    with pytest.raises(ValueError, match=f"run.npz {REFUSED}"):
        load(tmp_path / "run.npz")


def test_array_files_of_others_are_refused(saved, tmp_path):
    np.savez(tmp_path / "other.npz", x=np.ones(3))
    np.save(tmp_path / "other.npy", np.ones(3))
    np.savez(tmp_path / "objects.npz", header=np.array([{}], object))
    with np.load(saved[2]) as archive:
        np.savez(tmp_path / "again.npz", **archive)
    for name in ("other.npz", "other.npy", "objects.npz", "again.npz"):
        with pytest.raises(ValueError, match=f"{name} {REFUSED}: it does not end with the sha256"):
            load(tmp_path / name)


def test_missing_file_is_said_to_be_missing_and_a_folder_to_be_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.npz"):
        load(tmp_path / "nowhere.npz")
    with pytest.raises(IsADirectoryError if os.name == "posix" else OSError, match=tmp_path.name):
        load(tmp_path)


# What is not loaded: files that were made to look right

def forge(path, change, after=lambda archive: None):
    """Write the file again with its members (a dict) changed, and with all its checksums right.

    `after` changes what the central directory says of them.
    """
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        archive.comment = bytes(64)
        for name, content in members.items():
            archive.writestr(name, content)
        after(archive)
    content = path.read_bytes()[:-64]
    path.write_bytes(content + hashlib.sha256(content).hexdigest().encode())


def npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def with_header(change):
    """A change of the header's JSON, for `forge`."""
    def changed(members):
        text = str(np.load(io.BytesIO(members["header.npy"])))
        members["header.npy"] = npy(np.array(change(text)))
        assert change(text) != text
    return changed


def with_entry(name, value):
    """A change of one entry of the header."""
    return with_header(lambda text: json.dumps({**json.loads(text), name: value}))


def test_a_forged_file_without_a_change_is_loaded(saved):
    network, record, path = saved
    forge(path, lambda members: None)
    again, loaded = load(path)
    assert again == network and same_record(loaded, record)


def drop(name):
    return lambda members: members.pop(name)


def put(name, array):
    return lambda members: members.update({name: npy(array)})


@pytest.mark.parametrize("change, message", [
    *((with_header(lambda text, new=new: new), "") for new in ("", "[]", "{}", "3", "[" * 100_000)),
    (with_header(lambda text: text[:-1]), ""),
    *((with_header(lambda text, old=old, new=new: text.replace(old, new)), "") for old, new in (
        ('"format": ', '"format": 1'), ('"Spectral"', '"Sparse"'), ('"Spectral"', '"Layer"'),
        ('"Spectral"', '"check_gradients"'), ('"Spectral"', "3"), ('"n_in": 45', '"n_in": -1'),
        ('"n_in": 45', '"n_in": 44'), ('"n_in": 45', '"width": 45'), ('"epoch"', '"time"'),
        ('"phi": null', '"kernel": null'), ('"structure": {', '"structure": [], "old": {'))),
    (with_entry("network", "os.system"), "network is 'os.system', expected a layer"),
    (with_entry("network", {"type": "L2", "strength": 0.1, "name": "phi"}), ""),
    (with_entry("epoch", -1), "epoch is -1"), (with_entry("loss", None), "loss is None"),
    (with_entry("metrics", [1]), "metrics is [1]"), (with_entry("rng_state", 3), "rng_state is 3"),
    (drop("params/phi.npy"), "there is no array 'params/phi'"),
    (put("more.npy", np.ones(3)), "['more'] are not in the header's structure"),
    (put("params/bias.npy", np.full(30, np.nan)), "params/bias[0] is nan, expected finite numbers"),
    (put("params/bias.npy", np.ones(31)), "bias has shape (31,), expected (30,)"),
    (put("params/bias.npy", np.array([{}] * 30)), "Object arrays cannot be loaded"),
    (put("optimizer_state/m.npy", np.ones(9)), "optimizer_state/m has the shapes {'': (9,)}"),
    (put("optimizer_state/m.npy", np.ones(9, ">f8")), "expected an array of numbers of a native"),
    (lambda members: members.update({"params/bias.npy": b"\x93NUMPY\x09\x00" + bytes(99)}), "ver"),
    (lambda members: members.update({"params/bias.npy": members["params/bias.npy"] + b"1"}),
     "241 bytes, expected 240 for shape (30,)"),
    (lambda members: members.update({"params/bias.npy": members["params/bias.npy"][:-8]}),
     "232 bytes, expected 240 for shape (30,)"),
])
def test_forged_content_is_refused_and_the_reason_told(change, message, saved):
    forge(saved[2], change)
    with pytest.raises(ValueError, match=REFUSED) as caught:
        load(saved[2])
    assert message in str(caught.value)


# What is not loaded: files that would take all memory

GIGABYTE = npy_header(2 ** 17, 1024)                    # of zeros, after this header
ZEROS = bytes(2 ** 20)


def packed(members):
    """params/phi as a compressed gigabyte of zeros."""
    members["params/phi.npy"] = packed_gigabyte(GIGABYTE, -15)


def as_packed(archive):
    """What the directory says of `packed`."""
    member = archive.getinfo("params/phi.npy")
    member.compress_type = zipfile.ZIP_DEFLATED
    member.file_size, member.CRC = len(GIGABYTE) + 1024 * len(ZEROS), zlib.crc32(GIGABYTE)
    for _ in range(1024):
        member.CRC = zlib.crc32(ZEROS, member.CRC)


def claiming(members):
    """params/phi with a header that claims 10 ** 12 numbers."""
    members["params/phi.npy"] = npy_header(10 ** 6, 10 ** 6) + members["params/phi.npy"][128:]


def overlapping(archive):
    """A thousand entries of the directory for the bytes of one member."""
    archive.filelist += 1000 * [archive.getinfo("params/phi.npy")]


@on_linux
@pytest.mark.parametrize("right", [True, False], ids=["right digest", "wrong digest"])
@pytest.mark.parametrize("change, after, message", [
    (packed, as_packed, "it is compressed"),
    (claiming, lambda archive: None, "expected 8000000000000 for shape (1000000, 10"),
    (lambda members: None, overlapping, "its members overlap")],
    ids=["bomb", "claim", "overlap"])
def test_a_file_that_would_take_all_memory_is_refused(change, after, message, right, saved):
    path = saved[2]
    forge(path, change, after)
    if not right:
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    error = refused_in_little_memory(load, path)
    assert str(path) in error and (message if right else "sha256 of its content") in error
