//! Connected parts of a label map.

use mis_core::{Components, Connectivity, LabelMap, Run};
use serde::{Deserialize, Serialize};

/// Which labels make one mask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Of {
    /// Each class but the background is a mask of its own.
    #[default]
    EachClass,
    /// All classes but the background together are one mask.
    Foreground,
    /// Each of these classes is a mask of its own; the others stay as they are.
    Classes(Vec<u8>),
}

impl Of {
    /// The masks, each as which labels are in it.
    pub(super) fn masks(&self, labels: &LabelMap) -> Vec<[bool; 256]> {
        let one = |class: u8| std::array::from_fn(|label| label == usize::from(class));
        match self {
            Self::EachClass => {
                let largest = labels.as_slice().iter().copied().max().unwrap_or(0);
                (1..=largest).map(one).collect()
            }
            Self::Foreground => vec![std::array::from_fn(|label| label > 0)],
            Self::Classes(classes) => classes.iter().copied().map(one).collect(),
        }
    }
}

/// The connected components of the voxels whose labels are in a mask.
pub(super) fn components(labels: &LabelMap, mask: &[bool; 256], connectivity: Connectivity) -> Components {
    let [n_i, n_j, n_k] = labels.shape();
    let mut runs = Vec::new();
    for (row, values) in labels.as_slice().chunks_exact(n_k).enumerate() {
        let mut end = 0;
        while let Some(before) = values[end..].iter().position(|&label| mask[usize::from(label)]) {
            let first = end + before;
            let length = values[first..].iter().position(|&label| !mask[usize::from(label)]);
            end = length.map_or(n_k, |length| first + length);
            runs.push(Run { row, first, end });
        }
    }
    Components::of(runs, [n_i, n_j], connectivity)
}

/// Makes background of the components that are not kept.
pub(super) fn keep(labels: &mut LabelMap, components: &Components, is_kept: impl Fn(usize) -> bool) {
    let n_k = labels.shape()[2];
    for (run, component) in components.runs() {
        if !is_kept(component) {
            labels.as_slice_mut()[run.voxels(n_k)].fill(0);
        }
    }
}
