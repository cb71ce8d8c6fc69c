"""Options of a job on the command line, against services on their own NATS and Postgres."""

from tests.integration.test_command_line import Upright, imported, submitted, upright  # noqa: F401 - fixtures


async def test_options_are_typed_as_they_are_meant(upright: Upright, imported):  # noqa: F811
    given = ("-o", "slowMotionDelay=20", "-o", "viewport=390x844", "--trace", "on_failure", "--screenshots", "error")
    table = ("--csv", upright.files / "table.csv", "--map", "Login=User name")
    job = await upright.retold("run", imported["id"], *table, *given, "--speed", "2", "--slow-motion", "--json")
    assert job.code == 0, job.err
    shown = (await upright.retold("jobs", "--json")).json
    assert job.json["id"] in {each["id"] for each in shown}


async def test_an_option_that_nobody_knows_is_refused_before_anything_is_sent(upright: Upright):  # noqa: F811
    refused = await upright.retold("run", "no such recording", "--csv", upright.files / "none.csv", "-o", "speeed=1")
    assert (refused.code, refused.out) == (2, "")
    assert "did you mean speed" in refused.err
    assert refused.err.count("\n") == 1


async def test_an_option_given_twice_is_refused(upright: Upright):  # noqa: F811
    table = ("--csv", upright.files / "table.csv")
    refused = await upright.retold("run", "x", *table, "--speed", "2", "-o", "Speed=1")
    assert refused.code == 2
    assert "given twice" in refused.err


async def test_the_options_are_listed_with_their_defaults(upright: Upright):  # noqa: F811
    listed = {each["name"]: each["default"] for each in (await upright.retold("options", "--json")).json}
    assert (listed["speed"], listed["screenshot_on_error"], listed["retry_backoff"]) == (None, True, [100, 200, 400])
    assert "slow_motion_delay" in (await upright.retold("options")).out
