"""What Linux says of the memory of a process."""

import pathlib


def status_kb(process: int | str = "self") -> dict[str, int]:
    """Kilobytes by name: `VmRSS` now, `VmHWM` at the most, and others.

    Args:
        process: Its number.

    Returns:
        Nothing where it has ended, or where this is not Linux.
    """
    try:
        text = pathlib.Path(f"/proc/{process}/status").read_text()
    except OSError:
        return {}
    said = (line.partition(":") for line in text.splitlines())
    return {
        name: int(value.split()[0])
        for name, _, value in said
        if value.endswith(" kB")
    }
