//! `mis check`.

use clap::Args;

use crate::ExperimentArgs;

/// Reads everything once and lists every problem with its file and its mend, before any training
///
/// Problems that would stop a training are errors and end with exit code 1; the rest are notes. Where the voxels of
/// images and labels correspond and only headers differ, --align takes the images' headers, as
/// data = { aligned = { of = … } } does in an experiment file.
///
/// Examples:
///   mis check kits19.toml
///   mis check kits19.toml --data another/kits19/data --align
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Check {
    /// The experiment file, and what is said otherwise.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
}
