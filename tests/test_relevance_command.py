"""npspectral relevance TABLE.csv: what it prints and writes, twice the same; what it refuses."""
import csv
import io

import numpy as np
import pytest

from npspectral.data import read_table
from npspectral.oracle import command_line
from npspectral.relevance_command import _of_large
from npspectral.table_relevance import _check_time, files_of, relevance_of

N = 80


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A file in which city and age matter; height is age but for noise, and some of it is missing.
    """
    rng, path = np.random.default_rng(0), tmp_path_factory.mktemp("table") / "people.csv"
    city, age = rng.choice(["Rome", "Milan", "Naples"], N), rng.integers(20, 70, N)
    height = np.round(age + rng.standard_normal(N), 1)
    paid = (age > 45) ^ (city == "Rome") ^ (rng.random(N) < 0.03)
    rows = zip(city, age, np.where(rng.random(N) < 0.1, "", height.astype(str)),
               np.round(rng.standard_normal(N), 3), np.where(paid, "yes", "no"))
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("city", "age", "height", "noise", "paid"), *rows])
    return path


@pytest.fixture(scope="module")
def found(table):
    return relevance_of(read_table(table, "paid"))


def run(capsys, *words):
    """Exit code, what is printed, and what stderr has."""
    try:
        code = command_line.main(["relevance", *map(str, words)])
    except SystemExit as stop:
        code = stop.code
    said = capsys.readouterr()
    return code, said.out, said.err


def rows_of(path):
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_a_column_is_priced_as_one_however_many_numbers_it_became(table, found):
    read = read_table(table, "paid")
    assert read.names == ("city = Milan", "city = Naples", "city = Rome", "age", "height",
                          "height is missing", "noise")
    assert found.names == ("city", "age", "height", "noise") == read.columns
    assert found.groups.tolist() == [0, 0, 0, 1, 2, 2, 3]
    alone = found.path.shares
    assert np.allclose(found.relevance, [alone[:3].sum(), alone[3], alone[4:6].sum(), alone[6]],
                       rtol=1e-14)
    assert found.selected[0] and not found.selected[3]


def test_columns_that_are_alike_are_priced_together(table):
    found = relevance_of(read_table(table, "paid"), threshold=0.7)
    assert found.names == ("city", "age + height", "noise")
    assert found.selected.tolist() == [True, True, False] and found.margin == 0.002
    assert found.alike.names == ("city", "age", "height", "noise")
    assert files_of(found)["groups.csv"].decode().splitlines() == [
        "column,feature", "city,city", "age,age + height", "height,age + height", "noise,noise"]
    assert "in the mean: age, height.\n" in found.to_text() + "\n"


def test_it_prints_and_writes_the_same_twice(table, tmp_path, capsys, found):
    texts = []
    for name in ("one", "two"):
        code, out, err = run(capsys, table, "--target", "paid", "--out", tmp_path / name)
        assert code == 0 and "s left" in err
        texts.append(out.replace(str(tmp_path / name), ""))
    assert texts[0] == texts[1]
    for words in (f"{N} rows, separated by a comma", "filled with the median", "city",
                  "rows of each class: no ", found.to_text()):
        assert words in texts[0]
    files = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()}
    assert set(files) == {"relevance.csv", "path.csv", "relevance.png", "relevance.txt"}
    assert files["relevance.txt"].decode() in texts[0]


def test_the_files_hold_the_numbers_of_the_result(found, tmp_path):
    for name, content in files_of(found).items():
        (tmp_path / name).write_bytes(content)
    head, *rows = rows_of(tmp_path / "relevance.csv")
    assert head == ["feature", "relevance", "share", "low", "high", "p", "selected"]
    for column, field in enumerate(head[1:-1], start=1):
        assert [float(row[column]) for row in rows] == getattr(found, field).tolist()
    assert [row[0] for row in rows] == list(found.names)
    assert [row[-1] == "True" for row in rows] == found.selected.tolist()
    head, *rows = rows_of(tmp_path / "path.csv")
    assert head == ["penalty", "held-out loss", "chosen", *found.names]
    assert [float(row[1]) for row in rows] == found.path.losses.tolist()
    assert [float(row[0]) for row in rows if row[2] == "True"] == [found.path.penalty]
    sums = [sum(map(float, row[3:])) for row in rows]
    assert np.allclose(sums, found.path.relevance.sum(1), rtol=1e-14)
    assert (tmp_path / "relevance.png").read_bytes().startswith(b"\x89PNG")


def test_a_share_above_all_is_explained(table, found, capsys):
    words = "A share above 100 %: without what the column says, a constant would be better."
    assert list(_of_large(found.share)) == [words] * int(found.share.max() > 1) == [words]
    code, out, _ = run(capsys, table, "--target", "paid")
    assert code == 0 and out.endswith(f"\n{words}\n")
    assert not list(_of_large(np.array([1.0, -0.5])))


def test_another_seed_gives_other_numbers(table, found):
    other = relevance_of(read_table(table, "paid"), seed=1)
    assert (other.share != found.share).all()


def test_the_target_of_a_regression_and_q_are_passed_on(table, capsys):
    code, out, _ = run(capsys, table, "--target", "age", "--q", "0.2", "--without", "paid")
    assert code == 0 and "paid: left out, as asked" in out
    assert "age: the target of a regression, from 20 to 69" in out
    assert "at a rate of false discoveries of 0.2" in out


def test_where_nothing_can_be_learned_it_says_so(table, capsys):
    code, out, _ = run(capsys, table, "--target", "noise", "--without", "city")
    assert code == 0 and "Nothing learned" in out and "\n0 of 3 selected" in out


@pytest.mark.parametrize("words, said", [
    (["--target", "Paid"], "there is no column 'Paid', expected one such as 'paid'"),
    (["--target", "paid", "--strict"], "column 'height': missing cells: "),
    (["--target", "paid", "--text", "hight"], "there is no column 'hight', expected one such as"),
    (["--target", "city", "--task", "regression"], "expected numbers for a regression"),
    (["--target", "paid", "--minutes", "0.001"], "80 rows and 7 columns of numbers take about "),
    (["--target", "paid", "--seed", "-1"], "random_state is -1"),
    (["--target", "paid", "--separator", ",,"], "separator is ',,', expected one sign"),
    (["--target", "paid", "--q", "1.5"], "argument --q: 1.5, expected a number between 0 and 1"),
    (["--target", "paid", "--groups", "none"], "argument --groups: invalid"),
    ([], "the following arguments are required: --target")])
def test_what_does_not_fit_is_refused_with_exit_code_2(table, capsys, words, said):
    code, out, err = run(capsys, table, *words)
    assert code == 2 and said in err and not out


@pytest.mark.parametrize("n, p, groups, minutes", [
    (500, 30, 30, 0.1), (100_000, 20, 20, 10), (500, 2000, 2000, 10), (1_000_000, 10, 10, None),
    (5000, 2000, 2000, None), (5000, 2000, 20, 10)])
def test_what_takes_longer_than_ten_minutes_is_refused(n, p, groups, minutes):
    if minutes is not None:
        _check_time(n, p, groups, minutes)
    else:
        with pytest.raises(ValueError, match=f"{n} rows and {p} columns of numbers take about"):
            _check_time(n, p, groups, 10)


def test_a_bad_cell_is_named_by_line_and_column(tmp_path, capsys):
    (tmp_path / "t.csv").write_text("a,b,y\n1,2,3\n2,3,4\n3,x,4\n4,5,6\n")
    code, _, err = run(capsys, tmp_path / "t.csv", "--target", "y")
    assert code == 2 and "t.csv: line 4, column 'b': 'x' is no number" in err
    code, _, err = run(capsys, tmp_path / "u.csv", "--target", "y")
    assert code == 2 and "u.csv" in err


def test_a_folder_that_is_not_empty_is_refused_before_anything_is_read(tmp_path, capsys):
    (tmp_path / "old").write_text("")
    code, _, err = run(capsys, "none.csv", "--target", "y", "--out", tmp_path)
    assert code == 2 and f"--out {tmp_path}: is not empty" in err
