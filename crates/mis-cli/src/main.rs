//! The program mis: cross-validate, train and predict from the shell.

fn main() {}
