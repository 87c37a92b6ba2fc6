//! The guide: from a folder of scans to a report, and from there to parts of your own.
//!
//! | page | what it answers |
//! |---|---|
//! | [`first_run`] | How do I get from a data set to a report? With transcripts of real runs |
//! | [`your_data`] | How do I tell it where my scans, labels and classes are? |
//! | [`configuration`] | What can stand in an experiment file? |
//! | [`own_parts`] | How do I add a reader, step, transform, network, loss, metric or post-processing of my own? |
//! | [`evaluation`] | How good is it, and by whose conventions? |
//! | [`clusters`] | How do I use several GPUs, or a cluster? |
//! | [`from_miscnn`] | I know MIScnn: what is each of its calls here? |
//! | [`from_nnunet`] | I know nnU-Net: what is the same, what differs? |
//! | [`reproducibility`] | What gives the same numbers again, and what does not? |
//! | [`troubleshooting`] | What does this error message want of me? |

// Of two definitions of a link the first one holds: here a page of rustdoc, in the file itself another file.
#[doc = "[your data]: crate::guide::your_data"]
#[doc = include_str!("../guide/first-run.md")]
#[doc = "## Hippocampus\n\n```text"]
#[doc = include_str!("../guide/transcripts/hippocampus.txt")]
#[doc = "```\n\n## Nuclei\n\n```text"]
#[doc = include_str!("../guide/transcripts/nuclei.txt")]
#[doc = "```"]
pub mod first_run {}

#[doc = "[parts of your own]: crate::guide::own_parts"]
#[doc = include_str!("../guide/your-data.md")]
pub mod your_data {}

#[doc = "[your data]: crate::guide::your_data"]
#[doc = "[evaluation]: crate::guide::evaluation"]
#[doc = include_str!("../guide/configuration.md")]
pub mod configuration {}

#[doc = include_str!("../guide/own-parts.md")]
pub mod own_parts {}

#[doc = include_str!("../guide/evaluation.md")]
pub mod evaluation {}

#[doc = include_str!("../guide/clusters.md")]
pub mod clusters {}

#[doc = include_str!("../guide/from-miscnn.md")]
pub mod from_miscnn {}

#[doc = include_str!("../guide/from-nnunet.md")]
pub mod from_nnunet {}

#[doc = include_str!("../guide/reproducibility.md")]
pub mod reproducibility {}

#[doc = include_str!("../guide/troubleshooting.md")]
pub mod troubleshooting {}
