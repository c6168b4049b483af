"""Other names for what stays the same: repositories, organisations and people that are renamed or change hands."""

import copy
from random import Random

from sandbox.world.core import Core
from sandbox.world.founding import Plan
from sandbox.world.items import Organisation, Repository
from sandbox.world.people import Person


class Renames(Core):
    """The part of the state that is about names, and the ways to change them.

    `former_names` are full names in lower case that lead to the repositories that had them, until another takes one.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.former_names: dict[str, Repository] = {}
        self._repository_ids = Random(f"{plan.seed}/repositories")

    def rename_repository(self, repository: Repository, name: str) -> None:
        """Give a repository another name; the old one leads to it. ValueError for a name that is taken."""
        before = repository.name
        with self.lock:
            self._place(repository, repository.owner, name)
            self.tell(repository.owner, "repository", "renamed", copy.copy(repository), name=before)

    def move_repository(self, repository: Repository, organisation: Organisation) -> None:
        """Give a repository to another organisation, with all that is in it; ids and numbers stay.

        ValueError when that has one of this name.
        """
        before = repository.owner
        with self.lock:
            self._place(repository, organisation, repository.name)
            self.tell(organisation, "repository", "transferred", copy.copy(repository), owner=before)

    def create_repository(self, organisation: Organisation, name: str, *, private: bool = False) -> Repository:
        """Make an empty repository; a name that another one had leads to this one now. ValueError when it is taken."""
        with self.lock:
            self._check_free(organisation, name)
            latest = max((one.id for one in self.repositories.values()), default=400_000_000)
            made = Repository(
                id=latest + self._repository_ids.randrange(1_000, 400_000),
                owner=organisation,
                name=name,
                description=None,
                language="Python",
                private=private,
                archived=False,
                created_at=self.now,
                popularity=0.1,
                conventional=False,
                pushed_at=self.now,
            )
            organisation.repositories.append(made)
            self._list(made)
            self.tell(organisation, "repository", "created", made)
            return made

    def delete_repository(self, repository: Repository) -> None:
        """Delete a repository with all that is in it: its name and its id answer 404 from now on."""
        with self.lock:
            for item in list(repository.items.values()):
                self._leave_boards(item)
                self._withdraw(item)
            self.tell(repository.owner, "repository", "deleted", repository)
            repository.owner.repositories.remove(repository)
            del self.repositories[repository.full_name.lower()]
            self.former_names = {name: one for name, one in self.former_names.items() if one is not repository}
            self.version += 1

    def rename_organisation(self, organisation: Organisation, login: str) -> None:
        """Give an organisation another name: the old one answers 404, and those of its repositories lead to them.

        ValueError for a name that is taken.
        """
        with self.lock:
            if login.lower() in self.organisations:
                raise ValueError(f"there is an organisation {login} already")
            for repository in organisation.repositories:
                self._unlist(repository)
            del self.organisations[organisation.login.lower()]
            organisation.former_logins.add(organisation.login.lower())
            self.tell(organisation, "organization", "renamed", None, login=organisation.login)
            organisation.account.login = organisation.account.name = login
            self.organisations[login.lower()] = organisation
            for repository in organisation.repositories:
                self._list(repository)

    def rename_person(self, person: Person, login: str) -> None:
        """Give somebody another name: everything they did shows it, and the old one is free. ValueError when taken."""
        with self.lock:
            if login.lower() in self.accounts:
                raise ValueError(f"there is an account {login} already")
            before, person.login = person.login, login
            self.accounts[login.lower()] = self.accounts.pop(before.lower())
            for organisation in self.organisations.values():
                if before in organisation.members:
                    organisation.members[login] = organisation.members.pop(before)
                if before in organisation.collaborators:
                    organisation.collaborators[login] = organisation.collaborators.pop(before)
            self.version += 1

    def _place(self, repository: Repository, owner: Organisation, name: str) -> None:
        with self.lock:
            self._check_free(owner, name)
            self._unlist(repository)
            repository.owner.repositories.remove(repository)
            repository.owner, repository.name = owner, name
            owner.repositories.append(repository)
            self._list(repository)

    def _check_free(self, owner: Organisation, name: str) -> None:
        if f"{owner.login}/{name}".lower() in self.repositories:
            raise ValueError(f"there is a repository {owner.login}/{name} already")

    def _unlist(self, repository: Repository) -> None:
        full_name = repository.full_name.lower()
        del self.repositories[full_name]
        self.former_names[full_name] = repository

    def _list(self, repository: Repository) -> None:
        full_name = repository.full_name.lower()
        self.repositories[full_name] = repository
        self.former_names.pop(full_name, None)
        self.version += 1
