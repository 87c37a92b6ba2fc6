//! Which case is visited when.

use mis_core::sample_rng;
use rand::seq::SliceRandom as _;

/// The order of cases in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseOrder {
    /// Shuffled anew in each epoch and each round through the cases.
    Shuffled,
    /// As given, each time.
    Sorted,
}

/// The visits of one epoch: a function of seed and epoch alone, known before anything is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochPlan {
    /// The experiment's seed.
    pub seed: u64,
    /// The epoch.
    pub epoch: u32,
    /// Number of cases.
    pub n_cases: usize,
    /// Their order.
    pub order: CaseOrder,
}

impl EpochPlan {
    /// The case of each visit, round after round through all cases, without end.
    pub fn cases(self) -> impl Iterator<Item = usize> + Send {
        (0_u64..).flat_map(move |round| {
            let mut cases: Vec<usize> = (0..self.n_cases).collect();
            if self.order == CaseOrder::Shuffled {
                // Counted from the far end: visits draw from streams 0, 1, 2 …
                cases.shuffle(&mut sample_rng(self.seed, self.epoch, u64::MAX - round));
            }
            cases
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_round_visits_every_case_once_and_rounds_and_epochs_differ() {
        let plan = EpochPlan { seed: 7, epoch: 3, n_cases: 20, order: CaseOrder::Shuffled };
        let visits: Vec<_> = plan.cases().take(40).collect();
        for round in visits.chunks(20) {
            let mut sorted = round.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..20).collect::<Vec<_>>());
        }
        assert_ne!(visits[..20], visits[20..]);
        assert_eq!(visits, plan.cases().take(40).collect::<Vec<_>>());
        assert_ne!(visits, EpochPlan { epoch: 4, ..plan }.cases().take(40).collect::<Vec<_>>());
    }
}
