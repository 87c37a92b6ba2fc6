//! One connected part of each class.

use mis_core::{Connectivity, LabelMap, Postprocess};
use serde::{Deserialize, Serialize};

use super::components::{Of, components, keep};

/// Keeps the largest connected part of each class, or of all classes together, and makes background of the others: for
/// organs that there is one of. Of two of one size the first in memory stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct KeepLargest {
    /// Which labels make one mask.
    pub of: Of,
    /// Which voxels are neighbours.
    pub connectivity: Connectivity,
}

impl Postprocess for KeepLargest {
    fn apply(&self, mut labels: LabelMap) -> LabelMap {
        for mask in self.of.masks(&labels) {
            let components = components(&labels, &mask, self.connectivity);
            let sizes = components.sizes().iter().enumerate();
            let largest = sizes.rev().max_by_key(|&(_, n)| n).map(|(component, _)| component);
            keep(&mut labels, &components, |component| Some(component) == largest);
        }
        labels
    }
}
