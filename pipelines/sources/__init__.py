"""The ways in: one room per kind of data set, each gives a `Listing`.

A new data set is one file in `published` and its line in `DATA_SETS`.
"""

from pipelines.sources.own_table import folder
from pipelines.sources.pickles import lists
from pipelines.sources.published import (
    fma,
    four_q,
    gtzan,
    magnatagatune,
    mirdata_loader,
    mtg_jamendo,
)

# In the order of the help and of `--list`.
DATA_SETS = (
    folder.DATA_SET,
    lists.DATA_SET,
    magnatagatune.DATA_SET,
    mtg_jamendo.DATA_SET,
    gtzan.DATA_SET,
    fma.DATA_SET,
    four_q.DATA_SET,
    mirdata_loader.DATA_SET,
)
