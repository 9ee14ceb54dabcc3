"""Credit codes and stock codes: what the check digit catches, what cleaning does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.checks import rules
from chaingraph.codes import (
    ALPHABET,
    check_character,
    clean_code,
    clean_stock_code,
    is_credit_code,
)

# the widely printed example, and codes of listed companies and their subsidiaries; all fit the algorithm
VALID = ["91350100M000100Y43", "91440300708461136T", "91310000132260250X", "914403001922038216"]
SIGNS = st.sampled_from(ALPHABET)
FIRST = st.tuples(
    st.sampled_from("1259AY"),
    SIGNS,
    st.text(alphabet="0123456789", min_size=6, max_size=6),
    st.text(alphabet=ALPHABET, min_size=9, max_size=9),
).map("".join)


@pytest.mark.parametrize("code", VALID)
def test_published_codes_are_valid(code):
    assert is_credit_code(code)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "91350100M000100Y4",
        "91350100M000100Y433",
        "91350100M000100Y44",
        "91350100I000100Y43",
        "91350100S000100Y43",
        "9135O100M000100Y43",
        "91A50100M000100Y43",
        "000000000000000000",
        "91350100m000100y43",
    ],
)
def test_what_is_no_code(code):
    assert not is_credit_code(code)


def test_the_alphabet_leaves_out_letters_that_look_like_figures():
    assert len(ALPHABET) == 31
    assert not set("IOSVZ") & set(ALPHABET)


@given(FIRST, st.integers(0, 17), SIGNS)
def test_every_single_wrong_character_is_caught(first, place, sign):
    code = first + check_character(first)
    assert is_credit_code(code)
    wrong = code[:place] + sign + code[place + 1 :]
    assert is_credit_code(wrong) == (wrong == code)


@given(FIRST, st.integers(0, 17), st.integers(0, 17))
def test_every_swap_but_first_with_last_is_caught(first, one, other):
    code = list(first + check_character(first))
    swapped = code.copy()
    swapped[one], swapped[other] = swapped[other], swapped[one]
    if swapped == code or {one, other} == {0, 17}:
        return
    assert not is_credit_code("".join(swapped))


@given(FIRST)
def test_a_check_character_is_one_of_the_alphabet(first):
    assert check_character(first) in ALPHABET


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("９１３５０１００Ｍ０００１００Ｙ４３", "91350100M000100Y43"),
        (" 91350100m000 100y-43 ", "91350100M000100Y43"),
        ("", ""),
    ],
)
def test_codes_are_cleaned(text, code):
    assert clean_code(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("300769", "300769"),
        ("2594", "002594"),
        ("002594.SZ", "002594"),
        ("SZ002594", "002594"),
        ("sh.600519", "600519"),
        ("600519.SS", "600519"),
        ("3800.HK", "03800.HK"),
        ("HK03800", "03800.HK"),
        ("３００７６９", "300769"),
        ("TSLA", "TSLA"),
        ("", ""),
    ],
)
def test_stock_codes_are_cleaned(text, code):
    assert clean_stock_code(text) == code


def test_a_wrong_credit_code_is_a_warning_and_a_decision_without_an_enterprise_an_error():
    assert rules()["credit-code"].severity == "warning"
    assert rules()["alias-target"].severity == "error"
