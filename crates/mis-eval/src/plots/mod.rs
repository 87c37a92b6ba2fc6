//! Plots: of training, of scores, and of the data.

mod chart;
mod curves;
mod frequencies;
mod history;
mod intensities;
mod plot;
mod scores;

pub use curves::{dice_curves, loss_curves};
pub use frequencies::class_frequencies;
pub use history::FoldHistory;
pub use intensities::{IntensitySample, intensity_histograms};
pub use plot::Plot;
pub(crate) use plot::STYLE as PLOT_STYLE;
