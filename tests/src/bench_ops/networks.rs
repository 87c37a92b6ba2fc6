//! nnU-Net's network in training and prediction.

use anyhow::Result;
use mis::core::ndarray::{Array4, Axis, Ix3, Ix5};
use mis::core::{Affine, Batch, LabelMap, Sample, Volume};
use mis::models::tch::{self, Device, Kind, Tensor};
use mis::models::{DiceCrossEntropy, Dims, Model, ModelSpec, Output, PlainConvUNet, Weights};
use mis::patch::{PatchGrid, Placement};
use mis::train::{Precision, SgdNesterov, SlidingWindow, TrainConfig, Trainer, predict};

use super::case::Case;
use super::line::Measured;
use super::timing::repeat_same;

const N_CLASSES: usize = 3;

/// One step of training after the other on one batch of two patches, whose names begin with this.
pub(super) fn train_step(case: &Case<'_>, patches: &str, precision: Precision) -> Result<Measured> {
    let mut model = model(case)?;
    let batch = batch(case, patches)?;
    let config = TrainConfig {
        optimizer: SgdNesterov::default().into(),
        gradient_clip: Some(12.0),
        precision,
        ..TrainConfig::default()
    };
    let loss = DiceCrossEntropy::foreground();
    let mut trainer = Trainer::new(&mut model, &loss, &config, 0)?;
    let mut losses = Vec::new();
    let (measured, ()) = repeat_same(|| {
        losses.push(trainer.step(&batch, 0.01)?.loss);
        Ok(())
    })?;
    // nnU-Net's loss has the negative Dice coefficient where ours has one minus it.
    let losses: Vec<f64> = losses.iter().take(6).map(|loss| loss - 1.0).collect();
    Ok(told(measured, precision).with("losses", losses))
}

/// The logits of one patch.
pub(super) fn infer(case: &Case<'_>, precision: Precision) -> Result<Measured> {
    let model = model(case)?;
    let image = case.inputs.array::<f32, Ix5>("infer96_x")?; // (batch, channel, i, j, k)
    let size: Vec<i64> = image.shape().iter().map(|&n| n as i64).collect();
    let kind = if precision == Precision::F32 { Kind::Float } else { Kind::BFloat16 };
    let values: Vec<f32> = image.iter().copied().collect();
    let image = Tensor::from_slice(&values).view(size.as_slice()).to_kind(kind);
    let _no_grad = tch::no_grad_guard();
    let (measured, logits) = repeat_same(|| Ok(model.net.forward_t(&image, false)))?;
    let logits = logits.to_kind(Kind::Float).contiguous().flatten(0, -1);
    let values = Vec::<f32>::try_from(logits)?;
    let shape = (N_CLASSES, size[2] as usize, size[3] as usize, size[4] as usize);
    case.write("npy", Array4::from_shape_vec(shape, values)?.view())?;
    Ok(told(measured, precision))
}

/// The merged logits of a window that slides over a volume.
pub(super) fn slide(case: &Case<'_>, precision: Precision) -> Result<Measured> {
    let model = model(case)?;
    let volume = case.inputs.array::<f32, Ix3>("infer_volume")?;
    let volume = Volume::new(volume.insert_axis(Axis(0)), Affine::from_spacing([6.0, 1.56, 1.56]))?;
    // No larger than the volume, in steps that the network takes.
    let shape = volume.shape();
    let patch_size = [0, 1, 2].map(|axis| [64, 128, 128][axis].min(shape[axis].next_multiple_of(16)));
    let grid = PatchGrid { patch_size, overlap: patch_size.map(|side| side / 2) };
    // Grid and weights of nnU-Net, whose logits these are compared with.
    let placement = Placement::EvenlySpread;
    let window = SlidingWindow { placement, precision, output: Output::Logits, ..SlidingWindow::over(grid) };
    let (measured, logits) = repeat_same(|| predict(&model, &volume, &window))?;
    case.write("npy", logits.data())?;
    Ok(told(measured, precision))
}

fn told(measured: Measured, precision: Precision) -> Measured {
    measured.with("is_default_here", precision == Precision::Auto.resolve(Device::Cpu))
}

/// The network with the weights that all are measured with.
fn model(case: &Case<'_>) -> Result<Model> {
    let spec = ModelSpec { n_channels: 1, n_classes: N_CLASSES, dims: Dims::Three };
    let mut model = Model::build(&PlainConvUNet::default(), spec, Device::Cpu, 0)?;
    model.set_weights(&Weights::read(&case.inputs.folder().join("unet3d_init.safetensors"))?.tensors)?;
    Ok(model)
}

fn batch(case: &Case<'_>, patches: &str) -> Result<Batch> {
    let affine = Affine::from_spacing([3.0, 1.56, 1.56]);
    let images = case.inputs.array::<f32, Ix5>(&format!("{patches}_x"))?; // (batch, channel, i, j, k)
    let labels = case.inputs.array::<u8, Ix5>(&format!("{patches}_y"))?;
    let sample = |(image, labels)| {
        let (image, labels): (
            mis::core::ndarray::ArrayView4<'_, f32>,
            mis::core::ndarray::ArrayView4<'_, u8>,
        ) = (image, labels);
        Ok(Sample {
            id: patches.into(),
            image: Volume::new(image.to_owned(), affine)?,
            labels: Some(LabelMap::new(labels.index_axis(Axis(0), 0).to_owned(), affine)?),
        })
    };
    let samples: Vec<Sample> =
        images.outer_iter().zip(labels.outer_iter()).map(sample).collect::<Result<_>>()?;
    Batch::stack(&samples)
}
