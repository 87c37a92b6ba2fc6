//! The shapes of cases, from their headers alone.

use std::fmt;

use anyhow::{Context as _, Result};
use mis_core::{DataSource, Geometry, SampleId};
use mis_preproc::Step;
use rayon::prelude::*;

/// A case's lattice as its header has it, and after preprocessing.
#[derive(Clone, Debug)]
pub(crate) struct CaseShape {
    pub(crate) id: SampleId,
    pub(crate) scan: Geometry,
    /// What is cropped by its voxels is taken as it is.
    pub(crate) prepared: Geometry,
}

/// The shapes of these cases.
pub(crate) fn case_shapes(
    source: &dyn DataSource,
    ids: &[SampleId],
    steps: &[Step],
) -> Result<Vec<CaseShape>> {
    let shape = |id: &SampleId| {
        let scan = source.geometry(id).with_context(|| id.to_string())?;
        let prepared = steps.iter().fold(scan, |lattice, step| step.lattice(&lattice));
        Ok(CaseShape { id: id.clone(), scan, prepared })
    };
    ids.par_iter().map(shape).collect()
}

/// A row for each case, as text.
pub(crate) fn write_table(f: &mut fmt::Formatter<'_>, cases: &[CaseShape]) -> fmt::Result {
    let rows = cases.iter().map(|case| {
        let spacing = case.scan.affine.spacing().map(|mm| ((mm * 1000.0).round() / 1000.0).to_string());
        [case.id.0.clone(), sides(case.scan.shape), spacing.join("x"), sides(case.prepared.shape)]
    });
    let head = ["case", "voxels", "spacing (mm)", "prepared"].map(str::to_owned);
    let rows: Vec<[String; 4]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let [a, b, c] = [0, 1, 2].map(width);
    rows.iter().try_for_each(|[id, scan, spacing, prepared]| {
        writeln!(f, "{id:a$}  {scan:>b$}  {spacing:>c$}  {prepared}")
    })
}

/// Sides as text: `8x16x16`.
pub(crate) fn sides(shape: [usize; 3]) -> String {
    shape.map(|side| side.to_string()).join("x")
}
