"""Which boards are read, and what the setting says of their fields."""

from __future__ import annotations

import pytest

from chalicelib.errors import SettingsError
from chalicelib.projects.rules import Choice
from chalicelib.projects.settings import (
    GH_PROJECT_FIELDS,
    GH_PROJECTS,
    PROJECTS_ENABLED,
    agree,
    choice_of,
    choice_text,
    is_wanted,
    project_fields,
)
from chalicelib.settings import Settings

TEXT = (
    "my-org/5: sprint=Sprint; points=Story Points; status=Status; deliverable=Size, colour & shape; "
    "done=Done|Shipped; in_progress=Doing, My-Org/6: points=; deliverable=parents:Epic,"
)


def settings(**variables: str) -> Settings:
    return Settings(variables.get)


def test_boards_and_their_fields_are_read() -> None:
    given = settings(GH_PROJECT_FIELDS=TEXT, GH_PROJECTS="my-org/5, MY-ORG/6")
    first = Choice("Sprint", "Story Points", "Status", "Size, colour & shape", ("Done", "Shipped"), ("Doing",))
    assert choice_of(given, "My-Org", 5) == first
    assert choice_of(given, "my-org", 6) == Choice(points="", deliverable="parents:Epic")
    assert choice_of(given, "my-org", 7) is None
    assert [is_wanted(given, "my-org", number) for number in (5, 6, 7)] == [True, True, False]


def test_without_settings_all_boards_are_read() -> None:
    none = settings()
    assert is_wanted(none, "acme", 1)
    assert choice_of(none, "acme", 1) is None
    assert none.value(PROJECTS_ENABLED)


def test_a_choice_is_written_as_it_is_read() -> None:
    choices = project_fields(TEXT)
    written = ", ".join(choice_text(board, choice) for board, choice in choices.items())
    assert project_fields(written) == choices
    assert choice_text("my-org/6", choices["my-org/6"]) == "my-org/6: points=; deliverable=parents:Epic"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Sprint", "'Sprint' must look like my-org/5: sprint=Sprint; points=Points; done=Done|Shipped"),
        ("my-org: sprint=Sprint", "'my-org: sprint=Sprint' must look like my-org/5: "),
        ("my-org/0: sprint=Sprint", "'my-org/0: sprint=Sprint' must look like my-org/5: "),
        ("my-org/5: Sprint", "'Sprint' of my-org/5 has no = between a role and a name"),
        ("my-org/5: epic=Epic", "'epic' of my-org/5 is none of sprint, points, status, deliverable, done, in_progress"),
        ("my-org/5: sprint=A; sprint=B", "my-org/5 has sprint twice"),
        ("my-org/5: sprint=A, MY-ORG/5: sprint=B", "it names MY-ORG/5 twice"),
    ],
)
def test_what_is_malformed_is_said_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(GH_PROJECT_FIELDS=text).value(GH_PROJECT_FIELDS)
    assert str(caught.value).startswith(f"GH_PROJECT_FIELDS is malformed: {sentence}")


@pytest.mark.parametrize("text", ["my-org", "my-org/", "my-org/x", "5", "my-org/5/6", "my-org/05"])
def test_what_is_no_board_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="is not a board such as my-org/5"):
        settings(GH_PROJECTS=text).value(GH_PROJECTS)


def test_fields_of_a_board_that_is_left_out_are_a_mistake() -> None:
    agree(settings(GH_PROJECT_FIELDS=TEXT))
    agree(settings(GH_PROJECT_FIELDS=TEXT, GH_PROJECTS="my-org/5,my-org/6"))
    with pytest.raises(SettingsError) as caught:
        agree(settings(GH_PROJECT_FIELDS=TEXT, GH_PROJECTS="my-org/5"))
    assert str(caught.value) == "GH_PROJECT_FIELDS names my-org/6, which GH_PROJECTS leaves out"
