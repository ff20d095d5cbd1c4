"""Batches at the agencies with a decision on each order, and the tasks that come back to the reps."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from sqlalchemy import select
from starlette.responses import Response

from pipeline.api.access import Acting, Agency, AgencyOrOffice, Seller, Serving
from pipeline.api.keys import Caller
from pipeline.api.listing import DEFAULT_LIMIT, Cursor, Limit, read_page
from pipeline.api.openapi import binary, refusals
from pipeline.api.route import ApiRoute, Attempting
from pipeline.api.schemas.common import Page
from pipeline.api.schemas.work import BatchOut, CloseIn, RejectIn, TaskOut, batch_out, task_out
from pipeline.api.visibility import batches, see_batch, tasks
from pipeline.bootstrap import Services
from pipeline.errors import NotFound
from pipeline.orders import archived
from pipeline.steps.decide import accept, close_task, reject
from storage.models import Batch, BatchItem, Order, Task
from storage.work import Work

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["production"])


@router.get("/batches", responses=refusals(401, 403, 422), summary="List batches")
def list_batches(
    caller: AgencyOrOffice,
    services: Serving,
    state: Annotated[Literal["open", "closed"] | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[BatchOut]:
    """The batches of an agency, or all, newest first."""
    query = select(Batch).where(batches(caller), *([Batch.state == state] if state else []))
    with services.works(read_only=True) as work:
        return read_page(work, query, (Batch.created_at, Batch.id), cursor, limit, lambda row: _batch(work, row[0]))


@router.get(
    "/batches/{batch}/file",
    response_class=Response,
    responses=binary("application/zip", "The batch.") | refusals(401, 403, 404, 503),
    summary="Read a batch's file",
)
def batch_file(batch: str, caller: AgencyOrOffice, services: Serving) -> Response:
    """The ZIP as it was dropped: signed forms, `order.json`, annexes, `MANIFEST.json` with the SHA-256 of each."""
    with services.works(read_only=True) as work:
        row = see_batch(work, batch, caller)
    headers = {"content-disposition": f'attachment; filename="{row.number}.zip"', "etag": f'"{row.sha256}"'}
    return Response(archived(services, row.sha256), media_type="application/zip", headers=headers)


@router.post("/batches/{batch}/orders/{order_id}/accept", responses=refusals(401, 403, 404, 409), summary="Accept")
def take(batch: str, order_id: str, caller: Agency, services: Serving, origin: Acting, attempt: Attempting) -> BatchOut:
    """Take an order into production."""
    batch_id = _seen(services, batch, caller)
    if not attempt.already:
        accept(services, batch_id, order_id, origin)
    return _batch_now(services, batch_id, caller)


@router.post("/batches/{batch}/orders/{order_id}/reject", responses=refusals(401, 403, 404, 409, 422), summary="Reject")
def give_back(
    batch: str, order_id: str, why: RejectIn, caller: Agency, services: Serving, origin: Acting, attempt: Attempting
) -> BatchOut:
    """Give an order back, with a reason that becomes a task of its rep."""
    batch_id = _seen(services, batch, caller)
    if not attempt.already:
        reject(services, batch_id, order_id, why.reason, origin)
    return _batch_now(services, batch_id, caller)


@router.get("/tasks", responses=refusals(401, 403, 422), summary="List tasks")
def list_tasks(
    caller: Seller,
    services: Serving,
    state: Annotated[Literal["open", "done", "all"], Query()] = "open",
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[TaskOut]:
    """What waits for the rep, or for everyone, newest first."""
    query = select(Task, Order).join(Order, Order.id == Task.order_id)
    query = query.where(tasks(caller), *([Task.state == state] if state != "all" else []))
    with services.works(read_only=True) as work:
        return read_page(work, query, (Task.created_at, Task.id), cursor, limit, lambda row: task_out(row[0], row[1]))


@router.post("/tasks/{task_id}/close", responses=refusals(401, 403, 404, 422), summary="Close a task")
def close(
    task_id: str, how: CloseIn, caller: Seller, services: Serving, origin: Acting, attempt: Attempting
) -> TaskOut:
    """Say how the task was dealt with."""
    with services.works(read_only=True) as work:
        if work.first(Task, tasks(caller), id=task_id) is None:
            raise NotFound
    if not attempt.already:
        close_task(services, task_id, how.comment, origin)
    with services.works(read_only=True) as work:
        row = work.get(Task, task_id)
        return task_out(row, work.get(Order, row.order_id))


def _seen(services: Services, batch: str, caller: Caller) -> str:
    with services.works(read_only=True) as work:
        return see_batch(work, batch, caller).id


def _batch_now(services: Services, batch_id: str, caller: Caller) -> BatchOut:
    with services.works(read_only=True) as work:
        return _batch(work, see_batch(work, batch_id, caller))


def _batch(work: Work, row: Batch) -> BatchOut:
    found = work.session.execute(
        select(BatchItem, Order.number)
        .join(Order, Order.id == BatchItem.order_id)
        .where(BatchItem.batch_id == row.id)
        .order_by(Order.number)
    )
    return batch_out(row, [(item, number) for item, number in found])
