"""A user's CSV file: what is read of it in whichever dress it comes, how bad cells are named."""
import csv
import io
import re

import numpy as np
import pytest

from npspectral.data import cells, read_table, table

RNG = np.random.default_rng(0)
AGE = RNG.integers(180, 800, 40) / 8
CITY = RNG.choice(["Rome", "New York, NY", 'the "City"', "Zürich"], 40)
PAID = AGE + (CITY == "Rome") + RNG.integers(0, 8, 40) / 4
NAMES = ("age", "city, of birth", "paid")
IN_ORDER = ["New York, NY", "Rome", "Zürich", 'the "City"']


def written(path, rows, separator=",", decimal=".", encoding="utf-8", end="\n"):
    """The path of a CSV file of these rows, which Python's csv module wrote."""
    text = io.StringIO()
    rows = [[str(cell).replace(".", decimal) if isinstance(cell, float) else cell for cell in row]
            for row in rows]
    csv.writer(text, delimiter=separator, lineterminator=end).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


@pytest.fixture
def read(tmp_path):
    """A function of the text of a file, or its rows, and of options: the table that is read."""
    def of(content, target="y", **options):
        if not isinstance(content, str):
            return read_table(written(tmp_path / "t.csv", content), target, **options)
        (tmp_path / "t.csv").write_text(content, encoding="utf-8", newline="")
        return read_table(tmp_path / "t.csv", target, **options)
    return of


@pytest.fixture
def refuses(read):
    """A function of what `read` takes: it must be refused in exactly these words."""
    def of(words, *given, **options):
        with pytest.raises(ValueError) as error:
            read(*given, **options)
        assert re.sub(r"^\S*t.csv: ", "", str(error.value)) == words
    return of


# --- the same table in every dress


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_a_table_has_the_same_bits_in_every_dress(tmp_path, separator, decimal, encoding, end):
    rows = [NAMES, *zip(AGE.tolist(), CITY, PAID.tolist())]
    path = written(tmp_path / "t.csv", rows, separator, decimal, encoding, end)
    read = read_table(path, "paid")
    assert read.names == ("age", *(f"city, of birth = {city}" for city in IN_ORDER))
    assert read.columns == NAMES[:2] and read.source.tolist() == [0, 1, 1, 1, 1]
    assert (read.x == np.column_stack([AGE, *(CITY == city for city in IN_ORDER)])).all()
    assert (read.target == PAID).all() and read.task == "regression"
    assert read.lines.tolist() == list(range(2, 42) if len(end.strip("\r")) == 1 else
                                       range(3, 83, 2))
    assert ("decimal commas" in read.notes) == (decimal == ",")


def test_an_encoding_without_a_mark_is_given(tmp_path):
    path = written(tmp_path / "t.csv", [["größe", "y"], [1.5, 1], [2.5, 2]], encoding="cp1252")
    with pytest.raises(ValueError, match="t.csv: line 1: byte 0xf6 is not utf-8; give its encod"):
        read_table(path, "y")
    assert read_table(path, "y", encoding="cp1252").names == ("größe",)
    with pytest.raises(ValueError, match="unknown encoding: cp1253x"):
        read_table(path, "y", encoding="cp1253x")
    path.write_bytes("a,y\n1,2\n".encode("utf-16-le"))
    with pytest.raises(ValueError, match="t.csv: line 1 has a null character"):
        read_table(path, "y")


@pytest.mark.parametrize("start, words", [(b"\x1f\x8b", "compressed"), (b"PK\3\4", "a workbook")])
def test_what_is_no_text_is_refused_by_name(tmp_path, start, words):
    (tmp_path / "t.csv").write_bytes(start + b"a,y\n1,2\n")
    with pytest.raises(ValueError, match=f"t.csv: is {words}"):
        read_table(tmp_path / "t.csv", "y")


def test_a_file_that_is_not_there_or_too_large_is_refused_by_name(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="none.csv"):
        read_table(tmp_path / "none.csv", "y")
    monkeypatch.setattr(cells, "MAX_BYTES", 1_000_000)
    (tmp_path / "t.csv").write_bytes(b"a,y\n" + b"1,2\n" * 500_000)
    with pytest.raises(ValueError, match=r"t.csv: is 2 MB, expected at most 1: take some of its r"):
        read_table(tmp_path / "t.csv", "y")


# --- numbers, dates, text


@pytest.mark.parametrize("given, value", [
    ("-2.5e3", -2500), ("+.5", 0.5), ("7.", 7), ("1,234.5", 1234.5), ("-1.234.567,5", -1234567.5),
    ("2,5", 2.5), (" 3.5 ", 3.5), ("1970-01-03", 2), ("1970-01-01 12:00", 0.5),
    ("1970-01-02T06:00:00.5", 1.25 + 0.5 / 86400), ("1969-12-31", -1)])
def test_a_cell_is_this_number(read, given, value):
    other = given.replace(given.strip("+- "), "1970-01-01" if given.count("-") == 2 or ":" in given
                          else "0")
    found = read([["a", "y"], [given, 1], [other, 2]])
    assert found.names == ("a",) and found.x[0, 0] == value


def test_where_a_comma_may_be_two_things_it_has_to_be_said(read, refuses):
    rows = [["a", "y"], ["12", 1], ["1,234", 2]]
    refuses("line 3, column 'a': '1,234' has a decimal comma or one between thousands; say which "
            "sign is the decimal one", rows)
    assert read(rows, decimal=",").x[1, 0] == 1.234
    assert read(rows, decimal=".").x[1, 0] == 1234
    refuses("column 'b' has decimal points, 'a' decimal commas; say which sign is the decimal one",
            [["a", "b", "y"], ["1,5", "2.5", 1], ["2,5", "1.5", 2]])


def test_a_cell_that_is_no_number_among_numbers_is_named(read, refuses):
    rows = [["a", "y"], [1, 1], [2, 2], ["3x", 3], [4, 4]]
    refuses("line 4, column 'a': '3x' is no number, as most of the column is; mend it, or read the "
            "column as text, or leave it out", rows)
    assert read(rows, text=["a"]).names == ("a = 1", "a = 2", "a = 3x", "a = 4")
    rows[1][0] = "one"
    assert len(read(rows).names) == 4                   # half of it: text
    for wrong, words in (("1e999", "'1e999' is too large, expected a number up to 1.8e308"),
                         ("inf", "'inf' is no number, as most of the column is; mend it, or read "
                          "the column as text, or leave it out")):
        refuses(f"line 3, column 'a': {words}", [["a", "y"], [1, 1], [wrong, 2], [4, 4], [5, 5]])
    refuses("line 3, column 'a': '2026-13-01' is no date: Month out of range in datetime string "
            '"2026-13-01"', [["a", "y"], ["2026-12-01", 1], ["2026-13-01", 2]])


def test_missing_numbers_are_the_median_and_marked(read, refuses):
    marks = ["", "NA", "n/a", "NaN", "null", "None", "?", "-"]
    rows = [["a", "y"], [1, 1], [2, 2], *([mark, 3] for mark in marks), [30, 4]]
    found = read(rows)
    assert found.names == ("a", "a is missing")
    assert found.x.tolist() == [[1, 0], [2, 0], *[[2, 1]] * 8, [30, 0]]
    assert "a: missing cells: 8, filled with the median, 2" in found.notes
    refuses("line 4, column 'a': missing cells: 8, filled with the median, 2; that is refused, as "
            "strict was asked for", rows, strict=True)


def test_missing_texts_are_a_text_of_their_own(read):
    found = read([["a", "y"], ["u", 1], ["v", 2], ["", 3]])
    assert found.names == ("a = u", "a = v", "a is missing")
    assert found.x.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def test_two_texts_are_one_column(read):
    found = read([["sex", "y"], ["m", 1], ["f", 2], ["f", 3]])
    assert found.names == ("sex = f",) and found.x.tolist() == [[0], [1], [1]]


@pytest.mark.parametrize("column, words", [
    ([5] * 70, "left out, it is the same in all rows"),
    (["u"] * 70, "left out, it is the same in all rows"),
    ([""] * 70, "left out, it is the same in all rows"),
    (range(70), "left out, it numbers the rows"), (range(1, 71), "left out, it numbers the rows"),
    ([f"u{k:02}" for k in range(70)],
     "left out, it has 70 different texts such as 'u00', expected 60 or fewer")])
def test_a_column_that_tells_nothing_is_left_out_and_said(read, refuses, column, words):
    rows = [["b", "a", "y"], *zip(AGE.tolist() * 2, column, AGE.tolist() * 2)]
    found = read(rows)
    assert found.columns == ("b",) and f"a: {words}" in found.notes
    refuses(f"line 2, column 'a': {words}; that is refused, as strict was asked for", rows,
            strict=True)
    assert read(rows, without=["a"], strict=True).columns == ("b",)
    with pytest.raises(ValueError, match="no column but the target tells anything"):
        read([row[1:] for row in rows])


# --- the target


@pytest.mark.parametrize("values, task, target", [
    (["no", "yes"] * 5, "classification", ["no", "yes"]), ([0.5, 1.5] * 5, "classification",
                                                           ["0.5", "1.5"]),
    ([1234567, 1234568] * 5, "classification", ["1234567", "1234568"]),
    (range(10), "classification", ["0", "1"]), (range(11), "regression", [0, 1]),
    ([0.5, 1.5, 2.5] * 4, "regression", [0.5, 1.5]), ([-1, 1] * 5, "classification", ["-1", "1"])])
def test_the_task_follows_the_target(read, values, task, target):
    found = read([["a", "y"], *zip(AGE.tolist(), values)])
    assert found.task == task and found.target[:2].tolist() == target
    assert any(note.startswith(f"y: the target of a {task}") for note in found.notes)


def test_another_task_can_be_asked_for(read, refuses):
    rows = [["a", "y"], *zip(AGE.tolist(), [1, 2, 3] * 5)]
    assert read(rows, task="regression").target[:3].tolist() == [1, 2, 3]
    refuses("column 'y', the target, is text such as 'u', expected numbers for a regression",
            [["a", "y"], [1, "u"], [2, "v"]], task="regression")
    refuses("column 'y', the target, has 61 different values, expected 2 or more, and of classes "
            "at most 60", [["a", "y"], *zip(range(3, 64), range(61))], task="classification")


def test_rows_without_a_target_are_left_out(read, refuses):
    rows = [["a", "y"], *zip(AGE.tolist(), ["", *range(20), "NA"])]
    found = read(rows)
    assert (found.x[:, 0] == AGE[1:21]).all() and found.lines.tolist() == list(range(3, 23))
    assert "y: missing cells of the target: 2, their rows are left out" in found.notes
    refuses("line 2, column 'y': missing cells of the target: 2, their rows are left out; that is "
            "refused, as strict was asked for", rows, strict=True)
    refuses("column 'y', the target, has no value", [["a", "y"], [1, ""], [2, ""]])
    refuses("column 'y', the target, has 1 different values, expected 2 or more, and of classes at "
            "most 60", [["a", "y"], [1, "u"], [2, "u"]])


def test_the_median_is_that_of_the_rows_with_a_target(read):
    found = read([["a", "y"], [1000, ""], [1, 1], ["", 2], [3, 3]])
    assert found.x.tolist() == [[1, 0], [2, 1], [3, 0]]


# --- the shape of the file


@pytest.mark.parametrize("text, words", [
    ("a,b,y\n1,2,3\n1,2\n", "line 3 has 2 cells, expected 3, as line 1 has names"),
    ("a,b,y\n1,2,3\n\n1,2,3,4\n", "line 4 has 4 cells, expected 3, as line 1 has names"),
    ("a,a,y\n1,2,3\n", "line 1: columns 1 and 2 are both named 'a', expected different names"),
    ("1,2,3\n1,2,3\n", "line 1 has numbers, expected the names of the columns"),
    ("a,y\n", "there is no row below the names"),
    ("", "line 1 has 0 names with the separator comma, expected 2 or more; give the separator"),
    ("y\n1\n", "line 1 has 1 names with the separator comma, expected 2 or more; give the "
     "separator"),
    ('a,y\n1,2\n"3,4\n5,6\n', "the row that begins in line 3 cannot be read: unexpected end of "
     "data; is a quotation mark open?")])
def test_a_file_of_another_shape_is_refused_with_its_line(refuses, text, words):
    refuses(words, text, target="3" if text[0:1] == "1" else "y")


def test_a_column_without_a_name_is_called_by_its_place(read):
    assert read(",b,y\n5,2,3\n7,3,4\n").columns == ("column 1", "b")


def test_the_separator_parts_all_rows_alike(read):
    found = read("weight, kg;tall, or not, in m;y\n5;2;3\n7;3;4\n")
    assert found.names == ("weight, kg", "tall, or not, in m")


def test_a_quoted_cell_may_follow_a_blank(read):
    assert read('a, b, y\n1, "u, v", 2\n2, "w", 3\n').names == ("a", "b = u, v")


def test_the_form_that_fits_most_cells_names_the_odd_one(refuses):
    refuses("line 5, column 'a': 'x' is no number, as most of the column is; mend it, or read the "
            "column as text, or leave it out",
            [["a", "y"], ["1.5", 1], ["2.5", 2], ["3.5", 3], ["x", 4]])


def test_whole_steps_from_elsewhere_are_a_column_like_others(read):
    assert read([["a", "y"], *zip(range(1990, 2002), range(12))]).names == ("a",)


def test_every_row_has_its_own_class(read):
    assert read([["a", "y"], *zip(AGE.tolist(), "vuuvw")]).target.tolist() == list("vuuvw")


def test_a_cell_may_have_several_lines(read):
    found = read('a,y\n"one\ntwo",1\nthree,2\n')
    assert found.names == ("a = one two",) and found.lines.tolist() == [2, 4]


@pytest.mark.parametrize("options, words", [
    (dict(target="agee"), "there is no column 'agee', expected one such as 'age'"),
    (dict(text=["cit"]), "there is no column 'cit', expected one such as 'city'"),
    (dict(without=["paid"]), "column 'paid' is the target, it cannot be left out")])
def test_a_name_that_is_not_there_is_refused_with_one_like_it(refuses, options, words):
    refuses(words, [["age", "city", "paid"], [1, "u", 2], [2, "v", 3]],
            **{"target": "paid", **options})


@pytest.mark.parametrize("options", [dict(task="ranking"), dict(decimal=";")])
def test_an_option_that_is_none_is_refused(read, options):
    (name, value), = options.items()
    with pytest.raises(ValueError, match=f"read_table: {name} is '{value}', expected None or one"):
        read([["a", "y"], [1, 2], [2, 3]], **options)


# --- large ones


@pytest.mark.parametrize("n, p", [(100_000, 5), (200, 2000)])
def test_a_large_table_is_read(tmp_path, n, p):
    x = np.random.default_rng(1).integers(-999, 999, (n, p)) / 8
    np.savetxt(tmp_path / "t.csv", x, "%.9g", ",", comments="",
               header=",".join(f"c{k}" for k in range(p)))
    found = read_table(tmp_path / "t.csv", "c0")
    assert (found.x == x[:, 1:]).all() and (found.target == x[:, 0]).all()


def test_the_limits_are_those_that_errors_name():
    assert (table.MAX_TEXTS, table.MAX_CLASSES, cells.MAX_BYTES) == (60, 10, 100_000_000)
