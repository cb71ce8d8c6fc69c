"""`retold model-calls`: what a model was asked, what it answered, and what that cost."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from services.cli.client import Client
from services.cli.desk import Desk
from services.cli.finding import find_job
from services.cli.showing import cell, cut, moment, table
from shared.core.errors import NotFound

STYLE = {"answered": "green", "none": "yellow", "budget": "yellow", "off": "yellow"}
REASON_WIDTH = 80


async def model_calls(
    desk: Desk,
    job: Annotated[str | None, typer.Option(help="Only of this job: its id, the beginning of it, or `last`.")] = None,
    sums: Annotated[bool, typer.Option("--sums", help="One line a job, with what it cost.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most this many, the newest.")] = 50,
) -> None:
    """List what a model was asked about elements, what it answered, and what that cost in US dollars."""
    async with desk.client() as client:
        model = await _model(client)
        job_id = await find_job(client, job) if job is not None else None
        if sums:
            listed = await client.get("/healer/v1/model-calls/sums", job_id=job_id, limit=limit)
        else:
            listed = await client.pages("/healer/v1/model-calls", limit, job_id=job_id)
    if desk.as_json:
        desk.print_json({"model": model, "sums" if sums else "calls": listed})
        return
    desk.note(_in_words(model))
    if not listed:
        desk.note("no question was put to a model")
    elif sums:
        _show_sums(desk, listed)
    else:
        _show_calls(desk, listed)


async def _model(client: Client) -> dict[str, Any]:
    try:
        told: dict[str, Any] = await client.get("/healer/v1/model")
    except NotFound:  # a healer of an earlier release
        return {"on": False, "why_not": "this healer asks no model", "model": ""}
    return told


def _in_words(model: Mapping[str, Any]) -> str:
    if not model["on"]:
        return f"no model is asked: {model['why_not']}"
    most, price = model["most_of_a_job"], model["price_usd_per_million_tokens"]
    paid = f"{_usd(price['input'])} in, {_usd(price['output'])} out" if price else "its price is not known"
    limits = f"{most['calls']} calls, {most['tokens']:,} tokens, {_usd(most['usd'])}"
    return f"{model['model']} is asked ({paid} per million tokens); a job may use {limits}"


def _usd(amount: float) -> str:
    return f"${amount:,.2f}"


def _cost(amount: float | None) -> str:
    return "not known" if amount is None else f"${amount:.4f}"


def _show_calls(desk: Desk, calls: list[dict[str, Any]]) -> None:
    shown = table(
        *("at", "outcome", "sure", "job", "row", "step", "model", "ms", "tokens", "cost", "reason"),
        right=("sure", "row", "step", "ms", "tokens", "cost"),
    )
    for call in calls:
        shown.add_row(
            cell(moment(call["created_at"])),
            cell(call["outcome"], STYLE.get(call["outcome"], "red")),
            cell(call["confidence"] or ""),
            cell(call["job_id"]),
            cell(call["row_index"]),
            cell(call["step_number"]),
            cell(call["model_selected"]),
            cell(call["latency_ms"]),
            cell(call["total_tokens"]),
            cell(_cost(call["cost_estimate"])),
            cell(cut(call["reason"] or "", REASON_WIDTH)),
        )
    desk.out.print(shown)


def _show_sums(desk: Desk, jobs: list[dict[str, Any]]) -> None:
    shown = table(
        *("job", "calls", "answered", "beyond budget", "tokens in", "tokens out", "cost", "of unknown cost", "last"),
        right=("calls", "answered", "beyond budget", "tokens in", "tokens out", "cost", "of unknown cost"),
    )
    for job in jobs:
        shown.add_row(
            cell(job["job_id"]),
            cell(job["calls"]),
            cell(job["answered"]),
            cell(job["refused_by_budget"]),
            cell(job["input_tokens"]),
            cell(job["output_tokens"]),
            cell(_cost(job["cost_usd"])),
            cell(job["calls_of_unknown_cost"] or ""),
            cell(moment(job["last_at"])),
        )
    desk.out.print(shown)
