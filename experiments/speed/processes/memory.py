"""What Linux says of the memory of a process."""

import pathlib

# What it calls a kB, in megabytes.
MB_OF_KB = 1_024 / 1e6


def status_mb(process: int | str = "self") -> dict[str, float]:
    """Megabytes by name: `VmRSS` now, `VmHWM` at the most, and others.

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
        name: int(value.split()[0]) * MB_OF_KB
        for name, _, value in said
        if value.endswith(" kB")
    }


def forget_peak() -> None:
    """From here on, `VmHWM` of this process is the most of what follows."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")
