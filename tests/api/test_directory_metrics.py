"""The directory's series."""

from tracehold.api.metrics import Metrics
from tracehold.journey.counted import Counted
from tracehold.wire.standing import DirectoryStanding, Standing


async def page(metrics: Metrics, standing: Standing) -> list[str]:
    """The lines of the page."""

    async def now() -> Standing:
        return standing

    return (await metrics.page(now)).decode().splitlines()


async def test_the_directory_is_on_the_page():
    """Gauges as it stands, counters as it told, lookups by whether they came to an end."""
    metrics = Metrics()
    for number, what in enumerate(Counted, start=2):
        metrics.directory.count(what, number)
    metrics.directory.looked_up(0.2, ended=True)
    metrics.directory.looked_up(8.0, ended=False)
    lines = await page(metrics, Standing("0", "", directory=DirectoryStanding(19, 4_211, 100, 3)))
    for line in (
        "contacts 19.0", "records 4211.0", "offered 100.0", "due 3.0", "announced_total 2.0",
        "refused_total 3.0", "expired_total 4.0", "dead_total 5.0",
        'lookup_seconds_bucket{ended="true",le="0.15"} 0.0',
        'lookup_seconds_bucket{ended="true",le="0.25"} 1.0',
        'lookup_seconds_bucket{ended="false",le="8.0"} 1.0',
    ):  # fmt: skip
        assert f"tracehold_directory_{line}" in lines


async def test_a_node_that_takes_no_part_has_empty_gauges():
    """The series are there, so that no alert is blind."""
    lines = await page(Metrics(), Standing("0", ""))
    for line in ("contacts 0.0", "due 0.0", "announced_total 0.0", 'lookup_seconds_count{ended="false"} 0.0'):
        assert f"tracehold_directory_{line}" in lines
