//! One random stream per draw.

use rand::SeedableRng as _;

/// The generator of every random draw: ChaCha with 8 rounds, the same numbers on every machine.
pub type SampleRng = rand_chacha::ChaCha8Rng;

/// The random stream of one draw: a function of the experiment's seed, the epoch and the draw's index in the epoch,
/// and of nothing else, so that batches do not depend on who makes them when.
#[must_use]
pub fn sample_rng(seed: u64, epoch: u32, index: u64) -> SampleRng {
    let mut key = [0_u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..12].copy_from_slice(&epoch.to_le_bytes());
    key[16..24].copy_from_slice(&index.to_le_bytes());
    SampleRng::from_seed(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng as _;

    #[test]
    fn streams_differ_in_seed_epoch_and_index_and_repeat() {
        let first = |seed, epoch, index| sample_rng(seed, epoch, index).random::<u64>();
        assert_eq!(first(1, 2, 3), first(1, 2, 3));
        let others = [first(2, 2, 3), first(1, 3, 3), first(1, 2, 4), first(3, 2, 1)];
        assert!(others.iter().all(|&other| other != first(1, 2, 3)));
    }
}
