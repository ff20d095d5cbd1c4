"""The figures of docs/benchmarks.md: `make bench`, or `python -m benchmarks [RUNS]` (7 by default; some minutes).

Wall-clock time, because that is what people wait for, and processor time beside it, which a busy machine changes less.
"""

import statistics
import sys

from benchmarks import documents, orders

COUNT, ROUNDS = 6, 3
"""Orders in each round of a load, and rounds; one more before them warms up."""


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    print("Documents")
    documents.report(runs=runs)
    print()
    print(f"One order (the rose: 3 ranges, 10 instalments), alone in one process, {runs} runs, milliseconds\n")
    _row("part", "median", "least", "most", "processor")
    _row("-" * 62, *["------:"] * 4)
    for what, figures in orders.one_order(runs).rows():
        _row(what, *(f"{figure:.1f}" for figure in figures))

    print(f"\nOrders per second after their signatures, {ROUNDS} rounds of {COUNT} signed before\n")
    _row("set-up", "median", "least", "most", "processor s / order")
    _row("-" * 62, *["------:"] * 4)
    for threads, name in ((1, "one thread"), (2, "two threads")):
        _load(f"SQLite, folder, one process, {name}", orders.on_threads(threads, COUNT, ROUNDS + 1))
    if not orders.servers_answer():
        print("\nPostgreSQL or RabbitMQ does not answer: worker processes are not measured.")
        return
    rates = [
        _load(f"PostgreSQL, RabbitMQ, folder, {name}", orders.on_servers(workers, COUNT, ROUNDS + 1))
        for workers, name in ((1, "one worker process"), (2, "two worker processes"))
    ]
    print(f"\nTwo worker processes do {rates[1] / rates[0]:.2f} times the work of one.")


def _load(what: str, rates: list[orders.Rate]) -> float:
    found = [rate.per_second for rate in rates[1:]]
    processor = statistics.median(rate.processor for rate in rates[1:])
    _row(what, *(f"{figure:.2f}" for figure in (statistics.median(found), min(found), max(found), processor)))
    return statistics.median(found)


def _row(first: str, *others: str) -> None:
    print(f"| {first:62} |" + "".join(f" {each:>9} |" for each in others), flush=True)


if __name__ == "__main__":
    main()
