"""npspectral relevance on twelve odd tables: told as a plain one, or refused by name and limit."""
import csv
import io
import time

import numpy as np
import pytest

from npspectral.oracle import command_line

N = 60
RNG = np.random.default_rng(0)
INCOME = RNG.integers(100, 900, N) / 8
CITY = RNG.choice(["New York, NY", 'the "City"', "Zürich"], N)
DAY = RNG.integers(20_000, 21_000, N)                       # since 1970
NOISE = RNG.integers(-99, 99, N) / 4
BOUGHT = np.where(INCOME > 62, "yes", "no")
HEAD = "income, net", "city", "day", "noise", "bought"
ROWS = list(zip(INCOME.tolist(), CITY, DAY.tolist(), NOISE.tolist(), BOUGHT))


def told(capsys, path, *words):
    """Exit code; what is told of the columns; what was done, or on stderr."""
    code = command_line.main(["relevance", str(path), "--target", "bought", *words])
    said = capsys.readouterr()
    done, _, columns = said.out.partition("\n\n")
    return code, columns, done or said.err


def written(path, rows, head=HEAD, separator=",", decimal=".", encoding="utf-8"):
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows([head, *(
        [str(cell).replace(".", decimal) if isinstance(cell, float) else cell for cell in row]
        for row in rows)])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return written(tmp_path_factory.mktemp("plain") / "t.csv", ROWS)


@pytest.fixture(scope="module")
def plainly():
    """Filled by the first test that needs it: what is told of the plain table."""
    return []


@pytest.fixture
def expected(plain, plainly, capsys):
    if not plainly:
        code, columns, _ = told(capsys, plain)
        assert code == 0
        plainly.append(columns)
    return plainly[0]


def test_of_the_plain_table_the_right_column_is_selected(expected):
    rows = {line.rsplit("  ", 5)[0].split("  ")[0]: line for line in expected.splitlines()[1:5]}
    assert set(rows) == set(HEAD[:4])
    assert [name for name in rows if rows[name].endswith("yes")] == ["income, net"]


def in_days(day):
    return str(np.datetime64(day, "D"))


@pytest.mark.parametrize("dress", [
    dict(separator=";"), dict(encoding="utf-8-sig"), dict(separator=";", decimal=","),
    dict(encoding="utf-16"), dict(separator="\t", encoding="utf-16")],
    ids=["semicolons", "byte order mark", "decimal commas", "UTF-16", "as a spreadsheet saves"])
def test_in_another_dress_it_tells_the_same(tmp_path, capsys, expected, dress):
    assert told(capsys, written(tmp_path / "t.csv", ROWS, **dress))[:2] == (0, expected)


def test_dates_tell_what_days_tell(tmp_path, capsys, expected):
    rows = [(*row[:2], in_days(row[2]), *row[3:]) for row in ROWS]
    assert told(capsys, written(tmp_path / "t.csv", rows))[:2] == (0, expected)


@pytest.mark.parametrize("number", [0, 30, N])
def test_rows_without_a_target_do_not_count(tmp_path, capsys, expected, number):
    rows = [*ROWS[:number], (50.0, "Rome", 20_000, 1.0, ""), *ROWS[number:]]
    code, columns, done = told(capsys, written(tmp_path / "t.csv", rows))
    assert (code, columns) == (0, expected) and "missing cells of the target: 1" in done


@pytest.mark.parametrize("cell", ["same", 5, ""])
def test_a_constant_column_does_not_count(tmp_path, capsys, expected, cell):
    path = written(tmp_path / "t.csv", [(cell, *row) for row in ROWS], ("constant", *HEAD))
    code, columns, done = told(capsys, path)
    assert (code, columns) == (0, expected)
    assert "constant: left out, it is the same in all rows" in done


@pytest.mark.parametrize("rows, head, words", [
    ([(*row[:4], "yes") for row in ROWS], HEAD, "t.csv: column 'bought', the target, has 1 "
     "different values, expected 2 or more"),
    (ROWS, ("income", "city", "city", "noise", "bought"), "t.csv: line 1: columns 2 and 3 are both "
     "named 'city', expected different names")], ids=["one class", "one name twice"])
def test_what_cannot_be_told_apart_is_refused(tmp_path, capsys, rows, head, words):
    code, columns, said = told(capsys, written(tmp_path / "t.csv", rows, head))
    assert code == 2 and not columns and words in said


def large(path, n, p):
    """A table of n rows and p columns, of which c0, c1 and c2 matter."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((n, p))
    y = np.sin(x[:, 0]) + x[:, 1] * x[:, 2] + 0.3 * rng.standard_normal(n)
    np.savetxt(path, np.c_[x, y], "%.4g", ",", comments="",
               header=",".join([*(f"c{k}" for k in range(p)), "bought"]))
    return path


@pytest.mark.parametrize("n, p, minutes", [(3000, 20, "0.01"), (200, 2000, "0.1")])
def test_what_takes_too_long_is_refused_at_once_with_its_limit(tmp_path, capsys, n, p, minutes):
    begin = time.process_time()
    code, _, said = told(capsys, large(tmp_path / "t.csv", n, p), "--minutes", minutes)
    assert code == 2 and f"{n} rows and {p} columns of numbers take about " in said
    assert f"minutes, expected at most {minutes}: take some of the rows" in said
    assert time.process_time() - begin < 6                  # most of it to write and read the file


@pytest.mark.long
@pytest.mark.parametrize("n, p, found", [(100_000, 5, {"c0", "c1", "c2"}), (200, 2000, {"c0"})])
def test_a_large_table_takes_at_most_ten_minutes(tmp_path, capsys, n, p, found):
    path, begin = large(tmp_path / "t.csv", n, p), time.process_time()
    code, columns, _ = told(capsys, path, "--out", str(tmp_path / "out"))
    seconds = time.process_time() - begin
    print(f"{n} rows, {p} columns: {seconds:.0f} s")
    selected = {line.split()[0] for line in columns.splitlines() if line.endswith("  yes")}
    assert code == 0 and selected == found and seconds < 600
