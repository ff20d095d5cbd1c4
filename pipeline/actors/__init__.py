"""Dramatiq actors: one per step that runs after the signature; a message carries a job's id and nothing else."""
