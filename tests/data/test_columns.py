"""Dates of a column whose year is last: read where one order fits all cells; refused, or text."""
import numpy as np
import pytest

from npspectral.data.columns import values_of


def place(k):
    return f"cell {k}"


@pytest.mark.parametrize("cells, days", [
    (["13.1.1970", "01.02.1970"], [12, 31]), (["13/01/1970", "1/2/1970"], [12, 31]),
    (["01-13-1970", "1-2-1970"], [12, 1]), (["1/13/1970", "", "2/1/1970"], [12, np.nan, 31]),
    (["3.4.1970", "1.2.1970"], [92, 31]), (["3/3/1970", "1/1/1970"], [61, 0])])
def test_the_day_is_what_fits_all_cells(cells, days):
    found, sign = values_of(cells, place)
    assert np.array_equal(found, days, equal_nan=True) and sign == ""


@pytest.mark.parametrize("cells, words", [
    (["", "3/4/1970", "1/1/1970"], "cell 1: '3/4/1970' has the day or the month first; write dates "
     "as 2026-11-29, or read the column as text"),
    (["13.1.1970", "31.2.1970"], "cell 1: '1970-02-31' is no date: Day out of range in datetime "
     'string "1970-02-31"')])
def test_a_date_that_may_be_two_or_is_none_is_refused_with_its_place(cells, words):
    with pytest.raises(ValueError) as error:
        values_of(cells, place)
    assert str(error.value) == words
    assert values_of(cells, place, as_text=True)[0][-1] == cells[-1]


@pytest.mark.parametrize("cells", [
    ["13/1/1970", "1/13/1970"], ["1/13/1970", "1/13.1970"], ["13.1.1970", "no"],
    ["1.13.1970", "1.1.1970"], ["1970-01-01", "1.1.1970"], ["1.1.70", "2.1.70"]])
def test_cells_of_no_one_order_are_texts(cells):
    assert values_of(cells, place)[0].tolist() == cells
