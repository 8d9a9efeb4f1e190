"""Drawing: lines cover their area, letters stand in their places, charts bear bad numbers."""

import math
import string

import numpy as np
import pytest

from rushlight.viz import canvas, chart, lettering
from rushlight.viz.canvas import Canvas
from rushlight.viz.chart import Line, line_chart
from rushlight.viz.gallery import Exhibit, gallery

WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def covered(sheet):
    """How many pixels' worth of black there is on white."""
    return (1 - sheet.ink[..., 0] / 255).sum()


@pytest.mark.parametrize("pen", [1.0, 2.5, 6.0])
@pytest.mark.parametrize("ends", [((20, 20), (60, 20)), ((20.3, 20.7), (50, 60.2))])
def test_line_covers_its_length_times_its_width_and_round_ends(ends, pen):
    sheet = Canvas(80, 80, WHITE)
    sheet.line(ends, BLACK, pen)
    area = math.dist(*ends) * pen + math.pi * (pen / 2) ** 2
    assert covered(sheet) == pytest.approx(area, rel=0.05)
    assert sheet.pixels()[20, 20].tolist() != list(WHITE)


def test_opacity_mixes_colors():
    sheet = Canvas(20, 20, WHITE)
    sheet.line([(0, 10), (20, 10)], BLACK, 8, opacity=0.5)
    assert sheet.pixels()[10, 10].tolist() == [128, 128, 128]


def test_what_leaves_the_sheet_is_cut_off():
    sheet = Canvas(10, 8, WHITE)
    sheet.line([(-30, 4), (40, 4)], BLACK, 2)
    sheet.line([(-30, -30), (-20, -20)], BLACK, 2)
    sheet.line([(30, 30), (40, 40)], BLACK, 2)
    sheet.box(-5, -5, 6, 6, BLACK)
    sheet.text(-3, 12, "Wide words that do not fit", 9, BLACK)
    pixels = sheet.pixels()
    assert pixels.shape == (8, 10, 3)
    assert (pixels[3:5] == 0).all()
    assert pixels[0, 0].tolist() == [0, 0, 0]


def test_dot_is_round():
    sheet = Canvas(21, 21, WHITE)
    sheet.dot(10.5, 10.5, BLACK, 10)
    assert covered(sheet) == pytest.approx(math.pi * 25, rel=0.02)
    ink = sheet.ink
    assert np.allclose(ink, ink[::-1])
    assert np.allclose(ink, ink.transpose(1, 0, 2))


# -- letters -----------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", string.ascii_letters + string.digits + ".,:;!?'\"-+=/()%<>_*")
def test_letter_has_strokes_of_its_own_within_its_line(letter):
    strokes = lettering.strokes(letter)
    points = np.concatenate(strokes)
    assert points[:, 0].min() >= 0
    assert points[:, 0].max() <= 11
    assert points[:, 1].min() >= -4
    assert points[:, 1].max() <= 13
    others = set(lettering.STROKES) - {letter}
    assert lettering.STROKES[letter] not in {lettering.STROKES[other] for other in others}


def test_unknown_letter_is_a_box():
    assert len(lettering.strokes("☃")) == 1
    assert np.ptp(lettering.strokes("☃")[0], axis=0) == pytest.approx([7.2, 12.0])


def test_curves_are_smooth_and_corners_sharp():
    round_one, sharp = lettering.strokes("o")[0], lettering.strokes("L")[0]
    assert np.abs(np.diff(round_one, axis=0)).max() < 1
    assert round_one[0].tolist() == round_one[-1].tolist()
    assert [0.0, 0.0] in sharp.tolist()


@pytest.mark.parametrize("align", [0.0, 0.5, 1.0])
def test_text_stands_where_it_is_put(align):
    sheet = Canvas(300, 60, WHITE)
    sheet.text(150, 40, "HELLO", 20, BLACK, align)
    dark = sheet.ink[..., 0] < 128
    rows, columns = np.flatnonzero(dark.any(1)), np.flatnonzero(dark.any(0))
    width = canvas.text_width("HELLO", 20)
    assert columns[0] == pytest.approx(150 - align * width, abs=2)
    assert columns[-1] == pytest.approx(150 + (1 - align) * width, abs=2)
    assert rows[0] == pytest.approx(20, abs=2)
    assert rows[-1] == pytest.approx(40, abs=2)


# -- charts ------------------------------------------------------------------------------------


def test_marks_are_round_and_inside():
    assert chart.marks(0.0008, 1.3) == [0.001, 0.01, 0.1, 1.0]
    assert chart.marks(0.9, 12) == [1.0, 2.0, 5.0, 10.0]
    for low, high in [(1.21, 1.56), (3.0, 3.1), (0.011, 0.012)]:
        found = chart.marks(low, high)
        assert len(found) > 1
        assert low <= min(found) < max(found) <= high


def test_steps_are_round():
    assert [chart.round_step(x) for x in (0.1, 1, 1.1, 3.75, 6, 12.5, 125)] == [
        1, 1, 2, 5, 10, 20, 200,
    ]  # fmt: skip


def test_names_do_not_cover_one_another():
    assert list(chart.spread([10.0, 12.0, 80.0])) == [10.0, 30.0, 80.0]


def test_points_are_at_their_places():
    red = (255, 0, 0)
    sheet = line_chart([Line("", [0, 1, 2], [1.0, 0.1, 0.01], red, 3)], "T", "s", "x")
    rows, columns = np.nonzero((sheet.pixels() == red).all(-1))
    left, _, top, bottom = chart.MARGINS
    assert columns.min() == pytest.approx(left, abs=2)
    assert top < rows.min() < rows.max() < 600 - bottom
    middle = np.median(rows[np.abs(columns - (columns.min() + columns.max()) / 2) < 1])
    assert middle == pytest.approx((rows.min() + rows.max()) / 2, abs=3)


@pytest.mark.parametrize(
    "y", [[1.0], [0.5, 0.5], [1.0, math.nan, 0.5], [1.0, math.inf, 0.1], [0.0, -1.0, 0.2], [],
          [0.0, 0.0], [math.nan]]
)  # fmt: skip
def test_bad_numbers_are_left_out(y):
    with np.errstate(all="raise"):
        sheet = line_chart([Line("loss", np.arange(len(y)), y, BLACK)], "T", "s", "x")
    assert sheet.pixels().shape == (600, 960, 3)


def test_chart_of_nothing_is_an_empty_frame():
    assert line_chart([], "Title", "", "x").pixels().shape == (600, 960, 3)


# -- galleries ---------------------------------------------------------------------------------


def test_gallery_has_rows_of_pictures_with_words_below():
    bright = np.full((28, 28), 255, np.uint8)
    sheet = gallery([Exhibit(bright, [("words", (200, 0, 0))])] * 5, "T", "s", columns=4).pixels()
    for k in range(5):
        x, y = 32 + k % 4 * 152, 92 + k // 4 * 208
        assert (sheet[y + 4 : y + 116, x + 4 : x + 116] == 255).all()
        assert sheet[y, x].tolist() == [38, 43, 54]
        assert (sheet[y + 125 : y + 145, x : x + 100] != 255).any()


def test_gallery_of_nothing_has_its_title():
    assert (gallery([], "No mistakes", "none").pixels() != 255).any()
