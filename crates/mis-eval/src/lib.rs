//! Metrics, cross-validation splits and reports for segmentations.
