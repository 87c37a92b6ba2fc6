//! Turns at libtorch's one generator.

use std::sync::{Mutex, PoisonError};

static TURN: Mutex<()> = Mutex::new(());

/// Runs `draw` with libtorch's generator set to `seed`. libtorch has one generator per process: whoever draws from it
/// through this function takes a turn, so that what is drawn is a function of the seed alone.
pub fn seeded<T>(seed: u64, draw: impl FnOnce() -> T) -> T {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    tch::manual_seed(seed.cast_signed());
    draw()
}
