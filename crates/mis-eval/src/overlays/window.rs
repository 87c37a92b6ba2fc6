//! Which values are black and which are white.

use std::str::FromStr;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

use super::Overlay;
use crate::report::quantile;

/// Values that percentiles are taken of.
const MOST_SAMPLED: usize = 100_000;

/// Which values are shown black and which white; those between are grey by straight proportion.
///
/// In a file: `"auto"`, or `[-79, 304]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub enum Window {
    /// The percentiles 1 and 99 of the values in the box around all labels, made larger by half its sides on each side; of
    /// the whole image where nothing is labelled.
    #[default]
    Auto,
    /// From the first value on down black, from the second on up white, in the image's unit (HU of a CT).
    Range(f32, f32),
}

impl Window {
    /// Refused where it is empty.
    pub fn check(&self) -> Result<()> {
        if let Self::Range(low, high) = self {
            ensure!(
                low.is_finite() && high.is_finite() && low < high,
                "window: expected two values, the lower first, got {low} and {high}"
            );
        }
        Ok(())
    }

    /// The values for black and white of these channels.
    pub(super) fn resolve(&self, overlay: &Overlay<'_>, channels: &[usize]) -> (f32, f32) {
        if let Self::Range(low, high) = *self {
            return (low, high);
        }
        let [from, to] = overlay.labelled_box();
        let shape = overlay.image.shape();
        let (mut low, mut high) = ([0; 3], shape);
        for axis in 0..3 {
            let margin = (to[axis] - from[axis]).div_ceil(2);
            low[axis] = from[axis].saturating_sub(margin);
            high[axis] = (to[axis] + margin).min(shape[axis]);
        }
        let size: [usize; 3] = std::array::from_fn(|axis| high[axis] - low[axis]);
        let n: usize = size.iter().product();
        let step = n.div_ceil(MOST_SAMPLED);
        let data = overlay.image.data();
        let mut values: Vec<f64> = Vec::with_capacity(n / step + 1);
        for &channel in channels {
            let voxels = (0..n).step_by(step).map(|at| {
                let (i, j, k) = (at / (size[1] * size[2]), at / size[2] % size[1], at % size[2]);
                f64::from(data[(channel, low[0] + i, low[1] + j, low[2] + k)])
            });
            values.extend(voxels.filter(|value| value.is_finite()));
        }
        values.sort_by(f64::total_cmp);
        if values.is_empty() {
            return (0.0, 1.0);
        }
        let (black, white) = (quantile(&values, 0.01) as f32, quantile(&values, 0.99) as f32);
        // One value all over is shown black.
        if black < white { (black, white) } else { (black, black + 1.0) }
    }
}

impl FromStr for Window {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let range = || {
            let (low, high) = text.split_once(',')?;
            Some(Self::Range(low.trim().parse().ok()?, high.trim().parse().ok()?))
        };
        let window = range().with_context(|| format!("expected LOW,HIGH or auto, got {text:?}"))?;
        window.check()?;
        Ok(window)
    }
}

/// What stands in a file.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected \"auto\" or [low, high]")]
enum Form {
    Name(String),
    Range([f32; 2]),
}

impl TryFrom<Form> for Window {
    type Error = anyhow::Error;

    fn try_from(form: Form) -> Result<Self> {
        match form {
            Form::Name(name) => name.parse(),
            Form::Range([low, high]) => {
                let window = Self::Range(low, high);
                window.check()?;
                Ok(window)
            }
        }
    }
}

impl From<Window> for Form {
    fn from(window: Window) -> Self {
        match window {
            Window::Auto => Self::Name("auto".into()),
            Window::Range(low, high) => Self::Range([low, high]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_read_from_files_and_from_the_command_line() {
        let read = serde_json::from_str::<Window>;
        assert_eq!(read("\"auto\"").unwrap(), Window::Auto);
        assert_eq!(read("[-79, 304]").unwrap(), "-79,304".parse().unwrap());
        assert_eq!(serde_json::to_string(&Window::Range(-79.0, 304.0)).unwrap(), "[-79.0,304.0]");
        for text in ["\"wide\"", "[3, 3]", "[1]"] {
            assert!(read(text).is_err(), "{text}");
        }
        let error = "304,-79".parse::<Window>().unwrap_err().to_string();
        assert_eq!(error, "window: expected two values, the lower first, got 304 and -79");
        assert_eq!("x".parse::<Window>().unwrap_err().to_string(), "expected LOW,HIGH or auto, got \"x\"");
    }
}
