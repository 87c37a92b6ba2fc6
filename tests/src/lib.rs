//! Integration tests of the workspace live in this package.
