"""Pieces of the report: pictures for every width of screen, rows of claims, counts of documents."""
import base64
import io
import re

import numpy as np
import pytest
from matplotlib.image import imread, imsave
from report import page, summary

ROW = dict(part="p", quantity="slope", published="1", ours="0.9 (0.8 to 1; 5 seeds)",
           verdict="pass", wanted=">= 0", exact=False)


def picture(path, width, height=40):
    pixels = np.zeros((height, width, 3))
    pixels[:, width // 2:] = 1
    imsave(path, pixels)
    return path


@pytest.mark.parametrize("width, wide", [(700, False), (2000, True)])
def test_a_picture_too_wide_for_a_phone_says_so_there(width, wide, tmp_path):
    html = page.figure(picture(tmp_path / "a.png", width), "a", "there")
    assert ('class="wide"' in html) == wide and 'id="there"' in html
    assert re.search(r"@media.*?\.wide figcaption::before", page.STYLE, re.S)


def test_a_thumbnail_is_the_picture_in_small(tmp_path):
    html = page.thumbnail(picture(tmp_path / "a.png", 2003, 1000))
    data = re.search(r'base64,([^"]+)"', html)[1]
    small = imread(io.BytesIO(base64.b64decode(data)))[..., :3]
    assert page.THUMB <= small.shape[1] <= 2 * page.THUMB
    assert np.isclose(small.shape[0] / small.shape[1], 0.5, rtol=0.05)
    assert (small[:, :100] == 0).all() and (small[:, -100:] == 1).all()
    (tmp_path / "a.png").write_text("no picture")
    assert page.thumbnail(tmp_path / "a.png") == "" == page.thumbnail(tmp_path / "gone.png")


def test_rows_of_a_claim_say_which_part_fails():
    rows = [ROW, {**ROW, "part": "q", "verdict": "FAIL"}, {**ROW, "wanted": ""}]
    html = summary.measured({"rows": rows}, [{**ROW, "ours": "0.5"}])
    assert "p: slope" in html and "q: slope" in html and html.count("<b>") == 2
    assert html.count('<span class="not"><b>0.9</b><small> (0.8') == 1
    assert "small: slope 0.5" in html
    assert html.index("q: slope") < html.index("p: slope")
    many = summary.measured({"rows": [ROW] * 5}, [])
    assert many.count("<b>") == 3 and "and 2 more" in many and "p: slope" not in many


def test_claims_are_counted_by_document():
    claims = [dict(source=source, verdict=verdict) for source, verdict in (
        ("Petrini, talk", "partly"), ("Petrini, talk, figure", "partly"),
        ("Giambagli, poster", "reproduced"), ("Giambagli et al. 2021, article", "not"))]
    assert {name: dict(count) for name, count in summary.counts_of(claims).items()} == {
        "How a student becomes a teacher (poster)": {"reproduced": 1},
        "Learning features in neural nets (talk)": {"partly": 2}, summary.OTHERS: {"not": 1}}
