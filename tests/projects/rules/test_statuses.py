"""What statuses mean."""

from __future__ import annotations

from chalicelib.projects.rules import Choice, status_kinds


def test_github_templates_are_understood() -> None:
    found = status_kinds(
        dict.fromkeys(["🆕 New", "📋 Backlog", "🔖 Ready", "🏗 In progress", "👀 In review", "✅ Done"]), None
    )
    assert [kind for _, kind in found] == ["todo", "todo", "todo", "in_progress", "in_progress", "done"]


def test_what_is_not_done_is_not_taken_for_done() -> None:
    found = status_kinds(dict.fromkeys(["Not done", "Won't do", "Ready to be merged", "Review later"]), None)
    assert {kind for _, kind in found} == {"todo"}


def test_the_setting_wins() -> None:
    choice = Choice(done=("shipped",), in_progress=("Queue", "Done"))
    found = status_kinds(dict.fromkeys(["Queue", "Doing", "Done", "Closed", "Shipped"]), choice)
    assert found == [
        ("Queue", "in_progress"),
        ("Doing", "todo"),
        ("Done", "in_progress"),
        ("Closed", "todo"),
        ("Shipped", "done"),
    ]


def test_what_the_setting_leaves_out_is_guessed() -> None:
    assert status_kinds(dict.fromkeys(["Doing", "Done", "Live"]), Choice(done=("Live",))) == [
        ("Doing", "in_progress"),
        ("Done", "todo"),
        ("Live", "done"),
    ]


def test_a_board_without_statuses_has_none() -> None:
    assert status_kinds(dict.fromkeys([]), None) == []


def test_a_status_that_was_renamed_means_what_it_meant() -> None:
    """One called "Shipped it" was todo from then on, and what was done was open again."""
    renamed = {"Shipped it": "done", "Cooking": "in_progress", "Someday": "todo", "Done": None}
    assert status_kinds(renamed, None) == [
        ("Shipped it", "done"),
        ("Cooking", "in_progress"),
        ("Someday", "todo"),
        ("Done", "done"),
    ]
    assert status_kinds(renamed, Choice(done=("Done",))) == [
        ("Shipped it", "todo"),
        ("Cooking", "in_progress"),
        ("Someday", "todo"),
        ("Done", "done"),
    ]
