//! What transforms drew, for people.

use std::fmt::Debug;

use mis_core::{PatchLocation, Sample, SampleRng, Transform};

/// Takes down what transforms drew, one line for each that did something: `gamma: [0.83]`.
#[derive(Debug)]
pub(crate) enum Told {
    /// Nobody listens: nothing is put into words.
    Silent,
    Lines(Vec<String>),
}

impl Told {
    pub(crate) fn add(&mut self, name: &str, draw: &dyn Debug) {
        if let Self::Lines(lines) = self {
            lines.push(format!("{name}: {draw:?}"));
        }
    }

    pub(crate) fn lines(self) -> Vec<String> {
        match self {
            Self::Silent => Vec::new(),
            Self::Lines(lines) => lines,
        }
    }
}

/// A transform that says what it drew while it is carried out.
pub(crate) trait Tell: Transform {
    fn apply_told(&self, sample: Sample, rng: &mut SampleRng, told: &mut Told) -> Sample;

    fn apply_at_told(
        &self,
        scan: &Sample,
        at: &PatchLocation,
        rng: &mut SampleRng,
        told: &mut Told,
    ) -> Sample {
        self.apply_told(scan.cut(at), rng, told)
    }
}

/// Makes a type a [`Transform`] by what it tells.
macro_rules! transform_by_tell {
    ($transform:ty) => {
        impl mis_core::Transform for $transform {
            fn apply(&self, sample: mis_core::Sample, rng: &mut mis_core::SampleRng) -> mis_core::Sample {
                $crate::told::Tell::apply_told(self, sample, rng, &mut $crate::told::Told::Silent)
            }

            fn apply_at(
                &self,
                scan: &mis_core::Sample,
                at: &mis_core::PatchLocation,
                rng: &mut mis_core::SampleRng,
            ) -> mis_core::Sample {
                $crate::told::Tell::apply_at_told(self, scan, at, rng, &mut $crate::told::Told::Silent)
            }
        }
    };
}
pub(crate) use transform_by_tell;

/// Makes a type a [`Transform`] that draws, tells and carries out:
/// `transform_by_draw!(Gamma, "gamma", |gamma, sample, rng| gamma.draw(sample.image.n_channels(), rng));`
macro_rules! transform_by_draw {
    ($transform:ty, $name:literal, |$this:ident, $sample:ident, $rng:ident| $draw:expr) => {
        impl $crate::told::Tell for $transform {
            fn apply_told(
                &self,
                $sample: mis_core::Sample,
                $rng: &mut mis_core::SampleRng,
                told: &mut $crate::told::Told,
            ) -> mis_core::Sample {
                let $this = self;
                let draw = $draw;
                told.add($name, &draw);
                self.apply_drawn($sample, &draw)
            }
        }
        $crate::told::transform_by_tell!($transform);
    };
}
pub(crate) use transform_by_draw;
