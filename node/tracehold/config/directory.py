"""The settings of the directory; they belong to `settings.Config`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectorySection:
    """The shared directory: who holds records about what (docs/spec/directory.md). It needs the network key
    of [keys]; without it this node asks all members, and keeps nothing for the directory.
    """

    seeds: tuple[str, ...] = ()
    """Members through which this node comes into the directory, each as host:port of its listener for peers.
    Default: all members.
    """

    ask_all_upto: int = 64
    """Members of the network up to which all of them are asked, so that an answer can be complete. In larger
    networks the directory names those that are asked. 0 uses the directory always: an answer is then
    as complete as what members announced.
    """

    announce_per_s: float = 200.0
    """Keys that this node announces each second at most."""

    records_of_key: int = 64
    """Provider records that are kept of one key. A key with more holders is answered as full."""

    records_of_member: int = 200_000
    """Provider records that are kept of one member; about 200 bytes of disk each."""

    records_total: int = 2_000_000
    """Provider records that are kept in all."""
