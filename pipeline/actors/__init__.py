"""Dramatiq actors: one per step that runs after the signature. Each carries a job's id; the job's row holds the rest."""

from pipeline.actors.declare import ACTORS, declare_actors

__all__ = ["ACTORS", "declare_actors"]
