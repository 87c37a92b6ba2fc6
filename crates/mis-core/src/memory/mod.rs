//! Memory of large arrays, and what becomes of it when they are freed.

mod keep_memory;
mod large_array;

pub use keep_memory::{LargeMemoryGoesBack, keep_memory};
pub use large_array::{Pages, zeros};
