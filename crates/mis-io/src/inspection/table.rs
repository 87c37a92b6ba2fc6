//! An inspection as text and as a table for other programs.

use std::fmt;
use std::path::Path;

use anyhow::Result;
use mis_core::{aligned_rows, write_atomically};

use super::{CaseReport, Inspection, Intensities, PERCENTILES};

impl fmt::Display for Inspection {
    /// For a terminal: a row for each case and channel, then the grey values of all cases together, whole and by
    /// class, then the problems.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", aligned_rows(&self.case_rows(), 1))?;
        write!(f, "\n{}", aligned_rows(&self.whole_rows(), 1))?;
        match self.problems.as_slice() {
            [] => writeln!(f, "\nno problems in {} cases", self.cases.len()),
            problems => {
                writeln!(f, "\n{} problems", problems.len())?;
                problems.iter().try_for_each(|problem| writeln!(f, "{problem}"))
            }
        }
    }
}

impl Inspection {
    /// Writes a row for each case and channel, with a head, as comma-separated values.
    pub fn write_csv(&self, path: &Path) -> Result<()> {
        let rows = self.case_rows_of(|value| value.to_string());
        write_atomically(path, |file| {
            let mut table = csv::Writer::from_writer(file);
            rows.iter().try_for_each(|row| table.write_record(row))?;
            Ok(table.flush()?)
        })
    }

    /// The name of a class, which without a table of classes is that of its label value.
    #[must_use]
    pub fn class(&self, class_idx: usize) -> String {
        self.classes.get(class_idx).cloned().unwrap_or_else(|| format!("label {class_idx}"))
    }

    /// A row for each case and channel, the head first, in numbers of four digits.
    #[must_use]
    pub fn case_rows(&self) -> Vec<Vec<String>> {
        self.case_rows_of(short)
    }

    fn case_rows_of(&self, number: impl Fn(f64) -> String + Copy) -> Vec<Vec<String>> {
        let mut head: Vec<String> = ["case", "channel", "shape", "spacing mm", "axes"].map(Into::into).into();
        head.extend(intensity_head());
        head.extend((0..self.class_voxels.len()).map(|class| format!("{} voxels", self.class(class))));
        let some_are_ignored = self.cases.iter().any(|case| case.ignored_voxels > 0);
        head.extend(some_are_ignored.then(|| "ignored voxels".to_owned()));
        let row = |case: &CaseReport, channel: usize| {
            let mut row = vec![
                case.id.to_string(),
                channel.to_string(),
                case.shape.map(|n| n.to_string()).join("x"),
                case.spacing.map(number).join("x"),
                case.orientation.clone(),
            ];
            row.extend(intensity_cells(case.channels[channel].all.as_ref(), number));
            row.extend((0..self.class_voxels.len()).map(|class| match &case.class_voxels {
                Some(voxels) => voxels.get(class).unwrap_or(&0).to_string(),
                None => String::new(),
            }));
            row.extend(some_are_ignored.then(|| case.ignored_voxels.to_string()));
            row
        };
        let rows = self.cases.iter().flat_map(|case| (0..case.channels.len()).map(move |c| row(case, c)));
        std::iter::once(head).chain(rows).collect()
    }

    /// The grey values of all cases together, whole and by class, for each channel; the head first.
    #[must_use]
    pub fn whole_rows(&self) -> Vec<Vec<String>> {
        let mut head: Vec<String> =
            ["all cases", "channel", "voxels", "share %", "in cases"].map(Into::into).into();
        head.extend(intensity_head());
        let mut rows = vec![head];
        let mut add = |name: String, channel: usize, n_cases: usize, share: f64, values: &Intensities| {
            let mut row =
                vec![name, channel.to_string(), values.n.to_string(), short(share), n_cases.to_string()];
            row.extend(intensity_cells(Some(values), short));
            rows.push(row);
        };
        for (channel, values) in self.intensities.iter().enumerate() {
            add("all values".to_owned(), channel, self.cases.len(), 100.0, values);
            let n_all = self.class_voxels.iter().sum::<u64>() as f64;
            for (class, of_class) in self.class_intensities.iter().enumerate() {
                let has = |case: &&CaseReport| {
                    case.class_voxels.as_ref().and_then(|voxels| voxels.get(class)).is_some_and(|&n| n > 0)
                };
                if let Some(values) = &of_class[channel] {
                    let share = self.class_voxels[class] as f64 / n_all * 100.0;
                    add(self.class(class), channel, self.cases.iter().filter(has).count(), share, values);
                }
            }
        }
        rows
    }
}

fn intensity_head() -> impl Iterator<Item = String> {
    let percentiles = PERCENTILES.map(|percent| format!("{percent} %"));
    ["mean", "sd", "min"].map(String::from).into_iter().chain(percentiles).chain(["max".to_owned()])
}

fn intensity_cells(values: Option<&Intensities>, number: impl Fn(f64) -> String) -> Vec<String> {
    let Some(values) = values else { return vec![String::new(); 4 + PERCENTILES.len()] };
    let percentiles = values.percentiles.iter().map(|&value| f64::from(value));
    let numbers = [values.mean, values.sd, f64::from(values.min)].into_iter().chain(percentiles);
    numbers.chain([f64::from(values.max)]).map(number).collect()
}

/// Four digits that count; more only where they stand before the point.
fn short(value: f64) -> String {
    let whole_digits = if value.abs() < 1.0 { 0 } else { value.abs().log10() as usize + 1 };
    let text = format!("{value:.*}", 4_usize.saturating_sub(whole_digits));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_digits_count() {
        let texts = [0.0, 1.0, 0.78126, 3.0, 12.345_67, -1024.4, 104_857_600.0, 99.999].map(short);
        assert_eq!(texts, ["0", "1", "0.7813", "3", "12.35", "-1024", "104857600", "100"]);
    }
}
