"""What a sensor event without objects is about: its places, for as long as its sensors read (EPCIS 2.0
section 7.3.7: the observed thing is then the place)."""

from collections.abc import Iterator

from tracehold.core.epcis.model import AggregationEvent, Event, ObjectEvent, TransactionEvent


def places_alone(event: Event) -> tuple[str, ...]:
    """The read point and business location of a sensor event that names no goods; else nothing."""
    if not event.sensor_elements or _names_goods(event):
        return ()
    places = (event.read_point, event.biz_location)
    return tuple(dict.fromkeys(place.canonical for place in places if place is not None))


def reading_period(event: Event) -> tuple[int, int] | None:
    """From when to when its sensors read: by the times in metadata and reports, never later than the event
    itself; without any at the event's instant. None without sensors. Microseconds since 1970 UTC."""
    if not event.sensor_elements:
        return None
    instants = [min(read, event.instant) for read in _instants(event)] or [event.instant]
    return min(instants), max(instants)


def _names_goods(event: Event) -> bool:
    match event.what:
        case ObjectEvent(objects=objects):
            return bool(objects)
        case TransactionEvent(parent=parent, objects=named) | AggregationEvent(parent=parent, children=named):
            return bool(named) or parent is not None
        case _:
            return True


def _instants(event: Event) -> Iterator[int]:
    for element in event.sensor_elements:
        said = element.metadata
        times = [said.time, said.start, said.end] if said else []
        times += [report.time for report in element.reports]
        yield from (time for time in times if time is not None)
