"""What experiments share: training, arrays, figures, options, data sets at hand or not."""
import dataclasses
import re
import sys
import textwrap
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import same_bits
from lab import arrays, options, plan, progress, style
from lab import data as lab_data
from lab.learning import chain, learn, learned, while_it_rises
from matplotlib.figure import Figure

from npspectral import Adam, Dense, ReLU, Tanh, fit, softmax_cross_entropy
from npspectral.progress import Line


@dataclasses.dataclass(frozen=True)
class Features:
    features: int


@pytest.fixture(autouse=True)
def fresh_line(monkeypatch):
    monkeypatch.setattr(progress, "LINE", Line())           # what others showed sets no pace here


# Training

def test_layers_have_the_activation_between_them_alone():
    a, b, c = Dense(5, 4), Dense(4, 3), Dense(3, 2)
    assert chain([a, b, c], Tanh()).layers == (a, Tanh(), b, Tanh(), c)
    assert chain([a], Tanh()).layers == (a,)


def test_stages_go_on_from_the_last_record_with_another_rate(rng):
    network, x = chain([Dense(5, 4), Dense(4, 3)], ReLU()), rng.random((20, 5))
    labels, start = np.arange(20) % 3, network.init(rng)
    options = dict(loss=softmax_cross_entropy, batch_size=6)
    records = list(learn(network, start, (x, labels), ((0.1, 2), (0.01, 3)), "",
                         rng=np.random.default_rng(1), batch_size=6))
    again = np.random.default_rng(1)
    *_, first = fit(network, start, x, labels, optimizer=Adam(0.1), rng=again, epochs=2, **options)
    *_, last = fit(network, first, x, labels, optimizer=Adam(0.01), rng=again, epochs=5, **options)
    assert [record.epoch for record in records] == [1, 2, 3, 4, 5]
    assert same_bits(records[-1].params, last.params)
    assert not list(learn(network, start, (x, labels), [], "", rng=again, batch_size=6))
    params = learned(network, start, (x, labels), ((0.1, 2), (0.01, 3)), "",
                     rng=np.random.default_rng(1), batch_size=6)
    assert same_bits(params, last.params)
    assert learned(network, start, (x, labels), [], "", rng=again, batch_size=6) is start


@pytest.mark.parametrize("values, options, risen", [
    ([1, 2, 2, 2, 3], {}, [True, True, False, False]),              # two that did not rise: the end
    ([1, 2, 1, 3, 1], {}, [True, True, False, True, False]),
    ([1, 1.5, 2.1, 2.2, 2.3], {"least": 1}, [True, False, True, False, False]),
    ([1, 2, 3], {"best": 2}, [False, False])])
def test_training_ends_where_validation_no_longer_rises(values, options, risen):
    records = [SimpleNamespace(metrics={"validation_accuracy": value}) for value in values]
    told = list(while_it_rises(iter(records), 2, **options))
    assert [record for record, _ in told] == records[:len(told)]
    assert [high for _, high in told] == risen


def test_axes_are_named_array_by_array():
    assert plan.axes({"seed, p": "errors left", "start or end": "ends", "": "d"}) == {
        "errors": ("seed", "p"), "left": ("seed", "p"), "ends": ("start or end",), "d": ()}


def test_runs_are_stacked_seed_by_seed():
    rows = [{"error": 10 * seed + p, "pair": [seed, p]} for seed in range(2) for p in range(3)]
    made = plan.by_seed(rows, 2)
    assert made["error"].tolist() == [[0, 1, 2], [10, 11, 12]]
    assert made["pair"].shape == (2, 3, 2) and (made["pair"][1, :, 0] == 1).all()


# Files and figures

def test_images_are_read_once_in_a_process_and_refuse_every_write(monkeypatch):
    asked = []

    def made(split, dtype):
        asked.append(split)
        return np.arange(12, dtype=dtype).reshape(6, 2), np.arange(6)

    monkeypatch.setitem(lab_data.LABELED, "made", made)
    for _ in range(2):
        (x, labels), (x_test, _) = lab_data.images("made", 4, float)
        assert x.shape == (4, 2) and labels.tolist() == [0, 1, 2, 3] and x_test.shape == (6, 2)
        for array in (x, labels, x_test):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1
    lab_data.images.cache_clear()
    assert asked == ["train", "test"]


def test_a_figure_is_drawn_again_as_the_docstring_of_arrays_says(tmp_path, monkeypatch):
    names = {"sys": sys, "figure": (figure := Figure())}
    recipe = textwrap.dedent(arrays.__doc__.partition("change it:\n\n")[2])
    path, = re.findall(r'load\("(.+)"\)', recipe)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / path).parent.mkdir(parents=True)
    part = {name: np.ones((1, 3)) for name in ("relevance", "eigenvalue", "gap", "hellinger")}
    part |= {"relevant": np.array([[True, True, False]]), "curves": np.ones((1, 2, 3)),
             "bayes_rule": np.ones(1), "accuracy": np.ones(1)}
    parts = {"gaussian": part, **dict.fromkeys(("one transfer", "whole network", "pairs"), part)}
    arrays.save(tmp_path / path, parts, {
        name: tuple("abc"[:array.ndim]) for name, array in part.items()}, "", "", Features(3))
    exec(recipe, names)
    assert figure.axes[0].get_title() == "3"


def test_figures_leave_matplotlib_as_it_was(tmp_path):
    import matplotlib
    from matplotlib import pyplot

    def draw(figure):
        left, right = style.panels_of(figure, 2, 4.5, 3, width_ratios=(1, 2))
        left.plot([0, 1], color=style.FEATURE, label="a line")
        right.imshow([[0, 1]], cmap="coolwarm")

    before, size = matplotlib.get_backend(), matplotlib.rcParams["font.size"]
    matplotlib.use("svg")
    try:
        style.save_figures({"one": draw, "two": lambda figure: None}, tmp_path)
        assert matplotlib.get_backend() == "svg" and matplotlib.rcParams["font.size"] == size
    finally:
        matplotlib.use(before)
    assert pyplot.get_fignums() == []
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "two.png").exists()


def test_a_label_is_explained_once_and_a_legend_that_is_there_stays():
    for place, expected in ((None, [True, False, True]), ("outside right upper", [False] * 3)):
        figure = Figure(layout="constrained")
        for axes, label in zip(style.panels_of(figure, 3, 2, 2), "aab"):
            axes.plot([0, 1], label=label)
        if place:
            style.one_legend(figure, place)
            assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]
        style.explain(figure)
        assert [axes.get_legend() is not None for axes in figure.axes] == expected


def test_the_picture_refuses_damaged_results(monkeypatch, tmp_path, rng):
    from report import picture
    monkeypatch.setattr(picture, "RESULTS", tmp_path)
    monkeypatch.setattr(picture, "FOLDER", tmp_path)
    for name, named in (
            ("input_relevance", {"mnist/relevance": rng.random((18, 784))}),
            ("learning_curves", {"stripe/p": np.array([8, 16]), "stripe/d": np.array(5),
                                 "stripe/errors": rng.random((2, 2, 2))})):
        (tmp_path / name).mkdir()
        np.savez(tmp_path / name / f"{name}.npz", about="{}", **named)
    picture.main()
    assert (tmp_path / "picture.png").stat().st_size > 10_000
    path = tmp_path / "input_relevance" / "input_relevance.npz"
    whole = path.read_bytes()
    assert whole.count(b"(18, 784)") == 1
    path.write_bytes(whole.replace(b"(18, 784)", b"(10, 784)"))         # one bit is another one
    with pytest.raises(ValueError, match="input_relevance.npz: not a whole"):
        picture.main()


# Progress and options

def test_workers_write_no_progress_of_their_own(monkeypatch, capsys):
    progress.progress("here")
    monkeypatch.setattr("multiprocessing.parent_process", lambda: "the caller's")
    progress.progress("there")
    assert capsys.readouterr().err.strip() == "here"


def test_data_sets_that_are_not_at_hand_are_left_out_and_named(monkeypatch, tmp_path,
                                                               capsys):
    monkeypatch.setenv("NPSPECTRAL_DATA", str(tmp_path))
    lab_data.get(["mnist", "fashion-mnist"])
    told = capsys.readouterr().out
    assert told.startswith("mnist, fashion-mnist left out: ") and str(tmp_path) in told
    assert lab_data.here("mnist", "fashion-mnist") == []
    asked = []
    monkeypatch.setattr(lab_data, "images", lambda name, limit: asked.append(name))
    lab_data.get(["mnist"], download=True)
    assert asked == ["mnist"] and capsys.readouterr().out == ""


@dataclasses.dataclass(frozen=True)
class Setting:
    seeds: int = 2
    seeds_of_others: int = 5
    rate: float = 0.5
    task: str = "stripe"
    limit: int | None = None
    sizes: tuple = (8, 16)


def test_the_number_of_seeds_changes_wherever_a_setting_has_it():
    assert options.with_seeds(Setting(), 3) == Setting(3, 3)
    assert options.with_seeds(Setting(), None) == Setting()


def test_fields_of_a_setting_are_set_by_name_and_refused_by_name_and_type():
    setting = options.changed(Setting(), ["rate=2", "task=cylinder", "limit=3", "sizes=(4,)"])
    assert setting == Setting(2, 5, 2.0, "cylinder", 3, (4,)) and type(setting.rate) is float
    for change, said in (("p=3", "no 'p', expected one of seeds, s"), ("seeds=2.5", "seeds is 2"),
                         ("sizes=4", "expected tuple"), ("seeds", "expected int")):
        with pytest.raises(ValueError, match=said):
            options.changed(Setting(), [change])


RESULT = {"stripe, on": {"p": np.arange(2), "error": np.ones((1, 2))}, "lazy 1": {"p": np.zeros(1)}}


def test_arrays_come_back_with_what_they_are(tmp_path):
    axes = {"p": ("p",), "stripe, on/error": ("seed", "p")}
    path = tmp_path / "all.npz"
    arrays.save(path, RESULT, axes, "toy", "quick", Setting())
    result, about = arrays.load(path)
    assert same_bits(result, RESULT) and about["axes"]["stripe, on/error"] == ["seed", "p"]
    assert about["seeds"] == {"seeds": 2, "seeds_of_others": 5}
    assert about["setting"]["task"] == "stripe"
    assert about["versions"]["numpy"] == np.__version__
    whole = path.read_bytes()
    for at in range(0, len(whole), len(whole) // 50):
        path.write_bytes(whole[:at])
        with pytest.raises(ValueError, match="all.npz: not a whole"):
            arrays.load(path)


@pytest.mark.parametrize("axes", [{"p": ("p",)}, {"p": ("p",), "error": ("seed",)}])
def test_an_array_without_names_of_its_axes_is_refused(axes, tmp_path):
    with pytest.raises(ValueError, match="stripe, on/error has shape .1, 2., AXES names"):
        arrays.save(tmp_path / "all.npz", RESULT, axes, "toy", "quick", Setting())
    assert not list(tmp_path.iterdir())


def test_digests_see_another_bit_another_name_and_moved_axes(tmp_path, capsys):
    from report import digests
    old, new = tmp_path / "old" / "toy", tmp_path / "new" / "toy"
    old.mkdir(parents=True)
    new.mkdir(parents=True)
    x = np.arange(6.0).reshape(2, 3)
    np.savez(old / "part_one.npz", x=x, seconds=np.ones(2))
    np.savez(old / "toy.npz", **{"two y": x + 1})
    folders = str(old.parent), str(new.parent)

    def judge(**more):
        np.savez_compressed(new / "toy.npz", about="text", **{
            "part one/x": x.T, "part one/seconds": np.zeros(2), "three/y": x + 1, **more})
        return digests.main(*folders), capsys.readouterr().out
    code, said = judge()
    assert code == 0 and "axes (1, 0)" in said and "now three y" in said and "a stopwatch" in said
    assert judge(**{"three/y": np.nextafter(x + 1, 9)})[0] == 1
    assert judge(**{"part one/x": x.astype(np.float32)})[0] == 1
    assert digests.main(folders[0]) == 0 and len(capsys.readouterr().out.splitlines()) == 3
