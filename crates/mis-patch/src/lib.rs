//! Patch grids, sampling, merging, and a loader whose batches do not depend on the number of its workers.
