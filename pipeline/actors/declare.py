"""Binding the table of steps to a broker: a message holds a job's id and nothing else."""

from collections.abc import Mapping

import dramatiq

from pipeline import jobs
from pipeline.actors.table import FIRST, STEPS
from pipeline.bootstrap import Services


def declare_actors(broker: dramatiq.Broker, services: Services) -> Mapping[str, "dramatiq.Actor[[str], None]"]:
    """One actor per step on this broker. Raising is for programming errors: `jobs.run` records every failure."""

    def actor(name: str) -> "dramatiq.Actor[[str], None]":
        def run(job_id: str) -> None:
            jobs.run(services, job_id)

        queue = STEPS[name].queue
        return dramatiq.actor(
            run,
            actor_name=name,
            queue_name=f"{services.settings.queue_prefix}{queue}",
            priority=0 if queue == FIRST else 1,  # the lower is served first
            broker=broker,
        )

    return {name: actor(name) for name in STEPS}
