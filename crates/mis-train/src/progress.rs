//! The bar of a training.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tracing::{Level, enabled, info};

use crate::{EpochStats, Validation};

/// A bar over all epochs on stderr with rate, loss and remaining time; nothing where stderr is no terminal. Where the
/// program collects events ([`tracing`]), there is an event for each epoch instead.
#[derive(Debug)]
pub(crate) struct TrainProgress {
    bar: ProgressBar,
    title: String,
}

impl TrainProgress {
    /// A bar for `epochs`, of which `done` are behind.
    pub(crate) fn new(title: &str, epochs: u32, done: u32) -> Self {
        let bar = if enabled!(Level::INFO) { ProgressBar::hidden() } else { ProgressBar::no_length() };
        bar.set_length(u64::from(epochs));
        bar.set_prefix(title.to_owned());
        let style = "{prefix} epoch {pos}/{len} {bar:30} {elapsed} gone, {eta} left  {msg}";
        bar.set_style(ProgressStyle::with_template(style).expect("the template is well formed"));
        bar.set_position(u64::from(done));
        bar.reset_eta();
        bar.enable_steady_tick(Duration::from_millis(500));
        Self { bar, title: title.to_owned() }
    }

    /// After a step of an epoch that has taken so many seconds so far.
    pub(crate) fn step(&self, step: u32, n_steps: Option<u32>, loss: f64, seconds: f64) {
        let of = n_steps.map_or_else(String::new, |n| format!("/{n}"));
        let rate = f64::from(step) / seconds.max(1e-9);
        self.bar.set_message(format!("step {step}{of}, {rate:.2} steps/s, loss {loss:.4}"));
    }

    /// After an epoch.
    pub(crate) fn epoch(&self, stats: &EpochStats) {
        self.bar.inc(1);
        info!(
            training = self.title,
            epoch = stats.epoch + 1,
            of = self.bar.length(),
            train_loss = stats.train_loss,
            validation_loss = stats.validation.as_ref().map(|validation| validation.loss),
            dice = stats.validation.as_ref().and_then(Validation::mean_dice),
            learning_rate = stats.learning_rate,
            seconds = stats.seconds,
            "epoch"
        );
    }
}

impl Drop for TrainProgress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
