//! No specks.

use mis_core::{Connectivity, LabelMap, Postprocess};
use serde::{Deserialize, Serialize};

use super::components::{Of, components, keep};

/// Makes background of connected parts of less than a volume in mm³.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RemoveSmall {
    /// The least volume that stays, in mm³.
    pub below: f64,
    /// Which labels make one mask.
    #[serde(default)]
    pub of: Of,
    /// Which voxels are neighbours.
    #[serde(default)]
    pub connectivity: Connectivity,
}

impl Postprocess for RemoveSmall {
    fn apply(&self, mut labels: LabelMap) -> LabelMap {
        let voxel: f64 = labels.affine().spacing().iter().product();
        for mask in self.of.masks(&labels) {
            let components = components(&labels, &mask, self.connectivity);
            keep(&mut labels, &components, |component| {
                components.sizes()[component] as f64 * voxel >= self.below
            });
        }
        labels
    }
}
