//! Jobs of worker threads whose results keep the order of the jobs.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Result, anyhow};
use rayon::ThreadPoolBuilder;

/// Results per worker that are held until it is their turn.
const AHEAD: usize = 4;

/// Worker threads that take one job after the other, whoever is free, and results that come out job by job. A job has
/// any number of results.
///
/// Each worker is one core: what its jobs do in parallel is done by its own thread. Workers wait where they are too far
/// ahead. Dropping it joins the threads.
pub(crate) struct InOrder<T> {
    shared: Arc<Shared<T>>,
    threads: Vec<JoinHandle<()>>,
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

struct Shared<T> {
    state: Mutex<State<T>>,
    /// Signals that a result came, or a job ended.
    news: Condvar,
    /// Signals that a result was taken, or that nobody listens any more.
    room: Condvar,
    most_held: usize,
}

struct State<T> {
    /// Jobs under way, and jobs done whose turn has not come.
    jobs: BTreeMap<u64, Job<T>>,
    /// The job whose results are read.
    head: u64,
    n_started: u64,
    n_held: usize,
    /// Whether no more jobs are started.
    all_started: bool,
    nobody_listens: bool,
}

struct Job<T> {
    results: VecDeque<Result<T>>,
    is_done: bool,
}

impl<T: Send + 'static> InOrder<T> {
    /// Starts the jobs. One that fails gives its error as its last result; `work` does not panic.
    pub(crate) fn start<J, I, W>(n_workers: usize, jobs: I, work: W) -> Self
    where
        J: 'static,
        I: Iterator<Item = J> + Send + 'static,
        W: Fn(J, Sink<'_, T>) -> Result<()> + Send + Sync + 'static,
    {
        let n_workers = n_workers.max(1);
        let state = State {
            jobs: BTreeMap::new(),
            head: 0,
            n_started: 0,
            n_held: 0,
            all_started: false,
            nobody_listens: false,
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            news: Condvar::new(),
            room: Condvar::new(),
            most_held: AHEAD * n_workers,
        });
        let (jobs, work) = (Arc::new(Mutex::new(jobs)), Arc::new(work));
        let threads = (0..n_workers)
            .map(|_| {
                let (shared, jobs, work) = (shared.clone(), jobs.clone(), work.clone());
                std::thread::spawn(move || on_one_core(&shared, || shared.work_off(&jobs, &*work)))
            })
            .collect();
        Self { shared, threads }
    }

    /// The next result in the order of jobs, when it is there.
    pub(crate) fn next(&mut self) -> Next<T> {
        let mut state = self.shared.lock();
        loop {
            let head = state.head;
            let is_over = state.all_started && head == state.n_started;
            match state.jobs.get_mut(&head) {
                Some(job) => {
                    if let Some(result) = job.results.pop_front() {
                        state.n_held -= 1;
                        self.shared.room.notify_all();
                        return Next::Result(result);
                    }
                    if job.is_done {
                        state.jobs.remove(&head);
                        state.head += 1;
                        self.shared.room.notify_all();
                        return Next::JobEnd;
                    }
                }
                None if is_over => return Next::Over,
                None => {}
            }
            state = self.shared.news.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<T: Send> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes jobs as long as there are any and somebody listens.
    fn work_off<J>(
        &self,
        jobs: &Mutex<impl Iterator<Item = J>>,
        work: &dyn Fn(J, Sink<'_, T>) -> Result<()>,
    ) {
        loop {
            let mut jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
            let job = jobs.next();
            let Some(job_idx) = self.begin(job.is_some()) else { return };
            drop(jobs); // held until here, so that jobs are numbered in their order
            if let Some(job) = job
                && let Err(error) = work(job, &|result| self.push(job_idx, Ok(result)))
            {
                self.push(job_idx, Err(error));
            }
            self.end(job_idx);
        }
    }

    /// The number of a job that begins; none where there is no job, or nobody who listens.
    fn begin(&self, is_there: bool) -> Option<u64> {
        let mut state = self.lock();
        if !is_there || state.nobody_listens {
            state.all_started = true;
            self.news.notify_all();
            return None;
        }
        let job_idx = state.n_started;
        state.n_started += 1;
        state.jobs.insert(job_idx, Job { results: VecDeque::new(), is_done: false });
        Some(job_idx)
    }

    fn push(&self, job_idx: u64, result: Result<T>) -> bool {
        let mut state = self.lock();
        loop {
            if state.nobody_listens {
                return false;
            }
            // What is waited for goes through even when others have filled the room.
            let is_due = |state: &State<T>| state.head == job_idx && state.jobs[&job_idx].results.is_empty();
            if state.n_held < self.most_held || is_due(&state) {
                break;
            }
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if let Some(job) = state.jobs.get_mut(&job_idx) {
            job.results.push_back(result);
            state.n_held += 1;
        }
        self.news.notify_all();
        true
    }

    fn end(&self, job_idx: u64) {
        if let Some(job) = self.lock().jobs.get_mut(&job_idx) {
            job.is_done = true;
        }
        self.news.notify_all();
    }
}

/// Runs `work` in a pool of one thread, which ends with it.
fn on_one_core<T: Send>(shared: &Shared<T>, work: impl FnOnce() + Send) {
    let pool = ThreadPoolBuilder::new().num_threads(1);
    if let Err(error) = pool.build_scoped(|thread| thread.run(), |pool| pool.install(work))
        && let Some(job_idx) = shared.begin(true)
    {
        shared.push(job_idx, Err(anyhow!("cannot start a loader thread: {error}")));
        shared.end(job_idx);
    }
}

impl<T> Drop for InOrder<T> {
    fn drop(&mut self) {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner).nobody_listens = true;
        self.shared.room.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join(); // what went wrong in it was sent already
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(n_workers: usize, n_per_job: u64) -> Vec<u64> {
        let mut in_order = InOrder::start(n_workers, 0..40_u64, move |job, sink| {
            for n in 0..job % (n_per_job + 1) {
                std::thread::sleep(std::time::Duration::from_micros(job * 37 % 11 * 40));
                sink(1000 * job + n);
            }
            Ok(())
        });
        let (mut results, mut n_ended) = (Vec::new(), 0);
        loop {
            match in_order.next() {
                Next::Result(result) => results.push(result.unwrap()),
                Next::JobEnd => n_ended += 1,
                Next::Over => break,
            }
        }
        assert_eq!(n_ended, 40);
        results
    }

    #[test]
    fn results_come_in_the_order_of_jobs_however_long_each_takes() {
        for n_per_job in [1, 30] {
            let expected: Vec<u64> =
                (0..40).flat_map(|job| (0..job % (n_per_job + 1)).map(move |n| 1000 * job + n)).collect();
            for n_workers in [1, 2, 5] {
                assert_eq!(results(n_workers, n_per_job), expected);
            }
        }
    }
}
