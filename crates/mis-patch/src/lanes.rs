//! Jobs of worker threads whose results keep the order of the jobs.

use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::{Result, anyhow};
use crossbeam_channel::{Receiver, Sender, bounded};
use rayon::ThreadPoolBuilder;

/// Results that a worker may be ahead.
const DEPTH: usize = 2;

/// Worker threads, each with a lane of its own: job `n` is done by worker `n mod workers`, and the lanes are read in
/// turn. A job has any number of results.
///
/// Each worker is one core: what its jobs do in parallel is done by its own thread. Dropping the lanes joins the threads.
pub(crate) struct Lanes<T> {
    lanes: Vec<Receiver<Message<T>>>,
    threads: Vec<JoinHandle<()>>,
    /// The job whose results are being read.
    job: u64,
}

enum Message<T> {
    Result(Result<T>),
    /// The job has no more.
    End,
}

/// What is read next.
pub(crate) enum Next<T> {
    Result(Result<T>),
    JobEnd,
    /// All jobs are done.
    Over,
}

/// Takes one result of a job; false where nobody listens any more.
pub(crate) type Sink<'a, T> = &'a dyn Fn(T) -> bool;

impl<T: Send + 'static> Lanes<T> {
    /// Starts the jobs, which every worker counts through for itself. A job that fails gives its error as its last result;
    /// `work` does not panic.
    pub(crate) fn start<J, I, W>(n_workers: usize, jobs: I, work: W) -> Self
    where
        I: Iterator<Item = J> + Clone + Send + 'static,
        W: Fn(J, Sink<'_, T>) -> Result<()> + Send + Sync + 'static,
    {
        let (n_workers, work) = (n_workers.max(1), Arc::new(work));
        let (lanes, threads) = (0..n_workers)
            .map(|lane| {
                let (sender, receiver) = bounded(DEPTH);
                let (jobs, work) = (jobs.clone().skip(lane).step_by(n_workers), work.clone());
                let all = move || on_one_core(&sender, || run(jobs, &*work, &sender));
                (receiver, std::thread::spawn(all))
            })
            .unzip();
        Self { lanes, threads, job: 0 }
    }

    pub(crate) fn next(&mut self) -> Next<T> {
        let lane = (self.job % self.lanes.len() as u64) as usize;
        match self.lanes[lane].recv() {
            Ok(Message::Result(result)) => Next::Result(result),
            Ok(Message::End) => {
                self.job += 1;
                Next::JobEnd
            }
            Err(_) => Next::Over,
        }
    }
}

fn run<J, T>(
    jobs: impl Iterator<Item = J>,
    work: &dyn Fn(J, Sink<'_, T>) -> Result<()>,
    lane: &Sender<Message<T>>,
) {
    for job in jobs {
        let sink = |result| lane.send(Message::Result(Ok(result))).is_ok();
        let heard = match work(job, &sink) {
            Ok(()) => true,
            Err(error) => lane.send(Message::Result(Err(error))).is_ok(),
        };
        if !heard || lane.send(Message::End).is_err() {
            return;
        }
    }
}

/// Runs `work` in a pool of one thread, which ends with it.
fn on_one_core<T: Send>(lane: &Sender<Message<T>>, work: impl FnOnce() + Send) {
    let pool = ThreadPoolBuilder::new().num_threads(1);
    if let Err(error) = pool.build_scoped(|thread| thread.run(), |pool| pool.install(work)) {
        // Nobody may be listening any more.
        let _ = lane.send(Message::Result(Err(anyhow!("cannot start a loader thread: {error}"))));
    }
}

impl<T> Drop for Lanes<T> {
    fn drop(&mut self) {
        self.lanes.clear(); // workers that wait to send see that nobody listens
        for thread in self.threads.drain(..) {
            let _ = thread.join(); // what went wrong in it was sent already
        }
    }
}
