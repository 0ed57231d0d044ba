"""What an experiment says on the screen while it runs."""

import logging
import sys
import warnings


def begin() -> None:
    """Shows the project's own messages, and only errors of what lies under it.

    Call it from a `main`, never from a library.
    """
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    for package in ("experiments", "pipelines", "tftag"):
        logger = logging.getLogger(package)
        logger.setLevel(logging.INFO)
        logger.handlers = [handler]
        logger.propagate = False
    for package in ("absl", "tensorflow"):
        logging.getLogger(package).setLevel(logging.ERROR)
    # TensorBoard and TensorFlow Hub import a package that warns of its end.
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
