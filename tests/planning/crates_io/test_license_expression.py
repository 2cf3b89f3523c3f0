from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.crates_io.license_expression import problem_of
from loadmaster.planning.crates_io.spdx_ids import EXCEPTIONS, LICENSES


@pytest.mark.parametrize(
    "expression",
    [
        *("MIT", "MIT OR Apache-2.0", "MIT/Apache-2.0", "MIT AND Apache-2.0", "MIT OR (Apache-2.0 AND MIT)"),
        pytest.param("GPL-3.0+", id="a GNU licence with a plus"),
        pytest.param("GPL-2.0-only+", id="a GNU licence that says only, with a plus"),
        pytest.param("GPL-2.0", id="a deprecated identifier"),
        pytest.param("MIT and Apache-2.0 or 0BSD", id="operators in lower case"),
        pytest.param("Apache-2.0 WITH LLVM-exception/MIT", id="an exception"),
        pytest.param("LicenseRef-ours AND DocumentRef-a:LicenseRef-b", id="references"),
        pytest.param("MIT WITH AdditionRef-ours", id="a reference to an addition"),
        pytest.param(" MIT ", id="blanks around"),
        pytest.param("((MIT))", id="parentheses"),
        pytest.param("MIT+", id="or later"),
    ],
)
def test_an_expression_is_accepted(expression: str) -> None:
    assert problem_of(expression) is None


@pytest.mark.parametrize(
    ("expression", "mark"),
    [
        ("MIT AND foobar", "        ^^^^^^ unknown term"),
        ("apache 2.0", "^^^^^^ unknown term"),
        ("mit", "^^^ unknown term"),
        ("MIT Or Apache-2.0", "    ^^ unknown term"),
        ("MIT Apache-2.0", "    ^^^^^^^^^^ expected one of `AND`, `OR`, `WITH`, `)`, `+` here"),
        ("MIT OR", "       expected one of `<license>`, `(` here"),
        ("OR MIT", "^^ expected one of `<license>`, `(` here"),
        ("MIT OR (Apache-2.0", "       - unclosed parens"),
        ("MIT)", "   ^ unopened parens"),
        ("MIT +", "   ^ `+` must not follow whitespace"),
        ("MIT, Apache-2.0", "   ^^^^^^^^^^^^ invalid character(s)"),
        ("MIT WITH MIT", "         ^^^ expected a `<addition>` here"),
        ("LLVM-exception", "^^^^^^^^^^^^^^ expected one of `<license>`, `(` here"),
        ("LicenseRef-a+", "            ^ expected one of `AND`, `OR`, `WITH`, `)` here"),
        ("", " empty expression"),
        (
            "GPL-3.0-or-later+",
            "                ^ a GNU license was followed by a `+` even though it ended in `-only` or `-or-later`",
        ),
        ("GPL-3.0-with-GCC-exception+", "                          ^ unknown license id"),
    ],
)
def test_what_is_wrong_is_said_as_crates_io_says_it(expression: str, mark: str) -> None:
    assert problem_of(expression) == f"{expression}\n{mark}"


@given(
    st.lists(st.sampled_from(sorted(each for each in LICENSES if "+" not in each)), min_size=1),
    st.sampled_from([" OR ", " AND ", "/"]),
)
def test_known_licences_may_be_joined_by_any_operator(ids: list[str], operator: str) -> None:
    expression = operator.join(ids)
    assert problem_of(expression) is None
    assert problem_of(f"({expression})") is None
    assert problem_of(f"{expression}{operator}") is not None


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    assert problem_of(text) is None or str(problem_of(text)).startswith(text)


def test_licences_and_exceptions_do_not_share_a_name() -> None:
    assert not LICENSES & EXCEPTIONS
    assert len(LICENSES) > 700
