import pytest
from tests.verify.test_features import view

from upright.verify.extent import WHY, is_known, outside

PROSE = (
    "When we came to the house there was nobody, and the door had been left open. I called, but "
    "no one answered; so we went in and waited for them in the kitchen until it was dark."
)


def test_english_prose_is_inside():
    assert outside(PROSE) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "short"),
        ("1 2 3 4 5", "layout"),
        ("def f(x):\n    return {k: v for k, v in x.items() if v[0] == 'a'}", "layout"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n| name | value |", "layout"),
        ("Als wir zum Haus kamen, war niemand da, und die Tür stand offen.", "language"),
        ("Quand nous sommes arrivés à la maison, la porte était ouverte.", "language"),
        ("私たちが家に着いたとき、誰もいませんでした。", "language"),
        ("It was the best of times and it was the worst of times. " * 3, "repeats"),
        ("Apples Pears Plums Cherries Grapes Lemons Melons Figs Dates", "language"),
    ],
)
def test_what_was_never_measured_is_told_with_its_reason(text, reason):
    assert outside(text) == reason
    assert WHY[reason]


def test_a_text_is_known_where_nearly_every_token_is_foreseen():
    assert is_known(view([-0.2] * 9 + [-9.0]))
    assert not is_known(view([-2.5] * 60))
    assert WHY["known"]
