"""Where a process listens."""

from pathlib import Path


def listening(pid: int) -> set[str]:
    """Local addresses on which a process listens, as hexadecimal digits (proc(5))."""
    inodes = {
        link.readlink().name.partition("[")[2].rstrip("]")
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if link.readlink().name.startswith("socket:")
    }
    lines = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    return {each[1] for each in lines if each[3] == "0A" and each[9] in inodes}
