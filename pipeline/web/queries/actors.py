"""Who did something, as a page names him."""

from collections.abc import Iterable

from storage.models import User
from storage.work import Work

WORDS = {"system": "system", "customer": "customer", "office:cli": "cli"}
"""Actors that are no user: keys of the pages' texts."""


def actor_names(work: Work, actors: Iterable[str]) -> dict[str, str]:
    """For each actor of an event: the user's name, a key of `WORDS`, or the actor as written ("api:crm")."""
    actors = set(actors)
    ids = {actor: actor.partition(":")[2] for actor in actors}
    users = {user.id: user.name for user in work.find(User, User.id.in_(set(ids.values())))}
    return {actor: users.get(ids[actor]) or WORDS.get(actor, actor) for actor in actors}
