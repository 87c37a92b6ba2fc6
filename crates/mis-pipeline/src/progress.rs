//! How far a walk over cases has come.

use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use tracing::{Level, enabled, info};

/// A bar on stderr over cases, which is gone in the end; nothing where stderr is no terminal. Where the program collects
/// events ([`tracing`]), there is an event for each case instead.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    what: String,
    done: AtomicUsize,
}

impl Progress {
    /// Over so many cases; `what` says what is done with them.
    pub(crate) fn over(n_cases: usize, what: impl Into<String>) -> Self {
        let what = what.into();
        let style = ProgressStyle::with_template("{prefix} {pos}/{len} {bar:30} {elapsed} gone, {eta} left");
        let style = style.expect("the template is well formed");
        let bar = if enabled!(Level::INFO) { ProgressBar::hidden() } else { ProgressBar::no_length() };
        bar.set_length(n_cases as u64);
        Self { bar: bar.with_style(style).with_prefix(what.clone()), what, done: AtomicUsize::new(0) }
    }

    /// So many of them were done before.
    pub(crate) fn begin_at(self, n_done: usize) -> Self {
        self.bar.set_position(n_done as u64);
        self.bar.reset_eta();
        self.done.store(n_done, Ordering::Relaxed);
        self
    }

    /// One more is done.
    pub(crate) fn step(&self, case: &str) {
        self.bar.inc(1);
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        info!(case, done, of = self.bar.length(), "{}", self.what);
    }

    /// Says something beside the bar.
    pub(crate) fn note(&self, text: &str) {
        self.bar.println(text);
        info!("{text}");
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
