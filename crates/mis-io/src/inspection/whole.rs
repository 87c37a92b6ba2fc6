//! All cases together.

use std::collections::BTreeMap;
use std::path::PathBuf;

use mis_core::{ClassTable, SampleId};

use super::case::Found;
use super::{CaseReport, Inspection, Intensities, Problem, ProblemKind};

pub(super) fn put_together(
    found: Vec<(SampleId, Found)>,
    classes: Option<&ClassTable>,
    strays: &[PathBuf],
) -> Inspection {
    let mut problems = Vec::new();
    let mut cases = Vec::new();
    let mut by_image: BTreeMap<u64, Vec<SampleId>> = BTreeMap::new();
    for (id, one) in found {
        problems.extend(one.problems);
        if let Some(report) = one.report {
            by_image.entry(one.fingerprint).or_default().push(id);
            cases.push(report);
        }
    }
    let mut doubles: Vec<_> = by_image.into_values().filter(|ids| ids.len() > 1).collect();
    doubles.sort();
    for ids in doubles {
        let names: Vec<_> = ids.iter().map(ToString::to_string).collect();
        problems.push(whole(ProblemKind::Duplicate, format!("{} hold the same image", names.join(", "))));
    }
    problems.extend(odd_spacings(&cases));
    let orientation = |case: &CaseReport| case.orientation.clone();
    problems.extend(odd_ones(&cases, ProblemKind::Orientation, "the orientation", orientation));
    let n_channels = |case: &CaseReport| case.channels.len().to_string();
    problems.extend(odd_ones(&cases, ProblemKind::Channels, "this number of channels:", n_channels));

    let class_voxels = class_voxels(&cases);
    let names = classes.map(ClassTable::names).unwrap_or_default();
    if !class_voxels.is_empty() {
        for (class_idx, name) in names.iter().enumerate().skip(1) {
            if class_voxels.get(class_idx).is_none_or(|&n| n == 0) {
                let what = format!("expected voxels of the class {name:?}, found none in any case");
                problems.push(whole(ProblemKind::MissingClass, what));
            }
        }
    }
    for path in strays {
        let what = format!("expected a scan for the labels {}, found none", path.display());
        problems.push(whole(ProblemKind::Stray, what));
    }
    let n_channels = cases.iter().map(|case| case.channels.len()).min().unwrap_or(0);
    let pooled = |pick: &dyn Fn(&CaseReport) -> Option<&Intensities>| {
        Intensities::pooled(&cases.iter().filter_map(pick).collect::<Vec<_>>())
    };
    let intensities = (0..n_channels).filter_map(|c| pooled(&|case| case.channels[c].all.as_ref())).collect();
    let of_class = |class: usize, channel: usize| {
        pooled(&|case| case.channels[channel].by_class.get(class).and_then(Option::as_ref))
    };
    let class_intensities = (0..class_voxels.len())
        .map(|class| (0..n_channels).map(|channel| of_class(class, channel)).collect())
        .collect();
    Inspection { classes: names, cases, intensities, class_intensities, class_voxels, problems }
}

fn whole(kind: ProblemKind, what: String) -> Problem {
    Problem { case: None, kind, what }
}

fn class_voxels(cases: &[CaseReport]) -> Vec<u64> {
    let mut sums = Vec::new();
    for voxels in cases.iter().filter_map(|case| case.class_voxels.as_ref()) {
        sums.resize(sums.len().max(voxels.len()), 0);
        for (sum, n) in sums.iter_mut().zip(voxels) {
            *sum += n;
        }
    }
    sums
}

/// Cases whose spacing, from the finest axis to the coarsest, is more than twice off the median.
fn odd_spacings(cases: &[CaseReport]) -> Vec<Problem> {
    let sorted = |case: &CaseReport| {
        let mut spacing = case.spacing;
        spacing.sort_by(f64::total_cmp);
        spacing
    };
    let usual: [f64; 3] = std::array::from_fn(|axis| {
        let mut all: Vec<_> = cases.iter().map(|case| sorted(case)[axis]).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or(1.0)
    });
    let is_odd = |case: &&CaseReport| {
        sorted(case).iter().zip(usual).any(|(mm, usual)| *mm > 2.0 * usual || *mm < 0.5 * usual)
    };
    cases
        .iter()
        .filter(is_odd)
        .map(|case| Problem {
            case: Some(case.id.clone()),
            kind: ProblemKind::Spacing,
            what: format!(
                "expected a spacing near {} mm (finest axis first), found {} mm",
                millimetres(usual),
                millimetres(sorted(case))
            ),
        })
        .collect()
}

fn millimetres(spacing: [f64; 3]) -> String {
    spacing.map(|mm| format!("{mm:.3}")).join(" × ")
}

/// Cases that differ from most in something.
fn odd_ones(
    cases: &[CaseReport],
    kind: ProblemKind,
    what: &str,
    of: impl Fn(&CaseReport) -> String,
) -> Vec<Problem> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for case in cases {
        *counts.entry(of(case)).or_default() += 1;
    }
    // The first of equals.
    let usual = counts.iter().fold(None::<(&String, usize)>, |most, (value, &n)| match most {
        Some((_, largest)) if largest >= n => most,
        _ => Some((value, n)),
    });
    let Some((usual, n)) = usual else { return Vec::new() };
    let odd = cases.iter().filter(|case| of(case) != *usual);
    odd.map(|case| Problem {
        case: Some(case.id.clone()),
        kind,
        what: format!("expected {what} {usual} of {n} of {} cases, found {}", cases.len(), of(case)),
    })
    .collect()
}
