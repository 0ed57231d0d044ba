"""Pictures of a run, and what TensorBoard shows of it."""

import matplotlib

# They must not depend on what a home or a folder says in a matplotlibrc, as
# that all text is set by a LaTeX that is not there.
matplotlib.rcdefaults()
