"""Progress of long work, on stderr, and only where a person looks on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar of `total` steps that goes away at the end; the
    function handed out advances it by so many steps.
    """
    done = 0

    def advance(steps: int) -> None:
        nonlocal done
        done += steps
        tell(done, total)

    with counted(title) as tell:
        yield advance


@contextmanager
def counted(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar that goes away at the end; the function handed out sets it to (done, in all)."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
