//! From a scanner's values through Hounsfield units to a window.

use anyhow::{Result, ensure};
use mis_core::{Preprocess, Sample};
use serde::{Deserialize, Serialize};

use crate::over::map_values;

/// Turns a scanner's stored values into Hounsfield units and a window of them into a range, [0, 1] if not said.
///
/// Voxels of the value `padding` (outside the scanner's round field of view) are first set to 0; then
/// `HU = slope·x + intercept`, and `y = low + (high − low)·(HU − min) / (max − min)`, limited to `[low, high]`. Files
/// whose header scales them are read in HU already: leave slope 1 and intercept 0, as they are if not said.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HounsfieldWindow {
    /// Lower end of the window, in HU.
    pub min: f32,
    /// Upper end of the window, in HU.
    pub max: f32,
    /// What the ends of the window become.
    #[serde(default = "unit")]
    pub to: [f32; 2],
    /// HU per stored unit.
    #[serde(default = "one")]
    pub slope: f32,
    /// HU of the stored value 0.
    #[serde(default)]
    pub intercept: f32,
    /// The stored value of voxels outside the field of view.
    #[serde(default)]
    pub padding: Option<f32>,
}

fn unit() -> [f32; 2] {
    [0.0, 1.0]
}

fn one() -> f32 {
    1.0
}

impl HounsfieldWindow {
    /// A window of values in HU, to [0, 1].
    #[must_use]
    pub fn new(min: f32, max: f32) -> Self {
        Self { min, max, to: unit(), slope: one(), intercept: 0.0, padding: None }
    }

    /// MIScnn's `TransformHU` with its defaults: values stored from −1024 HU on, −2000 outside, window [−1000, 400] HU.
    #[must_use]
    pub fn miscnn() -> Self {
        Self { intercept: -1024.0, padding: Some(-2000.0), ..Self::new(-1000.0, 400.0) }
    }

    /// Says what is wrong with the options, before any data is read.
    pub fn check(&self) -> Result<()> {
        ensure!(self.min < self.max, "min must be below max, got {} and {}", self.min, self.max);
        ensure!(self.to[0] < self.to[1], "to must rise, got {:?}", self.to);
        ensure!(self.slope != 0.0, "slope must not be 0");
        Ok(())
    }
}

impl Preprocess for HounsfieldWindow {
    fn apply(&self, mut sample: Sample) -> Result<Sample> {
        self.check()?;
        let Self { min, max, to: [low, high], slope, intercept, padding } = *self;
        map_values(sample.image.as_slice_mut(), |x| {
            let x = if padding == Some(x) { 0.0 } else { x };
            let share = (slope * x + intercept - min) / (max - min);
            low + (high - low) * share.clamp(0.0, 1.0)
        });
        Ok(sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, Volume};
    use ndarray::Array4;

    #[test]
    fn miscnns_numbers_come_out() {
        let data = Array4::from_shape_vec((1, 1, 1, 4), vec![-2000.0, 0.0, 1000.0, 2000.0]).unwrap();
        let image = Volume::new(data, Affine::from_spacing([1.0; 3])).unwrap();
        let sample = Sample { id: "a".into(), image, labels: None };
        let found = HounsfieldWindow::miscnn().apply(sample).unwrap();
        for (found, expected) in found.image.as_slice().iter().zip([0.0, 0.0, 0.697_143, 1.0]) {
            assert!((found - expected).abs() < 1e-6, "expected {expected}, found {found}"); // rounded to 6 digits
        }
    }

    #[test]
    fn an_empty_window_is_refused() {
        let error = HounsfieldWindow::new(400.0, -1000.0).check().unwrap_err();
        assert_eq!(error.to_string(), "min must be below max, got 400 and -1000");
    }
}
