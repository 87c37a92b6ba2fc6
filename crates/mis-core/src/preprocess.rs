//! Steps between the scan and the network's input.

use std::fmt::Debug;

use anyhow::Result;

use crate::{Geometry, Sample, Volume};

/// A step from the scan towards the network's input, and back for what the network says.
///
/// A step keeps no state of a sample: what changes the lattice is undone from the lattice before it alone. It applies
/// to images with and without labels alike.
pub trait Preprocess: Debug + Send + Sync {
    /// The sample after the step; labels stay on the image's lattice and never take a new class.
    fn apply(&self, sample: Sample) -> Result<Sample>;

    /// Class probabilities `(class, i, j, k)` brought back to the lattice `before` the step. It is called where the step
    /// changed the lattice: steps that change grey values alone have nothing to undo.
    fn invert(&self, probabilities: Volume, before: &Geometry) -> Result<Volume> {
        let _ = before;
        Ok(probabilities)
    }
}
