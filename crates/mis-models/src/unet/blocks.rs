//! The blocks that MIScnn's U-Nets differ by.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tch::{Tensor, nn};

use crate::Dims;
use crate::layers::{Block, Conv, Projection, Stack, Unit, UnitForm};

/// What a level of a [`UNet`](crate::UNet) is. x is the level's input, and a unit a convolution of kernel 3 with
/// activation and normalization.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UNetBlock {
    /// Two units.
    #[default]
    Standard,
    /// Two units plus an activated convolution of kernel 1 of x.
    Residual,
    /// Two units plus a normalized convolution of kernel 1 of x, the sum activated; in the encoder alone.
    ResidualEncoder,
    /// As `residual-encoder`, but the convolution of kernel 1 is of the second unit's output: MIScnn's
    /// attention-residual U-Net for volumes is so, whether it was meant or not.
    ResidualEncoderOfOutput,
    /// A unit of x, a unit of both joined, and x joined with that.
    Dense,
    /// Two units, and x joined with their output.
    Compact,
}

/// Where in the network a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Encoder,
    Bottom,
    Decoder,
}

impl UNetBlock {
    /// The block from `n_in` channels at a level of `width` channels.
    pub(super) fn build(
        self,
        vs: &nn::Path<'_>,
        form: UnitForm,
        place: Place,
        n_in: usize,
        width: usize,
    ) -> Result<Box<dyn Block>> {
        let two = || Stack::two(vs, form, n_in, width);
        let residual = |of_output: bool| -> Result<Box<dyn Block>> {
            let shortcut =
                Projection::new(&(vs / "shortcut"), form, if of_output { width } else { n_in }, width)?;
            Ok(Box::new(NormalizedShortcut { units: two()?, shortcut, of_output, form }))
        };
        match self {
            Self::ResidualEncoder if place == Place::Encoder => residual(false),
            Self::ResidualEncoderOfOutput if place == Place::Encoder => residual(form.dims == Dims::Three),
            Self::Standard | Self::ResidualEncoder | Self::ResidualEncoderOfOutput => Ok(Box::new(two()?)),
            Self::Residual => {
                let shortcut = Conv::new(&(vs / "shortcut"), form.conv(1), n_in, width);
                Ok(Box::new(ActivatedShortcut { units: two()?, shortcut, form }))
            }
            Self::Dense => {
                let first = Unit::new(&(vs / 0), form, form.conv(3), n_in, width)?;
                let second = Unit::new(&(vs / 1), form, form.conv(3), n_in + width, width)?;
                Ok(Box::new(Dense { first, second, n_out: n_in + width }))
            }
            Self::Compact => Ok(Box::new(Compact { units: two()?, n_out: n_in + width })),
        }
    }
}

#[derive(Debug)]
struct ActivatedShortcut {
    units: Stack,
    shortcut: Conv,
    form: UnitForm,
}

impl Block for ActivatedShortcut {
    fn forward(&self, xs: &Tensor, train: bool) -> Tensor {
        self.units.forward(xs, train) + self.form.activation.apply(self.shortcut.forward(xs))
    }

    fn n_out(&self) -> usize {
        self.units.n_out()
    }
}

#[derive(Debug)]
struct NormalizedShortcut {
    units: Stack,
    shortcut: Projection,
    of_output: bool,
    form: UnitForm,
}

impl Block for NormalizedShortcut {
    fn forward(&self, xs: &Tensor, train: bool) -> Tensor {
        let output = self.units.forward(xs, train);
        let shortcut = self.shortcut.forward(if self.of_output { &output } else { xs }, train);
        self.form.activation.apply(output + shortcut)
    }

    fn n_out(&self) -> usize {
        self.units.n_out()
    }
}

#[derive(Debug)]
struct Dense {
    first: Unit,
    second: Unit,
    n_out: usize,
}

impl Block for Dense {
    fn forward(&self, xs: &Tensor, train: bool) -> Tensor {
        let first = self.first.forward(xs, train);
        let second = self.second.forward(&Tensor::cat(&[xs, &first], 1), train);
        Tensor::cat(&[xs, &second], 1)
    }

    fn n_out(&self) -> usize {
        self.n_out
    }
}

#[derive(Debug)]
struct Compact {
    units: Stack,
    n_out: usize,
}

impl Block for Compact {
    fn forward(&self, xs: &Tensor, train: bool) -> Tensor {
        Tensor::cat(&[xs, &self.units.forward(xs, train)], 1)
    }

    fn n_out(&self) -> usize {
        self.n_out
    }
}
