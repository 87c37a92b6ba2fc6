//! Work that is done before it is asked for.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;

use anyhow::{Result, anyhow};
use crossbeam_channel::{Receiver, bounded};

/// An iterator that a thread runs ahead by at most `depth` items. It ends after its first error; dropping it ends and
/// joins the thread.
pub(crate) struct Ahead<T> {
    items: Option<Receiver<Result<T>>>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> Ahead<T> {
    pub(crate) fn of(mut items: impl Iterator<Item = Result<T>> + Send + 'static, depth: usize) -> Self {
        let (sender, receiver) = bounded(depth);
        let run = move || {
            loop {
                let item = caught(|| items.next().transpose()).transpose();
                let Some(item) = item else { return };
                let failed = item.is_err();
                if sender.send(item).is_err() || failed {
                    return;
                }
            }
        };
        Self { items: Some(receiver), thread: Some(std::thread::spawn(run)) }
    }
}

impl<T> Iterator for Ahead<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        self.items.as_ref()?.recv().ok()
    }
}

impl<T> Drop for Ahead<T> {
    fn drop(&mut self) {
        self.items = None; // the thread, waiting to send, sees that nobody listens
        if let Some(thread) = self.thread.take() {
            // A panic was caught in the thread and sent on already.
            let _ = thread.join();
        }
    }
}

/// What `work` gives; a panic is an error with its words.
pub(crate) fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<&str>().copied();
        let words = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Err(anyhow!("a loader thread panicked: {}", words.unwrap_or("?")))
    })
}
