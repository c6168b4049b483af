"""Titles and bodies that read as if people had written them."""

from random import Random

from sandbox.world import words

LONG_BODY = 0.012
MAXIMUM_BODY = 65_536  # GitHub's own limit


def issue_title(rng: Random) -> str:
    """Return an issue's title: most report a fault, the others wish for something."""
    component = rng.choice(words.COMPONENTS)
    if rng.random() < 0.62:
        title = f"{component} {rng.choice(words.FAULTS)}{rng.choice(words.CONDITIONS)}"
    else:
        title = f"{rng.choice(words.WISHES)} {component}"
    return title[0].upper() + title[1:]


def pull_title(rng: Random, *, conventional: bool) -> str:
    """Return a pull request's title, with a conventional commit's prefix where the repository has that habit."""
    kind, verb = rng.choice(words.PR_VERBS)
    component = rng.choice(words.COMPONENTS)
    if rng.random() < 0.35:
        component = f"{component} {rng.choice(words.PR_DETAILS)}"
    if conventional:
        return f"{kind}: {verb[0].lower()}{verb[1:]} {component}"
    return f"{verb} {component}"


def bump_title(rng: Random) -> str:
    """Return a dependency bot's title."""
    major, minor, patch = rng.randrange(1, 9), rng.randrange(20), rng.randrange(12)
    newer = rng.choice((f"{major}.{minor}.{patch + 1}", f"{major}.{minor + 1}.0", f"{major + 1}.0.0"))
    return f"Bump {rng.choice(words.PACKAGES)} from {major}.{minor}.{patch} to {newer}"


def _paragraph(rng: Random, count: int) -> str:
    return " ".join(rng.choices(words.SENTENCES, k=count))


def _stack(rng: Random, lines: int) -> str:
    language = rng.choice(words.STACK_LINES)
    trace = "\n".join(rng.choice(language).format(line=rng.randrange(9, 900)) for _ in range(lines))
    return f"```\n{trace}\n```"


def _report(rng: Random) -> str:
    steps = "\n".join(f"{n}. Open {rng.choice(words.COMPONENTS)}" for n in range(1, rng.randrange(3, 6)))
    return (
        f"### What happened?\n{_paragraph(rng, 2)}\n\n### Steps to reproduce\n{steps}\n\n"
        f"### Expected behaviour\n{_paragraph(rng, 1)}\n\n{_stack(rng, rng.randrange(2, 7))}"
    )


def _change(rng: Random) -> str:
    points = "\n".join(f"- {line}" for line in rng.choices(words.SENTENCES, k=rng.randrange(1, 4)))
    return f"## What\n{_paragraph(rng, 1)}\n\n## Why\n{points}\n\n- [x] Tests\n- [ ] Docs 📚"


def body(rng: Random, *, pull: bool) -> str | None:
    """Return a body: a filled-in template, a few sentences, another script, a very long log, or none at all."""
    draw = rng.random()
    if draw < 0.07:
        return None
    if draw < 0.07 + LONG_BODY:
        return f"{_paragraph(rng, 1)}\n\n{_stack(rng, rng.randrange(150, 1_100))}"[:MAXIMUM_BODY]
    if draw < 0.13:
        text = f"{rng.choice(words.FOREIGN_SENTENCES)}\n\n{_paragraph(rng, 1)}"
    elif draw < 0.6:
        text = _change(rng) if pull else _report(rng)
    else:
        text = _paragraph(rng, rng.randrange(1, 4))
    # Text typed into GitHub's own form arrives with CRLF.
    return text.replace("\n", "\r\n") if rng.random() < 0.4 else text


def bump_body(title: str) -> str:
    """Return a dependency bot's body for its title."""
    _, package, _, old, _, new = title.split(" ")
    return (
        f"Bumps `{package}` from {old} to {new}.\n\n<details>\n<summary>Release notes</summary>\n\n"
        f"## {new}\n* Bug fixes and improvements\n* Drop support for end-of-life runtimes\n</details>\n<br />\n\n"
        "You can trigger a rebase of this PR by commenting `@dependabot rebase`."
    )
