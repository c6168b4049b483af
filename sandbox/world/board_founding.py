"""The boards that an organisation has from the beginning, and the deliverables that its issues are parts of."""

from random import Random

from sandbox.world.boards import DONE, IN_PROGRESS, TODO, IssueType, Layout
from sandbox.world.items import Change, Item, Kind, Organisation
from sandbox.world.population import Population

DELIVERABLES = ("Self-service sign-up", "Faster search", "Audit log", "Mobile app")
DELIVERY = Layout("Delivery", "What the product teams deliver", deliverables=DELIVERABLES)
# Sprints of the same titles as the first board's, with ids and dates of their own.
PLATFORM = Layout("Platform", deliverables=DELIVERABLES[1:])
RESEARCH = Layout(
    "Research",
    "Other names, statuses that nothing moves by itself, deliverables through parents",
    status="State",
    statuses=(("Later", TODO), ("Ready", TODO), ("Doing", IN_PROGRESS), ("Shipped", DONE)),
    sprint="Iteration",
    points="Estimate",
    workflows=False,
)
LAYOUTS = (DELIVERY, PLATFORM, RESEARCH)
LARGE = Layout("Everything", "All there is")
TYPES = ((4_011, "Deliverable", "purple"), (4_012, "Epic", "blue"), (4_013, "Task", "yellow"), (4_014, "Bug", "red"))
EPICS = ("design", "implementation", "rollout")


def found_types(organisation: Organisation) -> dict[str, IssueType]:
    """Give an organisation the types of issue that it lacks; return all by name."""
    known = {one.name: one for one in organisation.issue_types}
    for number, name, color in TYPES:
        if name not in known:
            known[name] = IssueType(number, name, color, organisation.account)
            organisation.issue_types.append(known[name])
    return known


def found_deliverables(world: Population, organisation: Organisation, rng: Random) -> list[Item]:
    """Open the issues of deliverables and the epics below them; return what other issues may be put below."""
    places = [one for one in organisation.repositories if not one.archived]
    if not places:
        return []
    types, found = found_types(organisation), []
    for title in DELIVERABLES:
        deliverable = _open(world, organisation, title, types["Deliverable"], rng)
        found.append(deliverable)
        for part in EPICS[: rng.randrange(1, 4)]:
            epic = _open(world, organisation, f"{title}: {part}", types["Epic"], rng)
            world.set_parent(epic, deliverable)
            found.append(epic)
    return found


def _open(world: Population, organisation: Organisation, title: str, kind: IssueType, rng: Random) -> Item:
    places = [one for one in organisation.repositories if not one.archived]
    repository = places[min(int(rng.expovariate(1.0)), len(places) - 1)]
    actor = world.draw_insider(rng, repository)
    item = world.open(repository, world.now, actor, title, None, pull=False, rng=rng)
    world.apply(item, Change(world.now, Kind.ISSUE_TYPE_ADDED, actor, issue_type=kind))
    return item
