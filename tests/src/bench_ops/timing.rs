//! The clock: how often an operation is carried out, and what is told of the times.

use std::time::Instant;

use anyhow::Result;
use serde_json::Map;

use super::line::Measured;
use super::memory::Memory;

/// Times an operation that takes an input of its own, made by `prepare` outside the clock; gives the last output too.
///
/// One warm-up says how many repeats follow; one of 20 s or more is itself the measurement. Told is the median.
pub(super) fn repeat<I, O>(
    prepare: impl FnMut(u64) -> Result<I>,
    run: impl FnMut(I) -> Result<O>,
) -> Result<(Measured, O)> {
    let (mut rounds, first_s) = Rounds::start(prepare, run)?;
    for repeat in 1..=n_repeats(first_s) {
        let time = rounds.once(repeat)?;
        rounds.times.push(time);
    }
    if rounds.times.is_empty() {
        rounds.times.push(first_s);
        rounds.finish(median, |measured, _| measured.with("warmup_only", true))
    } else {
        rounds.finish(median, |measured, _| measured.with("warmup_s", first_s))
    }
}

/// Times an operation that needs no fresh input.
pub(super) fn repeat_same<O>(mut run: impl FnMut() -> Result<O>) -> Result<(Measured, O)> {
    repeat(|_| Ok(()), |()| run())
}

/// Times a random operation over many draws, the number of a draw its seed; gives the last output too. Told is the mean.
pub(super) fn draws<I, O>(
    prepare: impl FnMut(u64) -> Result<I>,
    run: impl FnMut(I) -> Result<O>,
) -> Result<(Measured, O)> {
    let (mut rounds, first_s) = Rounds::start(prepare, run)?;
    for warm_up in [10_000, 10_001] {
        rounds.once(warm_up)?;
    }
    for seed in 1..=n_draws(first_s) {
        let time = rounds.once(seed)?;
        rounds.times.push(time);
    }
    rounds.finish(mean, |measured, times| {
        let square = |time: &f64| (time - measured.median_s).powi(2);
        let sem = (times.iter().map(square).sum::<f64>()).sqrt() / times.len() as f64;
        measured
            .with("statistic", "mean over draws")
            .with("draw_median_s", times[times.len() / 2])
            .with("sem_s", sem)
    })
}

fn n_repeats(warm_up_s: f64) -> u64 {
    match warm_up_s {
        ..0.3 => 15,
        ..1.0 => 7,
        ..2.0 => 5,
        ..10.0 => 3,
        ..20.0 => 1,
        _ => 0,
    }
}

fn n_draws(first_s: f64) -> u64 {
    (15.0 / first_s.max(0.02)).clamp(20.0, 200.0) as u64
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

fn mean(times: &[f64]) -> f64 {
    times.iter().sum::<f64>() / times.len() as f64
}

/// An operation that is carried out again and again.
struct Rounds<P, R, O> {
    prepare: P,
    run: R,
    memory: Memory,
    times: Vec<f64>,
    output: Option<O>,
}

impl<I, O, P: FnMut(u64) -> Result<I>, R: FnMut(I) -> Result<O>> Rounds<P, R, O> {
    /// Carries it out for the first time; the memory that is told of begins at its input.
    fn start(mut prepare: P, run: R) -> Result<(Self, f64)> {
        let input = prepare(0)?;
        let mut rounds = Self { prepare, run, memory: Memory::mark()?, times: Vec::new(), output: None };
        let first_s = rounds.time(input)?;
        Ok((rounds, first_s))
    }

    fn once(&mut self, round: u64) -> Result<f64> {
        self.output = None;
        let input = (self.prepare)(round)?;
        self.time(input)
    }

    fn time(&mut self, input: I) -> Result<f64> {
        let start = Instant::now();
        let output = (self.run)(input)?;
        let time = start.elapsed().as_secs_f64();
        self.output = Some(output);
        Ok(time)
    }

    fn finish(
        mut self,
        middle: impl FnOnce(&[f64]) -> f64,
        more: impl FnOnce(Measured, &[f64]) -> Measured,
    ) -> Result<(Measured, O)> {
        let times = &mut self.times;
        times.sort_by(f64::total_cmp);
        let measured = Measured {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            median_s: middle(times),
            min_s: times[0],
            max_s: times[times.len() - 1],
            n: times.len(),
            peak_rss_mb: self.memory.peak_mb()?,
            log: None,
            threads: None,
            extra: Map::new(),
        };
        let measured = measured
            .with("rss_before_mb", self.memory.before_mb())
            .with("rss_added_mb", self.memory.added_mb()?);
        let output = self.output.expect("every round leaves an output");
        Ok((more(measured, times), output))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_operation_is_repeated_fifteen_times_after_its_warm_up() {
        let mut rounds = Vec::new();
        let (measured, last) = repeat(Ok, |round| {
            rounds.push(round);
            Ok(round)
        })
        .unwrap();
        assert_eq!(rounds, (0..=15).collect::<Vec<_>>());
        assert_eq!((measured.n, last), (15, 15));
        assert!(measured.min_s <= measured.median_s && measured.median_s <= measured.max_s);
    }

    #[test]
    fn repeats_and_draws_become_fewer_with_the_warm_ups_time() {
        assert_eq!([0.1, 0.3, 1.5, 9.0, 19.0, 20.0].map(n_repeats), [15, 7, 5, 3, 1, 0]);
        assert_eq!([0.001, 0.1, 0.5, 30.0].map(n_draws), [200, 150, 30, 20]);
    }

    #[test]
    fn the_median_of_an_even_number_is_between_the_two_in_the_middle() {
        assert_eq!(median(&[1.0, 2.0, 4.0]), 2.0);
        assert_eq!(median(&[1.0, 2.0, 4.0, 9.0]), 3.0);
    }
}
