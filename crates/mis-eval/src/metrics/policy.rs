//! Which of the conventions in use scores follow.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::Counts;

/// Which library's conventions scores follow: what an empty mask scores, and what a surface and a percentile of its
/// distances are. The same masks have an HD95 of 3.1 or of 82.7 mm by convention alone: only scores of one policy can be
/// compared.
///
/// | | `nnunet` | `monai` | `medpy` | `deepmind` |
/// |---|---|---|---|---|
/// | Dice; both empty / truth empty / prediction empty | – / 0 / 0 | – / – / 0 | – / 0 / 0 | – / 0 / 0 |
/// | Jaccard; likewise | – / 0 / 0 | – / – / 0 | 1 / 0 / 0 | – / 0 / 0 |
/// | Hausdorff; both empty / one empty | – / diagonal | – / ∞ | – / – | ∞ / ∞ |
/// | HD95; likewise | – / diagonal | – / – | – / – | ∞ / ∞ |
/// | ASSD; likewise | – / diagonal | – / ∞ | – / – | – / ∞ |
/// | surface | edge voxels | edge voxels | edge voxels | marching-cubes surface between voxels |
/// | HD95 | larger directed percentile | larger directed percentile | percentile of both directions pooled | larger directed percentile, by area |
/// | ASSD | both directions pooled | both directions pooled | both directions pooled | mean of the directed means, by area |
/// | NSD | edge voxels counted | edge voxels counted | edge voxels counted | by area |
///
/// – is undefined: left out of means, and counted. What a library lacks is taken as its nearest kin has it: nnU-Net has
/// no distances (here MONAI's, with the lattice's diagonal for a miss, so that a miss is worse than any hit and a mean
/// stays finite), MedPy has no NSD (MONAI's), DeepMind has no Jaccard (as its Dice), and gives both directed means for
/// the ASSD. Precision, sensitivity, specificity, accuracy and NSD of empty masks are the same in all four.
///
/// As measured from nnU-Net 2, MONAI 1.6, MedPy 0.5 and surface-distance 0.1 with their defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// nnU-Net's overlaps, and distances that count a miss as the lattice's diagonal: the default.
    #[default]
    NnUnet,
    /// MONAI's.
    Monai,
    /// MedPy's.
    Medpy,
    /// Those of DeepMind's surface-distance (Nikolov et al. 2018).
    Deepmind,
}

impl Policy {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::NnUnet, Self::Monai, Self::Medpy, Self::Deepmind];

    /// Its name in experiment files, on the command line and under tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NnUnet => "nnunet",
            Self::Monai => "monai",
            Self::Medpy => "medpy",
            Self::Deepmind => "deepmind",
        }
    }

    /// Dice or Jaccard where a mask is empty; none where neither is. The answer itself is none where it is undefined.
    pub(crate) fn empty_overlap(self, overlap: Overlap, masks: Masks) -> Option<Option<f64>> {
        match (masks, self) {
            (Masks::BothFull, _) => None,
            (Masks::BothEmpty, Self::Medpy) if overlap == Overlap::Jaccard => Some(Some(1.0)),
            (Masks::BothEmpty, _) | (Masks::TruthEmpty, Self::Monai) => Some(None),
            (Masks::TruthEmpty | Masks::PredictionEmpty, _) => Some(Some(0.0)),
        }
    }

    /// How [`empty_overlap`](Self::empty_overlap) answers, in words.
    pub(crate) fn about_overlap(self, overlap: Overlap) -> String {
        let rule = match (self, overlap) {
            (Self::Monai, _) => {
                "undefined where the truth is empty, whatever was predicted; 0 where the prediction is"
            }
            (Self::Medpy, Overlap::Jaccard) => "1 where both masks are empty, 0 where one is",
            _ => "undefined where both masks are empty, 0 where one is",
        };
        format!("policy {self}: {rule}")
    }

    /// A distance where a mask is empty, in mm; none where neither is. The answer itself is none where it is undefined,
    /// and infinite where the policy says so.
    pub(crate) fn empty_distance(
        self,
        distance: Distance,
        masks: Masks,
        diagonal: f64,
    ) -> Option<Option<f64>> {
        Some(match (self, masks) {
            (_, Masks::BothFull) => return None,
            (Self::Deepmind, Masks::BothEmpty) if distance != Distance::Assd => Some(f64::INFINITY),
            (_, Masks::BothEmpty) | (Self::Medpy, _) => None,
            (Self::Monai, _) if distance == Distance::Hd95 => None,
            (Self::Monai | Self::Deepmind, _) => Some(f64::INFINITY),
            (Self::NnUnet, _) => Some(diagonal),
        })
    }

    /// How [`empty_distance`](Self::empty_distance) answers, in words.
    pub(crate) fn about_distance(self, distance: Distance) -> &'static str {
        match (self, distance) {
            (Self::NnUnet, _) => "undefined where both masks are empty, the lattice's diagonal where one is",
            (Self::Monai, Distance::Hd95) | (Self::Medpy, _) => "undefined where a mask is empty",
            (Self::Monai, _) | (Self::Deepmind, Distance::Assd) => {
                "undefined where both masks are empty, infinite where one is"
            }
            (Self::Deepmind, _) => "infinite where a mask is empty",
        }
    }

    /// Whether surfaces lie between voxels and count by their area.
    pub(crate) fn weighs_by_area(self) -> bool {
        self == Self::Deepmind
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Policy {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        let named = Self::ALL.into_iter().find(|policy| policy.name() == name);
        named.with_context(|| format!("expected a policy: nnunet, monai, medpy or deepmind, found {name:?}"))
    }
}

/// A score of overlap whose empty masks policies differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overlap {
    Dice,
    Jaccard,
}

/// A score in mm whose empty masks policies differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Distance {
    Hausdorff,
    Hd95,
    Assd,
}

/// Which masks of a class are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Masks {
    BothFull,
    BothEmpty,
    TruthEmpty,
    PredictionEmpty,
}

impl Masks {
    pub(crate) fn of(counts: &Counts) -> Self {
        match (counts.n_prediction(), counts.n_truth()) {
            (0, 0) => Self::BothEmpty,
            (0, _) => Self::PredictionEmpty,
            (_, 0) => Self::TruthEmpty,
            _ => Self::BothFull,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_maps::row;
    use crate::{Accuracy, Precision, Sensitivity, Specificity};
    use crate::{Assd, Dice, Hausdorff, Hd95, Jaccard, Metric, Nsd};

    const INF: Option<f64> = Some(f64::INFINITY);
    /// Of the row of five voxels, 1 mm apart.
    const DIAGONAL: Option<f64> = Some(4.0);
    const ZERO: Option<f64> = Some(0.0);

    /// Scores of a class that is in neither map, in the prediction alone, in the truth alone.
    #[track_caller]
    fn check(metric: &dyn Metric, expected: [Option<f64>; 3]) {
        let (empty, full) = (row(&[0, 2, 0, 0, 0]), row(&[0, 0, 1, 0, 0]));
        let found = [(&empty, &empty), (&full, &empty), (&empty, &full)]
            .map(|(prediction, truth)| metric.score(prediction, truth, 1));
        assert_eq!(found, expected, "{metric:?}");
    }

    #[test]
    fn every_policy_scores_every_empty_combination_as_its_library() {
        use Policy::{Deepmind, Medpy, Monai, NnUnet};
        check(&Dice { policy: NnUnet }, [None, ZERO, ZERO]);
        check(&Dice { policy: Monai }, [None, None, ZERO]);
        check(&Dice { policy: Medpy }, [None, ZERO, ZERO]);
        check(&Dice { policy: Deepmind }, [None, ZERO, ZERO]);

        check(&Jaccard { policy: NnUnet }, [None, ZERO, ZERO]);
        check(&Jaccard { policy: Monai }, [None, None, ZERO]);
        check(&Jaccard { policy: Medpy }, [Some(1.0), ZERO, ZERO]);
        check(&Jaccard { policy: Deepmind }, [None, ZERO, ZERO]);

        check(&Hausdorff { policy: NnUnet }, [None, DIAGONAL, DIAGONAL]);
        check(&Hausdorff { policy: Monai }, [None, INF, INF]);
        check(&Hausdorff { policy: Medpy }, [None, None, None]);
        check(&Hausdorff { policy: Deepmind }, [INF, INF, INF]);

        check(&Hd95 { policy: NnUnet }, [None, DIAGONAL, DIAGONAL]);
        check(&Hd95 { policy: Monai }, [None, None, None]);
        check(&Hd95 { policy: Medpy }, [None, None, None]);
        check(&Hd95 { policy: Deepmind }, [INF, INF, INF]);

        check(&Assd { policy: NnUnet }, [None, DIAGONAL, DIAGONAL]);
        check(&Assd { policy: Monai }, [None, INF, INF]);
        check(&Assd { policy: Medpy }, [None, None, None]);
        check(&Assd { policy: Deepmind }, [None, INF, INF]);

        for policy in Policy::ALL {
            check(&Nsd::new(1.0, policy).unwrap(), [None, ZERO, ZERO]);
        }
    }

    #[test]
    fn scores_that_all_policies_agree_on_are_undefined_where_they_would_divide_by_zero() {
        check(&Precision, [None, ZERO, None]);
        check(&Sensitivity, [None, None, ZERO]);
        check(&Specificity, [Some(1.0), Some(0.8), Some(1.0)]);
        check(&Accuracy, [Some(1.0), Some(0.8), Some(0.8)]);
        let full = row(&[1, 1, 1]);
        assert_eq!(Specificity.score(&full, &full, 1), None);
    }

    #[test]
    fn a_policy_is_known_by_its_name() {
        for policy in Policy::ALL {
            assert_eq!(policy.to_string().parse::<Policy>().unwrap(), policy);
            assert_eq!(serde_json::to_string(&policy).unwrap(), format!("\"{policy}\""));
        }
        let error = "itk".parse::<Policy>().unwrap_err().to_string();
        assert_eq!(error, "expected a policy: nnunet, monai, medpy or deepmind, found \"itk\"");
    }
}
