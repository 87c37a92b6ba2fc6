//! What is in a data set, as a page.

use std::path::Path;

use anyhow::Result;
use mis_eval::{DataPage, class_frequencies};
use mis_io::inspection::Inspection;

/// Writes what an inspection found as one page for a browser: problems, class frequencies, and the tables of all cases
/// together and of each.
pub fn write_inspection(found: &Inspection, title: &str, path: &Path) -> Result<()> {
    let n_classes = found.class_voxels.len();
    let voxels =
        |counted: &Vec<u64>| (0..n_classes).map(|class| counted.get(class).copied().unwrap_or(0)).collect();
    let counts: Vec<Vec<u64>> =
        found.cases.iter().filter_map(|case| case.class_voxels.as_ref().map(voxels)).collect();
    let names: Vec<String> = (0..n_classes).map(|class| found.class(class)).collect();
    let plot = (!counts.is_empty()).then(|| class_frequencies(&names, &counts));
    let page = DataPage {
        title: title.to_owned(),
        lead: format!("{} cases, {} of them with labels.", found.cases.len(), counts.len()),
        problems: found.problems.iter().map(ToString::to_string).collect(),
        whole: found.whole_rows(),
        cases: found.case_rows(),
        plots: plot.into_iter().collect(),
    };
    page.write(path)
}
