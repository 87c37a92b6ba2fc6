//! One workload with its inputs and its place for outputs.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use mis::core::ndarray::{ArrayView, Axis, Dimension};
use mis::core::{LabelMap, Volume, statistics};
use ndarray_npy::WritableElement;
use serde_json::{Value, json};

use super::inputs::Inputs;
use super::workload::Workload;

/// A workload that is being measured.
pub(super) struct Case<'a> {
    pub(super) inputs: &'a Inputs,
    pub(super) workload: &'a Workload,
    pub(super) threads: usize,
}

impl Case<'_> {
    /// Writes the image, of one channel, to be compared with other libraries' outputs.
    pub(super) fn write_image(&self, image: &Volume) -> Result<()> {
        self.write("npy", image.data().index_axis(Axis(0), 0))
    }

    /// Writes an output under the workload's name with this ending, `npy` for the one it is about.
    pub(super) fn write<T: WritableElement, D: Dimension>(
        &self,
        ending: &str,
        array: ArrayView<'_, T, D>,
    ) -> Result<()> {
        let Workload { op, variant, config, .. } = *self.workload;
        let joined = |parts: [&str; 2]| {
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
        };
        let folder = self.inputs.folder().join("outputs").join(joined([op, variant]));
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let path = folder.join(format!("{}.{ending}", joined(["mis", config])));
        ndarray_npy::write_npy(&path, &array).with_context(|| format!("cannot write {}", path.display()))
    }

    /// A place for a file that is measured while it is written.
    pub(super) fn scratch(&self, name: &str) -> Result<PathBuf> {
        let folder = self.inputs.folder().join("tmp");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder.join(name))
    }
}

/// Shape, mean, deviation and range of a volume of one channel.
pub(super) fn about_image(image: &Volume) -> Value {
    let found = statistics(image.as_slice());
    json!({"shape": image.shape(), "mean": found.mean, "sd": found.sd, "min": found.min, "max": found.max})
}

/// Shape and number of voxels of each class.
pub(super) fn about_labels(labels: &LabelMap) -> Value {
    let mut counts = Vec::new();
    for &label in labels.as_slice() {
        let class = usize::from(label);
        if class >= counts.len() {
            counts.resize(class + 1, 0);
        }
        counts[class] += 1;
    }
    json!({"shape": labels.shape(), "label_counts": counts})
}
