"""Lines of the diagnostic commands: marks, facts and hints, quoted values, durations."""

import click
import pytest
from messages_api.cli.lines import Line, quote

CHECK_MARK = "\N{CHECK MARK}"


def test_facts_and_hint_are_printed_below_the_line() -> None:
    rendered = Line(False, "It is wrong.", ("it is 1", "expected: 2"), "make it 2").render("utf-8")

    assert click.unstyle(rendered).splitlines() == [
        "\N{BALLOT X} It is wrong.",
        "    it is 1",
        "    expected: 2",
        "    -> make it 2",
    ]


def test_mark_is_coloured() -> None:
    assert Line(True, "Good.").render("utf-8") == f"{click.style(CHECK_MARK, fg='green')} Good."


@pytest.mark.parametrize(("passed", "mark"), [(True, "ok"), (False, "NO"), (None, "-")])
def test_mark_is_ascii_if_encoding_has_no_other(passed: bool | None, mark: str) -> None:
    assert click.unstyle(Line(passed, "Text.").render("ascii")) == f"{mark} Text."


def test_characters_outside_the_encoding_are_escaped() -> None:
    assert click.unstyle(Line(None, "Z\xfcrich").render("ascii")) == r"- Z\xfcrich"


def test_untrusted_value_is_quoted_as_json_in_ascii() -> None:
    assert quote("\x1b[31m\u202e") == r'"\u001b[31m\u202e"'


def test_long_value_is_truncated() -> None:
    assert quote("a" * 5000) == '"' + "a" * 999 + "..."


def test_value_nested_too_deeply_is_not_quoted() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]

    assert quote(value) == "nested too deeply to be shown"
