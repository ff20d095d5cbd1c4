"""Dramatiq actors: one per step that runs after the signature. Each carries a job's id; the job's row holds the rest."""
